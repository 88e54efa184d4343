# What a test takes for its host: see tests/lib/host. A faulty box can do nothing to this machine, and what happens on it
# meanwhile is not the box's doing.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034 # scripts for other shells; variables of helper.bash
STEP=06 # whose boxes make cgroups
load helper

FILE_STEP=$STEP OTHERS=()

setup() {
	CANARY=canary-${BATS_RUN_TMPDIR##*-}
	OTHER=$BATS_FILE_TMPDIR/mounted
	mkdir -p "$OTHER"
	mount -t tmpfs other "$OTHER"
	setup_host
}

teardown() {
	local place failed=0
	end_host
	! mountpoint -q "$OTHER" || umount --recursive "$OTHER"
	for place in "${OTHERS[@]}"; do
		[[ ! -d $place ]] || find "$place" -depth -type d -exec rmdir {} + || failed=1
	done
	for place in "${PLACES[@]}"; do rm -f "$place/$CANARY"; done
	return $failed
}

PLACES=(/ /etc /usr /usr/bin /var /var/tmp /root /home /tmp /run /dev /dev/shm /opt /srv "$REPO" "$REPO/tests" "$REPO/rootfs")

@test "what a box without a root of its own writes does not reach the machine" {
	local place
	for place in "${PLACES[@]}"; do
		[[ -d $place ]] || continue
		host sh -c 'echo written >"$1"' - "$place/$CANARY" 2>/dev/null || :
		[[ ! -e $place/$CANARY ]] || fail "$place/$CANARY is on the machine"
	done
	[[ $(host cat "/$CANARY" "/usr/$CANARY") == $'written\nwritten' ]] || fail "a box cannot write where a host's root can"
}

@test "a box cannot remove the machine's files, nor the programs that are tested" {
	local place
	for place in "$REPO" "$BATS_FILE_TMPDIR"; do
		echo canary >"$place/$CANARY"
		host rm -f "$place/$CANARY" 2>/dev/null || :
		[[ -e $place/$CANARY ]] || fail "$place/$CANARY is gone"
		rm "$place/$CANARY"
	done
}

@test "a box that kills its process group, or its parent, does not end the tests" {
	host sh -c 'kill -KILL 0' || :
	host sh -c 'kill -KILL $PPID' || :
	[[ $(host echo there) == there ]] || fail "the host has ended"
}

@test "what others mount, unmount and remove meanwhile is not the box's doing" {
	umount "$OTHER"
	rmdir "$OTHER"
	mkdir "$OTHER"
	mount -t tmpfs other "$OTHER"
	mkdir "$OTHER/below"
	mount -t tmpfs other "$OTHER/below"
	host_as_before || return
	umount "$OTHER/below"
	[[ $(host cat /proc/self/mountinfo) != *"$OTHER"* ]] || fail "the host has others' mounts"
}

@test "the cgroups that others make meanwhile are not the box's doing" {
	local place kind options
	while read -r place kind options; do
		[[ $kind == cgroup* && $options == rw* ]] && mkdir "$place/box.$CANARY" 2>/dev/null && OTHERS+=("$place/box.$CANARY")
	done <<<"$CGROUP_MOUNTS"
	((${#OTHERS[@]})) || fail "no cgroup can be made here"
	host_as_before
}

@test "a mount, a cgroup, a process or a hostname that a box leaves is found and named" {
	PATIENCE=0
	host mount -t tmpfs mine "$DIR"
	run host_as_before
	[[ $status == 1 && $output == *"> mount: "*"$DIR"* ]] || fail "the mount was not found: $output"
	host umount -l "$DIR"
	mkdir "${CGROUPS[0]}/box.left"
	run host_as_before
	[[ $status == 1 && $output == *"> cgroup: "*box.left* ]] || fail "the cgroup was not found: $output"
	host sh -c 'sleep 1000 >/dev/null & hostname other'
	run host_as_before
	[[ $status == 1 && $output == *"> process: sleep 1000"* ]] || fail "the process was not found: $output"
	[[ $output == *"< hostname: laptop"*"> hostname: other"* ]] || fail "the name was not found: $output"
}

@test "final's host has the machine's mounts: only what is still mounted on the machine counts as unmounted by box" {
	STEP=final
	run without_others <<<"< mount: / /unmounted rw - tmpfs other rw
< mount: / / rw - ext4 disk rw
> mount: / /made rw - tmpfs mine rw"
	[[ $output == "< mount: / / rw"*$'\n'"> mount: / /made "* ]] || fail "not the two lines of box's own doing: $output"
}

@test "of final's cgroups those count that no other suite's test, and no other user's store, has a container for" {
	local id others=$BATS_TEST_TMPDIR/others place=${CGROUPS[0]} CGROUPS=()
	mkfifo "$others.fifo"
	bash -c 'read -r <"$4"; :' - /elsewhere/tests/lib/host start "$others" "$others.fifo" 3>&- &
	for id in mine theirs; do mkdir -p "$place/box.$id"; done
	mkdir -p "$others/data/containers/theirs" "$BOX_DATA/containers/mine"
	STEP=final
	output=$(printf '%s\n' "$place"/box.{mine,theirs} | empty_cgroups)
	kill $!
	[[ $output == "$place/box.mine" ]] || fail "not $place/box.mine alone:" "$output"
}

@test "cgroups that a killed suite has left are removed, and nobody else's" {
	local name place top=${CGROUPS[0]%/*} id=${BATS_RUN_TMPDIR##*-}
	for name in "suite.$id.1000" "${OWN_CGROUP%.*}.1000" "suite.$id.1001" "suite.$id" "my-suite.$id.1000"; do
		OTHERS+=("$top/$name")
		mkdir "$top/$name" "$top/$name/box.1"
		[[ $name == *1001 ]] || touch -d '16 minutes ago' "$top/$name"
	done
	remove_stale_cgroups
	for place in "${OTHERS[@]:0:2}"; do [[ ! -e $place ]] || fail "an old one stays: $place"; done
	for place in "${OTHERS[@]:2}"; do [[ -e $place ]] || fail "not a killed suite's: $place"; done
}

@test "a host that has ended is not killed again: its PID may be another process's by then" {
	local status=0
	end_host || :
	sleep 1000 3>&- &
	HOST=$!
	end_host || :
	kill -TERM "$HOST"
	wait "$HOST" || status=$?
	((status == 128 + 15)) || fail "another process was killed, which has the host's PID" "hint: see host_is_there"
}

@test "what a test leaves frozen, in a cgroup that it has named itself, ends with the test" {
	local top file state own_cgroups frozen=() end=$((SECONDS + 20))
	while read -r top file state; do
		mkdir "$top/$OWN_CGROUP" "$top/$OWN_CGROUP/inner"
		echo "$HOST" >"$top/$OWN_CGROUP/inner/cgroup.procs"
		echo "$state" >"$top/$OWN_CGROUP/$file"
		frozen+=("$top")
	done < <(findmnt -rnt cgroup2 -o TARGET | sed 's/$/ cgroup.freeze 1/'
		findmnt -rnt cgroup -O freezer -o TARGET | sed 's/$/ freezer.state FROZEN/')
	((${#frozen[@]})) || fail "no cgroup can be frozen here"
	(end_host || :) 3>&- &
	until [[ ! -d /proc/$HOST ]]; do
		((SECONDS < end)) || { thaw_own_cgroup; fail "it is frozen, and does not end"; return; }
		sleep 0.05
	done
	wait
	own_cgroups
	((!${#own_cgroups[@]})) || fail "cgroups stay: ${own_cgroups[*]}"
}
