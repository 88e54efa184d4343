# The terminal of -t. What happens at the caller's is typed by tests/lib/terminal.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper

# on_terminal SCRIPT COMMAND...: runs COMMAND in a box with -it and $OPTIONS, and SCRIPT at its terminal.
on_terminal() {
	run_on_host "$REPO/tests/lib/terminal" "$1" "$BOX" run --rm -it "${OPTIONS[@]}" "$ROOTFS" "${@:2}"
}

@test "-t gives the command a terminal of the container's own" {
	on_terminal 'end(); print(output.decode())' \
		sh -c 'tty; test -t 0 -a -t 1 -a -t 2 && echo three; echo $TERM; ls /dev/pts | xargs; echo console >/dev/console; echo tty >/dev/tty'
	output_is $'/dev/pts/0\r\nthree\r\nxterm\r\n0 ptmx\r\nconsole\r\ntty\r' "see terminal_open"
}

@test "what is typed reaches the command, and its exit status is box's" {
	on_terminal 'expect("#"); send("echo typ\"\"ed\r"); expect("typed"); send("exit 3\r"); print(end())' sh
	output_is 3 "see relay in container.c"
}

@test "the caller's terminal is raw while the command runs, and as before when it has ended" {
	on_terminal 'expect("#"); print(is_raw()); send("exit\r"); end(); print(is_raw())' sh
	output_is $'True\nFalse' "see terminal_raw and terminal_restore"
}

@test "the caller's terminal is as before when the command cannot be started" {
	on_terminal 'print(end()); print(is_raw()); print(output.decode())' no-such-command
	output_is $'127\nFalse\nbox: no-such-command: No such file or directory\r' "restore it before the message is printed"
}

@test "the caller's terminal is as before when SIGTERM has ended the command" {
	on_terminal 'expect("#"); signal("SIGTERM"); print(end()); print(is_raw())' sh -c 'echo "#"; exec sleep 1000'
	output_is $'137\nFalse' "see terminal_restore"
}

@test "the caller's terminal is as before when the command was killed" {
	on_terminal 'expect("#"); subprocess.run(["pkill", "-KILL", "-P", str(command.pid)]); print(end()); print(is_raw())' sh
	output_is $'137\nFalse' "see terminal_restore"
}

@test "the caller's terminal is left alone without -t" {
	run_on_host "$REPO/tests/lib/terminal" 'expect("#"); print(is_raw()); send("\r"); print(end())' \
		"$BOX" run --rm -i "$ROOTFS" sh -c 'echo "#"; read line; exit 3'
	output_is $'False\n3' "raw mode is for -t"
}

@test "the command's terminal has the size of the caller's, and follows it" {
	# What is typed may overtake the signal.
	on_terminal 'has = "until stty size | grep \"%s\"; do sleep 0.1; done\r"; size(50, 132); expect("#"); send(has % "5\"\"0 132"); expect("50 132")
size(30, 100); send(has % "3\"\"0 100"); expect("30 100"); send("exit\r"); print(end())' sh
	output_is 0 "see terminal_resize, and SIGWINCH in handle_signal"
	on_terminal 'end(); print(output.decode())' stty size
	output_is $'24 80\r' "the size must be there before the command starts"
}

@test "a program in the container is told when the size changes" {
	on_terminal 'expect("ready"); size(30, 100); expect("changed"); print(end())' \
		sh -c 'trap "echo changed; exit 0" WINCH; echo ready; while :; do sleep 0.05; done'
	output_is 0 "see terminal_resize"
}

@test "Ctrl-Z stops a command of the shell in the container, and not box" {
	on_terminal 'expect("#"); send("sleep 1000\r"); wait_for("pgrep -f ^sleep.1000"); send("\x1a"); expect("Stopped")
send("exit 3\r"); expect("stopped jobs"); send("exit 3\r"); print(end())' sh
	output_is 3 "the container has a session of its own, with this terminal"
}

@test "--init: a shell on a terminal has job control" {
	OPTIONS=(--init)
	on_terminal 'expect("#"); print("job control turned off" in output.decode()); send("sleep 1000\r"); wait_for("pgrep -f ^sleep.1000")
send("\x03"); expect("#"); send("exit 3\r"); print(end())' sh
	output_is $'False\n3' "the shell must have the terminal's process group: see serve_as_init"
}

@test "a large paste arrives, while the command writes much and does not read" {
	on_terminal 'expect("ready"); send("x" * 200000); read_output(3000000); expect("got 200000"); print(end())' \
		sh -c 'stty raw -echo; echo ready; sleep 0.3; head -c 3000000 /dev/zero; echo got $(head -c 200000 | wc -c)'
	output_is 0 "neither way may wait for the other: see relay"
}

@test "all that the command writes before it ends is shown" {
	# Box sees the end of the command and all of this at once.
	on_terminal 'expect("ready"); signal("SIGSTOP"); time.sleep(1); signal("SIGCONT"); end(); print(len(output), output[-5:])' \
		sh -c 'stty -opost; echo ready; sleep 0.3; head -c 20000 /dev/zero; printf "\nlast\n"'
	output_is "20007 b'last\\n'" "read the terminal until its end: see container_wait"
}

@test "what is shown after the command's end is as it was written, and then the terminal is as before" {
	# Nobody reads it before box waits for that alone.
	on_terminal 'expect("ready")
while open(f"/proc/{command.pid}/task/{command.pid}/children").read():
    time.sleep(0.02)
print(end(), is_raw(), bool(termios.tcgetattr(peer)[1] & termios.OPOST), len(output), output[-5:])' \
		sh -c 'stty -opost; echo ready; head -c 32000 /dev/zero; printf "\nlast\n"'
	output_is "0 False True 32007 b'last\\n'" "the output stays raw until all is written: see terminal_restore"
}

@test "the terminal belongs to the command's user" {
	OPTIONS=(-u 1000)
	on_terminal 'end(); print(output.decode())' sh -c 'stat -c %u $(tty); echo mine >$(tty)'
	output_is $'1000\r\nmine\r' "see prepare_process"
}

@test "a container ends with the terminal that it was started on" {
	host_script '"$1" "expect(\"ready\"); print(command.pid); sys.stdout.flush(); os._exit(0)" "${run[@]:0:2}" --rm -it "$ROOTFS" sh -c "echo ready; exec sleep 1234" >pid
		until_true ended "$(<pid)" || { echo "still running"; kill -KILL "$(<pid)"; }' "$REPO/tests/lib/terminal"
	output_is "" "SIGHUP comes to box, and on to the command"
}

@test "-i with -t, where standard input is no terminal, is an error that says so" {
	OPTIONS=(-t)
	host_script 'echo typed | box cat'
	status_is 125 "see set_stdin"
	output_has "not a terminal" "see set_stdin"
}

@test "-t without -i, where there is no terminal, writes to standard output" {
	host_script '"$BOX" run --rm -t "$ROOTFS" sh -c "tty; exit 3" </dev/null; echo "status $?"'
	output_is $'/dev/pts/0\r\nstatus 3' "see set_stdin"
}

@test "what is written to a terminal that nobody had open any more arrives" {
	host_script 'box() { timeout 60 "$BOX" run --rm -t "$ROOTFS" "$@"; }
		box sh -c "exec </dev/null >/dev/null 2>&1; sleep 0.3; dd if=/dev/zero of=/dev/console bs=1k count=100" </dev/null | wc -c'
	output_is 102400 "see terminal_peer"
}

@test "a command on a terminal ends when nobody reads what it prints" {
	host_script 'timeout 60 "$BOX" run --rm -t "$ROOTFS" yes </dev/null | head -n 1; echo "status ${PIPESTATUS[0]}"'
	output_has "status 137" "see relay"
}

@test "box with -it in the background is stopped as any job, and goes on in the foreground" {
	host_script '"$BOX" run -d --name up "$ROOTFS" sleep 1000 >/dev/null
		"$1" "end()" "$BOX" run --name again -it "$ROOTFS" sh -c "test ! -e once || exec sh; touch once"
		for words in "run --rm -it $ROOTFS sh" "exec -it up sh" "start -a again"; do
			"$1" "expect(\"# \"); send(\"(sleep 0.3; exec $BOX $words) &\\r\")
wait_for(\"ps -eo stat=,args= | grep -q ^T.*/box.${words%% *}\"); raw = [is_raw()]
send(\"fg\\r\"); expect(\"/ # \"); raw.append(is_raw()); send(\"exit 3\\r\"); expect(\"# \"); raw.append(is_raw())
send(\"exit\\r\"); print(raw, end())" env PS1="# " bash --norc --noediting -i
		done; "$BOX" rm -f up again >/dev/null' "$REPO/tests/lib/terminal"
	output_is $'[False, True, False] 3\n[False, True, False] 3\n[False, True, False] 3' "SIGTTOU must not be blocked then: see as_job"
}

@test "box with -i in the background is stopped when it would read the terminal" {
	host_script '"$1" "expect(\"# \"); send(\"$BOX run --rm -i $ROOTFS cat &\\r\")
wait_for(\"ps -eo stat=,args= | grep -q ^T.*/box.run\"); send(\"fg\\r\"); expect(\"fg\"); expect(\"cat\")
send(\"typed\\r\"); expect(\"typed\"); expect(\"typed\"); send(\"\\x04\"); expect(\"# \"); send(\"exit\\r\"); print(end())" env PS1="# " bash --norc --noediting -i' \
		"$REPO/tests/lib/terminal"
	output_is 0 "SIGTTIN must not be blocked then: see take"
}
