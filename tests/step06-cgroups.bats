# Step 06: memory, processes and CPU time of the command have limits. Each is tested by its effect.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper
load lib/limits

hog='echo started; dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null && echo had 200 MB'

@test "--memory: a command that wants more is killed" {
	box sh -c "$hog"
	output_is $'started\nhad 200 MB' "without a limit it is not"
	OPTIONS=(--memory 64m)
	box sh -c "$hog"
	output_has started "the limit is enough to start"
	output_lacks 'had 200 MB' "is the limit written to the cgroup's file, and is the command in the cgroup?"
}

@test "--memory: box exits with 137 when the command itself is killed for it" {
	OPTIONS=(--memory 64m)
	box dd if=/dev/zero of=/dev/null bs=200M count=1
	status_is 137 "is the command, and not only its children, in the cgroup?"
}

@test "--memory: what a tmpfs holds counts, too" {
	OPTIONS=(--memory 64m --tmpfs /tmp)
	box sh -c 'echo started; dd if=/dev/zero of=/tmp/file bs=1M count=200; ls -l /tmp/file'
	output_has started "the limit is enough to start"
	output_lacks 209715200 "is the command in the cgroup before it writes?"
}

@test "--memory takes bytes, and k, m and g in powers of 1024" {
	for memory in 67108864 65536k 65536K 64m 64M; do
		OPTIONS=(--memory "$memory")
		box sh -c "$hog"
		output_has started "$memory is enough to start"
		output_lacks 'had 200 MB' "$memory is 64 MiB"
	done
	OPTIONS=(--memory=1g)
	box sh -c "$hog"
	output_has 'had 200 MB' "1g is enough for 200 MB"
}

@test "--pids-limit: a fork bomb stays inside" {
	OPTIONS=(--pids-limit 20)
	# It doubles eight times, and is no danger to a machine without the limit.
	host_script 'start sh -c "f() { [ \$1 -gt 0 ] && { f \$((\$1 - 1)) & f \$((\$1 - 1)) & }; sleep 1234; }; f 8 & exec sleep 1234" >out 2>&1
		until_true grep "can.t fork" out; rm out
		most=0; for _ in {1..20}; do now=$(ps -e -o args | grep -c "^sh -c f()\|^sleep 1234"); ((now > most)) && most=$now
		sleep 0.05; done 2>/dev/null; echo "$most processes"; kill -TERM $box; wait $box'
	[[ $output =~ ([0-9]+)" processes" ]]
	((BASH_REMATCH[1] <= 20)) || report "expected 20 processes at most" "is the limit written to pids.max?"
	output_has "can't fork" "the kernel must refuse the process that is too many"
}

@test "--pids-limit 1 leaves the command alone" {
	a_limit_of_one_process_leaves_the_command_alone
}

@test "--cpus: a busy command gets its share of CPU time and no more" {
	a_busy_command_gets_a_tenth_of_a_cpu
}

@test "three limits at once hold" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	box sh -c "for i in 1 2 3 4 5 6 7 8 9 10 11; do sleep 1000 & done; $hog"
	output_lacks 'had 200 MB' "the memory limit"
	[[ $stderr == *"can't fork"* ]] || report "expected that a fork failed" "the process limit"
}

@test "the command is in its cgroup from its first instruction on" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	box cat /proc/self/cgroup
	# In a cgroup namespace, as step 11 makes one, the box's own cgroup is /.
	at_least 11 && host_script 'start sleep 1000; cat "/proc/$(pgrep -P $box)/cgroup"; kill -TERM $box; wait $box'
	[[ $output == */box[./]* ]] || report "expected a cgroup of box" "join the cgroup before the exec, or be born in it: see CLONE_INTO_CGROUP"
}

@test "the cgroup is removed when the command ends" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	box true
	status_is 0 "with limits the command runs as without"
	host_as_before
	box sh -c 'sleep 1234 & exit 42'
	status_is 42 "a cgroup can be removed when no process is left in it: wait first"
	host_as_before
}

@test "the cgroup is removed after SIGTERM to box" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	host_script 'start sleep 1000; kill -TERM $box; wait $box'
	status_is 137 "with limits SIGTERM works as without"
	host_as_before
}

@test "the cgroup is removed when the command cannot be started" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	box no-such-command
	status_is 127 "with limits the exit status is the same as without"
	host_as_before
	OPTIONS+=(-v no-such-folder:/data)
	box true
	refused no-such-folder "with limits the messages are the same as without"
	host_as_before
}

@test "the cgroup is removed when the kernel refuses a limit" {
	OPTIONS=(--memory 64m --pids-limit 99999999999)
	box true
	refused 99999999999 "the kernel has the last word: check each write"
	host_as_before
	OPTIONS=(--memory 64m --cpus 0.00001)
	box true
	refused cpu "the kernel has the last word: check each write"
	host_as_before
}

@test "50 runs in a row, and 20 at once, with limits, leave nothing behind" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	host_script 'for i in {1..50}; do box true || exit; done
		for i in {1..20}; do box sh -c "sleep 0.2; exit 42" & boxes+=($!); done
		for box in "${boxes[@]}"; do wait $box; (($? == 42)) && echo ended well; done'
	[[ $(grep -c "ended well" <<<"$output") == 20 ]] ||
		report "expected exit status 42 from each of 20" "what do two runs share? the cgroup's name?"
}

# bats test_tags=v2,vm,plain
@test "on v2 box enables the controllers that it needs" {
	host_script 'cd /sys/fs/cgroup; for c in memory pids cpu; do echo "-$c" >cgroup.subtree_control; done
		cat cgroup.subtree_control'
	output_lacks memory "no other cgroup on this machine must need them: is this a throw-away machine?"
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	box sh -c "$hog"
	output_has started "write +memory, +pids and +cpu to cgroup.subtree_control of the cgroup above"
	output_lacks 'had 200 MB' "the memory limit"
}

# bats test_tags=v2,steps
@test "on v2 the whole box is killed when it wants too much memory, not a part of it" {
	OPTIONS=(--memory 64m)
	box sh -c "$hog; echo survived"
	status_is 137 "see memory.oom.group"
	output_lacks survived "see memory.oom.group"
}

# bats test_tags=v2
@test "on v2 a process that was put into the cgroup from outside ends with the box" {
	OPTIONS=(--pids-limit 10)
	host_script 'start sleep 1000; sleep 1234 & cgroup=$(cut -d : -f 3 /proc/$(pgrep -P $box)/cgroup)
		place=/sys/fs/cgroup$cgroup; [[ -d $place ]] || place=/sys/fs/cgroup/${cgroup##*/} # the test may have a top of its own
		echo $! >"$place/cgroup.procs"; kill -TERM $box; wait $box
		until_true ended $! || { echo "still running"; kill $!; }'
	output_lacks "still running" "see cgroup.kill"
	host_as_before
}

# bats test_tags=vm
@test "--memory: swap does not extend it" {
	host_script 'dd if=/dev/zero of="$DIR/swap" bs=1M count=400 status=none; chmod 600 "$DIR/swap"
		mkswap "$DIR/swap" >/dev/null && swapon "$DIR/swap" && tail -n +2 /proc/swaps | wc -l'
	output_has 1 "this test needs swap: is swapon allowed, is $DIR on a disk?"
	OPTIONS=(--memory 64m)
	box sh -c "$hog"
	swapped=$output
	host swapoff "$DIR/swap"
	[[ $swapped == *started* && $swapped != *'had 200 MB'* ]] ||
		report "expected that the hog is killed" "is memory.swap.max (v2) or memory.memsw.limit_in_bytes (v1) written, and under which condition?"
}

@test "a limit that is no positive number is an error that names it" {
	local between=" "
	at_least final && between=": "
	for option in --memory --pids-limit --cpus; do
		for value in 0 -1 abc 12q "" " 1" 0x10 nan inf 1e3 99999999999999999999; do
			case $STEP$option$value in final--pids-limit-1 | final--*0) continue ;; esac # Docker's words for no limit
			OPTIONS=("$option" "$value")
			box true
			refused "$option$between$value" "check the whole argument: strtod(3) stops where the number does"
		done
	done
	OPTIONS=(--pids-limit 1.5)
	box true
	refused 1.5 "processes are whole"
	OPTIONS=(--memory 9999999999g)
	box true
	refused 9999999999g "does the product overflow?"
	host_as_before
}

@test "a limit whose controller is missing is an error that says which, and where box looked" {
	host umount -l /sys/fs/cgroup # the test's own host alone loses them
	for limit in memory:--memory=64m pids:--pids-limit=9 cpu:--cpus=1; do
		OPTIONS=("${limit#*:}")
		box true
		refused "${limit%%:*} " "no limit is not the same as the limit: say that it cannot be had"
		refused /proc/ "say where box has looked"
		at_least final || refused "make vm" "say what to do, too"
	done
	host_state >"$BATS_TEST_TMPDIR/before"
}

@test "a limit whose cgroup cannot be made is an error that says where, why, and what to do" {
	# As in many a container. Each is made read-only in the test's own host alone.
	host_script 'findmnt -rno TARGET -t cgroup,cgroup2 | xargs -n 1 mount -o remount,bind,ro'
	host_state >"$BATS_TEST_TMPDIR/before"
	for limit in memory:--memory=64m pids:--pids-limit=9 cpu:--cpus=1; do
		OPTIONS=("${limit#*:}")
		box true
		refused "${limit%%:*}" "say which limit cannot be had"
		refused /box "say where box wants its cgroup"
		refused "Read-only file system" "say why, see errno"
		at_least final || refused "make vm" "say what to do, too"
	done
}

# bats test_tags=v2
@test "on v2 a cgroup that cannot pass a controller on is an error that says which, and what to do" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	box true # the machine's own cgroup can
	status_is 0 "with limits the command runs as without"
	# Not so that of a container: it is the top of the tree there, and has processes.
	container='echo 0 >"$1/cgroup.procs" && exec unshare --cgroup --mount sh -c "
		umount -l /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"\$@\"" "$@"'
	for option in --memory=64m --pids-limit=9 --cpus=1; do
		OPTIONS=("$option")
		host_script 'top=$(mktemp -d /sys/fs/cgroup/container.XXXXXX)
			sh -c "$1" - "$top" "${run[@]}" true; status=$?; until_true rmdir "$top"; exit $status' "$container"
		status_is 125 "no limit is not the same as the limit: say that it cannot be had"
		output_has cgroup "say what cannot be had"
		output_has "make vm" "say what to do, too"
		# Of processes and CPU time the kernel notices only when the child is to be born there.
		[[ $option != --memory* ]] || output_has "--memory: write +memory to /sys/fs/cgroup/box." "say which, and where"
	done
}

# bats test_tags=still
@test "still: the box shares the host's network, IPC and user namespaces" {
	for namespace in net ipc user; do
		box readlink "/proc/self/ns/$namespace"
		[[ $output == "$(host readlink "/proc/self/ns/$namespace")" ]]
	done
}

# bats test_tags=still
@test "still: root in the box has every capability of root on the host" {
	box grep CapEff /proc/self/status
	[[ $output == "$(host grep CapEff /proc/self/status)" ]]
}

# bats test_tags=still
@test "still: no system call is refused" {
	box grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	output_is $'NoNewPrivs:\t0\nSeccomp:\t0' "step 06 has no filter of system calls"
}
