# The bugs for the hunt (make bug): each applies, compiles, and is caught by a test of its stage, with
# a hint that names the cause.
load ../lib/helper

setup_file() { :; } # the inner bats has its own
setup() { :; }
teardown() { :; }

# shellcheck disable=SC2001 # one expression for what would take a loop
regex() { sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$1"; }

caught() { # caught PATCH
	local patch=$1 name step work test hint log files patience=3
	{ sed -n 's/^Linux: //p' "$patch"; uname -r; } | sort -CV || return 0 # a kernel that does not show it
	name=$(basename "$patch" .patch) step=${name:4:2} work=$BATS_TEST_TMPDIR/$(basename "$patch")
	test=$(sed -n 's/^Caught by: //p' "$patch") hint=$(sed -n 's/^Hint: //p' "$patch")
	mkdir "$work"
	cp "$(compgen -G "$REPO/step$step-*" || compgen -G "$REPO/final/step$step-*")/box.c" "$work/box.c"
	patch --quiet --directory "$work" -p1 <"$patch" || fail "$name does not apply" || return
	# shellcheck disable=SC2046 # the libraries, if its first comment names some
	cc -o "$work/box" "$work/box.c" $(sed -n '2s,^ \* cc -o box box\.c \(.*\) \*/$,\1,p' "$work/box.c") || fail "$name does not compile" || return
	mapfile -t files < <(grep -lF "@test \"$test\" {" "$REPO"/tests/{lib/plainest,step*}.bats) # bats reads each for a while
	((${#files[@]})) || fail "$name: no test is called '$test'" || return
	[[ ${files[0]} != */plainest.bats ]] || patience=30 # in which box has to end, on a slow machine, too
	# A bats of its own, which must not take itself for a part of this one. Again where it depends on who is faster: a
	# child that executes its command before the parent waits has SIGCHLD, whatever clone3 was told.
	for _ in {1..5}; do
		log=$(env -i PATH="${PATH//"$BATS_LIBEXEC:"/}" HOME="$HOME" TERM=dumb TMPDIR="$BATS_TEST_TMPDIR" BOX="$work/box" STEP="$step" PATIENCE="$patience" TESTS_BUILT="${TESTS_BUILT:-}" \
			bats --tap --filter "^$(regex "$test")$" "${files[@]}" 2>&1)
		[[ $log == *$'\n'"ok 1 $test"* ]] || break
	done
	[[ $log == *"not ok 1 $test"* ]] || fail "$name was not caught by '$test'" "$log" || return
	grep -F "hint: " <<<"$log" | grep -qF "$hint" || fail "no hint with '$hint' for $name" "$log"
}

# Some tests wait long for what a bug keeps from coming, though what a bug leaves has less time to go: several bugs at once.
all_caught() { # all_caught STEP
	local patch at_once=4 said=$BATS_TEST_TMPDIR/said
	for patch in "$REPO/tests/bugs/step$1-"*.patch; do
		(($(jobs -pr | wc -l) < at_once)) || wait -n
		caught "$patch" >"$said.${patch##*/}" 2>&1 3>&- || : >"$said.failed" &
	done
	wait
	cat "$said".*
	[[ ! -e $said.failed ]]
}

@test "the bugs of step 01 are caught, with a hint" { all_caught 01; }
@test "the bugs of step 02 are caught, with a hint" { all_caught 02; }
@test "the bugs of step 03 are caught, with a hint" { all_caught 03; }
@test "the bugs of step 04 are caught, with a hint" { all_caught 04; }
@test "the bugs of step 05 are caught, with a hint" { all_caught 05; }
@test "the bugs of step 06 are caught, with a hint" { all_caught 06; }
@test "the bugs of step 07 are caught, with a hint" { all_caught 07; }
@test "the bugs of step 08 are caught, with a hint" { all_caught 08; }
@test "the bugs of step 09 are caught, with a hint" { all_caught 09; }
@test "the bugs of step 10 are caught, with a hint" { all_caught 10; }
@test "the bugs of step 11 are caught, with a hint" { all_caught 11; }
@test "the bugs of step 12 are caught, with a hint" { all_caught 12; }
@test "the bugs of step 13 are caught, with a hint" { all_caught 13; }
@test "the bugs of step 14 are caught, with a hint" { all_caught 14; }

@test "a box that does not end is told so, whether SIGTERM ends it or not" {
	local first log box=$BATS_TEST_TMPDIR/box
	for first in : "trap '' TERM"; do
		printf '#!/bin/bash\n%s\nexec sleep 1000\n' "$first" >"$box"
		chmod +x "$box"
		log=$(env -i PATH="${PATH//"$BATS_LIBEXEC:"/}" HOME="$HOME" TERM=dumb TMPDIR="$BATS_TEST_TMPDIR" BOX="$box" STEP=01 PATIENCE=0.1 \
			bats --tap "$REPO/tests/lib/plainest.bats" 2>&1) || :
		[[ $log == *"not ok 1 box runs the plainest command"*"hint: box does not end"* ]] || fail "no such hint, after $first" "$log" || return
	done
}
