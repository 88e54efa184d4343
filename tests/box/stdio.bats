# What the command reads and writes. The caller's files stay the caller's: box copies, and is
# in nobody's way.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/oci

# What the command of tests/lib/stdio does: it is on a volume at /out.
make_look() {
	echo 'for fd in 0 1 2; do stat -Lc %d:%i /proc/self/fd/$fd; done >/out/inside; head -n 1; echo error >&2' >"$DIR/look"
}

@test "no file, device, fifo, pipe, socket or terminal of the caller reaches the command" {
	make_look
	life 'sleeper --name up -v "$DIR":/out >/dev/null
		box run --name again -i -v "$DIR":/out "$ROOTFS" sh /out/look </dev/null >/dev/null 2>&1
		"$1" inside "$BOX run --rm -v $DIR:/out $ROOTFS sh /out/look" "+$BOX run --rm -i -v $DIR:/out $ROOTFS sh /out/look" \
			"+$BOX start -a again" "$BOX exec up sh /out/look" "+$BOX exec -i up sh /out/look"' "$REPO/tests/lib/stdio"
	output_is "" "all but the null device gets a pipe: see make_pipes"
}

@test "box-oci in the foreground hands the command no file of its caller's either" {
	setup_bundle
	make_look
	command_is sh /out/look
	configure "c['mounts'].append({'destination': '/out', 'type': 'bind', 'source': '$DIR', 'options': ['bind']})"
	oci_script 'create up; cd "$DIR"
		'"$REPO/tests/lib/stdio"' inside "+$OCI --root $STATE run -b $BUNDLE one" "+$OCI --root $STATE exec up sh /out/look"
		oci delete -f up'
	output_is "" "see make_pipes"
}

# The kernel takes the disk away when descriptor 9 is closed, however the test ends.
@test "a disk that is standard input cannot be written" {
	life 'truncate -s 8k disk; echo before | dd of=disk conv=notrunc status=none
		device=$(losetup --find --show disk); exec 9<$device; losetup --detach $device
		sleeper --name up >/dev/null
		attack="head -n 1; echo planted >/proc/self/fd/0; chmod 4777 /proc/self/fd/0"
		mode=$(stat -c %a $device)
		timeout 60 "$BOX" run --rm -i "$ROOTFS" sh -c "$attack" <$device
		timeout 60 "$BOX" exec -i up sh -c "$attack" <$device
		sync; head -c 7 disk; [[ $(stat -c %a $device) == "$mode" ]] || echo "another mode"'
	output_is $'before\nbefore\nbefore' "/proc/self/fd/0 opens for writing what was opened to read"
}

@test "a pipe's other end stays out of the command's reach" {
	host_script 'printf "%s\n" one two | { read -r line
			"$BOX" run --rm -i "$ROOTFS" sh -c "echo planted >/proc/self/fd/0" 2>/dev/null
			while read -r line; do echo "read $line"; done; } | grep planted
		mkfifo go
		{ echo secret; "$BOX" run --rm -v "$DIR":/out "$ROOTFS" sh -c "timeout 1 head -n 1 </proc/self/fd/1 >/out/stolen" 2>/dev/null; echo >go; } |
			{ read -r <go; cat; }
		cat stolen'
	output_is secret "it must be given a pipe of its own"
}

# With root alone: the fifo is the user's.
# bats test_tags=root
@test "the mode and owner of a fifo stay as they were" {
	host_script 'mkfifo -m 600 fifo; cat fifo & exec 3>fifo
		"$BOX" run --rm "$ROOTFS" sh -c "echo through; chmod 666 /proc/self/fd/1; chown 1000 /proc/self/fd/1" >&3
		exec 3>&-; wait; stat -c "%a %u" fifo'
	output_is $'through\n600 0' "see make_pipes"
}

@test "50 MB arrive as they were, from pipes to pipes, sockets and files" {
	host_script 'head -c 50M /dev/urandom >data; mkfifo fifo out
		cat data | box cat | cmp - data && echo pipes
		cat data >fifo & cat out | cmp - data & box cat <fifo >out && wait $! && echo fifos
		box cat <data >copy; cmp copy data && echo files
		box sh -c "cat >&2" <data 2>>copy; cat data data | cmp - copy && echo appended
		python3 - "${run[@]}" <<-"END" && cmp copy data && echo sockets
			import socket, subprocess, sys, threading
			def feed():
			    with open("data", "rb") as data:
			        ours.sendfile(data)
			    ours.shutdown(socket.SHUT_WR)
			ours, theirs = socket.socketpair()
			command = subprocess.Popen(sys.argv[1:] + ["cat"], stdin=theirs, stdout=theirs)
			theirs.close()
			threading.Thread(target=feed).start()
			with open("copy", "wb") as copy:
			    while part := ours.recv(1 << 20):
			        copy.write(part)
			sys.exit(command.wait())
		END
		rm data copy'
	output_is $'pipes\nfifos\nfiles\nappended\nsockets' "see flow_move"
}

@test "a command ends when nobody reads what it writes" {
	host_script 'OPTIONS=; once() { timeout 60 "$@" | head -n 1; echo "status ${PIPESTATUS[0]}"; }
		once "$BOX" run --rm --init "$ROOTFS" yes
		once "$BOX" run --rm "$ROOTFS" sh -c "while :; do echo y || exit 1; done" 2>/dev/null'
	output_is $'y\nstatus 141\ny\nstatus 1' "SIGPIPE, which PID 1 alone is spared, or else the error"
}

# With root alone: the box of another user has another name among the processes.
# bats test_tags=root
@test "a command is told that nobody reads it, also when it has written nothing yet" {
	host_script 'exec 4< <(exec timeout 60 "$BOX" run --rm -v "$DIR":/out "$ROOTFS" sh -c "echo; until test -e /out/gone; do sleep 0.05; done
			echo first || echo refused >/out/result" 2>/dev/null </dev/null)
		read -r <&4; files=/proc/$(pids_of "$BOX" run)/fd; had=$(ls $files | wc -l)
		less() { (($(ls $files | wc -l) < had)); }
		exec 4<&-; until_true less || echo "the pipe is still open"; touch gone; until_true test -s result; cat result'
	output_is refused "box looks after its reader while it waits: see flow_watch"
}

# With root alone: the box of another user has another name among the processes.
# bats test_tags=root
@test "a slow reader gets all of the output, and does not keep the container" {
	host_script 'mkfifo go; "$BOX" run --name slow "$ROOTFS" sh -c "head -c 100k /dev/zero; echo error >&2; echo last; exit 3" 2>err | { read -r <go; tail -c 100004 | tail -c 5; } &
		no_more() { [[ $("$BOX" ps -aq --no-trunc --format json) == *\"exited\"* ]]; }
		until_true no_more && timeout 60 "$BOX" rm slow; pids_of "$BOX" run --name slow | wc -l; echo >go; wait; cat err'
	output_is $'slow\n1\nlast\nerror' "the container is removed first, and then what is left is written: see relay_finish"
}

# Python that runs box where nobody reads what it writes, until that stalls: the command has written
# nothing for a while.
STALLS='import os, re, socket, subprocess, time
make = {"terminal": os.openpty, "pipe": os.pipe, "socket": lambda: [s.detach() for s in socket.socketpair()]}
boxes = []
def written(box):
    try:
        child = open(f"/proc/{box}/task/{box}/children").read().split()[0]
        return int(re.search("wchar: (.*)", open(f"/proc/{child}/io").read())[1])
    except (OSError, IndexError):
        return 0
def start(kind, *words):
    here, peer = make[kind]()
    box = subprocess.Popen([os.environ["BOX"], *words], stdin=subprocess.DEVNULL, stdout=peer)
    boxes.append((box, f"{kind} {words[2]}"))
    same = before = 0
    until = time.monotonic() + 60
    while same < 10 and time.monotonic() < until:
        time.sleep(0.02)
        now = written(box.pid)
        same = same + 1 if now == before > 4096 else 0
        before = now
def end_of(process):
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        return "hangs"
'

# With root alone: the terminals are root's.
# bats test_tags=root
@test "box ends by SIGTERM while its output stalls" {
	life 'export BOX ROOTFS; python3 -c "$1"' "$STALLS"'
for option in "-i", "-t":
    for kind in make:
        start(kind, "run", "--rm", option, os.environ["ROOTFS"], "yes")
for box, _ in boxes:
    box.terminate()
for box, name in boxes:
    print(name, end_of(box))'
	output_is $'terminal -i 137\npipe -i 137\nsocket -i 137\nterminal -t 137\npipe -t 137\nsocket -t 137' \
		"no output may block what reads signals, and the last of it has a second: see relay_finish"
}

# With root alone: the terminals are root's.
# bats test_tags=root
@test "box rm -f ends a container whose output stalls" {
	life 'export BOX ROOTFS; python3 -c "$1"' "$STALLS"'
start("terminal", "run", "--name", "mine", os.environ["ROOTFS"], "yes")
print(end_of(subprocess.Popen([os.environ["BOX"], "rm", "-f", "mine"], stdout=subprocess.DEVNULL)))
boxes[0][0].terminate()
print(end_of(boxes[0][0]))'
	output_is $'0\n137' "the container is let go of before the last of its output"
}

@test "exec on a terminal ends with its process, though another one goes on to write" {
	life 'sleeper --name up >/dev/null
		timeout 60 "$BOX" exec -t up sh -c "yes & sleep 0.2; exit 3" </dev/null | cat >/dev/null; echo "status ${PIPESTATUS[0]}"
		timeout 60 "$BOX" exec up sh -c "yes & sleep 0.2; exit 4" | cat >/dev/null; echo "status ${PIPESTATUS[0]}"'
	output_is $'status 3\nstatus 4' "only what was there at its end is still shown: see unread_bytes"
}

@test "box leaves O_NONBLOCK of its caller's files alone" {
	host_script 'python3 - "${run[@]}" <<-"END"
			import fcntl, os, subprocess, sys
			for make in os.pipe, os.openpty:
			    here, there = make()
			    subprocess.run(sys.argv[1:] + ["sh", "-c", "cat /proc/version"], stdin=subprocess.DEVNULL, stdout=there)
			    print(bool(fcntl.fcntl(there, fcntl.F_GETFL) & os.O_NONBLOCK))
		END'
	output_is $'False\nFalse' "the caller shares the description: open it anew"
}

@test "box exec, with -d too, ends by a signal where the container stops each new process" {
	life 'box run -d --name stopper "$ROOTFS" sh -c "while :; do for p in /proc/[0-9]*; do test \$p = /proc/1 || kill -STOP \${p#/proc/}; done 2>/dev/null; done" >/dev/null
		stopped() { local c; for c in $(pgrep -P "$1"); do [[ $(ps -o stat= $c) == T* ]] && return; stopped $c && return; done; return 1; }
		for options in -i -d -t; do
			"$BOX" exec $options stopper sleep 1000 </dev/null >/dev/null 2>&1 & exec=$!
			stuck() { stopped $exec || ended $exec; }
			until_true stuck || echo "not stopped"
			kill -TERM $exec 2>/dev/null
			until_true ended $exec || { echo "exec $options: it does not end"; kill -KILL $exec; }
			wait $exec; case $? in 125 | 143) ;; *) [[ $options == -d ]] || echo "exec $options: status $?" ;; esac
		done'
	output_is "" "what waits for a message of the child listens to signals, too: see wait_for_message"
}
