# What box does with the cgroup of a container that runs: finds it, reads it, changes its limits.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/delegated

export HOG='echo started; dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null && echo had 200 MB'

# --- where it is ---

# A shell in a cgroup that is delegated to it, as systemd-run -p Delegate=yes makes one, runs $1; then $2
# is run from elsewhere. Where there is no v2, there is nothing to delegate.
delegated() {
	local v2
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	# box.service may be anybody's unit, and no container's cgroup
	life "own=$OWN_CGROUP;"' [[ $1 ]] && { v2=$1/$own/box.service && mkdir -p $v2 && python3 -c "import os; os.setxattr(\"$v2\", \"trusted.delegate\", b\"1\")" || exit; }
		export -f box sleeper
		bash -c "[[ ! \"$v2\" ]] || echo \$\$ >$v2/cgroup.procs; $2"
		[[ ! $v2 ]] || compgen -G "$v2/box.[0-9a-f]*" >/dev/null || echo "nothing is below $v2"
		eval "$3"; for id in $(box ps -aq); do box rm -f $id >/dev/null; done
		[[ ! $v2 ]] || { until_true rmdir $v2 ${v2%/*} 2>/dev/null || find $v2 -type d; }' "$v2" "$1" "$2"
}

@test "a container that was made in a delegated cgroup is found from outside of it" {
	delegated 'sleeper --name mine >/dev/null' 'box pause mine; status_of mine; box unpause mine; box exec mine echo in
		box top mine | grep -c sleep; box stop -t 0 mine; status_of mine; box rm mine'
	output_is $'mine\npaused\nmine\nin\n1\nmine\nexited\nmine' "see find_delegated"
}

@test "what a killed box has left in a delegated cgroup is removed from outside of it" {
	delegated 'sleeper --name mine >/dev/null' 'm=$(monitor mine); [[ ! $v2 ]] || { sleep 1000 & p=$!; disown; echo $p >$v2/box.[0-9a-f]*/cgroup.procs; }
		kill -KILL $m; until_true ended $m; box ps -aq | wc -l; [[ ! $v2 ]] || { until_true ended $p; find $v2 -mindepth 1 -type d; }'
	output_is 1 "see lock_place"
}

@test "limits can be given to a container in a delegated cgroup from outside of it" {
	delegated 'sleeper --name mine >/dev/null' '[[ ! $v2 ]] || { echo "+memory +pids" >${v2%/*/*}/cgroup.subtree_control; echo "+memory +pids" >${v2%/*}/cgroup.subtree_control; } 2>/dev/null
		box update -m 64m --pids-limit 20 mine; box exec mine sh -c "$HOG"; box stop -t 0 mine; [[ ! -d $v2/box.self ]] || rmdir $v2/box.self'
	output_is $'mine\nstarted\nmine' "the container's box makes room: see make_room"
}

# --- stats ---

# columns CONTAINER: CPU %, memory and its limit as in 1.5MiB, memory %, tasks.
stats='columns() { box stats --no-stream "$1" | sed -nE "2{ s/^[0-9a-f]{12}  $1 //; s/ ([KMGi]*B)/\1/g; s/[%\/]//g; p }"; }
	between() { awk -v n="$2" "BEGIN { exit !($1 <= n && n <= $3) }" || echo "$4: $2, not from $1 to $3"; }
	# Other work on the machine may take the CPU for a while.
	busy() { read -r cpu _ < <(columns mine) && [[ ! $(between $1 "$cpu" $2) ]]; }
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
	local range=(0 15)
	[[ $(stat -fc %T "$BATS_TEST_TMPDIR") != tmpfs ]] || range=(40 60) # whose files cannot be dropped
	dd if=/dev/zero of="$BATS_TEST_TMPDIR/file" bs=1M count=40 status=none
	life "$stats"'detach --name mine --memory 64m -v "$1:/file" "dd of=/copy if=/file bs=1M 2>/dev/null; sync; echo ready; sleep 1000" >/dev/null
		until_true eval "box logs mine | grep -q ready"; read -r _ memory _ < <(columns mine)
		[[ $memory == *KiB && $2 == 0 ]] || between $2 "${memory%MiB}" $3 memory' "$BATS_TEST_TMPDIR/file" "${range[@]}"
	output_is "" "see get_memory"
}

@test "stats shows the CPU time of a busy container, with limits and without" {
	life "$stats"'for limits in "--cpus 0.2 --memory 64m" ""; do detach --name mine $limits "while :; do :; done" >/dev/null
			until_true busy $([[ $limits ]] && echo 3 35 || echo 20 130) || echo "CPU $limits: $cpu"; box rm -f mine >/dev/null; done'
	output_is "" "see fill_row"
}

@test "stats shows the CPU time of commands that are over, too" {
	life "$stats"'detach --name mine "while :; do timeout 0.1 sh -c \"while :; do :; done\"; done" >/dev/null; until_true busy 30 130 || echo "CPU: $cpu"'
	output_is "" "see add_process"
}

@test "stats without names shows all that run, as a table each second, until it is interrupted" {
	life 'sleeper --name one >/dev/null; sleeper --name two --memory 64m >/dev/null; box run --name three "$ROOTFS" true
		tables() { (($(grep -c "^CONTAINER ID  NAME  *CPU %  *MEM USAGE / LIMIT  *MEM %  *PIDS$" out) >= $1)); }; : >out
		env --default-signal "$BOX" stats >out & began=$SECONDS; until_true tables 3 && ((SECONDS - began >= 2)) && echo 3 tables; kill -INT $!; wait $!; echo $?
		sed -n "2,4s/^............  \([a-z]*\) .*/\1/p" out; grep -c three out; rm out'
	output_is $'3 tables\n130\ntwo\none\n0' "see watch"
}

@test "stats clears a terminal before each table" {
	life 'sleeper --name mine >/dev/null; "$1" '\''for _ in range(2): expect("\x1b[H\x1b[2JCONTAINER ID"); expect("mine")
signal("SIGINT"); end()'\'' "$BOX" stats mine && echo cleared' "$REPO/tests/lib/terminal"
	output_has cleared "see print_table"
}

@test "stats as JSON has Docker's keys, and a list for each table" {
	life 'box stats --no-stream --format json; sleeper --name one >/dev/null; id=$(sleeper --name two)
		box stats --no-stream --format json | python3 -c "import json, sys
rows = json.load(sys.stdin); print(len(rows), sorted(rows[0]), rows[0][\"Name\"], rows[0][\"ID\"] == sys.argv[1], rows[0][\"PIDs\"])" $id; box stats --format xml; echo $?'
	output_is $'[]\n2 [\'CPUPerc\', \'ID\', \'MemPerc\', \'MemUsage\', \'Name\', \'PIDs\'] two True 1\nbox: --format xml: json and table are known\n125' "see print_json"
}

@test "stats leaves out what ends meanwhile; what is named and does not run is an error, and the others are shown" {
	life 'sleeper --name mine >/dev/null; sleeper --name short >/dev/null; "$BOX" stats short mine >out & until_true grep -qs " short " out; box kill short >/dev/null
		until_true eval "tail -n 2 out | xargs | grep -q \"PIDS .* mine \""; tail -n 1 out | sed "s/  *[0-9.]*%.*//; s/.*  //"; kill $!; wait $!
		sleeper --name other >/dev/null; box stats --no-stream none short mine >out; echo "$? $(wc -l <out)"; box stats short; echo $?; "$BOX" stats mine >out & until_true grep -qs " mine " out; box stop -t 0 mine >/dev/null; wait $!; echo $?; rm out'
	output_is $'mine\nbox: none: no such container\nbox: container short is not running\n125 2\nbox: container short is not running\n125\n0' "see add_sample"
}

# --- update ---

# limits: what the files of the cgroups of the container `mine` say, a line each. status: how it exits.
update='folders() { find /sys/fs/cgroup -type d -name "box.$(box ps -q --no-trunc)" 2>/dev/null; }
	limits() { grep -H . $(find $(folders) -name "memory*max" -o -name "memory*limit_in_bytes" -o -name pids.max -o -name cpu.max -o -name cpu.cfs_quota_us -o -name cpuset.cpus) </dev/null; }
	# Starts a container that runs $1 when it is told to go.
	waiting() { detach --name mine "${@:2}" "until [ -e /go ]; do sleep 0.05; done; $1" >/dev/null; }
	go() { box exec mine touch /go; }
'

@test "update: a container without limits gets them all while it runs, its own processes, too" {
	life "$update"'waiting "for i in \$(seq 20); do sleep 1000 & done; grep ^Cpus_allowed_list: /proc/self/status; $HOG"; box update --pids-limit 10 -m 64m --cpus 0.5 --cpuset-cpus 0 mine
		box exec mine sh -c "$HOG"; go; box wait mine; box logs mine 2>&1'
	output_has $'mine\nstarted\n' "exec's command is limited, too"
	output_has "can't fork" "is the process moved to the pids hierarchy?"
	output_lacks "had 200 MB" "is the process in the cgroup with the limit of memory?"
	life 'box logs mine; box rm mine >/dev/null'
	output_lacks "had 200 MB" "is the process in the cgroup with the limit of memory?"
}

# v2 takes the lower limit, and reclaims.
# bats test_tags=v1
@test "update --memory below what is in use is an error that names the file of that limit" {
	life "$update"'sleeper --name mine -m 200m >/dev/null; box exec mine dd if=/dev/zero of=/dev/shm/x bs=1M count=50 2>/dev/null; box update -m 20m mine; box inspect mine | grep -c "\"Memory\": 209715200"'
	[[ $output == *"write 20971520 to "*"/memory.limit_in_bytes: Device or resource busy"*1 ]] ||
		report "expected the file of the memory limit, and that the old limit stays" "see write_memory"
}

@test "update --memory, raised and lowered, with swap or without, is in force" {
	life "$update"'sleeper --name mine -m 64m >/dev/null; box exec mine sh -c "$HOG"; box update -m 512m mine; box exec mine sh -c "$HOG"
		box update -m 64m --memory-swap 64m mine; box exec mine sh -c "$HOG"; box update -m 512m --memory-swap -1 mine; box exec mine sh -c "$HOG"; box update -m 32m mine; box exec mine sh -c "$HOG"'
	output_is $'started\nmine\nstarted\nhad 200 MB\nmine\nstarted\nmine\nstarted\nhad 200 MB\nmine\nstarted' "on v1 the limit of both is never below that of memory: see limit_memory"
}

@test "update lifts limits" {
	life "$update"'sleeper --name mine --pids-limit 5 --cpus 0.1 -m 64m --memory-swap 64m >/dev/null; box update --pids-limit -1 --cpus 0 --memory-swap -1 mine
		box exec mine sh -c "for i in 1 2 3 4 5 6 7 8; do sleep 0.1 & done; wait; echo ran"; limits | sed -nE "s/.*(pids.max|cpu.max|cpu.cfs_quota_us|swap.max|memsw.limit_in_bytes):(-?[0-9a-z]+).*/\2/p" | sort -u | xargs'
	output_has $'mine\nran\n' "see write_limits"
	[[ ${output##*$'\n'} =~ ^(max|-1 9223372036854771712 max|-1 max)$ ]] || report "expected no limits" "see put_number"
}

@test "update lifts the limit of memory by 0, with swap or without, and sets one again" {
	life "$update"'memory() { limits | sed -nE "s/.*\/memory[a-z_.]*:(-?[0-9a-z]+).*/\1/p" | grep -vxE "max|-1|9223372036854771712" || echo none; }
		for n in "" "--memory-swap 128m" "--memory-swap -1"; do sleeper --name mine -m 64m $n >/dev/null; box update -m 0 --memory-swap 0 mine; memory; box exec mine sh -c "$HOG"; box update -m 64m mine; box exec mine sh -c "$HOG"
			box inspect mine | grep -c "\"Memory\": 67108864"; box stop -t 0 mine; box update -m 0 mine; box start mine; memory; box rm -f mine; done | grep -v ^mine | xargs -n 8 | uniq -c'
	output_is '      3 none started had 200 MB started 1 none' "see changed in cgroup-change.c"
}

@test "update moves all processes of a container that forks without end, and it goes on" {
	# Each process starts the next one, and ends: whoever makes a list is late.
	life "$update"'detach --init --name mine "echo \"sh /loop &\" >/loop; for i in 1 2 3 4 5 6; do sh /loop; done; exec sleep 1000" >/dev/null; until_true eval "((\$(cat \$(folders | head -n 1)/cgroup.procs | wc -l) > 6))"
		box update --pids-limit 5000 -m 512m --cpus 1 --cpuset-cpus 0 mine; status_of mine; id=$(box ps -q --no-trunc); box pause mine
		for f in $(folders); do sort $f/cgroup.procs >now; [[ -e first ]] || cp now first; diff first now || echo "not the same in $f"; done
		box unpause mine; until_true eval "! sort \$(folders | head -n 1)/cgroup.procs | cmp -s first" && echo forks || box logs mine 2>&1 | tail -n 3; rm first now; box stop -t 0 mine; find /sys/fs/cgroup -name "box.$id" 2>/dev/null'
	output_is $'mine\nrunning\nmine\nmine\nforks\nmine' "see move_all, and container_destroy for what is left"
}

@test "update moves processes in cgroups that the container has made, too" {
	life "$update"'sleeper --name mine >/dev/null; first=$(folders | head -n 1); mkdir -p $first/a/b; box exec -d mine sleep 1234; until_true eval "pid=\$(pgrep -f ^sleep.1234)"; echo $pid >$first/a/b/cgroup.procs
		box update --pids-limit 10 mine; { grep -q "pids:/box" || [[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]]; } </proc/$pid/cgroup && echo in'
	output_is $'mine\nin' "see each_process"
}

@test "top and stats know processes in cgroups that the container has made, too" {
	life "$update"'sleeper --name mine >/dev/null; first=$(folders | head -n 1); mkdir -p $first/a/b; box exec -d mine sleep 1234; until_true eval "pid=\$(pgrep -f ^sleep.1234)"; echo $pid >$first/a/b/cgroup.procs
		box top mine | grep -o "sleep.*[^ ]"; box stats --no-stream --format json mine | grep -o "PIDs...[0-9]*"; box top mine mine; echo $?'
	output_is $'sleep 1000\nsleep 1234\nPIDs":"2\nbox: box top takes one container\n125' "see cgroup_pids"
}

@test "update reaches a command that box exec starts just then" {
	life "$update"'sleeper --name mine >/dev/null; strace -o trace -e inject=socketpair:signal=STOP:when=1 "$BOX" exec mine sh -c "for i in \$(seq 20); do sleep 1000 >/dev/null 2>&1 & done; echo all" &
		until_true grep -qs "stopped by SIGSTOP" trace; box update --pids-limit 10 mine; kill -CONT $(pgrep -P $!); wait $!; rm trace' 2>&1
	output_has "can't fork" "see cgroup_follow"
}

@test "update leaves a paused container paused, and one that runs running, also when it fails" {
	life "$update"'sleeper --name mine >/dev/null; box pause mine; box update -m 64m mine; status_of mine; box update --pids-limit 99999999999 mine; status_of mine
		box unpause mine; box update --pids-limit 10 mine; status_of mine; box update --cpuset-cpus 4095 mine; status_of mine; box exec mine echo goes on'
	output_has $'mine\nmine\npaused\nbox: mine: ' "see move_all"
	output_has $'pids.max: ' "the error names the file"
	[[ $(grep -vF 'box: ' <<<"$output") == $'mine\nmine\npaused\npaused\nmine\nmine\nrunning\nrunning\ngoes on' ]] || report "expected it paused twice, then running twice" "see move_all"
}

@test "update: when one limit is refused, the container keeps its old ones, and the error names value and file" {
	life "$update"'for old in "" "-m 64m --cpus 0.5"; do sleeper --name mine $old >/dev/null; limits | grep -v ":max" >before; folders >>before; box inspect mine >>before
		for new in "--pids-limit 99999999999" "--cpuset-cpus 4095"; do box update -m 128m --cpus 0.2 $new mine; echo $?; limits | grep -v ":max" >after; folders >>after; box inspect mine >>after; diff before after; done
		box rm -f mine >/dev/null; done; rm before after' 2>&1
	[[ $(grep -c "write 99999999999 to /.*/pids.max: " <<<"$output") == 2 && $(grep -c "cpuset" <<<"$output") == 2 ]] || report "expected value and file" "see put"
	[[ $(grep -v '^box: ' <<<"$output" | xargs) == "125 125 125 125" ]] || report "expected no difference" "see cgroup_update"
}

@test "update changes a container that has ended for its next start, and inspect shows it" {
	life "$update"'box run --name mine -m 32m "$ROOTFS" true; box update -m 64m --pids-limit 9 --cpus 0.5 mine; box update --pids-limit 8 mine; box start mine >/dev/null; box wait mine
		box inspect mine | grep -E "\"(Memory|PidsLimit|CpuQuota)\"" | xargs; tr "\0" "\n" <$(echo "$BOX_DATA"/containers/*/options) | grep -cE "pids|memory"
		box rm mine; sleeper --name mine >/dev/null; box update --pids-limit 7 mine; box stop -t 0 mine; box start mine; cat $(folders | sed s,$,/pids.max,) 2>/dev/null'
	output_is $'mine\nmine\n0\nMemory: 67108864, PidsLimit: 8, CpuQuota: 50000,\n2\nmine\nmine\nmine\nmine\n7' "see options_save"
}

@test "update keeps all else that the container was given, a relative volume's folder too" {
	life 'mkdir -p here/data there/data; touch here/data/right; cd here; box run --name mine -v data:/data -e "A=b c" -w /data "$ROOTFS" sh -c "ls; echo \$A"; box run --name plain "$ROOTFS" true
		cd ../there; box update -m 64m plain mine; box start -a mine; for f in "$BOX_DATA"/containers/*/options; do tr "\0" "\n" <$f | sed -n "1s,.*/,,p"; done; cd ..; rm -r here there'
	output_is $'right\nb c\nplain\nmine\nright\nb c\nhere\nhere' "see options_save"
}

@test "of updates at once none undoes what another one does" {
	life "$update"'for i in 1 2 3 4 5; do sleeper --name mine >/dev/null; for o in "-m 64m" "--pids-limit 9" "--cpus 0.5" "--cpuset-cpus 0"; do "$BOX" update $o mine & done; wait
		box inspect mine | grep -E "\"(Memory|PidsLimit|CpuQuota|CpusetCpus)\"" | xargs; box rm -f mine; done | sort | uniq -c'
	[[ $output == *"      5 Memory: 67108864, PidsLimit: 9, CpuQuota: 50000, CpusetCpus: 0,"* ]] || report "expected all of them, 5 times" "see update"
}

@test "an update while the container ends, or is started again, leaves no cgroup, and takes effect" {
	life "$update"'sleeper --name mine >/dev/null; id=$(box ps -q --no-trunc); for i in {1..10}; do "$BOX" update --pids-limit $((10 + i)) mine >/dev/null & sleep 0.00$i; box stop -t 0 mine >/dev/null; wait
			find /sys/fs/cgroup -name "box.$id" 2>/dev/null; "$BOX" update -m ${i}0m mine >/dev/null & box start mine >/dev/null; wait; box inspect mine | grep -cE "(Memory|PidsLimit)\": ($((i * 10485760))|$((10 + i))),"
			limits | grep -cE "/(memory.max|memory.limit_in_bytes|pids.max):($((i * 10485760))|$((10 + i)))$"; done | sort | uniq -c'
	output_is "     20 2" "both limits, 10 times: see try_update"
}

@test "update refuses what is no limit, and nothing at all" {
	life 'sleeper --name mine >/dev/null; for o in --read-only "-e A=b" "-d -m 64m" "" "--memory-swap 64m" "-m much" "--cpus -1" "--cpuset-cpus="; do box update $o mine; echo $?; done; box update -m 64m; echo $?; box update -m 64m none mine; echo $?'
	[[ $(grep -c '^125$' <<<"$output") == 10 && $(grep -c '^box: ' <<<"$output") == 10 ]] || report "expected 10 errors" "see options_check_limits"
	output_has $'none: no such container\nmine\n125' "it goes on with the next one"
}

@test "update on a full disk is an error, and changes nothing" {
	export BOX_DATA=/mnt/data
	host mount -t tmpfs -o size=256k small /mnt
	life "$update"'sleeper --name mine -m 64m >/dev/null; limits >before; box inspect mine >>before; dd if=/dev/zero of=/mnt/filler bs=1k 2>/dev/null
		box update -m 128m mine; echo $?; limits >after; box inspect mine >>after; diff before after; rm before after /mnt/filler; box update -m 32m mine; box rm -f mine'
	host umount /mnt
	export BOX_DATA=$BATS_TEST_TMPDIR/data
	output_is $'box: mine: options: No space left on device\n125\nmine\nmine' "see update_place"
}
