# What box says of its work with --debug.
# shellcheck disable=SC2016,SC2034,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "--debug tells each step in its order, outside and inside, and BOX_DEBUG does so, too" {
	host_script 'for way in "BOX_DEBUG= $BOX --debug" "BOX_DEBUG=yes $BOX"; do env $way run --rm --pids-limit 100 "$ROOTFS" true 2>&1 >out |
		grep -oE "^box: [0-9]+\.[0-9]{6} (inside: )?(clone3|mount /|mount an overlay|fsmount proc|move_mount to /proc$|pivot_root|mask|folder|process|rmdir)" | sed "s/[0-9.]* //2" | uniq; cat out; done
		BOX_DEBUG= "$BOX" run --rm "$ROOTFS" true'
	local once='box: clone3
box: inside: mount /
box: inside: mount an overlay
box: inside: fsmount proc
box: inside: move_mount to /proc
box: inside: pivot_root
box: inside: mask
box: inside: folder
box: process
box: rmdir'
	output_is "$once"$'\n'"$once" "see the calls of debug() in core/"
}

@test "with --debug the command's own stdout and stderr are as without it, and it has no other file" {
	host_script '"$BOX" --debug run -i --rm "$ROOTFS" sh -c "echo out; echo error >&2; ls /proc/self/fd | wc -l" 2>both; grep -v "^box: [0-9.]* " both'
	output_is $'out\n4\nerror' "the child sends its lines over the socket: see send_line in inside.c"
}

@test "with --debug no line is lost, however many there are" {
	host_script 'for n in {1..150}; do volumes+=(-v /etc:/m$n:ro); done; for _ in 1 2 3 4 5; do "$BOX" --debug run --rm "${volumes[@]}" "$ROOTFS" true 2>&1 | grep -c "for /m\|move_mount to /m"; done | uniq -c | tr -s " "'
	output_is " 5 300" "the child waits for room in the socket: see send_line"
}

@test "with --debug the caller's stderr is let go when the command of run -d runs" {
	host_script '"$BOX" --debug run -d --name mine "$ROOTFS" sleep 1000 2>&1 >/dev/null | timeout 20 grep -c "runs the program"; "$BOX" --debug exec -d mine sleep 1000 2>&1 | timeout 20 grep -c "runs the program"; "$BOX" rm -f mine'
	output_is $'1\n1\nmine' "see debug_end in background_tell"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "with --debug a name of the command line or the image cannot command the terminal" {
	host_script 'mkdir $'"'"'a\033b'"'"'; "$BOX" --debug run --rm -v "$DIR"/$'"'"'a\033b'"'"':/$'"'"'c\033d'"'"' "$ROOTFS" true 2>&1 | tee out | grep -cF "/c?d"; grep -c $'"'"'\033'"'"' out
		"$BOX" --debug run --rm --cpuset-cpus $'"'"'0\033'"'"' "$ROOTFS" true 2>&1 | tee out | grep -c "write 0? to"; grep -c $'"'"'\033'"'"' out; rm out'
	[[ $output == $'2\n0\n'[1-9]$'\n0' ]] || report "expected question marks, inside and outside, and no escape" "see make_printable in debug.c"
}
