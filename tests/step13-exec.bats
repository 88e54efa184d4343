# Step 13: box exec runs a command in a box that runs, with no more than the box has.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

EXEC=(exec)
! at_least final || EXEC+=(-i)

# with_box SCRIPT [ARG...]: a script beside a box that runs `sleep 1234`; in_box COMMAND... runs a command in it. $id is the
# box's, and $child its PID 1 on the host.
with_box() {
	host_script 'listed() { "$BOX" ps | grep -q "sleep 1234"; }; in_box() { "$BOX" '"${EXEC[*]}"' $id "$@"; }
		start sleep 1234; until_true listed; id=$("$BOX" ps | sed -n "2s/ .*//p"); child=$(pgrep -P $box)
		('"$1"'); status=$?; kill -TERM $box 2>/dev/null; { wait $box; } 2>/dev/null; exit $status' "${@:2}"
}

# in_box COMMAND...: runs it in a box that runs.
in_box() { with_box 'in_box "$@"' "$@"; }

@test "box exec runs a command in the box" {
	in_box sh -c 'cat /only-in-the-rootfs; hostname >/dev/null && ps -o args | grep -c "^sleep 1234"'
	output_is $'rootfs\n1' "setns(2) on a pidfd of the box's first process, and then the exec. If box exec does not end: it must ask for the record's lock without waiting, see LOCK_NB. If it says that box has died, or waits for ever for its command: before it forks it blocks the signals and opens its own pidfd, see block_signals()"
}

@test "it is in all namespaces of the box" {
	with_box 'cd /proc/$child/ns && for ns in cgroup ipc mnt net pid uts user; do readlink $ns; done >"$DIR/there"
		in_box sh -c "cd /proc/self/ns && for ns in cgroup ipc mnt net pid uts user; do readlink \$ns; done" | diff "$DIR/there" - && echo the same'
	output_is "the same" "setns(2) takes all flags at once; the PID namespace is for children, so it is entered before the fork"
}

@test "it is in the cgroups of the box" {
	OPTIONS=(--memory 64m --pids-limit 10 --cpus 1.5)
	with_box 'in_box sleep 4321 & until_true pgrep -x -f "sleep 4321" >/dev/null; exec_child=$(pgrep -x -f "sleep 4321" | tail -n 1)
		diff /proc/$child/cgroup /proc/$exec_child/cgroup && echo the same; kill -KILL $exec_child; wait'
	output_has "the same" "the record says which limits are set; the child joins them before anything else, when their paths are the host's: write 0 to tasks, or to cgroup.procs on v2. That is begin_child(), which the child of box run calls, too: does child_main()?"
}

@test "a limit of the box holds for it" {
	OPTIONS=(--pids-limit 5)
	in_box sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait'
	[[ $output == *"can't fork"* ]] || report "expected that a fork fails" "the record says which limits are set; the child joins the cgroups of the box first: write 0 to tasks, or to cgroup.procs on v2"
}

@test "it has the rights of the box, and its filter" {
	in_box grep -E '^(Cap(Inh|Prm|Eff|Bnd)|Seccomp:)' /proc/self/status
	output_is $'CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nSeccomp:\t2' \
		"drop_rights: sets and the filter are the process's own, and no namespace has them"
}

@test "in a privileged box it is privileged" {
	OPTIONS=(--privileged)
	with_box 'grep CapEff /proc/$child/status >"$DIR/there"; '"$(at_least final && echo 'in_box() { "$BOX" exec --privileged $id "$@"; }')"'
		in_box grep CapEff /proc/self/status | diff "$DIR/there" - && echo the same'
	output_is "the same" "the record says whether the box is privileged"
}

@test "box exec exits as the command did" {
	in_box sh -c 'exit 42'
	status_is 42 "wait for the child, as box run does"
	in_box sh -c 'kill -KILL $$'
	status_is 137 "128 + the signal"
	in_box no-such-command
	status_is 127 "ENOENT is 127"
	in_box /only-in-the-rootfs
	status_is 126 "any other error is 126"
}

@test "the command reads box's standard input, and has no other descriptor" {
	with_box 'echo typed | in_box cat; exec 7<"$DIR/$MARKER" 9<"$DIR"; in_box ls /proc/self/fd'
	output_is $'typed\n0\n1\n2\n3' "close_range(2), before names are looked up in the box"
}

@test "SIGTERM to box exec ends its command, and not the box" {
	with_box '"$BOX" '"${EXEC[*]}"' $id sleep 4321 & until_true pgrep -f "^sleep 4321" >/dev/null; kill -TERM $!; wait $!; echo $?; until_true ended "$(pgrep -d " " -f "^sleep 4321")"
		kill -0 $box && echo the box lives'
	[[ $output == 1[34][37]$'\nthe box lives' ]] || report "expected 137 or 143, and that the box lives" "box exec waits as box run does, and kills its own child"
}

@test "the command dies when box exec is killed by SIGKILL" {
	with_box '"$BOX" '"${EXEC[*]}"' $id sleep 4321 & until_true pgrep -f "^sleep 4321" >/dev/null; kill -KILL $!; { wait $!; } 2>/dev/null
		until_true ended "$(pgrep -d " " -f "^sleep 4321")" && echo gone'
	output_is gone "PR_SET_PDEATHSIG, in the child of box exec, too"
}

@test "the command dies with its box" {
	with_box '"$BOX" '"${EXEC[*]}"' $id sleep 4321 & until_true pgrep -f "^sleep 4321" >/dev/null; kill -TERM $box; wait $!; echo $?'
	output_is 137 "when PID 1 of a PID namespace ends, all in it do"
}

@test "a box that is not there, or has ended, is an error that names it" {
	with_box 'in_box true && "$BOX" exec 0123abcd true'
	status_is 125 "no such record is an error"
	output_has 0123abcd "say which box"
	with_box 'echo $id >"$DIR/id"; in_box true'
	status_is 0 "a box that runs is entered"
	box_exec exec "$(<"$DIR/id")" true
	refused "$(<"$DIR/id")" "its record is gone, or nobody holds its lock: say which box"
	box_exec exec
	refused "no " "say what is missing"
}

# Whatever is at the end of a name, final has states of its own.
# bats test_tags=steps
@test "a process that has the PID of a record by now is not entered" {
	local start
	with_box 'start=$(sed "s/.*) //" /proc/$child/stat | cut -d " " -f 20); flags=$(cut -d " " -f 3,4 /run/boxes/$id)
		echo "$child $start $flags x" >/run/boxes/00000001; echo "$child $((start - 1)) $flags x" >/run/boxes/00000002
		for record in 00000001 00000002; do exec 5</run/boxes/$record; flock 5; "$BOX" exec $record echo entered $record; exec 5<&-; done'
	output_has "entered 00000001" "a record has PID, start time, limits and privileges, and a lock"
	output_lacks "entered 00000002" "PIDs come again: compare the start time, field 22 of /proc/PID/stat, when you hold the pidfd"
}

# bats test_tags=still
@test "still: users other than root cannot start a box" {
	host mount -t tmpfs -o mode=755 none /mnt
	host install "$BOX" /mnt/box
	run_on_host setpriv --reuid 65534 --regid 65534 --clear-groups /mnt/box run / true
	host umount -l /mnt
	refused root "step 13 makes no user namespace"
}
