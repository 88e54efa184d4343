# The solutions of chapter 15's changes to final/ (tests/tutorial/solutions): they apply, build without a warning, pass
# the tests that they bring, and keep what holds for all of final/. Needs root.
# shellcheck disable=SC2034 # for helper.bash
STEP=final
load ../lib/helper

setup_file() {
	export SOLVED=$BATS_FILE_TMPDIR/solved
	[[ $EUID == 0 ]] || fail "the tests need root: sudo bats ..." || return
	# The objects are copied, too: what the solutions do not touch is not compiled again.
	make -s -C "$REPO" final rootfs tests/lib/host || return
	"$REPO/tests/tutorial/tutorial" solve "$SOLVED" >"$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log" >&2 && return 1; }
	make -s -C "$SOLVED" final >"$BATS_FILE_TMPDIR/log" 2>&1 || fail "the solutions do not build:" "$(<"$BATS_FILE_TMPDIR/log")" >&2
}
setup() { :; }
teardown() { :; }

# The names of the tests of a PATCH, as one regular expression.
# shellcheck disable=SC2001 # one expression for what would take a loop
tests_of() { sed -n 's/^+@test "\(.*\)" {$/\1/p' "$@" | sed 's/[][\.*^$+?(){}|]/\\&/g' | paste -sd '|'; } # tests_of PATCH...

files_of() { sed -n 's,^+++ b/tests/,,p' "$@" | sort -u; } # files_of PATCH...: with tests

# try REGEX FILE...: runs tests by these names of FILEs of the changed checkout, by a bats of its own; sets $log.
try() {
	log=$(cd "$SOLVED/tests" && env -i PATH="${PATH//"$BATS_LIBEXEC:"/}" HOME="$HOME" TERM=dumb TMPDIR="$BATS_TEST_TMPDIR" \
		${PROGRAM:+BOX="$PROGRAM" STEP=final} bats --tap --filter "$@" 2>&1 3>&-)
}

passes() { # passes REGEX FILE...
	try "$@" || fail "with all of tests/tutorial/solutions applied:" "$log" || return
	[[ $log == *$'\n'"ok "* ]] || fail "no test was run: $*" "$log"
}

@test "each solution adds at most 45 lines, among them a test" {
	local patch added
	for patch in "$REPO"/tests/tutorial/solutions/*.patch; do
		added=$(grep -c '^+[^+]\|^+$' "$patch")
		((added <= 45)) || fail "${patch##*/} adds $added lines: a change of chapter 15 is a small one" || return
		grep -q '^+@test ' "$patch" || fail "${patch##*/} has no test" || return
	done
}

@test "the tests that the solutions bring pass, and so do those of options that box has not" {
	local patches=("$REPO"/tests/tutorial/solutions/*.patch) files
	mapfile -t files < <(files_of "${patches[@]}")
	passes "^($(tests_of "${patches[@]}")|an option of Docker's.*|a bad value.*)\$" "${files[@]}"
}

@test "without the rest of its solution, each of these tests fails" {
	local patch files
	for patch in "$REPO"/tests/tutorial/solutions/*.patch; do
		mapfile -t files < <(files_of "$patch")
		PROGRAM=$REPO/final/box try "^($(tests_of "$patch"))\$" "${files[@]}" || :
		[[ $log == *$'\n'"not ok "* && $log != *$'\n'"ok "* ]] || fail "expected a failure without the C of ${patch##*/}:" "$log" || return
	done
}

@test "the solutions keep to the rooms and their sizes" { passes . docs/rooms.bats; }

@test "the manual page and the completion know what the solutions add" { passes '(manual page|completion) (has|and|knows)' docs/manual.bats; }
