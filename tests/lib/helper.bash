# Shared by all stages' tests. Each test gets a host of its own: see tests/lib/host. It has mount, UTS, PID and network
# namespaces, with shared mount propagation as systemd sets it up, since a private / hides a forgotten MS_PRIVATE.
# In it are $DIR, an empty folder, and from step 03 on $ROOTFS, a root filesystem of busybox. A box writes to
# nothing else: what a step does to other files ends with the test.
#
# STEP is the stage under test, the file's own unless the environment says otherwise; BOX is its
# program. Later stages keep the promises of earlier ones: `at_least 03` asks which it is. What holds until
# stage NN does it otherwise, on purpose, is tagged before-NN, and a comment says what NN does. The last is
# final; what it does otherwise than the steps, on purpose, is tagged steps here and tested in tests/box.

bats_require_minimum_version 1.8.0

REPO=${BATS_TEST_DIRNAME%/tests*} # a name of bats is absolute
case ${BATS_TEST_FILENAME:?} in
*/step[0-9]*) FILE_STEP=${BATS_TEST_FILENAME##*/step} FILE_STEP=${FILE_STEP%%-*} ;;
*/tests/box/* | */tests/oci/*) FILE_STEP=final ;;
*) FILE_STEP= ;;
esac
STEP=${STEP:-$FILE_STEP}
THROWAWAY=${THROWAWAY:-0} # a machine that may be changed, and may be slow
[[ $STEP == final ]] && RUN=(-i --rm) || RUN=() # as Docker, it else gives the command an empty stdin
OWN_CGROUP=box-test.${BATS_RUN_TMPDIR##*-}.${BATS_SUITE_TEST_NUMBER:-0} # where a test names a cgroup itself
MARKER=only-on-the-host # what a box must not see: a file on the host, and an argument of a process
# For scripts: gives COMMAND half a minute, as a machine may be slow, or stop for a while. No test may
# depend on who is faster: it waits for what it needs, and for no time.
# shellcheck disable=SC2016 # expanded by those
UNTIL_TRUE='until_true() { local end=$((SECONDS + 30)); until "$@" 2>/dev/null; do ((SECONDS < end)) || return; pause; done; }
# Starts no program, as sleep is one: nobody writes to this FIFO, which root alone can open.
pause() { { read -rt 0.015 <>"${BATS_TEST_TMPDIR:-}/pause"; } 2>/dev/null; (($? > 128)) || sleep 0.015; }
# pids_of WORD...: the PIDs of the processes whose command lines begin with these words, which are no regular expressions
pids_of() { local place words; for place in /proc/[0-9]*/; do
	mapfile -d "" -t words <"$place/cmdline" && [[ ${#words[@]} -ge $# && "${words[*]:0:$#}" == "$*" ]] && basename "$place"; done 2>/dev/null; true; }'

# For a time that nobody asks for, bats starts date in three processes.
get_mills_since_epoch() { printf '%d\n' "$((${EPOCHREALTIME/[.,]/} / 1000))"; }

# shellcheck source=tests/lib/rootless.bash
[[ ! ${ROOTLESS:-} ]] || source "$REPO/tests/lib/rootless.bash"

umask 022 # what a test makes is for all users in a box, whatever the caller's is

setup_file() {
	[[ $EUID == 0 ]] || fail "the tests need root: sudo bats ..." || return
	[[ ${TESTS_BUILT:-} ]] || make -s -C "$REPO" rootfs tests/lib/host >/dev/null 2>&1 || fail "make rootfs tests/lib/host failed: see make doctor" || return
	if [[ -z ${BOX:-} ]]; then
		if [[ $STEP == final ]]; then BOX=$REPO/final/box; else BOX=$(compgen -G "$REPO/step$STEP-*" || compgen -G "$REPO/final/step$STEP-*")/box; fi
		if [[ ${TESTS_BUILT:-} ]]; then :; elif [[ $STEP == final ]]; then make -s -C "$REPO" final; else make -s -C "$REPO" "${BOX#"$REPO"/}"; fi || return
	fi
	BOX=$(realpath "$BOX")
	[[ -x $BOX ]] || fail "$BOX is not there: build it first" || return
	[[ ! ${ROOTLESS:-} ]] || rootless_box || return
	untraced find_cgroup_mounts
	untraced find_beginning || fail "the files that each test begins with cannot be made" || return
	export BOX CGROUP_MOUNTS BEGINNING REAL_RUN_TMPDIR
	[[ ! ${WITH_PYTHON:-} ]] || start_python
}

# Sets $CGROUP_MOUNTS: a line "PLACE KIND OPTIONS" for each, and first for a tmpfs below them.
find_cgroup_mounts() {
	local place options rest kind top=
	CGROUP_MOUNTS=
	while read -r _ _ _ _ place options rest; do
		kind=${rest#*- } kind=${kind%% *}
		case $kind in
		tmpfs) [[ $place != /sys/fs/cgroup ]] || top="$place $kind $options"$'\n' ;;
		cgroup | cgroup2) CGROUP_MOUNTS+="$place $kind $options,${rest##* }"$'\n' ;;
		esac
	done </proc/self/mountinfo
	CGROUP_MOUNTS=$top$CGROUP_MOUNTS
	CGROUP_MOUNTS=${CGROUP_MOUNTS%$'\n'} # there may be none
}

# Sets $BEGINNING, which tests/suite has made once for all files.
find_beginning() {
	local shared=${TESTS_BUILT:-}
	REAL_RUN_TMPDIR=$(cd "$BATS_RUN_TMPDIR" && pwd -P) || return # as the kernel names it
	BEGINNING=${shared:+$shared/beginning}
	[[ ! $shared || ! -d $BEGINNING ]] || return 0
	BEGINNING=$BATS_FILE_TMPDIR/beginning
	remove_stale_cgroups
	make_beginning || return
	[[ ! $shared ]] || { mv -T "$BEGINNING" "$shared/beginning" 2>/dev/null || :; } # another one may be faster
	[[ -d $BEGINNING ]] || BEGINNING=$shared/beginning
}

# What each test begins with, for a single copy: see tests/lib/host.c.
# shellcheck disable=SC2317 # untraced calls it
make_beginning() {
	local rootfs=$BEGINNING/rootfs dir=$BEGINNING/dir
	mkdir -p "$BEGINNING/host" "$dir" && echo "$MARKER" >"$dir/$MARKER" &&
		cp -ax --no-preserve=ownership "$REPO/rootfs" "$BEGINNING" && # it is of the user who has made it
		# Without these a shell cannot even start a background process; the steps leave /dev to ROOTFS.
		rm -f "$rootfs/dev/null" && # a box with -v /dev/null:/dev/null may have made an empty file
		cp -a /dev/null /dev/zero "$rootfs/dev" && echo rootfs >"$rootfs/only-in-the-rootfs" &&
		printf 'not a program\n' | tee "$rootfs/plain" >"$dir/plain"
}

# For files whose tests call python: see warm.py. Its stdin is this shell's, and ends with it.
start_python() {
	mkfifo "$BATS_FILE_TMPDIR"/python.{in,out} || return
	# shellcheck disable=SC2034 # nobody writes to it
	coproc PYTHON { PYTHONDONTWRITEBYTECODE=1 exec python3 "$REPO/tests/lib/warm.py" "$BATS_FILE_TMPDIR" >/dev/null 2>"$BATS_FILE_TMPDIR/python.errors" 3>&- 4>&-; }
	# What is written to a fifo before Python has it open would be lost.
	read -rt 100 <>"$BATS_FILE_TMPDIR/python.out" || fail "Python does not start:" "$(<"$BATS_FILE_TMPDIR/python.errors")"
}

# python CODE [ARG...]: runs it, in the working folder; CODE knows json, os and sys.
python() {
	local request=$BATS_TEST_TMPDIR/python status='' file=''
	printf '%s\0' "$PWD" "$@" >"$request"
	echo "$request" 1<>"$BATS_FILE_TMPDIR/python.in"
	until [[ $file == "$request" ]]; do # there may be an answer to a test that did not wait for it
		read -rt 100 status file <>"$BATS_FILE_TMPDIR/python.out" || fail "no answer from Python:" "$(<"$BATS_FILE_TMPDIR/python.errors")" || return
	done
	cat_file "$request.out"
	cat_file "$request.err" >&2
	return "$status"
}

cat_file() { [[ ! -s $1 ]] || cat "$1"; }

# Runs a function without bats' trap for each command, which takes longer than most commands: what fails says where.
untraced() {
	local kept=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/trap status=0
	trap -p DEBUG >"$kept"
	trap - DEBUG
	"$@" || status=$?
	# shellcheck disable=SC1090 # written here
	source "$kept"
	return $status
}

setup() { setup_host; }

setup_host() {
	local tag
	if [[ ! ${MATRIX:-} ]]; then
		[[ $FILE_STEP > $STEP ]] && skip "a promise of step $FILE_STEP, not of step $STEP"
		[[ $FILE_STEP != "$STEP" ]] && tagged still && skip "about step $FILE_STEP alone"
		before_tag && skip "a promise of the stages before ${tag#before-}"
		[[ ${ROOTLESS:-} ]] && tagged root && skip "needs root: see the comment above the test"
		[[ $STEP == final ]] && tagged steps && skip "final does this otherwise, on purpose: see tests/box"
	fi
	((!THROWAWAY)) && tagged vm && skip "changes what all of a machine has: see make test-vm"
	tagged v2 && [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]] && skip "needs cgroup v2: see make test-vm"
	make_host
}

# $DIR and $ROOTFS, and the host.
make_host() { untraced make_all; }

make_all() {
	local own=$REAL_RUN_TMPDIR${BATS_TEST_TMPDIR#"$BATS_RUN_TMPDIR"}
	DIR=$own/dir ROOTFS=$own/rootfs OPTIONS=()
	export BOX_DATA=$BATS_TEST_TMPDIR/data BOX_ROOT=$BATS_TEST_TMPDIR/run
	start_host
	[[ ! ${ROOTLESS:-} ]] || rootless_host
}

# When it has ended, as it does by itself where a test hangs, its PID may be another process's: so it must be a child of
# tests/lib/host, or where a file's start_host does without that program, of this shell.
host_is_there() {
	local parent=$HOST_MAKER children=
	[[ ${HOST:-} ]] || return
	[[ $HOST != "$HOST_MAKER" ]] || parent=$BASHPID
	{ read -r children <"/proc/$parent/task/$parent/children"; } 2>/dev/null || :
	[[ " $children " == *" $HOST "* ]]
}

end_host() {
	thaw_own_cgroup # what is frozen may not end
	! host_is_there || kill -KILL "$HOST" 2>/dev/null
	wait "$HOST_MAKER" 2>/dev/null
	remove_cgroups
}

# Sets $own_cgroups: those that the test has named itself, and those of the containers in its store.
own_cgroups() {
	local folder
	own_cgroups=()
	for folder in "${BOX_DATA:-}/containers"/*; do
		[[ ! -d $folder ]] || mapfile -t -O ${#own_cgroups[@]} own_cgroups < <(find /sys/fs/cgroup -type d -name "box.${folder##*/}" -prune 2>/dev/null)
	done
	for folder in /sys/fs/cgroup{,/*}/"$OWN_CGROUP"; do [[ ! -d $folder ]] || own_cgroups+=("$folder"); done
}

thaw_own_cgroup() {
	local own_cgroups file
	own_cgroups
	((${#own_cgroups[@]})) || return 0
	find "${own_cgroups[@]}" -name freezer.state -o -name cgroup.freeze | while read -r file; do
		if [[ $file == *.state ]]; then echo THAWED; else echo 0; fi >"$file"
	done
}

# Whether the test is tagged before-NN, and the stage under test is NN or a later one: sets $tag.
before_tag() {
	tagged 'before-[0-9][0-9]' && tag=${BASH_REMATCH[2]} && [[ ! $STEP < ${tag#before-} ]]
}

# bats 1.8 does not tell a test its tags: they are in the line above it.
tagged() {
	local text
	if [[ ! ${TAGS:-} ]]; then
		text=$(<"$BATS_TEST_FILENAME")
		text=${text%%$'\n'"@test \"$BATS_TEST_DESCRIPTION\" {"$'\n'*}
		TAGS=${text##*$'\n'}$'\n'
	fi
	[[ ${TAGS%%$'\n'*}, =~ ^'# bats test_tags='(.*,)?($1), ]]
}

teardown() { untraced look_and_end; }

look_and_end() {
	local failed=0
	thaw_own_cgroup
	if [[ ! ${HOST:-} ]]; then
		remove_cgroups # the test was left out, or has no host
		return
	elif ! host_is_there; then
		fail "the test took too long, and was ended" || failed=1
	elif [[ ! ${BATS_INTERRUPTED:-} ]]; then # after Ctrl-C box goes with the host
		host_as_before || failed=1
	fi
	end_host || failed=1
	return $failed
}

# --- the host ---

# Its first process takes all else with it when it ends, which it does by itself if a test hangs.
start_host() {
	local seconds=120 keep=("$REPO" "$BATS_RUN_TMPDIR") network=new cgroups # a program that is being written may hang
	((THROWAWAY)) || at_least final && seconds=600
	! at_least final || network=machine # what final has for it is of other programs
	[[ $BOX == "$REPO"/* ]] || keep+=("$BOX")
	make_cgroups
	cgroups_looked_at
	coproc HOST_IS { exec "$REPO/tests/lib/host" start "$BATS_TEST_TMPDIR" "$BEGINNING" "$seconds" "$network" "${LOOKED_AT[0]}" "$cgroups" \
		"${keep[@]}" 2>"$BATS_TEST_TMPDIR/errors" 3>&-; }
	HOST_MAKER=$!
	read -rt 100 -u "${HOST_IS[0]}" HOST || fail "no host for the test: $(<"$BATS_TEST_TMPDIR/errors")" || return
}

# The steps make their cgroups at the top of each hierarchy that has a limit: which is one of the test's own. final has
# the machine's cgroups; a throw-away machine is the host of all tests, and any of those that say ON_THE_MACHINE, and why.
# Sets $cgroups for tests/lib/host, and CGROUPS.
make_cgroups() {
	local place kind options controller wanted=() own=suite.${BATS_RUN_TMPDIR##*-}.${BATS_SUITE_TEST_NUMBER:-0}
	CGROUPS=() cgroups=
	! { ((THROWAWAY)) || [[ ${ON_THE_MACHINE:-} ]]; } || { cgroups=machine && return; }
	if at_least final; then
		while read -r place kind options; do
			[[ $kind == tmpfs ]] && cgroups+="ro $place"$'\n' || cgroups+="$place $place"$'\n'
		done <<<"$CGROUP_MOUNTS"
		return
	fi
	while read -r place kind options; do
		[[ $kind != cgroup2 && ! ,$options, =~ ,(memory|pids|cpu), ]] || wanted+=("$place/$own")
	done <<<"$CGROUP_MOUNTS"
	((!${#wanted[@]})) || mkdir "${wanted[@]}" 2>/dev/null || :
	while read -r place kind options; do
		if [[ ! -d $place/$own ]]; then
			cgroups+="ro $place"
		else
			CGROUPS+=("$place/$own")
			cgroups+="$place/$own $place"
			[[ $kind != cgroup2 ]] || for controller in memory pids cpu; do
				{ echo "+$controller" >"$place/cgroup.subtree_control"; } 2>/dev/null || :
			done
		fi
		cgroups+=$'\n'
	done <<<"$CGROUP_MOUNTS"
}

# Those that a killed suite has left: no host lasts for so long.
remove_stale_cgroups() {
	local place places=()
	while read -r place _; do [[ ! $place ]] || places+=("$place"); done <<<"$CGROUP_MOUNTS"
	((${#places[@]})) || return 0
	find "${places[@]}" -mindepth 1 -maxdepth 1 -type d -mmin +15 -regextype posix-extended -regex '.*/(suite|box-test)\.[A-Za-z0-9]*\.[0-9]*' -print0 |
		xargs -r -0 -I @ find @ -depth -type d -exec rmdir {} + 2>/dev/null || :
}

# Whatever a box has left in them has ended with the test's host.
remove_cgroups() {
	local end=$((SECONDS + 10)) own_cgroups folders
	own_cgroups
	folders=("${own_cgroups[@]}" "${CGROUPS[@]}")
	((${#folders[@]})) && ! rmdir "${folders[@]}" 2>/dev/null || return 0
	until find "${folders[@]}" -depth -type d -exec rmdir {} + 2>/dev/null || [[ ! $(ls -d "${folders[@]}" 2>/dev/null) ]]; do
		((SECONDS < end)) || fail "cannot be removed: ${folders[*]}" || return
		sleep 0.05
	done
}

# Runs a command on the test's host, in $DIR.
host() { "$REPO/tests/lib/host" enter "$HOST" "$DIR" "$@" 3>&-; }

# Runs a command on the test's host; sets $status, $output and $stderr.
run_on_host() {
	local folder=$BATS_TEST_TMPDIR
	status=0 output='' stderr=''
	"$REPO/tests/lib/host" read "$HOST" "$DIR" "$folder/stdout" "$@" 2>"$folder/stderr" 3>&- || status=$?
	read_text output <"$folder/stdout"
	read_text stderr <"$folder/stderr"
}

# read_text NAME: sets the variable to what $(cat) prints, without a process.
read_text() {
	local parts
	mapfile -d '' -t parts
	printf -v parts %s "${parts[@]}"
	printf -v "$1" %s "${parts%"${parts##*[!$'\n']}"}"
}

# The same for a bash script, in which `box COMMAND...` runs a box with $OPTIONS, `start COMMAND...`
# does so in the background and sets $box when COMMAND is executed, and `ready` asks whether that has made
# a file of this name. See UNTIL_TRUE.
host_script() {
	local script=$1 command=("$BOX" run "${RUN[@]}" "${OPTIONS[@]}")
	at_least 03 && command+=("$ROOTFS")
	shift
	BOX="$BOX" DIR="$DIR" ROOTFS="$ROOTFS" MARKER="$MARKER" run_on_host bash -c "
		exec 2>&1
		run=(${command[*]@Q})
		box() { ${command[*]@Q} \"\$@\"; }
		start() { exec ${command[*]@Q} \"\$@\" & box=\$!; until_true running \$box; }
		child_of() { { read -r child _ <\"/proc/\$1/task/\$1/children\"; } 2>/dev/null; [[ \$child ]]; }
		ready() { local child=; child_of \$box && [[ -e /proc/\$child/cwd/ready ]]; }
		running() { local child=; ended \$1 || { child_of \$1 && [[ ! /proc/\$child/exe -ef /proc/\$1/exe && -e /proc/\$child/exe ]]; }; }
		ended() { local p; for p in \$1; do kill -0 \$p 2>/dev/null && return 1; done; return 0; }
		$UNTIL_TRUE
		$script" - "$@"
}

# Which cgroups a test must leave as they were: a pattern of names, and where.
cgroups_looked_at() {
	if ((${#CGROUPS[@]})); then
		LOOKED_AT=('*' "${CGROUPS[@]}")
	elif at_least final; then
		LOOKED_AT=('box.?????????*' /sys/fs/cgroup) # the IDs of the steps have eight digits
	else
		LOOKED_AT=('box.*' /sys/fs/cgroup)
	fi
}

# See tests/lib/host.c. What it is at the beginning of a test is in $BATS_TEST_TMPDIR/before.
host_state() {
	local LOOKED_AT
	cgroups_looked_at
	"$REPO/tests/lib/host" state "$HOST" "${LOOKED_AT[@]}" 3>&-
}

# A step's cgroups are in one of the test's own, and final's among those of other suites, which come and go: one
# counts when it is there and empty all the time. It is removed, as it is not in a namespace that ends with the test.
host_as_before() {
	local left others stays try patience=${PATIENCE:-10} # seconds in which all has to be gone
	local end=$((SECONDS + patience))
	host_has_its_root || return
	host_state >"$BATS_TEST_TMPDIR/after"
	! same_host || return 0
	for ((try = 1; try <= 2 * patience + 1 || SECONDS < end; try++)); do
		left=$(host_state | diff "$BATS_TEST_TMPDIR/before" - | grep '^[<>]' | without_others) || return 0
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

# Whether nothing has changed but cgroups that have processes, which are other tests'. The usual case: so no program runs.
same_host() {
	local before=() after=() line process
	local -A was=() is=()
	mapfile -t before <"$BATS_TEST_TMPDIR/before"
	mapfile -t after <"$BATS_TEST_TMPDIR/after"
	[[ ${before[*]} != "${after[*]}" ]] || return 0
	for line in "${before[@]}"; do was[$line]=1; done
	for line in "${after[@]}"; do
		is[$line]=1
		[[ ! ${was[$line]:-} ]] || continue
		[[ $line == 'cgroup: '* ]] && ((!${#CGROUPS[@]})) && at_least final || return
		process=
		{ read -r process <"${line#cgroup: }/cgroup.procs"; } 2>/dev/null || :
		[[ $process ]] || return
	done
	for line in "${before[@]}"; do [[ ${is[$line]:-} || $line == 'cgroup: '* ]] || return; done
}

# Without its files nothing more can be said of the host.
host_has_its_root() {
	[[ -d /proc/$HOST/root$DIR ]] || fail "the host has another / now" \
		"hint: box changed the host's mounts: is CLONE_NEWNS among the flags of clone3?"
}

# What other programs mount does not come here, but what they unmount and remove goes here, too.
without_others() {
	if at_least final; then
		awk 'NR == FNR { there[$5] = 1; next }
			!/^< mount: / || $4 in there { print; found = 1 }
			END { exit !found }' /proc/self/mountinfo -
	else
		grep .
	fi
}

# The folders with the stores of box that are not this test's: the machine's own, and those of the tests of other suites,
# whose hosts' command lines name them.
others_stores() {
	local words i
	echo /var/lib/box
	for line in /proc/[0-9]*/cmdline; do
		mapfile -d '' -t words <"$line" || continue
		for ((i = 0; i < ${#words[@]} - 1; i++)); do
			[[ ${words[i]} != */tests/lib/host || ${words[i + 2]:-} == "$BATS_TEST_TMPDIR" ]] || echo "${words[i + 2]:-}/data"
		done
	done 2>/dev/null
}

# Of the cgroups on standard input, those that are there, and of final's those without a process in them or below. That of a
# container in another store is not this test's business: who has the store may have killed the box.
empty_cgroups() {
	local cgroup store stores=()
	((${#CGROUPS[@]})) || mapfile -t stores < <(others_stores | sort -u)
	while read -r cgroup; do
		! ((${#CGROUPS[@]})) || { [[ ! -d $cgroup ]] || echo "$cgroup"; continue; }
		for store in "${stores[@]}"; do [[ ! -d $store/containers/${cgroup##*/box.} ]] || continue 2; done
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

# compiled FILE ARG...: what cc makes of the arguments, once for all tests of a file, with no C library needed where it runs.
compiled() {
	local made=$BATS_FILE_TMPDIR/compiled.${1##*/}
	[[ -e $made ]] || cc -static -o "$made" "${@:2}" || fail "no static C library: install libc6-dev or glibc-static" || return
	cp "$made" "$1"
}

# Steps 01 to 09 leave root all capabilities; later ones do so when asked to.
as_mighty_root() {
	if at_least final; then OPTIONS+=(--cap-add SYS_ADMIN); elif at_least 10; then OPTIONS+=(--privileged); fi
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

KILLED_BY_THE_FILTER="the filter has killed it. Both the test of the architecture and that of 0x40000000 must jump over RETURN(SECCOMP_RET_KILL_PROCESS), see JUMP(test, value, yes, no); and a LOAD stands before each"

report() {
	local more=
	if [[ $output$stderr == *pivot_root* ]] && at_least 07 && ! at_least final; then
		more=$'\n'"hint: pivot_root wants . to be a mount, so the overlay is entered by chdir(2), and mounts that are private, all of them"
	elif [[ $output$stderr == *pivot_root* ]]; then
		more=$'\n'"hint: pivot_root wants a mount, so ROOTFS is bound onto itself, and mounts that are private, all of them"
	elif [[ $status == 159 ]] && at_least 10 && ! at_least final; then
		more=$'\n'"hint: 159 is 128 + SIGSYS: $KILLED_BY_THE_FILTER"
	elif [[ $output$stderr == *"mount /proc: No such file"* ]] && at_least 08 && ! at_least final; then
		more=$'\n'"hint: nothing was unpacked into the image: is there a chdir(\"/\") after the chroot of the child that unpacks?"
	elif [[ $output$stderr == *"filter of system calls: Permission denied"* ]]; then
		more=$'\n'"hint: the filter is installed while there still is CAP_SYS_ADMIN: before the last capset(2)"
	fi
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
