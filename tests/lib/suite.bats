# How tests/suite reports: on small files of tests, made here.
# shellcheck disable=SC2016 # scripts for other shells
bats_require_minimum_version 1.8.0

setup() {
	TESTS=$BATS_TEST_TMPDIR/checkout/tests LOG=$BATS_TEST_TMPDIR/log
	mkdir -p "$TESTS"/{box,docs,lib,oci,unit}
	cp "$BATS_TEST_DIRNAME/../suite" "$TESTS"
	cp "$BATS_TEST_DIRNAME/report" "$TESTS/lib"
	cat >"$TESTS/lib/helper.bash" <<-'END'
		fail() { printf '%s\n' "$@" >&2; return 1; }
		report() { fail "$1" "hint: $2"; }
		expect() { [[ $1 == "$2" ]] || report "expected $2" "$3"; }
	END
	file lib/plainest 'PLAIN' '[[ $STEP != "$BROKEN" ]] || fail "hint: see clone3"'
	file step01-exec 'ONE' true 'TWO' 'printed="some text"; expect "$printed" "other text" "look at exec"'
	file step02-uts-pid 'THREE' true
}

# file NAME [TEST COMMAND]...: a file of these tests.
file() {
	local name=$1
	shift
	{
		echo "load $TESTS/lib/helper"
		while (($#)); do
			[[ $1 != *' '* ]] || echo "# bats test_tags=${1#* }"
			printf '@test "%s" { %s; }\n' "${1% *}" "$2"
			shift 2
		done
	} >"$TESTS/$name.bats"
}

# For tests that use the host.
real_helper() {
	make -s -C "$BATS_TEST_DIRNAME/../.." tests/lib/host
	cp "$BATS_TEST_DIRNAME"/{helper.bash,host} "$TESTS/lib"
	mkdir -p "$TESTS/../rootfs/dev"
	echo 'rootfs tests/lib/host:' >"$TESTS/../Makefile"
}

# suite ARG...: runs it, with a bats of its own, which must not take itself for a part of this one.
suite() {
	status=0
	inner timeout 100 "$TESTS/suite" "$@" >"$LOG" 2>&1 || status=$?
	output=$(<"$LOG")
}

inner() { env -i PATH="${PATH//"$BATS_LIBEXEC:"/}" HOME="$HOME" TERM=linux LOG="$LOG" BROKEN="${BROKEN:-}" "$@" 3>&-; }

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

has() { [[ $output == *"$1"* ]] || fail "expected '$1' in" "$output"; }
like() { [[ $output =~ $1 ]] || fail "expected a text like '$1' in" "$output"; }
lacks() { [[ $output != *"$1"* ]] || fail "expected no '$1' in" "$output"; }

@test "each test has its line, with how many there are, as soon as it has ended" {
	file step01-exec 'ONE' true \
		'TWO' 'end=$((SECONDS + 30)); until grep "^2 of 3 .*ONE" "$LOG"; do ((SECONDS < end)) || exit; sleep 0.01; done'
	suite 01
	[[ $status == 0 ]] || fail "exit status $status" "$output" || return
	has "3 of 3  stage 01: TWO"
	has "3 passed, 0 failed"
}

@test "a failure is told with its text and its place, without the helpers' insides" {
	suite 01
	[[ $status == 1 ]] || fail "exit status $status" "$output" || return
	has $'FAILED: stage 01: TWO\n'
	has "step01-exec.bats:3"
	has $'  expected other text\n  hint: look at exec\n'
	lacks "from function"
	lacks "helper.bash"
	has "2 passed, 1 failed"
}

@test "a failure whose text comes in pieces, long after each other, is told whole" {
	{
		printf 'stage 01\t%s\n' 1..2 'not ok 1 ONE' '# (in test file tests/one.bats, line 7)'
		printf 'stage 02\t%s\n' 1..1 'ok 1 OTHER'
		sleep 0.7 # the report waits for half a second, and then tells what it has
		printf 'stage 01\t%s\n' '# expected this' '# hint: do that' 'ok 2 TWO'
		printf 'stage 0%s\tend\n' 1 2
	} | "$TESTS/lib/report" 3 >"$LOG" 3>"$LOG.counts"
	output=$(<"$LOG")
	has $'FAILED: stage 01: ONE\n  tests/one.bats:7\n'
	has $'\n  expected this\n  hint: do that\n'
	has "3 of 3  stage 01: TWO"
	output=$(<"$LOG.counts")
	has "2 1 0 0"
}

@test "on a terminal a bar shows how far the tests are, and each failure stays" {
	inner script -qec "stty cols 100; exec '$TESTS/suite' 01" "$LOG" >/dev/null </dev/null || :
	output=$(<"$LOG")
	has "] 2 of 3, 0 failed: stage 01: ONE"
	has "FAILED: stage 01: TWO"
	has "[####################] 3 of 3, 1 failed"
	lacks "1 of 3  stage"
}

@test "the plainest command, and the tests of a stage, come before those of earlier stages" {
	file step01-exec 'ONE' true 'TWO' true
	suite 02
	[[ $(grep -oE 'PLAIN|ONE|TWO|THREE' "$LOG" | paste -sd ' ') == "PLAIN THREE ONE TWO" ]] || fail "not in this order: PLAIN THREE ONE TWO" "$output"
	has "2 of 4  stage 02: THREE"
	has "3 of 4  stage 02, earlier stages: ONE"
}

@test "what was left out is counted among what was asked for" {
	local tag=vm # no test machine is called that
	file step03-chroot 'FOUR' true "FIVE $tag" false "SIX $tag" false
	suite 02
	lacks "left out"
	suite 03
	has "left out: 2 tests that need a throw-away machine"
	lacks "FIVE"
	has "1 of 5  "
	suite -q 03
	has "left out: 2 tests that need a throw-away machine"
	has "4 of 4  "
}

@test "tests that are skipped, or do not come to their end, are no passes" {
	file step01-exec 'ONE' 'skip "not today"'
	suite 01
	[[ $status == 1 ]] || fail "a skipped test passed" "$output" || return
	has "1 skipped"
	file step01-exec 'ONE' true 'TWO' 'kill -KILL $(ps -o pid= --ppid $PPID) $PPID'
	suite 01
	[[ $status == 1 ]] || fail "a bats that was killed passed" "$output" || return
	has "did not come to their end"
}

@test "stages that are tested at once have their lines, and are counted together" {
	file box/a 'FOUR' true
	file oci/b 'FIVE' false
	suite 01 final
	has "stage 01: ONE"
	like "final, part [12]: FOUR"
	like "FAILED: final, part [12]: FIVE"
	like "final, earlier stages, part [12]: THREE"
	has "6 passed, 3 failed"
	lacks "their end"
}

@test "of a stage that cannot run the plainest command nothing else is reported" {
	BROKEN=02
	suite 01 02
	[[ $status == 1 ]] || fail "exit status $status" "$output" || return
	has "FAILED: stage 02: PLAIN"
	has "hint: see clone3"
	has "stage 01: ONE"
	lacks "THREE"
	lacks "earlier stages"
	BROKEN=01
	suite 01
	has "0 passed, 1 failed"
	lacks "ONE"
}

# within SECONDS COMMAND...: gives COMMAND so long to succeed.
within() {
	local end=$((SECONDS + $1))
	until "${@:2}"; do ((SECONDS < end)) || return; sleep 0.2; done
}

started() { [[ -e $LOG.started && $(wc -l <"$LOG.started") == "$1" ]]; }
ended() { ! kill -0 "$1" 2>/dev/null; }

# What is left of tests/suite, which was process group GROUP, and of its tests.
left_of() { # left_of GROUP
	pgrep -ag "$1"
	pgrep -af "sleep $BUSY"
	xargs -ra "$LOG.cgroups" ls -d 2>/dev/null
	ls -A "$LOG.tmp"
}

@test "one Ctrl-C ends all tests, and leaves nothing of them" {
	local stages suite left BUSY=120.$RANDOM$RANDOM
	local slow='echo "${CGROUPS[*]}" >>"$LOG.cgroups"; echo >>"$LOG.started"; host sleep '$BUSY
	real_helper
	file lib/plainest PLAIN true
	file step01-exec ONE "$slow" TWO 'touch "$LOG.more"'
	file step02-uts-pid THREE "$slow" FOUR 'touch "$LOG.more"'
	for stages in 01 '01 02'; do
		rm -rf "$LOG".*
		mkdir "$LOG.tmp"
		set -m # a process group of its own, as a shell gives each job
		# shellcheck disable=SC2086 # several
		inner env TMPDIR="$LOG.tmp" BOX=/bin/true "$TESTS/suite" $stages >"$LOG" 2>&1 &
		suite=$!
		set +m
		within 60 started "$(wc -w <<<"$stages")" || fail "the tests do not start:" "$(<"$LOG")" || break
		kill -INT -- "-$suite"
		within 30 ended "$suite" || fail "tests/suite $stages goes on after Ctrl-C:" "$(<"$LOG")" "$(ps -o pid,ppid,stat,ignored,args -p "$(pgrep -g "$suite" | paste -sd ,)")" || break
		status=0
		wait "$suite" || status=$?
		[[ $status == 130 ]] || fail "exit status $status, not 130:" "$(<"$LOG")" || break
		[[ ! -e $LOG.more ]] || fail "Ctrl-C ended one test alone:" "$(<"$LOG")" || break
		left=$(left_of "$suite")
		[[ ! $left ]] || fail "of tests/suite $stages is left:" "$left" || break
		suite=
	done
	[[ ! $suite ]] || { kill -KILL -- "-$suite"; pkill -KILL -f "sleep $BUSY"; return 1; }
}

@test "a test's host is the same whatever the umask of who starts the tests" {
	real_helper
	file step01-exec ONE 'host sh -c "umask; stat -c %a:%n / . /etc /var /tmp /run; touch new; stat -c %a:%n new" >&3'
	umask 077
	output=$(inner env STEP=01 BOX=/bin/true bats --tap "$TESTS/step01-exec.bats" 2>&1) || :
	[[ $output == *$'\n0022\n755:/\n755:.\n755:/etc\n755:/var\n1777:/tmp\n755:/run\n644:new\n'* ]] || fail "not as with umask 022:" "$output"
}
