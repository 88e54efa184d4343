# How long box waits, by a clock.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life

# What a container runs that says that it was told to end, and goes on.
STAYS='trap "echo told" TERM; echo ready; while :; do sleep 0.02; done'

@test "stop waits no longer than it was told, also when it is itself stopped meanwhile" {
	life 'detach --name mine "$1" >/dev/null; until_true logged mine ready; strace -o trace "$BOX" stop -t 2 mine & strace=$!
		until_true logged mine told; stopper=$(pgrep -P $strace); kill -STOP $stopper; sleep 2; kill -CONT $stopper; wait $strace
		sed "1,/SIGCONT/d; /SIGKILL/,\$d" trace | grep -cE "^(clock_nanosleep|poll|restart_syscall)"; box wait mine; rm trace' "$STAYS"
	read -r name naps exit_status <<<"${output//$'\n'/ }"
	[[ $name == mine && $naps -le 1 && $exit_status == 137 ]] ||
		report "expected 'mine', at most 1 more wait, and 137" "see wait_for_end: a deadline of a clock, not a count of naps"
}

@test "stop, kill and rm -f tell all of several containers to end before they wait for one" {
	life 'sent() { sed -nE "s/^pidfd_send_signal.*SIG([A-Z]+).*/\1/p; s/^(clock_nanosleep|poll|unlinkat).*/then/p" trace | uniq -c | sed -E "s/ *[0-9]+ then/ then/" | tr -d "\n" | tr -s " "; echo; }
		all() { for n in one two three; do $1 $n $2; done; }; begin() { detach --name $1 "$STAYS" >/dev/null; until_true logged $1 ready; }; STAYS=$1
		traced() { strace -o trace -e trace=pidfd_send_signal,clock_nanosleep,poll,unlinkat "$BOX" "$@" one two three | tr "\n" " "; sent; }
		all begin; traced stop -t 1; box wait one two three | uniq -c | tr -s " "
		box start one two three >/dev/null; traced kill; box start one two three >/dev/null; traced rm -f; rm trace' "$STAYS"
	# All may have ended before box has to wait for one.
	[[ $output =~ ^'one two three  3 TERM then 3 KILL'(' then')?$'\n 3 137\none two three  3 KILL'(' then')?$'\none two three  3 KILL'(' then')?$ ]] ||
		report "expected three signals, and then no other" "see act_in_rounds in target.c: signal all, then wait until one deadline"
}

@test "wait knows how all of several ended, also of those that --rm has removed meanwhile" {
	life 'ends() { detach --rm --name $1 -v .:/v "until [ -e /v/$1 ]; do sleep 0.02; done; exit $2" >/dev/null; }; ends one 3; ends two 4
		"$BOX" wait one two & until_true eval "[ \$(ls -l /proc/$!/fd 2>/dev/null | grep -c /status) = 2 ]"; touch two; until_true eval "! box inspect two >/dev/null 2>&1"; touch one; wait $!; rm one two'
	output_is $'3\n4' "see open_status in life.c: nothing has a name afterwards"
}

@test "every wait that has an end has it by a clock" {
	run_on_host grep -nE '\b(usleep|nanosleep)\(' -r "$REPO"/final/{base,core,image,engine,oci,helpers} --include "*.c"
	counted=$(grep -v '/\(clock\|logs\|extract\).c:' <<<"$output") || true # those of logs -f and of sync_folder() have no end
	[[ ! $counted ]] || fail "these sleep by themselves:" "$counted" "hint: see nap in clock.h"
}
