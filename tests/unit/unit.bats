# The unit tests, tests/unit: of what needs no kernel feature, each function by itself.
bats_require_minimum_version 1.8.0

setup_file() { make -s -C "$BATS_TEST_DIRNAME/../.." tests/unit/build/unit; }

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

@test "the unit tests pass, for an ordinary user" {
	local repo=$BATS_TEST_DIRNAME/../.. as=()
	# Not where the folders on the way to this one are closed to others.
	[[ $EUID != 0 ]] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
	"${as[@]}" test -r "$repo/Makefile" || as=()
	run "${as[@]}" make -s -C "$repo" unit
	[[ $status == 0 && ${lines[-1]} =~ ^[1-9][0-9]*\ passed,\ 0\ failed$ ]] ||
		fail "expected status 0 and a last line \"N passed, 0 failed\", came status $status:" "$output"
}
