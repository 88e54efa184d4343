# final: what box does with the cgroup of a container that runs: finds it, reads it, changes its limits.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load life
load delegated

# --- where it is ---

# A shell in a cgroup that is delegated to it, as systemd-run -p Delegate=yes makes one, runs $1; then $2
# is run from elsewhere. Where there is no v2, there is nothing to delegate.
delegated() {
	local v2
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	life '[[ $1 ]] && { v2=$1/delegated.$$ && mkdir $v2 && python3 -c "import os; os.setxattr(\"$v2\", \"trusted.delegate\", b\"1\")" || exit; }
		export -f box sleeper
		bash -c "[[ ! $v2 ]] || echo \$\$ >$v2/cgroup.procs; $2"
		[[ ! $v2 ]] || [[ $(find $v2/box -mindepth 1 | wc -l) != 0 ]] || echo "nothing is below $v2"
		eval "$3"; for id in $(box ps -aq); do box rm -f $id >/dev/null; done
		[[ ! $v2 ]] || { until_true rmdir $v2 2>/dev/null || find $v2 -type d; }' "$v2" "$1" "$2"
}

@test "a container that was made in a delegated cgroup is found from outside of it" {
	delegated 'sleeper --name mine >/dev/null' 'box pause mine; status_of mine; box unpause mine; box exec mine echo in
		box top mine | grep -c sleep; box stop -t 0 mine; status_of mine; box rm mine'
	output_is $'mine\npaused\nmine\nin\n1\nmine\nexited\nmine' "see find_delegated"
}

@test "what a killed box has left in a delegated cgroup is removed from outside of it" {
	delegated 'sleeper --name mine >/dev/null' 'm=$(monitor mine); [[ ! $v2 ]] || { sleep 1000 & p=$!; disown; echo $p >$v2/box/*/cgroup.procs; }
		kill -KILL $m; until_true ended $m; box ps -aq | wc -l; [[ ! $v2 ]] || { until_true ended $p; find $v2 -mindepth 1 -type d; }'
	output_is 1 "see lock_place"
}

# --- stats ---

# columns CONTAINER: CPU %, memory and its limit as in 1.5MiB, memory %, tasks.
stats='columns() { box stats --no-stream "$1" | sed -nE "2{ s/^[0-9a-f]{12}  $1 //; s/ ([KMGi]*B)/\1/g; s/[%\/]//g; p }"; }
	between() { awk -v n="$2" "BEGIN { exit !($1 <= n && n <= $3) }" || echo "$4: $2, not from $1 to $3"; }
'
all_limits=(--memory 64m --pids-limit 20 --cpus 1)

@test "stats shows memory and tasks, of a container with limits and of one without" {
	life "$stats"'for limits in "$*" ""; do
			box run -d --name mine $limits "$ROOTFS" sh -c "x=\$(head -c 20000000 /dev/zero | tr \"\\0\" x); sleep 1000 & sleep 1000 & echo ready; wait" >/dev/null
			until_true eval "box logs mine | grep -q ready"; read -r cpu memory limit percent tasks < <(columns mine)
			[[ $memory == *MiB ]] && between 20 "${memory%MiB}" 60 memory; between 3 $tasks 3 tasks; between 0 $cpu 10 CPU
			if [[ $limits ]]; then between 30 $percent 99 percent; [[ $limit == 64MiB ]] || echo "limit $limit"
			else between 0.01 $percent 30 percent; fi
			box rm -f mine >/dev/null; done' "${all_limits[@]}"
	output_is "" "see cgroup_usage"
}

@test "stats does not count files that can be dropped as memory" {
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/file" bs=1M count=40 status=none
	life "$stats"'detach --name mine --memory 64m -v "$1:/file" "dd of=/copy if=/file bs=1M 2>/dev/null; sync; echo ready; sleep 1000" >/dev/null
		until_true eval "box logs mine | grep -q ready"; read -r _ memory _ < <(columns mine)
		[[ $memory == *KiB ]] || between 0 "${memory%MiB}" 15 memory' "$BATS_TEST_TMPDIR/file"
	output_is "" "see get_memory"
}

@test "stats shows the CPU time of a busy container, with limits and without" {
	life "$stats"'for limits in "--cpus 0.2 --memory 64m" ""; do detach --name mine $limits "while :; do :; done" >/dev/null; sleep 0.2
			read -r cpu _ < <(columns mine); between $([[ $limits ]] && echo 3 "$cpu" 35 || echo 20 "$cpu" 130) "CPU $limits"; box rm -f mine >/dev/null; done'
	output_is "" "see fill_row"
}

@test "stats shows the CPU time of commands that are over, too" {
	life "$stats"'detach --name mine "while :; do sh -c \"i=0; while [ \$((i+=1)) -lt 9999 ]; do :; done\"; done" >/dev/null; sleep 0.2; read -r cpu _ < <(columns mine); between 20 $cpu 130 CPU'
	output_is "" "see add_process"
}

@test "stats without names shows all that run, as a table each second, until it is interrupted" {
	life 'sleeper --name one >/dev/null; sleeper --name two --memory 64m >/dev/null; box run --name three "$ROOTFS" true
		timeout -s INT 3.8 "$BOX" stats >out; echo $?; grep -c "^CONTAINER ID  NAME  *CPU %  *MEM USAGE / LIMIT  *MEM %  *PIDS$" out | sed "s/3/2/"
		sed -n "2,4s/^............  \([a-z]*\) .*/\1/p" out; grep -c three out; rm out'
	output_is $'124\n2\ntwo\none\n0' "see watch"
}

@test "stats clears a terminal before each table" {
	life 'sleeper --name mine >/dev/null; "$1" '\''for _ in range(2): expect("\x1b[H\x1b[2JCONTAINER ID"); expect("mine")
signal("SIGINT"); end()'\'' "$BOX" stats mine && echo cleared' "$REPO/tests/terminal"
	output_has cleared "see print_table"
}

@test "stats as JSON has Docker's keys, and a list for each table" {
	life 'box stats --no-stream --format json; sleeper --name one >/dev/null; id=$(sleeper --name two)
		box stats --no-stream --format json | python3 -c "import json, sys
rows = json.load(sys.stdin); print(len(rows), sorted(rows[0]), rows[0][\"Name\"], rows[0][\"ID\"] == sys.argv[1], rows[0][\"PIDs\"])" $id; box stats --format xml; echo $?'
	output_is $'[]\n2 [\'CPUPerc\', \'ID\', \'MemPerc\', \'MemUsage\', \'Name\', \'PIDs\'] two True 1\nbox: --format xml: json and table are known\n125' "see print_json"
}

@test "stats leaves out what ends meanwhile; what is named and does not run is an error, and the others are shown" {
	life 'sleeper --name mine >/dev/null; detach --name short "sleep 0.5" >/dev/null; box stats --no-stream short mine | sed "1d; s/  *[0-9.]*%.*//; s/.*  //"
		box stats --no-stream none short mine >out; echo "$? $(wc -l <out)"; box stats short; echo $?; "$BOX" stats mine >/dev/null & sleep 0.3; box stop -t 0 mine >/dev/null; wait $!; echo $?; rm out'
	output_is $'mine\nbox: none: no such container\nbox: container short is not running\n125 2\nbox: container short is not running\n125\n0' "see add_sample"
}
