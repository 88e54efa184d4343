# final: what its tests take for their host, too, is one that a faulty box cannot harm. See host.bats for the steps'.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
STEP=final
load helper

FILE_STEP=$STEP

PLACES=(/ /etc /usr /usr/bin /var /var/lib /root /home /tmp /run /dev /dev/shm /opt /srv "$REPO" "$REPO/final")

teardown() {
	local place
	end_host
	for place in "${PLACES[@]}"; do rm -f "$place/${CANARY:-none}"; done
}

@test "what a faulty box writes on its host does not reach the machine" {
	local place
	CANARY=canary-${BATS_RUN_TMPDIR##*-}
	for place in "${PLACES[@]}"; do
		[[ -d $place ]] || continue
		host sh -c 'echo written >"$1"' - "$place/$CANARY" 2>/dev/null || :
		[[ ! -e $place/$CANARY ]] || fail "$place/$CANARY is on the machine" "hint: see make_cgroups in helper.bash" || return
	done
	[[ $(host cat "/$CANARY" "/usr/$CANARY") == $'written\nwritten' ]] || fail "a box cannot write where a host's root can"
}
