# Many containers at once, commands that meet, and what is left when boxes are killed. ROUNDS says
# how often the killing is tried, SEED repeats it as it was.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life

# --- many ---

@test "100 containers start, run a second command, stop and are removed, and the same once more" {
	life 'state() { cut -d " " -f 4- /proc/self/mountinfo; find "$BOX_DATA" "$BOX_ROOT" -path "$BOX_DATA/seccomp" -prune -o -print | sort; }
		box run --rm "$ROOTFS" true; touch before after; state >before
		for _ in 1 2; do
			names=$(printf "c%s " {1..100})
			for n in $names; do sleeper --name $n >/dev/null || echo start; done
			(($(box ps -q | wc -l) == 100)) || echo ps
			for n in $names; do box exec $n true || echo exec; done
			box stop $names | wc -l; box rm $names | wc -l
			state >after; diff before after || echo differs
		done; rm before after'
	output_is $'100\n100\n100\n100' "each must end, and take all that is its own with it"
}

# With root alone: the files users and users.lock stay beside the states.
# bats test_tags=root
@test "50 starts, stops and removals at once all end, and none in another's way" {
	life 'for n in {1..50}; do { sleeper --name c$n >/dev/null && box stop -t 0 c$n >/dev/null && box start c$n >/dev/null && box exec c$n true &&
			box rm -f c$n >/dev/null || echo $n failed; } & done; wait; box ps -aq; find "$BOX_DATA/containers" "$BOX_DATA/live" "$BOX_ROOT" -mindepth 1'
	output_is "" "who wants a container's lock waits for who merely looks: see lock_place"
}

# --- commands that meet ---

@test "of two who remove a container, or take its name, one wins, and the other is told; both may start it" {
	life 'both() { "$@" >one 2>&1 & "$@" >two 2>&1; a=$?; wait $!; echo "$((a + $?)) $(cat one two | grep -c "^box: ")"; rm one two; }
		for _ in {1..5}; do { sleeper --name mine; box stop -t 0 mine; } >/dev/null; both box start mine; status_of mine; box stop -t 0 mine >/dev/null; both box rm mine; both box run -d --name mine "$ROOTFS" sleep 1000; box rm -f mine >/dev/null; done | sort | uniq -c'
	output_is $'      5 0 0\n     10 125 1\n      5 running' "see lock_place, and check_name"
}

@test "rm -f during exec ends the command, and during a start leaves nothing" {
	life 'for i in {1..10}; do sleeper --name mine >/dev/null; for _ in 1 2 3; do "$BOX" exec mine sleep 1000 & done 2>/dev/null; sleep 0.0$i; box rm -f mine; wait; done 2>/dev/null | sort | uniq -c
		for i in {1..10}; do box run --name mine "$ROOTFS" true; "$BOX" start mine >/dev/null 2>&1 & sleep 0.00$i; until box rm -f mine 2>/dev/null; do :; done; wait; done | sort | uniq -c; box ps -aq'
	output_is $'     10 mine\n     10 mine' "see rm in life.c"
}

@test "stop during a start ends the container, or comes before it" {
	life 'for i in {1..10}; do box run --name mine "$ROOTFS" sh -c "[ ! -e /again ] || exec sleep 1000; touch /again"; "$BOX" start mine >/dev/null & sleep 0.00$i; time box stop -t 30 mine >/dev/null
			wait; box stop mine >/dev/null; status_of mine; box rm mine; done 2>&1 | grep -c "exited\|real.0m[0-2]\?[0-9]\."'
	output_is 20 "a signal must not come before the command can get it: see monitor_main"
}

@test "ps says that a dead container has exited, however many ask" {
	life 'kill_monitor() { local m; m=$(monitor mine); kill -KILL "$m"; until_true ended "$m"; }
		sleeper --name mine >/dev/null; kill_monitor; for _ in {1..100}; do box ps -q & done; wait; status_of mine; box wait mine'
	output_is $'exited\n137' "a look must not lock out another: see is_dead"
}

@test "wait, logs -f and exec all end when the container ends" {
	life 'begun() { ls -l /proc/$1/fd 2>/dev/null | grep -q "$2"; }; count() { (($(pgrep -fc "^$1") == 5)); }
		detach --name mine -v .:/v "echo line; until [ -e /v/go ]; do sleep 0.05; done; exit 5" >/dev/null; until_true logged mine line
		{ for _ in {1..5}; do "$BOX" wait mine & until_true begun $! /status; "$BOX" logs -f mine & until_true begun $! /log; "$BOX" exec mine sleep 1234 & done
		until_true count "sleep 1234" || echo "not all commands have begun"; touch go; wait; } | sort | uniq -c; box rm mine; rm go' 2>/dev/null
	output_is $'      5 5\n      5 line\nmine' "see wait_for_end"
}

# --- killed ---

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "a container whose monitor is killed ends, is seen as exited, and can be started and removed" {
	life 'for do in "start mine" "rm mine" "rm -f mine" "stop mine" "wait mine" "kill mine" "exec mine true"; do
			sleeper --name mine -m 64m >/dev/null; pid=$(pid_of mine); m=$(monitor mine); kill -KILL $m; until_true ended $m; box $do >/dev/null 2>err; echo "$do $? $(sed "s/^box: //; s/[0-9a-f]\{12\}/mine/" err)"
			until_true ended $pid || [[ $do == start* ]] || echo lives; box rm -f mine >/dev/null 2>&1; done; rm err'
	output_is $'start mine 0 \nrm mine 0 \nrm -f mine 0 \nstop mine 0 \nwait mine 0 \nkill mine 125 container mine is not running\nexec mine true 125 container mine is not running' "see lock_place"
}

# With root alone: the files users and users.lock stay beside the states.
# bats test_tags=root
@test "boxes killed at any moment leave nothing that box ps, rm and prune do not clean up" {
	local rounds=${ROUNDS:-20} seed=${SEED:-$RANDOM}
	echo "ROUNDS=$rounds SEED=$seed"
	life 'RANDOM=$2; for ((i = 0; i < $1; i++)); do
			opts=(--name "c$((RANDOM % 3))"); ((RANDOM % 2)) && opts+=(--rm); ((RANDOM % 2)) && opts+=(-m 64m)
			{ "$BOX" run -d "${opts[@]}" "$ROOTFS" sh -c "while :; do echo x; sleep 0.01; done" & "$BOX" run --name x "$ROOTFS" sleep 1000 &
			sleep 0.0$((RANDOM % 100 + 100)); "$BOX" exec c0 sleep 1000 & "$BOX" start c0 c1 & "$BOX" stop -t 0 c2 & "$BOX" rm -f c1 & "$BOX" pause c2 & 
			sleep 0.0$((RANDOM % 900 + 100)); kill -KILL $(jobs -p); while pkill -KILL -x box; do :; done; wait; } >/dev/null 2>&1
			box ps -a >list || echo "round $i: ps: $?"; [[ ! $(box ps -q) ]] || echo "round $i: $(box ps)"
			one=$(box ps -aq | head -n 1); [[ ! $one ]] || box rm -f $one >/dev/null || echo "round $i: rm: $?"
			box prune -f >/dev/null || echo "round $i: prune: $?"; [[ ! $(box ps -aq) ]] || echo "round $i: $(box ps -a)"
			left=$(find "$BOX_DATA/containers" "$BOX_DATA/live" "$BOX_ROOT" "$BOX_DATA/tmp" -mindepth 1); [[ ! $left ]] || { echo "round $i: $left"; break; }
		done; rm list; until_true eval "! pgrep -x sleep | grep -v ^1$" || ps -ef' "$rounds" "$seed"
	output_is "" "SEED=$seed repeats it"
}

# --- what the files say ---

@test "no command signals a process that a stale state names" {
	life 'sleeper --name mine >/dev/null; id=$(box ps -q --no-trunc); file=$BOX_ROOT/$id.json
		sleep 0.05; sleep 1000 & stranger=$!; pid=$(pid_of mine) # a start time is of 10 ms
		sed -i "s/\"pid\":[0-9]*/\"pid\":$stranger/" "$file"
		box stop -t 0 mine & sleep 0.5; kill -0 $stranger && echo alive; box kill mine; box exec mine true; timeout 1 "$BOX" rm -f mine; kill -0 $stranger && echo alive
		kill -KILL $pid; kill $stranger; wait; true' 2>/dev/null
	[[ $(grep -c '^alive' <<<"$output") == 2 && $(grep -c "is not running" <<<"$output") -ge 1 ]] || report "expected that the stranger lives" "see state_pidfd"
}

@test "a state of before the machine was started anew is that of a container that has exited" {
	life 'sleeper --name mine >/dev/null; id=$(box ps -q --no-trunc); file=$BOX_ROOT/$id.json; cp "$file" old; sleep 1000 & stranger=$!
		box stop -t 0 mine; start=$(cut -d " " -f 22 /proc/$stranger/stat)
		sed "s/\"pid\":[0-9]*/\"pid\":$stranger/; s/\"pid_start\":[0-9]*/\"pid_start\":$start/; s/\"boot_id\":\"./\"boot_id\":\"z/" old >"$file"
		status_of mine; box kill mine; box stop mine; box rm -f mine; kill -0 $stranger && echo alive; kill $stranger; rm old' 2>&1
	output_has $'mine\nexited\n' "nobody has its lock: see state_read"
	output_has $'not running\nmine\nmine\nalive' "see state_pidfd"
}

@test "a state that is lost or damaged is that of a container that has exited, and can be started and removed" {
	life 'for damage in "rm -f" "truncate -s 0" "truncate -s 20" "tee <<<{}"; do sleeper --name mine >/dev/null; box stop -t 0 mine >/dev/null
			eval "$damage \"\$BOX_ROOT\"/*.json" >/dev/null; status_of mine; box start mine && status_of mine; box rm -f mine; done | uniq -c'
	[[ $(grep -c "1 exited\|1 running" <<<"$output") == 8 && $(grep -c mine <<<"$output") == 8 ]] || report "expected the same four times" "see state_read"
}

@test "a container that is being made, and is not locked yet, has not exited" {
	host_script '"$BOX" ps -a; mkdir "$BOX_DATA/containers/$(printf "%064d" 1)"; "$BOX" ps -a --format json | grep -o "\"Status\": *\"[a-z]*\""'
	output_has '"created"' "who waits for its end would believe that it has come: see read_file_of in state.c"
}
