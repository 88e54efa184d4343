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
	pgrep --ns $$ --nslist pid -f 'sleep 4321' || echo no sleep # other tests have some on their hosts
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

@test "the code and diffs in the tutorial are those of the sources, each line of a step once" {
	"$REPO/tests/tutorial/tutorial" check
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
