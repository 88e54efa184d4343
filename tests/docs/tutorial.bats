#!/usr/bin/env bats
# TUTORIAL.md says what the steps are, and what they do: see tests/tutorial/tutorial.

bats_require_minimum_version 1.5.0

setup_file() {
	REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export REPO
	host_state >"$BATS_FILE_TMPDIR/before"
	# One session for all chapters, as a reader has it; each test looks at its own chapter's part.
	"$REPO/tests/tutorial/tutorial" run >"$BATS_FILE_TMPDIR/run" 2>&1 3>&- || true
	host_state >"$BATS_FILE_TMPDIR/after"
}

# What the wrong commands of the tutorial would change, if they ran on this machine. Other programs mount, and make
# containers, meanwhile: those of the tutorial are in its folder, or in this one.
host_state() {
	hostname
	grep -F -e "$REPO" -e /home/you -e /tmp/host -e /tmp/site /proc/self/mounts || echo no mounts
	pgrep --ns $$ --nslist pid -f '^([^ ]*box run .*)?sleep 4321' || echo no sleep # other tests have some on their hosts, and in their scripts
	ls /tmp/host /tmp/site /home/you 2>&1 || true
	ls "$REPO" "$REPO/rootfs" "$REPO/work" 2>&1 || true
	grep -rlF -e "$REPO" -e /home/you /var/lib/box/containers 2>/dev/null || echo no containers
}

# chapter NN: its commands printed what the text says.
chapter() {
	awk -v end="chapter $1: " '{ report = report $0 "\n" }
		/^chapter / { if (index($0, end)) { printf "%s", report; found = 1; exit } report = "" }
		END { if (!found) printf "%s", report; exit !found }' "$BATS_FILE_TMPDIR/run" >"$BATS_TEST_TMPDIR/report" ||
		fail "chapter $1 was not reached:"
	tail -n 1 "$BATS_TEST_TMPDIR/report" | grep -Eq '([0-9]+) of \1 commands' ||
		fail "hint: the steps print something else than TUTORIAL.md shows (-). If they are right, correct the text:"
}

fail() {
	echo "$@"
	cat "$BATS_TEST_TMPDIR/report"
	return 1
}

@test "the code, diffs and figures are those of the sources, each line of a step once; README and READING, too" {
	"$REPO/tests/tutorial/tutorial" check
}

@test "a figure that is wrong is found, and so is a size of the code that has no marker" {
	wrong() { # wrong SED-SCRIPT TEXT
		sed "$1" "$REPO/TUTORIAL.md" >"$BATS_TEST_TMPDIR/text"
		! TUTORIAL=$BATS_TEST_TMPDIR/text "$REPO/tests/tutorial/tutorial" check >"$BATS_TEST_TMPDIR/report" 2>&1 || fail "$1 was not found:" || return
		grep -qF -e "$2" "$BATS_TEST_TMPDIR/report" || fail "after $1 no '$2' in:"
	}
	wrong 's/some 350 lines/some 310 lines/; s/figures 350 lines/figures 310 lines/' "+You know C and a shell. By the end of the day you will have written \`box\`, a program of some 350 lines"
	wrong 's/six steps/seven steps/' '+Build the six steps'
	wrong 's/some 350 lines/some 310 lines/' 'the paragraph above has no "350 lines"'
	wrong 's/^A container is a process/A runtime is 3,000 lines. &/; s/^There is one kernel\./It has 3,000 lines./' 'a size of the code without a marker'
}

@test "the files, headings and make targets that the tutorial names are there" {
	"$REPO/tests/tutorial/tutorial" links
}

@test "the introduction's commands print what it says" {
	chapter 00
}

@test "chapter 01's commands print what it says" {
	chapter 01
}

@test "chapter 02's commands print what it says" {
	chapter 02
}

@test "chapter 03's commands print what it says" {
	chapter 03
}

@test "chapter 04's commands print what it says" {
	chapter 04
}

@test "chapter 05's commands print what it says" {
	chapter 05
}

@test "chapter 06's commands print what it says" {
	chapter 06
}

@test "chapter 07's commands print what it says" {
	chapter 07
}

@test "chapter 08's commands print what it says" {
	chapter 08
}

@test "chapter 09's commands print what it says" {
	chapter 09
}

@test "chapter 10's commands print what it says" {
	chapter 10
}

@test "chapter 11's commands print what it says" {
	chapter 11
}

@test "chapter 12's commands print what it says" {
	chapter 12
}

@test "chapter 13's commands print what it says" {
	chapter 13
}

@test "chapter 14's commands print what it says" {
	chapter 14
}

@test "chapter 15's commands print what it says" {
	chapter 15
}

@test "no command of the tutorial leaves anything on the host" {
	diff "$BATS_FILE_TMPDIR/before" "$BATS_FILE_TMPDIR/after"
}
