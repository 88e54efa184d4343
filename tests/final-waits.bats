# final: how long box waits, by a clock.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load life

# What a container runs that says that it was told to end, and goes on.
STAYS='trap "echo told" TERM; echo ready; while :; do sleep 0.02; done'

@test "stop waits no longer than it was told, also when it is itself stopped meanwhile" {
	life 'detach --name mine "$1" >/dev/null; until_true logged mine ready; strace -o trace "$BOX" stop -t 2 mine & strace=$!
		until_true logged mine told; stopper=$(pgrep -P $strace); kill -STOP $stopper; sleep 2; kill -CONT $stopper; wait $strace
		sed "1,/SIGCONT/d; /SIGKILL/,\$d" trace | grep -c nanosleep; box wait mine; rm trace' "$STAYS"
	read -r name naps exit_status <<<"${output//$'\n'/ }"
	[[ $name == mine && $naps -le 1 && $exit_status == 137 ]] ||
		report "expected 'mine', at most 1 more nap, and 137" "see nap in util.c: a deadline of a clock, not a count of naps"
}

@test "every wait that has an end has it by a clock" {
	run_on_host grep -nE '\b(usleep|nanosleep)\(' "$REPO"/final/*.c
	counted=$(grep -v '/\(util\|log\).c:' <<<"$output") || true # log -f waits as long as the container lives
	[[ ! $counted ]] || fail "these sleep by themselves:" "$counted" "hint: see nap in box.h"
}
