# Containers of box-oci that share PIDs: config.json of one names the PID namespace of the other by a path. The
# first one may have CAP_SYS_PTRACE there, and gets no more by the second one than that one's process has. See hunter.c.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

CAPS=0000000020080420 # those that spec gives, and SYS_PTRACE

setup() {
	setup_host
	setup_bundle
	mkdir "$DIR/second"
}

# shared FIRST SECOND SCRIPT: runs SCRIPT while a container "first" runs the shell command FIRST, and $DIR/second is the
# bundle of one that shares its PIDs, and runs SECOND; its config.json is changed by the statements in $STATEMENTS.
shared() {
	configure "[process['capabilities'][k].append('CAP_SYS_PTRACE') for k in ['bounding', 'effective', 'permitted']]" \
		'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ERRNO", "names": ["swapon"]}]}'
	command_is sh -c "$1"
	cp "$BUNDLE/config.json" "$DIR/first.json"
	command_is sh -c "$2"
	configure 'c["root"]["path"] = "'"$BUNDLE"'/rootfs"' '[n for n in linux["namespaces"] if n["type"] == "pid"][0]["path"] = "/proc/FIRST/ns/pid"' "${STATEMENTS[@]}"
	mv "$BUNDLE/config.json" "$DIR/second"
	mv "$DIR/first.json" "$BUNDLE/config.json"
	oci_script 'pid_of() { oci state "$1" | sed -n "s/.*\"pid\": \([0-9]*\).*/\1/p"; }
		create first; oci start first; sed -i "s,/FIRST/,/$(pid_of first)/," "$DIR/second/config.json"; mv out first-out; cd "$DIR/second"
		'"$3"'
		oci delete -f second; oci delete -f first'
}

# hunted USER WAY...: a container that is made by each WAY, a statement for the host, is caught as early as it can be seen.
hunted() {
	local user=$1 line way script='' n=0
	line="Uid: $user $user $user $user CapPrm: $CAPS CapEff: $CAPS CapBnd: $CAPS Seccomp: 2 "
	shift
	for way; do script+="$way"$'\n'"until_true caught $((++n)); oci delete -f second"$'\n'; done
	compiled "$BUNDLE/rootfs/hunter" -O2 "$REPO/tests/lib/hunter.c"
	shared "exec /hunter $# canary- of-the-caller" 'exec sleep 1000' 'export CANARY=canary-of-the-caller; until_true grep -q ready "$BUNDLE/first-out"
		caught() { (($(grep -c "^caught: .*Seccomp" "$BUNDLE/first-out") >= $1)); }
		'"$script"'
		until_true grep -q done "$BUNDLE/first-out"; cat "$BUNDLE/first-out"'
	# Its gate, which it waits at, leads nowhere else.
	[[ $(sed -E "/^caught: /!d; s,descriptor [0-9]+: $STATE/second/(gate|status) ,,g" <<<"$output" | tr -s '\t ' ' ' | sort -u) == "caught: $line" && $(grep -c '^caught: ' <<<"$output") == "$#" ]] ||
		report "expected $# times: caught: $line" "what makes the container is never in the PID namespace: see finish_outside in join.c"
}

@test "what makes a container that shares the PIDs of another one is not visible there, its process without other rights" {
	STATEMENTS=('c["hooks"] = {kind: [{"path": "/bin/true"}] for kind in ["prestart", "createRuntime", "createContainer"]}')
	hunted 0 'create second' 'sed -i "s,\"noNewPrivileges\": true,\"noNewPrivileges\": false,; s,createContainer,poststop," config.json; oci run second </dev/null & until_true is second running 2>/dev/null'
}

@test "so it is in a user namespace" {
	STATEMENTS=('linux["namespaces"].append({"type": "user"})' 'linux.update({k: [{"containerID": 0, "hostID": 100000, "size": 1000}] for k in ["uidMappings", "gidMappings"]})'
		'c["mounts"] = [m for m in c["mounts"] if m["destination"] != "/proc"]' 'linux["maskedPaths"] = linux["readonlyPaths"] = []')
	hunted 100000 'create second'
}

# As the process sees itself; its children are its own.
LOOK='echo "session $(cut -d " " -f 6 /proc/$$/stat) of $$"; [ /proc/$$/ns/pid -ef /proc/1/ns/pid ] && echo PIDs of the first; cat /proc/1/comm; grep SigIgn /proc/self/status'

@test "it has its PID in state and pid-file, a session, hooks and a gate as any container, and the other one's /proc" {
	STATEMENTS=('c["hooks"] = {"startContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "cat >/tmp/hook"]}], "createContainer": [{"path": "/bin/sh", "args": ["sh", "-c", "echo $PATH"], "env": ["PATH=/bin"]}]}'
		'c["root"]["readonly"] = False')
	shared 'exec sleep 1000' "$LOOK; sleep 1000" 'oci create --pid-file pid second >out </dev/null; is second created && echo created
		[[ $(<pid) == "$(pid_of second)" && /proc/$(<pid)/ns/pid -ef /proc/$(pid_of first)/ns/pid ]] && echo PID
		[[ ! -e $BUNDLE/rootfs/tmp/hook ]] && oci start second && until_true grep -q SigIgn out; cat out
		grep -o "status.*" "$BUNDLE/rootfs/tmp/hook"; is second running && echo running; oci exec second sh -c "kill -9 $(grep -o "of [0-9]*" out | cut -c 4-)"; until_true is second stopped; is first running && echo the first one runs'
	local pattern=$'^created\nPID\nsession ([0-9]+) of ([0-9]+)\nPIDs of the first\nsleep\nSigIgn:\t0000000000000000\nstatus":"created","pid":([0-9]+)}\nrunning\nthe first one runs$'
	[[ $output =~ $pattern && ${BASH_REMATCH[1]} == "${BASH_REMATCH[2]}" && ${BASH_REMATCH[3]} == "${BASH_REMATCH[2]}" ]] ||
		report "expected a process as that of any container" "see execute_inside"
}

@test "it has a terminal, an exit status, and errors as any container" {
	STATEMENTS=('process["terminal"] = True')
	shared 'exec sleep 1000' "tty; tty </dev/tty; exit 3" 'script -qec "$OCI --root $STATE run second" /dev/null </dev/null | tr -d "\r^@"; echo ${PIPESTATUS[0]}
		sed -i "s,\"terminal\": true,\"terminal\": false,; s,\"args\": \[\"sh\",\"args\": \[\"nosuch\"," config.json; for way in create run; do oci $way second </dev/null; echo $?; done; oci list -q'
	output_is $'/dev/pts/0\n/dev/tty\n3\nbox-oci: exec: "nosuch": executable file not found in $PATH\n1\nbox-oci: nosuch: No such file or directory\n1\nfirst' "see finish_outside"
}

@test "it dies with box-oci run, and is not made when the other one has ended; nothing of it is left" {
	shared 'exec sleep 1000' 'exec sleep 1000' '"$OCI" --root "$STATE" run second </dev/null & disown; until_true is second running 2>/dev/null; pid=$(pid_of second); kill -KILL $!; until_true is second stopped && [[ ! -e /proc/$pid ]] && echo ended
		oci delete second; exec 5<"/proc/$(pid_of first)/ns/pid"; sed -i "s,/proc/[0-9]*/ns/pid,/proc/$$/fd/5," config.json; oci delete -f first; oci create second </dev/null; echo $?; ls "$STATE"'
	output_is $'ended\nbox-oci: clone: Cannot allocate memory\n1' "see namespaces_enter_but_pids"
}

@test "where the kernel cannot mount /proc for others, it is made inside, as the manual says" {
	shared 'exec sleep 1000' 'readlink /proc/self; exec sleep 1000' 'strace -qq -o trace -e trace=fsconfig -e inject=fsconfig:error=EINVAL:when=1 "$OCI" --root "$STATE" create second </dev/null >out
		head -1 trace | grep -o pidns; oci start second; until_true grep -q . out; [[ $(<out) =~ ^[0-9]+$ ]] && echo its own PID; is second running && echo running'
	output_is $'pidns\nits own PID\nrunning' "see mounts_know_pids"
}
