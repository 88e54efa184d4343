# Step 02: the command has a hostname and process IDs of its own.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

@test "the command is PID 1" {
	box sh -c 'echo $$'
	output_is 1 "is CLONE_NEWPID among the flags of clone3?"
}

# bats test_tags=steps
@test "the hostname in the box is box" {
	box hostname
	output_is box "does the child call sethostname?"
}

@test "a hostname that is set in the box stays there" {
	as_mighty_root
	box hostname renamed
	status_is 0 "root in the box may set it"
	[[ $(host hostname) == laptop ]] ||
		report "the host is called $(host hostname) now" "is CLONE_NEWUTS among the flags of clone3?"
}

@test "what the command leaves in the background dies with it" {
	host_script 'box sh -c "sleep 1234 >/dev/null 2>&1 & setsid sleep 1234 >/dev/null 2>&1 &"
		until_true ended "$(pgrep -d " " -f "^sleep 1234")"'
	status_is 0 "when PID 1 of a PID namespace ends, all in it do: is CLONE_NEWPID set?"
}

@test "all that runs in the box dies when box is killed by SIGKILL" {
	host_script 'start sh -c "sleep 1234 & sleep 1234"; until_true pgrep -f "^sleep 1234" >/dev/null
		kill -KILL $box; until_true ended "$(pgrep -d " " -f "^sleep 1234")" || { echo "still running"; pkill -KILL -f "^sleep 1234"; }
		umount "$ROOTFS/proc" 2>/dev/null # which only step 03 leaves there'
	after_sigkill
	output_lacks "still running" "PID 1 dies with box by PR_SET_PDEATHSIG, and takes its namespace along"
}

@test "a process in the box cannot signal the host's processes" {
	# Its PID must be one that the box does not have.
	host_script 'for _ in {1..50}; do (:); done; sleep 1234 & box kill -0 $!; status=$?; kill $!; exit $status'
	status_is 1 "is CLONE_NEWPID among the flags of clone3?"
}

# Step 14 does without root.
# bats test_tags=before-14
@test "users other than root are told that box needs root" {
	# A copy, as only root may enter the folder of the test.
	host mount -t tmpfs -o mode=755 none /mnt
	host install "$BOX" /mnt/box
	host mkdir /mnt/rootfs
	if at_least 03; then rootfs=/mnt/rootfs; else rootfs=; fi
	# shellcheck disable=SC2086 # to vanish if empty
	run_on_host setpriv --reuid 65534 --regid 65534 --clear-groups /mnt/box run $rootfs true
	host umount -l /mnt
	refused root "check geteuid() before anything else fails with EPERM"
}

# bats test_tags=still
@test "still: ps in the box lists the host's processes" {
	host_script 'sleep 1234 & until_true pgrep -f "^sleep 1234" >/dev/null; box ps -e -o args; kill $!'
	output_has "sleep 1234" "/proc is the host's, and shows the host's PID namespace"
}

# bats test_tags=still
@test "still: the command reads the host's files" {
	box cat "$DIR/$MARKER"
	output_is "$MARKER" "step 02 has no root filesystem"
}
