# What is left, and what is said, when something goes wrong: nothing, and why.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper

# After each test teardown compares mounts, processes, cgroups and the store with what was before.

small_data() { # small_data MOUNT-OPTIONS: BOX_DATA is a small file system in memory
	export BOX_DATA=/mnt/data
	host mount -t tmpfs -o "$1" small /mnt
	host mkdir /mnt/data
}

# --- killed ---

@test "a container whose PID 1 is killed from outside leaves nothing, and box exits with 137" {
	host_script 'start sh -c "sleep 1234 & sleep 1234"; until_true pgrep -f "^sleep 1234" >/dev/null; pkill -KILL -P $box; wait $box'
	status_is 137 "see container_wait"
}

@test "a container of another user than root ends with a box that is killed, too" {
	OPTIONS=(-u 1000)
	host_script 'start sleep 1234; kill -KILL $box; until_true ended "$(pgrep -d " " -f "^sleep 1234")" || { echo "still running"; pkill -KILL -f "^sleep 1234"; }'
	output_lacks "still running" "the kernel forgets PR_SET_PDEATHSIG at a change of user: see become in privileges.c"
	after_sigkill
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "what a box that was killed has left, the next command removes" {
	OPTIONS=(--memory 64m --pids-limit 10 --tmpfs /tmp)
	host_script 'start sh -c "echo written >/file; sleep 1234 & sleep 1234"; until_true pgrep -f "^sleep 1234" >/dev/null
		kill -KILL $box; wait $box; until_true ended "$(pgrep -d " " -f "^sleep 1234")" || { echo "still running"; pkill -KILL -f "^sleep 1234"; }
		ls "$BOX_DATA/containers" | wc -l; "$BOX" run --rm "$ROOTFS" true; ls "$BOX_DATA/containers"' 2>/dev/null
	[[ $output == *1 ]] || report "expected one container before, and none after" "see sweep in state.c"
	host_as_before
}

@test "a box killed at any moment leaves nothing that the next command does not remove" {
	OPTIONS=(--memory 64m --pids-limit 10 --name mine)
	host_script 'exec 2>/dev/null; for i in {0..99}; do "${run[@]}" sh -c "echo x >/file; sleep 1234" & sleep 0.00$((i % 25 * 7 + 1000 + i)) 
		kill -KILL $!; wait $!; done; "$BOX" run --rm --name mine "$ROOTFS" echo free 2>&1'
	output_has free "see sweep in state.c"
	host_as_before
}

@test "a living container is left alone when another is swept" {
	host_script '"$BOX" run --rm -v "$DIR:/v" "$ROOTFS" sh -c "until [ -e /v/go ]; do sleep 0.05; done; exit 42" & living=$!; start sleep 1000
		kill -KILL $box; for _ in {1..5}; do "$BOX" run --rm "$ROOTFS" true; done; touch go; wait $living'
	status_is 42 "its folder is locked: see is_dead"
	host_as_before
}

@test "what a volume holds is still there when a killed box is swept" {
	mkdir -p "$DIR/src/sub"
	echo kept >"$DIR/src/sub/file"
	OPTIONS=(-v "$DIR/src:/data" -v "$DIR/src:/new")
	host_script 'start sleep 1000; kill -KILL $box; wait $box; "$BOX" run --rm "$ROOTFS" true; cat src/sub/file' 2>/dev/null
	output_has kept "mounts end with their namespace: see remove_tree_at, which enters no other file system"
	host_as_before
}

@test "SIGTERM at any moment leaves nothing behind, with limits and --init, too" {
	OPTIONS=(--memory 64m --pids-limit 10 --init)
	host_script 'for i in {1..100}; do { exec "${run[@]}" sleep 1000; } & for ((n = i % 50 * 20; n; n--)); do :; done
		kill -TERM $!; wait $!; ls "$BOX_DATA/containers"; done 2>/dev/null'
	output_is "" "see block_signals: what is made must be known to who cleans up"
	host_as_before
}

@test "a command that makes its files hard to remove leaves nothing" {
	box sh -c 'mkdir -p /hard && cd /hard && mknod node c 1 3; mkfifo fifo; touch "$(printf "a\nb")" -- -rf; chmod 0 /hard
		i=0; while [ $i -lt 300 ]; do mkdir d && cd d || exit; i=$((i + 1)); done; touch bottom; rm -rf /bin /etc; echo made'
	output_is made "this is the test itself"
	host_as_before
}

# --- too little of something ---

# With root alone: root's script mounts a disk that is root's.
# bats test_tags=root
@test "a full disk is the command's error, and leaves nothing" {
	small_data size=1m
	box sh -c 'dd if=/dev/zero of=/file bs=1k count=4000 2>&1 | grep -o "No space left"; echo ends'
	left=$(host ls /mnt/data/containers)
	host umount /mnt
	output_is $'No space left\nends' "what the command writes lies below BOX_DATA"
	[[ ! $left ]] || report "left: $left" "see place_remove"
}

# With root alone: root's script mounts a disk that is root's.
# bats test_tags=root
@test "a disk without room for a container is an error that says so, and leaves nothing" {
	small_data size=1m,nr_inodes=36
	box true
	status_is 0 "with room it runs"
	host_script 'while touch /mnt/$RANDOM$RANDOM; do :; done 2>/dev/null; box true; status=$?; ls /mnt/data/containers; exit $status'
	host umount /mnt
	status_is 125 "see place_make"
	[[ $output == *"No space left on device" ]] || report "expected the cause, and nothing left" "see place_make"
}

@test "a machine without room for processes is an error that says so, and leaves nothing" {
	pids=$(findmnt -nfo TARGET -t cgroup -O pids || findmnt -nfo TARGET -t cgroup2)/test.$$
	grep -qsw pids "${pids%/*}/cgroup.subtree_control" || echo +pids 2>/dev/null >"${pids%/*}/cgroup.subtree_control" || true
	mkdir "$pids"
	OPTIONS=(--init)
	for max in 1 2; do # box itself, then the container's first process
		echo "$max" >"$pids/pids.max"
		host_script 'echo 0 >"$1/cgroup.procs"; exec "${run[@]}" true' "$pids"
		failed="$status $output"
		[[ $status == 125 && $output == box:*"Resource temporarily unavailable" ]] || break
	done
	rmdir "$pids"
	[[ $failed == "125 box:"*"Resource temporarily unavailable" ]] ||
		report "expected an error of box with $max processes" "see clone_init in container.c, and serve_as_init in init.c"
}

@test "too few descriptors are an error that says so, and leave nothing" {
	host_script 'for n in {4..40}; do message=$(ulimit -n $n; box echo ran 2>&1); echo "$? $message"; done | sort | uniq -c'
	output_has "0 ran" "with 40 it must run"
	# Where it cannot even remove what it has made, it says so, and the next command does it.
	! grep -v -e " 0 ran$" -e " 125 ran$" -e "box: .*Too many open files$" <<<"$output" ||
		report "expected that it runs, or an error of box with the cause" "check each call"
	box true
}

# --- not there, or not what it should be ---

@test "a missing image is an error that names it" {
	for image in no-such-image ./no-such-image /no/such/image; do
		box_run "$image" true
		refused "$image" "say which image, and why"
	done
}

@test "a command that is a folder, or without its interpreter, is an error that names it" {
	printf '#!/no/such/interpreter\n' >"$ROOTFS/bin/script"
	chmod +x "$ROOTFS/bin/script"
	box /etc
	status_is 126 "execvp fails with another error than ENOENT"
	[[ $stderr == "box: /etc: Permission denied" ]] || report "expected its name, and why" "see run_command in inside.c"
	box script
	status_is 127 "execvp fails with ENOENT"
	[[ $stderr == "box: script: No such file or directory" ]] || report "expected its name, and why" "see run_command in inside.c"
}

@test "an empty command is an error" {
	box ""
	refused empty "see set_command"
}

@test "a BOX_DATA that cannot be is an error that names it" {
	echo file >"$DIR/file"
	for data in "$DIR/file" /proc/data; do
		run_on_host env BOX_DATA="$data" "$BOX" run --rm "$ROOTFS" true
		refused "$data" "see store_open"
	done
}

@test "control characters in a message do not reach the terminal" {
	box $'no\e[31m-such\ncommand'
	status_is 127 "it is not found"
	[[ $stderr == "box: no?[31m-such?command: No such file or directory" ]] || report "expected question marks" "see note in error.c"
	box $'C1\xc2\x9b31m, a stray \x9b, \xc3\xa4'
	[[ $stderr == "box: C1??31m, a stray ?, ä: "* ]] || report "U+009B is a command, too; ä is none" "see make_printable"
}

@test "a folder that is no store of box is left as it is" {
	mkdir -p "$DIR/home/tmp/thesis" "$DIR/home/containers/$(printf 'a%.0s' {1..64})/config"
	run_on_host "$BOX" --data "$DIR/home" ps
	refused "neither empty nor a store" "what lies in a store may be removed"
	[[ -d $DIR/home/tmp/thesis && ! -e $DIR/home/layers ]] || report "the folder has changed" "see claim"
	mkdir -m 777 "$DIR/open"
	run_on_host "$BOX" --data "$DIR/open" ps -q
	[[ $(stat -c %a "$DIR/open") == 700 ]] || report "an empty one becomes root's alone" "see claim"
	chmod 777 "$DIR/open"
	run_on_host "$BOX" --data "$DIR/open" ps
	refused "others may write" "see claim"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "what another container has left, and cannot be removed, is not this one's exit status" {
	host_script 'start sleep 1000; kill -KILL $box; wait $box; place=$(echo "$BOX_DATA"/containers/*); touch "$place/upper/stays"
		chattr +i "$place/upper/stays"; box sh -c "exit 7" 2>&1; echo "status $?"; chattr -i "$place/upper/stays"' 2>/dev/null
	output_has "status 7" "see sweep"
	output_has "remove stays: Operation not permitted" "say which, and why"
	after_sigkill
}

# openat2(2): a mount or a new name elsewhere on the machine is enough. Every other call of each process is refused.
# bats test_tags=bare
@test "what the kernel cannot open while names change elsewhere on the machine is tried again" {
	host_script 'busy() { strace -f -qq -o trace -e trace=openat2 -e inject=openat2:error=EAGAIN:when=1+2 "$BOX" "$@" </dev/null; }
		busy run --name mine -v "$ROOTFS/bin:/more/bin" "$ROOTFS" sh -c "echo ran; mkdir -p /deep/er; ln -s ../deep /up"; "$BOX" start mine; busy cp mine:/up/er . && ls -d er; busy cp er mine:/up/new; busy diff mine | grep new
		busy rm mine; grep -c EAGAIN trace; rm -r trace er; ls "$BOX_DATA/containers"'
	[[ $output =~ ^$'ran\nmine\ner\nA /deep/new\nmine\n'[1-9][0-9]*$ ]] || report "expected that each command works" "EAGAIN is no answer: see open_resolved"
}
