# What step 06 and final promise alike of their limits; after helper.bash.
# shellcheck disable=SC2016,SC2034,SC2154 # scripts for the box; variables of helper.bash

a_limit_of_one_process_leaves_the_command_alone() {
	OPTIONS=(--pids-limit 1)
	box sh -c 'ls /; echo "status $?"'
	output_lacks only-in-the-rootfs "the command is one process, and cannot fork"
	box ls /
	output_has only-in-the-rootfs "the command itself must start: box's own process does not count"
}

a_busy_command_gets_a_tenth_of_a_cpu() {
	local busy='time -p timeout 1 sh -c "while :; do :; done"' all limited _
	renice -n -19 -p $BASHPID >/dev/null || : # other work on the machine may leave little to share, even so
	for _ in {1..10}; do
		OPTIONS=()
		box sh -c "$busy"
		all=$(percent <<<"$stderr")
		OPTIONS=(--cpus 0.1)
		box sh -c "$busy"
		[[ $stderr == *real* ]] || report "expected the times" "with a limit the command runs as without"
		limited=$(percent <<<"$stderr")
		((limited * 2 < all && limited <= 30)) && return
	done
	report "expected about 10 % of a CPU; got $limited %, and $all % without the limit" \
		"CPU time is a quota of microseconds in a period of 100000"
}

# Of the real time that time -p prints, how much was used.
percent() { awk '$1 == "real" { real = $2 } /^(user|sys)/ { used += $2 } END { print int(100 * used / real) }'; }
