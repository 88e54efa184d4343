# Step 01: box runs a command, and exits as the command did.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

@test "what the command prints comes through" {
	box sh -c 'echo out; echo err >&2'
	output_is out "does the child exec the command, with box's own stdout?"
	[[ $stderr == err ]] || report "expected 'err' on stderr" "leave stderr to the command"
}

@test "the command reads box's standard input" {
	host_script 'echo typed | box cat'
	output_is typed "leave stdin to the command"
}

@test "arguments reach the command as they are" {
	box printf '<%s>' 'two words' '' '*' -n --help
	output_is '<two words><><*><-n><--help>' "execvp takes argv as it is; options of box end at the command"
}

# bats test_tags=steps
@test "the environment reaches the command" {
	host_script 'COLOUR=green box sh -c "echo \$COLOUR"'
	output_is green "execvp passes environ on"
}

@test "box exits with the command's exit status" {
	box sh -c 'exit 42'
	status_is 42 "is the status that waitpid gives taken apart with WEXITSTATUS?"
	box true
	status_is 0 "is the status that waitpid gives taken apart with WEXITSTATUS?"
}

@test "a command killed by signal 9 makes box exit with 137" {
	host_script 'start sleep 1000; pkill -KILL -P $box; wait $box'
	status_is 137 "128 + the signal: see WIFSIGNALED and WTERMSIG in waitpid(2)"
}

@test "a command that is not found makes box exit with 127, and is named" {
	box no-such-command
	status_is 127 "execvp fails with ENOENT: that is 127 in the shell, too"
	[[ $stderr == *no-such-command* ]] || report "expected its name on stderr" "err(3) with the name"
}

@test "a command that cannot be executed makes box exit with 126, and is named" {
	box ./plain
	status_is 126 "execvp fails with another error than ENOENT: that is 126 in the shell, too"
	[[ $stderr == *plain* ]] || report "expected its name on stderr" "err(3) with the name"
}

@test "no descriptor of box, or of its caller, reaches the command" {
	host_script 'exec 7<"$DIR/$MARKER" 12<"$DIR"; box ls /proc/self/fd'
	# 3 is the folder, in which ls reads.
	output_is $'0\n1\n2\n3' "see close_range(2)"
}

# bats test_tags=steps
@test "the command has the signal mask and the ignored signals of box's caller" {
	host_script 'grep -E "^Sig(Blk|Ign)" /proc/self/status; box grep -E "^Sig(Blk|Ign)" /proc/self/status'
	[[ $(sort -u <<<"$output" | wc -l) == 2 ]] ||
		report "expected the same lines without a box and in one" \
			"restore the mask with sigprocmask before the exec; an ignored signal stays ignored"
}

@test "box works with stdin, stdout and stderr closed" {
	host_script 'box true <&- >&- 2>&-'
	status_is 0 "descriptors 0 to 2 may be anything: do not rely on them"
}

@test "box works when its caller ignores SIGCHLD" {
	host_script 'timeout -s KILL 30 env --ignore-signal=CHLD "${run[@]}" sh -c "exit 42"'
	status_is 42 "with SIGCHLD ignored the kernel throws the exit status away: set it to SIG_DFL"
}

# bats test_tags=steps
@test "SIGINT and SIGQUIT do not end box, which waits for the command" {
	# Job control, as a shell without it has its background commands ignore both signals.
	host_script 'set -m; start sleep 1000; kill -INT $box; kill -QUIT $box; kill -TERM $box; wait $box'
	[[ $status == 137 || $status == 143 ]] || report "expected 137 or 143, of SIGTERM" "Ctrl-C reaches box and the command: box must leave SIGINT and SIGQUIT to it"
}

@test "no other signal ends box before the command ends" {
	host_script 'start sleep 0.5; kill -USR1 $box; kill -ALRM $box; kill -PIPE $box; wait $box'
	status_is 0 "a box that dies by a signal cannot clean up: block signals before the child starts"
}

# on_terminal KEYS SCRIPT: a script with a terminal of its own; KEYS are those of tests/lib/terminal.
on_terminal() { host_script '"$1" "$2" bash -c "$(declare -f box); $3"' "$REPO/tests/lib/terminal" "$@"; }

@test "Ctrl-C at a shell in the box stops the shell's command and not box" {
	at_least final && OPTIONS=(-t)
	on_terminal 'expect("#"); send("sleep 1000\r"); wait_for("pgrep -f ^sleep.1000"); send("\x03"); expect("#")
send("echo still he\"\"re\r"); expect("still here"); send("exit 7\r"); print("status", end())' 'box sh'
	output_has status "does box ignore SIGINT while it waits?"
	# In step 02 dash cannot give the terminal back, and exits with 2.
	[[ $STEP == 02 ]] || output_is "status 7" "does box wait for the shell, and exit as it did?"
}

@test "when a shell in the box has ended, the caller has the terminal again" {
	# A line is typed when the one before it has had its effect: final's box reads ahead, as Docker does.
	on_terminal 'send("exit 7\r"); expect("status "); send("my name\r"); expect("read: my name")' \
		'box sh; echo "status $?"; read -r line && echo "read: $line"'
	output_is "" "does box wait for the shell, and exit as it did? A shell takes the terminal, and from step 02 on cannot give it back: see tcsetpgrp"
}

@test "a box in the background takes the terminal from nobody" {
	if at_least final; then RUN=(--rm); fi # with -i it reads the terminal, and is stopped for it, as cat is
	on_terminal 'send("my name\r"); expect("read: my name")' \
		'set -m; box true & set +m; tail -f /dev/null --pid $!; read -r line && echo "read: $line"'
	output_is "" "give the terminal back only when those who had it are gone: see tcgetpgrp"
}

ends_with() { # ends_with SIGNAL COMMAND...
	host_script 'start "${@:2}"; [[ $2 != sh ]] || until_true ready; kill -"$1" $box
		until_true ended $box || { echo "still running"; kill -KILL $box; }; wait $box' "$@"
	output_lacks "still running" "a command may ignore SIG$1, and PID 1 of a namespace does: kill the child with SIGKILL"
}

@test "SIGTERM to box ends the command, and box reports it" {
	ends_with TERM sleep 1000
	[[ $status == 137 || $status == 143 ]] ||
		report "expected 137 or 143" "after SIGTERM, wait for the child, and exit with 128 + its signal"
}

@test "SIGHUP to box ends the command, and box reports it" {
	ends_with HUP sleep 1000
	[[ $status == 137 || $status == 129 ]] ||
		report "expected 137 or 129" "after SIGHUP, wait for the child, and exit with 128 + its signal"
}

# bats test_tags=steps
@test "SIGTERM to box ends even a command that ignores it" {
	ends_with TERM sh -c 'trap "" TERM; touch ready; while :; do sleep 0.1; done'
	status_is 137 "a command may ignore SIGTERM, and PID 1 of a namespace does: kill it with SIGKILL"
}

@test "SIGHUP does not end a box that was started with it ignored, as by nohup" {
	host_script 'trap "" HUP; start sh -c "sleep 0.5; exit 42"; kill -HUP $box; wait $box'
	status_is 42 "on Linux a blocked signal is queued even when it is ignored: do not block it, then"
}

@test "SIGTERM to box at any moment leaves nothing behind" {
	host_script 'for i in {1..200}; do { exec "${run[@]}" sleep 1000; } & for ((n = i % 40 * 20; n; n--)); do :; done
		kill -TERM $!; wait $!; done; true'
	status_is 0 "what is made must be known to who cleans up, before a signal can come"
}

@test "the command dies when box is killed by SIGKILL" {
	host_script 'start sleep 1000; child=$(pgrep -P $box); kill -KILL $box
		until_true ended $child || { echo "still running"; kill -KILL $child; }
		umount "$ROOTFS/proc" 2>/dev/null # which only step 03 leaves there'
	after_sigkill
	output_lacks "still running" "see PR_SET_PDEATHSIG in prctl(2): the kernel tells the child when its parent dies"
}

@test "200 runs in a row leave nothing behind" {
	host_script 'for i in {1..200}; do box true || exit; done'
	status_is 0 "each run must succeed"
}

@test "20 runs at once leave nothing behind" {
	host_script 'for i in {1..20}; do box sh -c "sleep 0.2; exit 42" & boxes+=($!); done
		for box in "${boxes[@]}"; do wait $box; (($? == 42)) && echo ended well; done'
	[[ $(grep -c "ended well" <<<"$output") == 20 ]] ||
		report "expected exit status 42 from each of 20" "what do two runs share?"
}

@test "no command is an error, said in one line" {
	box
	refused "no command" "check argc before you use argv"
	box_exec
	refused "box: no " "check argc before you use argv"
	box_exec run
	refused "box: no " "check argc before you use argv"
}

@test "an unknown command of box is an error that names it" {
	box_exec frobnicate true
	refused frobnicate "the only command is run"
}

@test "an unknown option is an error that names it" {
	box_run --frobnicate true
	refused frobnicate "getopt_long returns '?', and has printed why"
	box_exec --frobnicate
	refused frobnicate "getopt_long returns '?', and has printed why"
}

@test "--help prints how box is used, on standard output" {
	local arguments=(--help "run --help")
	at_least final || arguments+=("run -h") # final's is Docker's, and takes a hostname
	for arguments in "${arguments[@]}"; do
		# shellcheck disable=SC2086 # to be split
		box_exec $arguments
		status_is 0 "to be asked for help is no error"
		output=${output/Usage: box/usage: box} # as final says
		output_has "usage: box" "print the usage on stdout"
	done
	host_script '"$BOX" --help >/dev/full'
	status_is 125 "what could not be printed is an error: see fflush(3)"
}

# bats test_tags=still
@test "still: the command sees the host's processes" {
	host_script 'sleep 1234 & until_true pgrep -f "^sleep 1234" >/dev/null; box ps -e -o args; kill $!'
	output_has "sleep 1234" "step 01 has no PID namespace"
}

# bats test_tags=still
@test "still: the command can rename the host" {
	box hostname renamed
	[[ $(host hostname) == renamed ]]
	host hostname laptop
}

# bats test_tags=still
@test "still: the command reads the host's files" {
	box cat "$DIR/$MARKER"
	output_is "$MARKER" "step 01 has no root filesystem"
}

# bats test_tags=still
@test "still: what the command leaves in the background goes on" {
	host_script 'box sh -c "sleep 1234 >/dev/null 2>&1 &"; until_true pkill -f "^sleep 1234"'
	status_is 0 "step 01 has no PID namespace that would end with the command"
}
