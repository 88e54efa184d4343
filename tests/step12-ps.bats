# Step 12: box ps finds the boxes that run, and none that do not.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

# final's table is Docker's, and its IDs are longer: it is looked at for what both have.
HEADER=BOX
at_least final && HEADER="CONTAINER ID"

# start, and then, for at most two seconds, a wait until box ps has a line more: box makes the record when the command runs.
LISTED='start_listed() { local i n=$("$BOX" ps | wc -l); start "$@"; for i in {1..100}; do (($("$BOX" ps | wc -l) > n)) && return; pause; done; }; '

@test "box ps has a line for each box that runs, with its command" {
	host_script "$LISTED"'start_listed sleep 1234; first=$box; start_listed sleep 4321; "$BOX" ps; kill -TERM $first $box; wait $first $box; "$BOX" ps'
	[[ $(grep -c "^$HEADER" <<<"$output") == 2 && $(grep -c "sleep 1234" <<<"$output") == 1 && $(grep -c "sleep 4321" <<<"$output") == 1 ]] ||
		report "expected a header, a line for each of two boxes, and a header alone when they have ended" "box run makes a record of its box below /run, and removes it when the command has ended: see atexit(3). If box waits for the record until the command has ended, the command still has the pipe: is descriptor 3 close-on-exec? If it is box ps that does not end: it must not wait for the lock of a box that runs, see LOCK_NB"
}

@test "box ps works when no box has ever run" {
	box_exec ps
	status_is 0 "no folder is no error: ENOENT"
	[[ $output == "$HEADER"* && $output != *$'\n'* ]] || report "expected a header alone" "no folder is no error: ENOENT"
}

# bats test_tags=steps
@test "the record goes when its box ends, whether anybody looks or not" {
	host_script 'box true; ls /run/boxes | wc -l'
	output_is 0 "box removes the record of its own box when it exits: see atexit(3)"
}

# bats test_tags=steps
@test "box ps tells the PID of the command on the host" {
	host_script "$LISTED"'start_listed sleep 1234; line=$("$BOX" ps | tail -n 1) pid=$(pgrep -P $box)
		[[ $(sed -n "s/^[0-9a-f]\{8\}  *\([0-9]*\)  sleep 1234\$/\1/p" <<<"$line") == "$pid" ]] && echo same || echo "the PID is $pid; box ps prints: $line"; kill -TERM $box; wait $box'
	output_is same "a line has the ID, the PID that clone3 returned, and the command with its arguments; from step 13 on the record has two numbers more before the command, which box ps skips, too"
}

@test "a box that was killed by SIGKILL is not listed, and its record goes" {
	host_script "$LISTED"'start_listed sleep 1234; "$BOX" ps | grep -c "sleep 1234"; child=$(pgrep -P $box); kill -KILL $box; { wait $box; } 2>/dev/null; until_true ended $child
		"$BOX" ps | grep -c "sleep 1234"; [[ ! -d /run/boxes ]] || ls /run/boxes | wc -l'
	[[ $output == $'1\n0\n0' || ($STEP == final && $output == $'1\n0'*) ]] ||
		report "expected one line, none after SIGKILL, and no record" "box cannot clean up after SIGKILL. A lock on the record is its sign of life: see flock(2); whoever gets it removes the record"
}

# bats test_tags=steps
@test "there is no record of a box before its command is executed" {
	host_script 'strace -f -o trace -e trace=execve,linkat "${run[@]}" true; grep -n -e execve -e linkat trace | sed -n "s/^\([0-9]*\):.*\(execve(\"[^\"]*true\|linkat\).*/\2/p" | tail -n 2'
	[[ ${output//$'\n'/ } =~ execve.*true.*linkat ]] || report "expected the exec first, then the record" "until its exec the child still sees the host: publish the record when a close-on-exec pipe of the child's has ended"
}

# bats test_tags=steps
@test "no record is there without its lock, or by half" {
	host_script 'strace -f -o trace -e trace=?open,openat,flock,write,linkat,?rename "${run[@]}" true; sed -n "/run.boxes/,/linkat/p" trace | grep -o "O_TMPFILE\|flock\|write\|linkat" | uniq | paste -sd " "'
	[[ $output == *"O_TMPFILE flock write linkat" ]] || report "expected that the record has a name when it is locked and whole" "it gets a name when it is locked and whole: open(2) with O_TMPFILE, flock(2), write, and then linkat(2)"
}

# bats test_tags=steps
@test "where no record can be made, no command runs" {
	host_script ': >/run/boxes; box echo ran; echo $?; rm /run/boxes'
	[[ $output == *": /run/boxes: "* && $output == *$'\n'125 && $output != *ran$'\n'* ]] ||
		report "expected an error that names the folder, and no output of the command" "make the record's file before the child, and name it when the command runs"
}

@test "box ps prints a line for each box, whatever the command has in it" {
	host_script "$LISTED"'start_listed sh -c "sleep 1234 #"$'"'"'\n12345678        1  forged\e[2J'"'"'; "$BOX" ps; kill -TERM $box; wait $box'
	[[ $output != *$'\n'*$'\n'* && $output != *$'\e'* && $output == *1234* ]] || report "expected one line for the box, without control characters" "what a command was started with may have any byte: see iscntrl(3)"
}

@test "20 boxes at once are listed, and none when they have ended" {
	host_script 'for _ in {1..20}; do "${run[@]}" sleep 1234 & boxes+=($!); done; twenty() { (($("$BOX" ps | grep -c "sleep 1234") == $1)); }
		until_true twenty 20 && echo all; kill -TERM "${boxes[@]}"; wait "${boxes[@]}"; twenty 0 && echo none'
	output_is $'all\nnone' "a record of its own for each box, by an ID that no other has"
}

@test "the command's descriptors are still its three alone" {
	host_script 'box ls /proc/self/fd; "$BOX" ps >/dev/null && echo listed'
	output_is $'0\n1\n2\n3\nlisted' "see CLOSE_RANGE_CLOEXEC: the pipe goes at the exec, and that tells box of it"
}

# bats test_tags=still
@test "still: no command can be run in a box that runs" {
	box_exec exec 12345678 true
	refused exec "step 12 has no box exec"
}
