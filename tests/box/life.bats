# Containers in the background, and the commands on those that there are. Their faults and races
# are tested in box/races.bats.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/delegated
load ../lib/life

# --- run -d ---

@test "run -d prints the ID, and a reader of that does not wait for the container" {
	life 'timeout 60 bash -c "\"\$BOX\" run -d --name mine \"$ROOTFS\" sleep 1000 2>&1 | cat"; box ps -q --no-trunc'
	[[ $output =~ ^([0-9a-f]{64})$'\n'([0-9a-f]{64})$ && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" ]] ||
		report "expected the ID, twice" "see background in monitor.c"
}

@test "the monitor has no descriptor of its caller, and leaves its folder and session" {
	life 'exec 7<"$DIR/plain" 8>mine; sleeper --name mine >/dev/null; m=$(monitor mine)
		ls -l /proc/$m/fd | grep -c "plain\|mine$"; readlink /proc/$m/cwd; ps -o sid= $m | tr -d " " | grep -qx $m && echo own; rm mine'
	output_is $'0\n/\nown' "see background in monitor.c, and close_range in box.c"
}

# bats test_tags=bare
@test "the monitor is one thread, and takes less than 200 KB of memory for itself, 2.5 MB with the program" {
	# Two, as what is alone counts the program's own pages as private.
	life 'sleeper --name mine >/dev/null; sleeper --name other >/dev/null; m=$(monitor mine); ls /proc/$m/task | wc -l
		awk "/^Private/{ private += \$2 } /^Rss/{ all = \$2 } END { print private, all }" /proc/$m/smaps_rollup'
	read -r threads private all <<<"${output//$'\n'/ }"
	((threads == 1 && private > 0 && private < 200 && all < 2500)) || report "expected less than 200 and 2500 KB" "see monitor_main; is box static?"
}

@test "a container outlives the terminal that it was started on" {
	life '"$1" "end()" "$BOX" run -d --name mine "$ROOTFS" sleep 1000; sleep 0.2; status_of mine' "$REPO/tests/lib/terminal"
	output_is running "setsid(2): SIGHUP comes to who has the terminal"
}

@test "a command that cannot be executed is said at once, and the container stays as exited" {
	for command in /no/such 127 /plain 126; do
		[[ $command == /* ]] || continue
		expected=127
		[[ $command != /plain ]] || { expected=126 && chmod 600 "$ROOTFS/plain"; }
		box_exec run -d --name mine "$ROOTFS" "$command"
		status_is "$expected" "see monitor_main"
		[[ $stderr == "box: $command: "* ]] || report "expected the name, and why" "see background"
		life 'status_of mine; box wait mine; box rm mine'
		output_is $'exited\n'"$expected"$'\nmine' "see note_end"
	done
	box_exec run -d --rm --name mine "$ROOTFS" /no/such
	status_is 127 "see monitor_main"
	box_exec ps -aq
	output_is "" "with --rm nothing stays"
}

# With root alone: the files users and users.lock stay beside the states.
# bats test_tags=root
@test "--rm -d leaves nothing when the command ends, and box wait has its status" {
	life 'detach --rm --name mine -v .:/v "until [ -e /v/go ]; do sleep 0.05; done; exit 9" >/dev/null
		"$BOX" wait mine & until_true eval "ls -l /proc/$!/fd 2>/dev/null | grep -q /status"; touch go; wait $!; rm go; box ps -aq; find "$BOX_DATA/containers" "$BOX_ROOT" -mindepth 1 | wc -l'
	output_is $'9\n0' "see wait_one"
}

@test "with -d and -t the command has a terminal, and its log what it wrote there" {
	life 'detach -t --name mine "tty; exit 3" >/dev/null; box wait mine; box logs mine'
	output_is $'3\n/dev/pts/0\r' "see create in monitor.c"
}

@test "an ID that cannot be printed is an error" {
	life 'box run -d "$ROOTFS" true >/dev/full; echo $?'
	output_has 125 "see end_output"
}

# --- what a container is given again ---

@test "start takes the same options, whatever bytes they have" {
	echo data >"$DIR/file"
	printf 'FROM_FILE=1\nBOTH=file\n' >"$DIR/vars"
	life 'box run -d --name mine -v ./file:/file --env-file vars -e BOTH=option -e EMPTY= -e $'\''LINES=a\nb'\'' -e $'\''BYTE=\xff'\'' -w /tmp "$ROOTFS" sh -c "
			pwd; cat /file; for v in \"\$FROM_FILE\" \"\$BOTH\" \"\${EMPTY-unset}\" \"\$LINES\" \"\$1\" \"\$2\"; do echo \"<\$v>\"; done
			printf %s \"\$BYTE\$3\" | od -An -tx1" - "" "two
lines" $'\''\xfe'\'' >/dev/null
		box wait mine; box logs mine >first; cd /; box start mine >/dev/null; box wait mine; cd "$DIR"; box logs mine | tail -n +12 | diff first - && cat first; rm first'
	output_is $'0\n0\n/tmp\ndata\n<1>\n<option>\n<>\n<a\nb>\n<>\n<two\nlines>\n ff fe' "see options_save"
}

@test "start does not take a relative volume from another folder" {
	life 'mkdir -p here/data there/data; touch here/data/right there/data/wrong; cd here; box run --name mine -v data:/data "$ROOTFS" ls /data
		cd ../there; rm -r ../here; box start mine; echo $?; box ps -a | grep -c mine; cd ..; rm -r there'
	output_lacks wrong "see options_load"
	output_has $'125\n1' "a folder that is gone is an error"
}

@test "what a container has written is there when it is started again, and the image is as it was" {
	life 'box run --name mine "$ROOTFS" sh -c "cat /new; echo x >>/new"; box start -a mine; box start -a mine; ls "$ROOTFS/new"'
	[[ $(grep -c '^x$' <<<"$output") == 3 && $output == *"cannot access"* ]] ||
		report "expected 0, 1 and 2 lines" "see place_open"
}

@test "containers of an archive are started again, and execed in" {
	life 'box run -d --name mine "$1" sleep 1000 >/dev/null; box exec mine echo in; box stop -t 0 mine; box start mine; box exec mine echo again
		box rm -f mine; box rmi $(box images -q)' "$REPO/rootfs.tar.gz"
	output_has $'in\nmine\nmine\nagain\nmine' "see load_container"
}

@test "start -a passes signals on" {
	life 'box run --name mine "$ROOTFS" sh -c "trap \"exit 7\" TERM; [ -e /again ] || { touch /again; exit 0; }; echo ready; while :; do sleep 0.05; done"
		"$BOX" start -a mine >out & until_true grep -q ready out; kill -TERM $!; wait $!; echo $?'
	output_is 7 "see block_signals in start_one"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "start of what runs is no error, and changes nothing; start -a of it, or of what is paused, is one" {
	life 'sleeper --name mine >/dev/null; pid=$(pid_of mine); box start mine; echo $?; box start --attach mine 2>&1 | sed "s/[0-9a-f]\{12\}/ID/"; echo ${PIPESTATUS[0]}; [[ $(pid_of mine) == "$pid" ]] && echo same
		box pause mine >/dev/null; box start mine; echo $?; status_of mine'
	output_is $'mine\n0\nbox: container ID is running\n125\nsame\nbox: container mine is paused: see box unpause\n125\npaused' "see runs_already"
}

# --- exec ---

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "exec runs a command with the container's namespaces, cgroup and rights, and its exit status" {
	life 'sleeper --name mine --pids-limit 50 --ulimit nofile=99 --security-opt no-new-privileges >/dev/null
		see="for n in pid mnt uts ipc net cgroup; do readlink /proc/\$1/ns/\$n; done; cat /proc/\$1/cgroup
			grep -E \"^(Cap|NoNew|Seccomp:|Uid|Sig[BI])\" /proc/\$1/status; grep files /proc/\$1/limits"
		box exec mine sh -c "$see" - 1 >one; box exec mine sh -c "exec sh -c '\''$see'\'' - self" >two; cmp one two && echo same; grep -c . one
		box exec mine sh -c "exit 42"; echo $?; box exec mine /no/such; echo $?; box exec mine /etc; echo $?; rm one two'
	[[ $output == same$'\n'* ]] || report "expected the same" "see exec_spec, and exec_main"
	output_has $'\n42\n' "its own status"
	output_has $'\n127\n' "not found"
	output_has $'\n126' "found, but not executable"
}

@test "exec has the container's user, folder and variables, but for what it is told" {
	life 'sleeper --name mine -u 1000 -w /tmp -e A=run -e B=run >/dev/null
		show="echo \$(id -u) \$(pwd) \$A \$B \$C"; box exec mine sh -c "$show"; box exec -u 0 -w /etc -e A=exec -e C=more mine sh -c "$show"'
	output_is $'1000 /tmp run run\n0 /etc exec run more' "see exec_spec"
}

@test "exec without -t has no terminal, also where the container has one" {
	life 'sleeper -t --name mine >/dev/null; box exec mine tty; echo typed | box exec -i mine cat; echo typed | box exec mine cat'
	output_is $'not a tty\ntyped' "see exec_spec"
}

@test "exec -it has a terminal of the container's" {
	life 'sleeper --name mine >/dev/null; "$1" '\''expect("#"); send("tty; test -t 2 && echo thr\"\"ee\r"); expect("/dev/pts/"); expect("three")
send("stty si\"\"ze; exit 3\r"); expect("24 80"); print(end(), is_raw())'\'' "$BOX" exec -it mine sh' "$REPO/tests/lib/terminal"
	output_is "3 False" "see exec_in"
}

@test "exec -d leaves the command in the background, with no descriptor of its caller" {
	life 'sleeper --name mine >/dev/null; timeout 60 bash -c "\"\$BOX\" exec -d mine sleep 1234 2>&1 | cat" && box top mine | grep -c "sleep 1234"
		box exec -d mine /no/such; echo $?; box stop -t 0 mine; until_true eval "! pgrep -f ^sleep.1234 >/dev/null" && echo gone'
	output_is $'1\nbox: /no/such: No such file or directory\n127\nmine\ngone' "see background"
}

@test "exec's command ends with its box, and box with the container" {
	life 'sleeper --name mine >/dev/null; "$BOX" exec mine sleep 1234 & until_true pgrep -f "^sleep 1234" >/dev/null; kill -KILL $!; wait $! 2>/dev/null
		until_true eval "! pgrep -f ^sleep.1234 >/dev/null" && echo ended; "$BOX" exec mine sleep 1234 & until_true pgrep -f "^sleep 1234" >/dev/null
		box rm -f mine; wait $!; echo $?' 2>/dev/null
	output_has $'ended\nmine\n137' "see PR_SET_PDEATHSIG in exec_main"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "exec in a container that does not run, or is paused, is an error that says so" {
	life 'sleeper --name mine >/dev/null; box pause mine; box exec mine true; echo $?; box stop -t 0 mine; box exec mine true; echo $?; box exec none true; echo $?'
	output_has $'box: container mine is paused\n125' "it would wait for ever"
	output_has $'box: container mine is not running\n125' "see exec_spec"
	output_has $'box: none: no such container\n125' "see state_find"
}

@test "exec cannot be made to write to box's own file" {
	sum=$(cksum <"$BOX")
	life 'sleeper --name mine --cap-add ALL --security-opt seccomp=unconfined >/dev/null
		box exec mine sh -c "for i in 1 2 3 4 5 6 7 8 9; do for p in /proc/[0-9]*; do case \$(readlink \$p/exe) in */box) echo x >>\$p/exe;; esac; done; done" & 
		for _ in {1..20}; do box exec mine /proc/self/exe; done; wait' >/dev/null 2>&1
	[[ $(cksum <"$BOX") == "$sum" ]] || fail "hint: see protect_own_file"
}

# --- logs ---

@test "logs prints stdout and stderr apart, in order, and a line without an end as it is" {
	life 'detach --name mine "echo one; echo two >&2; until [ -e /go ]; do sleep 0.05; done; echo three; printf end" >/dev/null
		until_true logged mine two; box exec mine touch /go; box wait mine
		box logs mine 2>/dev/null; echo; box logs mine 2>&1 >/dev/null; box logs --tail 2 mine; echo; box logs -n 0 mine'
	output_is $'0\none\nthree\nend\ntwo\nthree\nend' "see print_line"
}

@test "logs -t has one time a line, however the line was written, and --tail counts lines" {
	life 'detach --name mine "for i in 1 2 3; do printf \$i; sleep 0.05; done; echo; printf %020000d 7; echo; echo last" >/dev/null; box wait mine
		box logs -t mine | cut -c 1-35 | sed "s/^....-..-..T..:..:..\..........Z /TIME /"; box logs -n 2 mine | wc -c'
	output_is $'0\nTIME 123\nTIME 0000\nTIME last\n20006' "see struct reader"
}

@test "logs -f follows, and ends with the container" {
	life 'detach --name mine "for i in 1 2 3 4 5; do echo \$i; sleep 0.1; done" >/dev/null; timeout 60 "$BOX" logs -f mine | xargs; echo ${PIPESTATUS[0]}'
	output_is $'1 2 3 4 5\n0' "see log_print"
}

@test "a log stays within twice its bound, and logs -f loses nothing while it keeps up" {
	life 'detach --name mine -v .:/v --log-opt max-size=4k "for i in \$(seq 200); do echo line \$i; [ \$((i % 20)) != 0 ] || until [ -e /v/\$i ]; do sleep 0.02; done; done" >/dev/null
		"$BOX" logs -f mine >out & for i in {20..200..20}; do until_true grep -qsx "line $i" out; touch $i; done; wait $!; tail -n 199 out | head -n 1; rm out {20..200..20}; du -cb "$BOX_DATA"/containers/*/log* | sed -n "s/\ttotal//p"; box logs mine | tail -n 1'
	size=$(sed -n 2p <<<"$output")
	[[ $output == $'line 2\n'"$size"$'\nline 200' && $size -le 8192 ]] ||
		report "expected all lines, and at most 8192 bytes" "see rotate, and open_next"
}

@test "a full disk stops the log, not the container, and nothing in the log is torn" {
	export BOX_DATA=/mnt/data
	host mount -t tmpfs -o size=256k small /mnt
	life 'detach --name mine --log-opt max-size=10m "for i in \$(seq 4000); do echo line \$i of a log that is longer than its disk; done; exit 5" >/dev/null
		box wait mine; (($(box logs mine | wc -l) > 100)) || echo empty; box logs mine | grep -vE "^line [0-9]+ of a log that is longer than its disk$"; box rm mine' 2>&1
	host umount /mnt
	export BOX_DATA=$BATS_TEST_TMPDIR/data
	output_is $'5\nmine' "see put_part; and box rm must work on a full disk"
}

@test "a line whose end the full disk does not take is lost as a whole, and the next one is not" {
	export BOX_DATA=/mnt/data
	mkdir "$BATS_TEST_TMPDIR/v"
	host mount -t tmpfs -o size=256k small /mnt
	life 'detach --name mine -v "$1:/v" "echo before; printf begun; until [ -e /v/full ]; do sleep 0.02; done
			printf %04097d 1; until [ -e /v/free ]; do sleep 0.02; done; echo end; echo after" >/dev/null
		until_true logged mine begun
		dd if=/dev/zero of=/mnt/filler bs=1k 2>/dev/null; touch "$1/full"; until_true eval "[[ \$(box logs mine) != *begun* ]]"
		rm /mnt/filler; touch "$1/free"; box wait mine; box logs mine' "$BATS_TEST_TMPDIR/v"
	host umount /mnt
	export BOX_DATA=$BATS_TEST_TMPDIR/data
	output_is $'0\nbefore\nafter' "see put_part"
}

# --- ps, inspect, top ---

@test "ps shows containers that run, with -a all, in columns" {
	life 'sleeper --name one >/dev/null; box run --name two "$ROOTFS" sh -c "exit 3"; box ps | sed "s/  .*  / /"; box ps -a | sed "s/.*  //" | xargs
		box ps -a | grep -bo "NAME\|one$\|two$" | cut -d : -f 1 | tr "\n" " "; box ps -a | awk "{ print length }" | sort -u | wc -l; box ps -a | grep -c "Exited (3) [0-9]* second"; box ps -aq | grep -c "^............$"'
	[[ $output == *"NAME two one"* && $output == *$'\n1\n2' ]] || report "expected a table" "see print_row"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "ps and inspect print JSON, of any bytes" {
	life 'box run --name mine -e $'\''A=\xff"\n'\'' -v "$DIR:/x:ro" -m 64m "$ROOTFS" echo $'\''\xfe"\e[31m\n'\'' >/dev/null
		box ps -a --format json | python3 -c "import json, sys; print([c[\"Name\"] for c in json.load(sys.stdin)])"
		box inspect mine | python3 -c "import json, sys; c, = json.load(sys.stdin); print(c[\"State\"][\"Status\"], c[\"State\"][\"ExitCode\"], c[\"Mounts\"][0][\"Destination\"], c[\"HostConfig\"][\"Memory\"], c[\"Config\"][\"Cmd\"][0], c[\"Created\"][-1])"
		box ps -a | grep -c "\[31m"; box ps -a | tr -d "\n" | LC_ALL=C grep -c "[[:cntrl:]]"; box ps --format json'
	output_is $'[\'mine\']\nexited 0 /x 67108864 echo Z\n1\n0\n[]' "see json_any, and make_printable"
}

@test "an ID may be shortened as long as no other begins so" {
	life 'id=$(sleeper); box run --name mine "$ROOTFS" true; for n in ${id:0:12} $id ${id:0:20}; do status_of $n; done
		for n in {1..17}; do sleeper --rm >/dev/null; done; for c in {0..9} {a..f}; do box inspect $c 2>&1 >/dev/null; done | grep -c "several containers"'
	[[ $output == running$'\n'running$'\n'running$'\n'[1-9]* ]] || report "expected errors that say so" "see state_find"
}

@test "names are unique, and checked" {
	life 'sleeper --name mine >/dev/null; for n in mine "" -x .x a/b "a b" ü; do box run -d --name "$n" "$ROOTFS" true 2>&1; echo $?; done; box ps -aq | wc -l'
	[[ $(grep -c '^125$' <<<"$output") == 7 && $output == *$'\n1' ]] || report "expected 7 refusals" "see check_name"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "ps and rm take 1000 stored containers, and ps, run and exec take no longer for them" {
	life 'id=$(sleeper --name mine); count() { strace -qq -f -e trace=file -o calls "$BOX" "$@" >/dev/null; wc -l <calls; }
		counts() { count ps; count run --rm "$ROOTFS" true; count exec mine true; count exec $id true; }; before=($(counts))
		state=$(<"$BOX_ROOT/$id.json"); state=${state/running/exited}; all=$(printf "%064d " {1..1000}); (cd "$BOX_DATA/containers"; mkdir $all)
		for i in $all; do echo 0 >"$BOX_DATA/containers/$i/status"; : >"$BOX_DATA/containers/$i/options"; echo "${state//$id/$i}" >"$BOX_ROOT/$i.json"; done
		after=($(counts)); for n in {0..3}; do ((after[n] < before[n] + 100)) || echo "at $n ${after[n]} calls, not ${before[n]}"; done
		box ps -a | wc -l; box run --rm "$ROOTFS" echo ran; box rm -f $(box ps -aq --no-trunc) | wc -l'
	output_is $'1002\nran\n1001' "see state_each, state_find: what runs is found without a look at the others"
}

@test "a container that has written nothing has nothing of its own, whatever its image lacks" {
	rm -f "$ROOTFS"/etc/{hosts,hostname,resolv.conf}
	life 'before=$(ls "$ROOTFS/etc"); box run --name mine "$ROOTFS" sh -c "wc -l </etc/hosts"; find "$BOX_DATA"/containers/*/upper -mindepth 1
		diff <(echo "$before") <(ls "$ROOTFS/etc")'
	output_is 2 "see make_base"
}

@test "what a killed box rm has begun to remove, the next command removes" {
	life 'for n in 1 2 3 4 5 6; do box run --name mine "$ROOTFS" touch /file; strace -qq -o /dev/null -e inject=unlinkat:signal=KILL:when=$((2 * n)) "$BOX" rm mine >/dev/null 2>&1; echo $?
		box ps -aq; ls "$BOX_DATA/containers" "$BOX_DATA/live" "$BOX_ROOT" | grep -c "[0-9a-f]\{64\}"; done 2>/dev/null | sort | uniq -c | xargs'
	output_is '6 0 6 137' "half of a container is none: see remove_written"
}

@test "what killed boxes left is looked for among those that one had to do with" {
	life 'live() { ls "$BOX_DATA/live" | wc -l; }; box run --name mine "$ROOTFS" sh -c "[ ! -e /again ] || exec sleep 1000; touch /again"; live
		box start mine >/dev/null; live; kill -9 $(monitor mine); until_true eval "! is mine running"; box ps -aq | wc -l; live
		ln -s kept "$BOX_DATA/live/$(printf %064d 1)"; box ps -aq | wc -l; live'
	output_is $'0\n1\n1\n0\n1\n0' "see place_begin, place_end, end_dead"
}

@test "each container that is started has its own filter of system calls" {
	life 'box run --name one --cap-add SYS_ADMIN "$ROOTFS" true; box run --name two "$ROOTFS" sh -c "unshare -U true && echo made" 2>/dev/null
		box start one two >/dev/null; box wait two >/dev/null; box logs two'
	output_lacks made "the first one's filter is not the second one's: see seccomp_filter"
	output_has "Operation not permitted" "user namespaces are refused"
}

@test "a signal to box exec goes to its command, as it is" {
	life 'sleeper --name mine >/dev/null; "$BOX" exec mine sleep 1000 & exec=$!; until_true eval "box top mine | grep -v exec | grep -c sleep | grep -q 2"
		kill -TERM $exec; wait $exec; echo "status $?"'
	output_has "status 143" "it is no PID 1: see container_signal"
}

# With root alone: root's script mounts a disk that is root's.
# bats test_tags=root
@test "the exit status is kept where there is no room for the state" {
	host_script 'mount -t tmpfs -o size=64k,mode=755 small /mnt; export BOX_ROOT=/mnt; "$BOX" run -d --name mine -v /mnt:/v "$ROOTFS" sh -c "until [ -e /v/go ]; do sleep 0.05; done; exit 3" >/dev/null
		dd if=/dev/zero of=/mnt/full bs=1k 2>/dev/null; touch /mnt/go; "$BOX" wait mine; rm /mnt/full; "$BOX" rm mine >/dev/null; umount /mnt'
	output_is 3 "see note_end"
}

# --- stop, kill, pause, wait, rm ---

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "stop sends the stop signal, also to one that is paused, and SIGKILL after a while" {
	life 'waits="echo ready; while :; do sleep 0.05; done"; detach --name one "trap \"exit 3\" TERM; $waits" >/dev/null; detach --stop-signal USR1 --name two "trap \"exit 4\" USR1; $waits" >/dev/null
		detach --name three "trap \"\" TERM; $waits" >/dev/null; for n in one two three; do until_true logged $n ready; done; box pause one >/dev/null; box stop -t 60 one two; box stop -t 1 three; box wait one two three; box stop one; echo $?'
	output_is $'one\ntwo\nthree\n3\n4\n137\none\n0' "see stop in life.c"
}

@test "kill sends a signal, and SIGKILL without -s" {
	life 'detach --name mine "trap \"echo got it\" USR1; echo ready; while :; do sleep 0.05; done" >/dev/null; until_true logged mine ready
		box kill -s USR1 mine; until_true logged mine "got it"; box kill mine; box wait mine; box kill mine; echo $?; box kill -s NONE mine; echo $?'
	output_has $'mine\nmine\n137\nbox: container' "see kill_one"
	output_has $'not running\n125\nbox: NONE: no such signal\n125' "see kill_one"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "a paused container does nothing, shows as such, and can be stopped, killed and removed" {
	life 'detach --name mine "while :; do echo x; sleep 0.01; done" >/dev/null; lines() { box logs mine | wc -l; }; still() { a=$(lines); sleep 0.2; (($(lines) == a)); }; box pause mine; until_true still && echo still
		status_of mine; box ps | grep -c Paused; box pause mine; box unpause mine; until_true eval "((\$(lines) > a))" && echo goes on; status_of mine; box unpause mine
		box pause mine; box stop -t 0 mine; box start mine; box pause mine; box kill mine; box start mine; box pause mine; box rm -f mine'
	output_has $'mine\nstill\npaused\n1\n' "see cgroup_freeze"
	output_has $'goes on\nrunning\n' "see cgroup_freeze"
	output_has $'is paused\n' "twice is an error"
	[[ $(tail -n 7 <<<"$output" | sort -u) == mine ]] || report "expected that all of it is done" "what is frozen acts on no signal: see end in life.c"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "a command with several containers goes on after one fails, and its exit status says so" {
	life 'sleeper --name one >/dev/null; sleeper --name two >/dev/null; for c in "stop -t 0" start pause unpause kill wait inspect "rm -f"; do
		box $c one none two >out 2>err; echo "$c $? $(grep -cw "one\|two\|^137" out) $(grep -c "none: no such" err)"; done; rm out err'
	output_is $'stop -t 0 125 2 1\nstart 125 2 1\npause 125 2 1\nunpause 125 2 1\nkill 125 2 1\nwait 125 2 1\ninspect 125 2 1\nrm -f 0 2 1' "see each_container"
}

@test "rm refuses a container that runs, and rm -f does not" {
	life 'sleeper --name mine >/dev/null; box rm mine; echo $?; box rm -f mine; box rm mine; echo $?'
	output_has $'is running' "say why"
	output_has $'125\nmine\nbox: mine: no such container\n125' "see rm"
}

# --- prune ---

@test "rm -f of what is not there is said, and no error; of what is not one, it is" {
	life 'box rm -f none; echo $?; sleeper --name mine >/dev/null; box rm -f none mine; echo $?; box rm none; echo $?
		for n in {1..17}; do box run "$ROOTFS" true; done; d=$(box ps -aq | cut -c 1 | sort | uniq -d | head -n 1); box rm -f $d 2>&1 | sed "s/: .:/: D:/"; echo ${PIPESTATUS[0]}; box ps -aq | wc -l'
	output_is $'box: none: no such container\n0\nbox: none: no such container\nmine\n0\nbox: none: no such container\n125\nbox: D: several containers begin so\n125\n17' \
		"see AT_ONCE_OR_NONE in life.c: as Docker"
}

@test "prune removes what does not run, says what that was, and how much it has freed" {
	life 'sleeper --name runs >/dev/null; a=$(sleeper --name a); box stop -t 0 a >/dev/null; box run --name b "$ROOTFS" sh -c "dd if=/dev/zero of=/file bs=1k count=3000 2>/dev/null; ln /file /again; mkdir -p /x/y; echo >/x/y/z"
		b=$(box ps -aq --no-trunc | grep -v "$a" | head -n 1); box prune -f | sed "s/$a/A/; s/$b/B/"; box ps -a --format json | grep -o "\"Name\":\"[^\"]*\""; box prune -f; find "$BOX_DATA/containers" -mindepth 1 -maxdepth 1 | wc -l'
	output_is $'Deleted Containers:\nB\nA\n\nTotal reclaimed space: 3.1 MB\n"Name":"runs"\nTotal reclaimed space: 0 B\n1' "see prune_one"
}

@test "prune asks, and anything but y leaves everything" {
	life 'box run --name mine "$ROOTFS" true; for answer in "n\n" "\n" "yes\n" "yyyyyyyyyyyyy\n" "y y\n" ""; do printf "$answer" | box prune >out 2>err; echo "$? $(wc -c <out) $(tail -n 1 err)"; done | sort | uniq -c
		printf "n\n" | box prune -a 2>&1 | head -n 1; box prune </dev/null 2>/dev/null; box ps -a | grep -c mine; printf Y | box prune 2>/dev/null | tail -n 1; box ps -aq; box prune -f mine; echo $?; rm out err'
	output_is $'      6 0 0 Are you sure you want to continue? [y/N] \nWARNING! This will remove all containers that do not run, and all images that no container uses.\n1\nTotal reclaimed space: 0 B\nbox: mine: box prune takes no names; see box rm\n125' "see is_sure"
}

@test "prune -a removes images that no container uses, and no others" {
	cp "$REPO/rootfs.tar.gz" "$BATS_TEST_TMPDIR/other.tar.gz"
	printf x >>"$BATS_TEST_TMPDIR/other.tar.gz"
	life 'a=$(box import "$1" used); tar -czf other.tar.gz -C "$ROOTFS" only-in-the-rootfs; b=$(box import other.tar.gz unused); box run -d --name mine used sleep 1000 >/dev/null; box run --name ended unused /x 2>/dev/null
		box prune -f >/dev/null; box images -q | wc -l; box prune -af | sed "s/$b/B/; s/$a/A/"; box images | awk "NR > 1 { print \$2 }"; box exec mine echo runs; ls "$BOX_DATA/layers" "$BOX_DATA/names" | xargs | wc -w
		box rm -f mine >/dev/null; box prune -af | sed "s/$a/A/; s/: [1-9].*/: some/"; ls "$BOX_DATA/layers" "$BOX_DATA/names" "$BOX_DATA/images"; rm other.tar.gz' "$REPO/rootfs.tar.gz"
	output_has $'2\nDeleted Images:\nB\n\nTotal reclaimed space: 4.1 kB\nused\nruns\n' "see image_prune"
	output_has $'Deleted Images:\nA\n\nTotal reclaimed space: some\n' "see image_prune"
}

@test "prune goes on after one that cannot be removed, and its exit status says so" {
	life 'for n in a b c; do box run --name $n "$ROOTFS" touch /file; done; stuck=$(echo "$BOX_DATA/containers/$(box inspect b | sed -n "s/.*\"Id\": \"\(.*\)\",/\1/p")"/upper/file)
		mount --bind "$stuck" "$stuck"; box prune -f | grep -cE "^[0-9a-f]{64}$"; echo ${PIPESTATUS[0]}; box ps -aq | wc -l; box inspect b | grep -c \"Id\"; umount "$stuck"; box prune -f | grep -cE "^[0-9a-f]{64}$"; box ps -aq' 2>&1
	output_has $'2\n125\n1\n1\n1' "see prune_one, place_remove: what may fail comes first"
}

@test "what runs in the background keeps nothing of its caller's busy" {
	life 'mkdir busy; mount -t tmpfs busy busy; cd busy; : >file; exec 9<file
		sleeper --name up >/dev/null
		box exec -d up sleep 1000; detach --name again "exec sleep 1000" >/dev/null
		box kill again >/dev/null; box start again >/dev/null
		exec 9<&-; cd ..; umount busy'
	output_is "" "its working folder is /, see exec_detached and monitor_main; descriptors are closed"
}
