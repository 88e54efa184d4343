# Shared by all stages' tests. Each test gets a host of its own: mount, UTS and PID namespaces, with
# shared mount propagation as systemd sets it up, since a private / hides a forgotten MS_PRIVATE.
# In it are $DIR, an empty folder, and from step 03 on $ROOTFS, a root filesystem of busybox.
#
# STEP is the stage under test, the file's own unless the environment says otherwise; BOX is its
# program. Later stages keep the promises of earlier ones: `at_least 03` asks which it is. The last is
# final; what it does otherwise than the steps, on purpose, is tagged steps here and tested in final-*.

bats_require_minimum_version 1.8.0

REPO=$(cd "${BATS_TEST_DIRNAME:?}/.." && pwd)
FILE_STEP=$(basename "${BATS_TEST_FILENAME:?}" | sed -nE 's/^(step)?([0-9]+|final)-.*/\2/p')
STEP=${STEP:-$FILE_STEP}
THROWAWAY=${THROWAWAY:-0} # a machine that may be changed, and may be slow
[[ $STEP == final ]] && RUN=(-i --rm) || RUN=() # as Docker, it else gives the command an empty stdin
MARKER=only-on-the-host # what a box must not see: a file on the host, and an argument of a process
# For scripts: gives COMMAND half a minute, as a machine may be slow, or stop for a while. No test may
# depend on who is faster: it waits for what it needs, and for no time.
# shellcheck disable=SC2016 # expanded by those
UNTIL_TRUE='until_true() { local end=$((SECONDS + 30)); until "$@"; do ((SECONDS < end)) || return; sleep 0.01; done; }'

setup_file() {
	[[ $EUID == 0 ]] || fail "the tests need root: sudo bats ..." || return
	make -s -C "$REPO" rootfs >/dev/null 2>&1 || fail "make rootfs failed: see make doctor" || return
	if [[ -z ${BOX:-} ]]; then
		if [[ $STEP == final ]]; then BOX=$REPO/final/box; else BOX=$(echo "$REPO"/step"$STEP"-*/box); fi
		if [[ $STEP == final ]]; then make -s -C "$REPO" final; else make -s -C "$REPO" "${BOX#"$REPO"/}"; fi || return
	fi
	BOX=$(realpath "$BOX")
	[[ -x $BOX ]] || fail "$BOX is not there: build it first" || return
	export BOX
}

setup() { setup_host; }

setup_host() {
	if [[ ! ${MATRIX:-} ]]; then
		[[ $FILE_STEP > $STEP ]] && skip "a promise of step $FILE_STEP, not of step $STEP"
		tagged still && [[ $FILE_STEP != "$STEP" ]] && skip "about step $FILE_STEP alone"
		tagged steps && [[ $STEP == final ]] && skip "final does this otherwise, on purpose: see final-*.bats"
	fi
	tagged vm && ((!THROWAWAY)) && skip "changes what all of a machine has: see make test-vm"
	tagged v2 && [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]] && skip "needs cgroup v2: see make test-vm"
	DIR=$(realpath "$BATS_TEST_TMPDIR")/dir ROOTFS=$(realpath "$BATS_TEST_TMPDIR")/rootfs OPTIONS=() # as the kernel names them
	export BOX_DATA=$BATS_TEST_TMPDIR/data BOX_ROOT=$BATS_TEST_TMPDIR/run
	mkdir "$DIR"
	echo "$MARKER" >"$DIR/$MARKER"
	cp -ax "$REPO/rootfs" "$ROOTFS"
	# Without these a shell cannot even start a background process; the steps leave /dev to ROOTFS.
	rm -f "$ROOTFS/dev/null" # a box with -v /dev/null:/dev/null may have made an empty file
	mknod -m 666 "$ROOTFS/dev/null" c 1 3
	mknod -m 666 "$ROOTFS/dev/zero" c 1 5
	echo rootfs >"$ROOTFS/only-in-the-rootfs"
	printf 'not a program\n' | tee "$ROOTFS/plain" >"$DIR/plain"
	start_host
	host_state >"$BATS_TEST_TMPDIR/before"
}

# bats 1.8 does not tell a test its tags: they are in the line above it.
tagged() {
	grep -B 1 -xF "@test \"$BATS_TEST_DESCRIPTION\" {" "$BATS_TEST_FILENAME" | grep -Eq "test_tags=(.*,)?$1(,|\$)"
}

teardown() {
	local failed=0
	[[ ${HOST:-} ]] || return 0
	if [[ ! -d /proc/$HOST ]]; then
		fail "the test took too long, and was ended" || failed=1
	elif ! host true 2>/dev/null; then
		fail "the host has another / now" \
			"hint: box changed the host's mounts: is CLONE_NEWNS among the flags of clone3?" || failed=1
	else
		host_as_before || failed=1
	fi
	kill -KILL "$HOST" 2>/dev/null
	wait "$UNSHARE" 2>/dev/null
	return $failed
}

# --- the host ---

start_host() {
	local seconds=120 # a program that is being written may hang
	((THROWAWAY)) || at_least final && seconds=600
	mkfifo "$BATS_TEST_TMPDIR/ready"
	# Its PID 1 takes all else with it when it ends, which it does by itself if a test hangs. With
	# SIGCHLD ignored, it leaves no zombies.
	# shellcheck disable=SC2016 # expanded by that shell
	unshare --mount --uts --pid --fork --kill-child --propagation private -- bash -c '
		mount -t proc proc /proc && mount --make-rshared / && hostname laptop && trap "" CHLD &&
			echo >"$1" && exec sleep "$2"' - "$BATS_TEST_TMPDIR/ready" "$seconds" \
		2>"$BATS_TEST_TMPDIR/unshare" 3>&- &
	UNSHARE=$!
	read -rt 60 <>"$BATS_TEST_TMPDIR/ready" || fail "no namespaces: $(<"$BATS_TEST_TMPDIR/unshare")"
	HOST=$(<"/proc/$UNSHARE/task/$UNSHARE/children")
	HOST=${HOST% }
}

# Runs a command on the test's host, in $DIR. Who runs the tests may ignore signals, as nohup does.
host() {
	nsenter --target "$HOST" --mount --uts --pid -- env --default-signal -C "$DIR" "$@" 3>&-
}

# Runs a command on the test's host; sets $status, $output and $stderr.
run_on_host() {
	status=0
	output=$(host "$@" 2>"$BATS_TEST_TMPDIR/stderr") || status=$?
	stderr=$(<"$BATS_TEST_TMPDIR/stderr")
}

# The same for a bash script, in which `box COMMAND...` runs a box with $OPTIONS, `start COMMAND...`
# does so in the background and sets $box when COMMAND is executed, and `ready` asks whether that has made
# a file of this name. See UNTIL_TRUE.
host_script() {
	local script=$1 command=("$BOX" run "${RUN[@]}" "${OPTIONS[@]}")
	at_least 03 && command+=("$ROOTFS")
	shift
	run_on_host env BOX="$BOX" DIR="$DIR" ROOTFS="$ROOTFS" MARKER="$MARKER" bash -c "
		exec 2>&1
		run=(${command[*]@Q})
		box() { ${command[*]@Q} \"\$@\"; }
		start() { exec ${command[*]@Q} \"\$@\" & box=\$!; until_true running \$box; }
		ready() { [[ -e /proc/\$(pgrep -P \$box)/cwd/ready ]]; }
		running() { local c; ended \$1 || { c=\$(pgrep -P \$1) && [[ ! /proc/\$c/exe -ef /proc/\$1/exe ]]; }; }
		ended() { local p; for p in \$1; do kill -0 \$p 2>/dev/null && return 1; done; return 0; }
		$UNTIL_TRUE
		$script" - "$@"
}

host_state() {
	# The steps' cgroups, or final's: box/ID. Each leave the other's alone, as two stages are tested at once.
	local cgroups=(-name 'box.*')
	[[ $STEP == final ]] && cgroups=(-path '*/box/*' -prune)
	echo "hostname: $(host hostname)"
	host cut -d ' ' -f 4- /proc/self/mountinfo | sed 's/^/mount: /'
	# Processes by name, as PIDs are new each time; neither what looks, nor PID 1, which is the test's own.
	host ps -eo pid=,stat=,args= | sed -nE '/^ *1 /d; /^ *[0-9]+ Z/d; /ps -eo/d; s/^ *[0-9]+ [^ ]+ */process: /p'
	find /sys/fs/cgroup -type d "${cgroups[@]}" -print 2>/dev/null | sed 's/^/cgroup: /'
	find "$BOX_DATA/containers" "$BOX_DATA/live" "$BOX_DATA/tmp" -mindepth 1 -maxdepth 1 2>/dev/null | sed 's/^/store: /'
}

# Other suites' boxes may be at work on this machine, and their cgroups come and go: one counts when it
# is there and empty all the time. It is removed, as it is not in a namespace that ends with the test.
host_as_before() {
	local left others stays try end=$((SECONDS + 10))
	for ((try = 1; try <= 20 || SECONDS < end; try++)); do
		left=$(host_state | diff "$BATS_TEST_TMPDIR/before" - | grep '^[<>]') || return 0
		others=$(grep -v 'cgroup: ' <<<"$left") || true
		((try > 1)) || stays=$(sed -n 's/^> cgroup: //p' <<<"$left")
		stays=$(empty_cgroups <<<"$stays")
		[[ $others$stays ]] || return 0
		sleep 0.05
	done
	xargs -r rmdir <<<"$stays" || true
	left=$others${stays:+$'\n'> cgroup: ${stays//$'\n'/$'\n'> cgroup: }}
	say "the host is not as it was before the test:" "$left"
	case $left in
	*mount:*) fail "hint: what box mounts must be gone afterwards" ;;
	*process:*) fail "hint: what the command has started must end with it" ;;
	*hostname:*) fail "hint: the host keeps its name: is CLONE_NEWUTS set?" ;;
	*store:*) fail "hint: what a container writes, and what is half unpacked, goes with the box that made it" ;;
	*) fail "hint: a cgroup stays until rmdir, which works when no process is left in it" ;;
	esac
}

# Of the cgroups on standard input, those that are there, without a process in them or below. That of a
# container in another test's store is that test's business: it may have killed the box.
empty_cgroups() {
	local cgroup
	while read -r cgroup; do
		compgen -G "${BATS_RUN_TMPDIR%/*}/*/test/*/data/containers/${cgroup##*/}" | grep -qvF "$BATS_TEST_TMPDIR/" && continue
		if [[ -d $cgroup && ! $(find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null) ]]; then echo "$cgroup"; fi
	done
}

# --- running a box ---

at_least() { [[ ! $STEP < $1 ]]; }

# box COMMAND...: runs it in a box, with $OPTIONS; sets $status, $output and $stderr.
box() {
	if at_least 03; then box_run "$ROOTFS" "$@"; else box_run "$@"; fi
}

# box_run ARG...: the same, ROOTFS included in what is given.
box_run() { box_exec run "${RUN[@]}" "${OPTIONS[@]}" "$@"; }

# box_exec ARG...: the program with nothing but the arguments given.
box_exec() { run_on_host "$BOX" "$@"; }

# In a box, the way out of a chroot: a root below the working folder no longer stops `..`, see chroot(2). Prints
# what is in the folder that is reached, and if that is the host's /, the marker: however deep ROOTFS lies.
climb() {
	mkdir "$ROOTFS/sub"
	cp "$REPO/rootfs/bin/busybox" "$ROOTFS/sub/busybox"
	# shellcheck disable=SC2016 # for the shell in the box
	box nsenter --root=/sub --wd=/ /busybox sh -c 'cd -P "$1"; /busybox ls; /busybox cat ".$2"' - \
		"$(sed -E 's,/[^/]+,../,g' <<<"$ROOTFS")" "$DIR/$MARKER"
}

# The steps leave root all capabilities; final does so when asked to.
as_mighty_root() {
	if at_least final; then OPTIONS+=(--cap-add SYS_ADMIN); fi
}

# What a box killed by SIGKILL has left on the disk and of cgroups, final's next command removes.
after_sigkill() {
	if at_least final; then host "$BOX" ps -q; fi
}

# --- what is expected: each prints what was wrong, and a hint, and fails the test ---

say() { printf '%s\n' "$@" >&2; }

fail() {
	say "$@"
	return 1
}

report() {
	local more=
	[[ $output$stderr == *pivot_root* ]] && more="
hint: pivot_root wants a mount, so ROOTFS is bound onto itself, and mounts that are private, all of them"
	fail "$1" "  status: $status" "  stdout: $output" "  stderr: $stderr" "hint: $2$more"
}

# status_is N HINT
status_is() { [[ $status == "$1" ]] || report "expected exit status $1, got $status" "$2"; }

# output_is TEXT HINT
output_is() { [[ $output == "$1" ]] || report "expected the output '$1'" "$2"; }

# output_has TEXT HINT
output_has() { [[ $output == *"$1"* ]] || report "expected '$1' in the output" "$2"; }

# output_lacks TEXT HINT
output_lacks() { [[ $output != *"$1"* ]] || report "expected no '$1' in the output" "$2"; }

# refused WORD HINT: exit status 125, and one line on stderr that has WORD.
refused() {
	status_is 125 "$2" || return
	[[ $stderr == *"$1"* ]] || report "expected a message with '$1'" "$2" || return
	[[ $stderr != *$'\n'* ]] || report "expected one line on stderr" "say what is wrong, once"
}
