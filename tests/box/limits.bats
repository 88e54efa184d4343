# Limits, and the cgroup that every container has. Limits are tested by their effect.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/limits
load ../lib/delegated

STEP=final
BOX=${BOX:-$REPO/final/box}
all_limits=(--memory 64m --pids-limit 10 --cpus 0.5 --cpuset-cpus "$(last_cpu=$(nproc --all); echo $((last_cpu - 1)))")
hog='echo started; dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null && echo had 200 MB'
# For scripts on the host: the folders of the container that `start` started, one for each hierarchy.
folders='id() { grep -om 1 "[0-9a-f]\{64\}" "/proc/$(pgrep -P "$box")/cgroup"; }
	folders() { find /sys/fs/cgroup -type d -name "box.$(id)" 2>/dev/null; }
'

eval "helper_$(declare -f setup)"
setup() {
	export BOX_DATA=$BATS_TEST_TMPDIR/data
	if tagged systemd && [[ ! -d /run/systemd/system ]]; then skip "needs systemd: see make test-vm VM=-s"; fi
	helper_setup
	touch "$BATS_TEST_TMPDIR/began"
}

# What box made since the test began, and nothing is in. Other tests may be at work: theirs comes and goes.
left_cgroups() {
	find /sys/fs/cgroup -regextype posix-extended -type d -regex '.*/box[.]([0-9a-f]{64}|self)(/.*)?' \
		-newer "$BATS_TEST_TMPDIR/began" 2>/dev/null | while read -r folder; do
		[[ ! $(cat "$folder/cgroup.procs" 2>&1) && ! $(find "$folder" -mindepth 1 -type d 2>&1) ]] &&
			echo "$folder"
	done
}

nothing_left() {
	local left try end=$((SECONDS + 10))
	left=$(left_cgroups) || :
	for ((try = 1; try <= 20 || SECONDS < end; try++)); do
		[[ $left ]] || break
		sleep 0.05
		left=$(left_cgroups | grep -xF "$left") || :
	done
	[[ ! $left ]] || fail "these cgroups are left:" "$left" "hint: $1" || return
	host_as_before
}

@test "--memory: a command that wants more is killed" {
	box sh -c "$hog"
	output_is $'started\nhad 200 MB' "without a limit it is not"
	OPTIONS=(--memory 64m)
	box sh -c "$hog"
	output_is started "is the limit written, and is the command in the cgroup?"
	box dd if=/dev/zero of=/dev/null bs=200M count=1
	status_is 137 "is the container's first process in the cgroup?"
	nothing_left "after a process was killed, too"
}

@test "the container sees its limits in /sys/fs/cgroup, and cannot change them" {
	OPTIONS=("${all_limits[@]}" --memory-swap 64m)
	box sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max cpuset.cpus 2>/dev/null ||
			cat memory/memory.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us cpuset/cpuset.cpus
		for f in pids.max pids/pids.max; do ! echo 20 2>/dev/null >$f || echo changed; done; for d in new memory/new pids/new; do ! mkdir $d 2>/dev/null || echo made $d; done'
	[[ $output =~ ^67108864.10.50000( 100000)?.${all_limits[7]}$ ]] || report "expected 64 MiB, 10, 50000 and ${all_limits[7]}" "see set_mounts in run.c and cgroupfs.c"
}

@test "--memory: the rest of the container goes on when a part of it is killed, as with Docker" {
	OPTIONS=(--memory 64m)
	box sh -c "$hog; echo survived"
	output_is $'started\nsurvived' "see memory.oom.group"
}

@test "--memory: what a tmpfs holds counts, too" {
	OPTIONS=(--memory 64m --tmpfs /tmp)
	box sh -c 'echo started; dd if=/dev/zero of=/tmp/file bs=1M count=200; ls -l /tmp/file'
	output_has started "the limit is enough to start"
	output_lacks 209715200 "memory is charged to the cgroup of who writes"
}

# bats test_tags=vm
@test "--memory-swap: memory and swap together; without it, none is swapped" {
	host_script 'dd if=/dev/zero of="$DIR/swap" bs=1M count=400 status=none; chmod 600 "$DIR/swap"
		mkswap "$DIR/swap" >/dev/null && swapon "$DIR/swap" && tail -n +2 /proc/swaps | wc -l'
	output_has 1 "this test needs swap: is swapon allowed, is $DIR on a disk?"
	local result=
	for swap in "" --memory-swap=64m --memory-swap=128m --memory-swap=512m --memory-swap=-1; do
		OPTIONS=(--memory 64m ${swap:+"$swap"})
		box sh -c "$hog"
		result+="$swap: ${output//$'\n'/ }, "
	done
	host swapoff "$DIR/swap"
	output=$result
	output_is ": started, --memory-swap=64m: started, --memory-swap=128m: started, --memory-swap=512m: started \
had 200 MB, --memory-swap=-1: started had 200 MB, " "on v2 swap is counted apart: memory.swap.max is the difference"
}

@test "--memory-swap without --memory, or below it, is an error" {
	for options in "--memory-swap 64m" "--memory 64m --memory-swap 32m"; do
		read -ra OPTIONS <<<"$options"
		box true
		refused swap "it is memory and swap together"
	done
	nothing_left "look at the limits first"
}

@test "--pids-limit: a fork bomb stays inside, and ends with its box" {
	OPTIONS=(--pids-limit 20)
	# 60 processes, and no danger to a machine without the limit. awk goes on when one cannot be started; a shell would end.
	host_script "$folders"'
		start awk "BEGIN { for (i = 0; i < 60; i++) system(\"sleep 1234 &\"); print \"all\"; fflush(); system(\"exec sleep 1234\") }" >out 2>&1
		until_true grep -x all out; cat out; rm out
		most=0; for _ in {1..20}; do now=$(ps -e -o args | grep -c "^awk BEGIN\|^sleep 1234"); ((now > most)) && most=$now
		sleep 0.05; done 2>/dev/null; echo "$most processes"; kill -TERM $box; wait $box'
	[[ $output =~ ([0-9]+)" processes" ]]
	((BASH_REMATCH[1] > 15 && BASH_REMATCH[1] <= 20)) || report "expected 16 to 20 processes" "is the limit written to pids.max?"
	output_has "can't fork" "the kernel must refuse the process that is too many"
	nothing_left "kill what is in it"
}

@test "--pids-limit 1: the limit is in force from the command's first instruction on" {
	a_limit_of_one_process_leaves_the_command_alone
}

@test "--cpus: a busy command gets its share of CPU time and no more" {
	a_busy_command_gets_a_tenth_of_a_cpu
}

@test "--cpuset-cpus: the command runs on these CPUs alone" {
	for cpus in 0 "$(($(nproc --all) - 1))"; do # on a machine with one CPU, that one twice
		OPTIONS=(--cpuset-cpus "$cpus")
		box grep Cpus_allowed_list: /proc/self/status
		output_is "Cpus_allowed_list:	$cpus" "on v1 every level must inherit CPUs and memory nodes before it is joined"
	done
	nothing_left "v1 has one more folder for it"
}

@test "what the kernel refuses names the value and the file" {
	for limit in "--pids-limit 99999999999 pids.max" "--cpuset-cpus 4095 cpuset.cpus" "--cpuset-cpus x cpuset.cpus"; do
		read -r option value file <<<"$limit"
		OPTIONS=(--memory 64m "$option" "$value")
		box true
		refused "$value to /" "the kernel has the last word: check each write"
		refused "/$file: " "say where"
	done
	for nothing in "" " "; do
		OPTIONS=(--cpuset-cpus "$nothing")
		box true
		refused cpuset "no CPUs are not all CPUs"
	done
	nothing_left "what was made before an error goes with it"
}

@test "all limits at once hold" {
	OPTIONS=("${all_limits[@]}")
	box sh -c "for i in 1 2 3 4 5 6 7 8 9 10 11; do sleep 1000 & done; $hog"
	output_lacks 'had 200 MB' "the memory limit"
	[[ $stderr == *"can't fork"* ]] || report "expected that a fork failed" "the process limit"
	nothing_left "one folder for each hierarchy"
}

@test "every container is in a cgroup of its own, with limits or without" {
	host_script "$folders"'start sleep 1000; folders; kill $box'
	output_has /box. "a killed box leaves processes that must be found again"
	nothing_left "SIGTERM to box"
	OPTIONS=("${all_limits[@]}")
	host_script "$folders"'start sleep 1000; grep -c "/box.$(id)\$" /proc/$(pgrep -P $box)/cgroup; folders | wc -l; kill $box'
	[[ ${output%$'\n'*} == "${output#*$'\n'}" ]] || report "expected the command in each of its cgroups" "see cgroup_join()"
	nothing_left "SIGTERM to box, with limits"
}

@test "no cgroup is left when the command ends, with processes in the background too" {
	for limits in "" "${all_limits[*]}"; do
		read -ra OPTIONS <<<"$limits"
		box true
		status_is 0 "with limits the command runs as without"
		nothing_left "remove it after the last process has ended"
		box sh -c 'sleep 1234 & exit 42'
		status_is 42 "with limits the exit status is the same as without"
		nothing_left "a cgroup can be removed when no process is left in it: wait first"
	done
}

@test "no cgroup is left when the command cannot be started" {
	OPTIONS=("${all_limits[@]}")
	box no-such-command
	status_is 127 "with limits the exit status is the same as without"
	nothing_left "it was made before the error"
	OPTIONS+=(-v no-such-folder:/data)
	box true
	refused no-such-folder "with limits the messages are the same as without"
	nothing_left "it was made before the error"
}

@test "a process that was put into the container's cgroup ends with the container" {
	host_script "$folders"'start sleep 1000; sleep 1234 >&- 2>&- &
		for folder in $(folders); do echo $! >$folder/cgroup.procs; done
		kill $box; wait $box; until_true ended $! && echo ended'
	output_has ended "see cgroup.kill; v1 has none, and needs the freezer and a loop"
	nothing_left "first kill, then remove"
}

@test "cgroups in the container's cgroup end with it, and what is in them" {
	OPTIONS=(--memory 64m)
	host_script "$folders"'start sleep 1000
		for folder in $(folders); do
			mkdir -p $folder/a/b $folder/c; sleep 1234 >&- 2>&- & processes+=($!); echo $! >$folder/a/b/cgroup.procs; done
		kill $box; wait $box; until_true ended "${processes[*]}" && echo ended'
	output_has ended "a kill must reach what is in nested cgroups"
	nothing_left "the inner ones come first"
}

@test "the next box removes the cgroups of one that was killed, and ends what is in them" {
	for how in plain frozen nested; do
		OPTIONS=(--memory 64m)
		host_script "$folders"'start sleep 1000; folders=$(folders); sleep 1234 >&- 2>&- & sleep=$!
			for folder in $folders; do
				[[ $1 != nested ]] || { mkdir $folder/a; folder=$folder/a; }
				echo $sleep >$folder/cgroup.procs
				[[ $1 != frozen ]] || { [[ ! -e $folder/cgroup.freeze ]] || echo 1 >$folder/cgroup.freeze
					[[ ! -e $folder/freezer.state ]] || echo FROZEN >$folder/freezer.state; }
			done
			kill -KILL $box; wait $box 2>/dev/null; ls -d $folders | wc -l; kill -0 $sleep && echo and it runs
			box true; ls -d $folders 2>/dev/null; until_true ended $sleep && echo ended' "$how"
		output_has "and it runs" "this test needs a process that outlives box"
		output_lacks /box. "$how: see cgroup_sweep()"
		output_has ended "$how: see cgroup_sweep(); on v1 what is frozen dies when it thaws"
		nothing_left "$how"
	done
}

@test "the next box leaves living containers alone, and cgroups that are not box's" {
	OPTIONS=(--memory 64m)
	host_script "$folders"'start sleep 1000; living=$box; folder=$(folders | head -n 1); ours=${folder%/*}/ours
		mkdir $ours; BOX_DATA=$DIR/other start sleep 1000; other=$box
		start sleep 1000; kill -KILL $box; wait $box 2>/dev/null; box true
		ended $living || echo it lives; ended $other || echo that of another store lives
		rmdir $ours && echo ours is there; kill $living $other; wait $living $other'
	output_is $'it lives\nthat of another store lives\nours is there' "names that are no IDs, and IDs of others, are left alone"
	nothing_left "they end by themselves"
}

@test "50 containers at once, with limits, leave nothing behind" {
	OPTIONS=("${all_limits[@]}")
	host_script 'for i in {1..50}; do box sh -c "sleep 0.2; exit 42" & boxes+=($!); done
		for box in "${boxes[@]}"; do wait $box; (($? == 42)) && echo ended well; done'
	[[ $(grep -c "ended well" <<<"$output") == 50 ]] ||
		report "expected exit status 42 from each of 50" "what do two containers share?"
	nothing_left "the last one removes box/"
}

@test "containers that come and go at once do not disturb each other" {
	OPTIONS=(--memory 64m)
	each=$((THROWAWAY ? 5 : 30))
	host_script 'for i in {1..4}; do (for ((j = 0; j < $1; j++)); do box true && echo ended well; done) & done; wait' "$each"
	[[ $(grep -c "ended well" <<<"$output") == $((4 * each)) ]] ||
		report "expected exit status 0 from each" "one box removes the folder box/ while another makes its own in it: try again"
	nothing_left "the last one removes box/"
}

@test "a limit whose controller is missing is an error that says which, where box looked, and what to do" {
	host umount -l /sys/fs/cgroup # the test's own host alone loses them
	for limit in memory:--memory=64m pids:--pids-limit=9 cpu:--cpus=0.5 cpuset:--cpuset-cpus=0; do
		OPTIONS=("${limit#*:}")
		box true
		refused "${limit%%:*} limit: " "no limit is not the same as the limit: say that it cannot be had"
		refused /proc/self/mountinfo "say where box has looked"
		refused "mount -t cgroup" "say what to do"
	done
	OPTIONS=()
	box true
	status_is 0 "what needs no limit runs without cgroups, too"
	host_state >"$BATS_TEST_TMPDIR/before"
}

@test "where no cgroup can be made, containers run, but not those with limits" {
	host_script 'sed -n "s/^[^ ]* [^ ]* [^ ]* [^ ]* \([^ ]*\) .* - cgroup.*/\1/p" /proc/self/mountinfo |
		while read -r mount; do mount -o remount,bind,ro $mount; done'
	box true
	status_is 0 "in most containers the cgroups are read-only"
	OPTIONS=(--memory 64m)
	box true
	refused " limit: " "no limit is not the same as the limit"
	host_state >"$BATS_TEST_TMPDIR/before"
}

@test "cgroups are found wherever they are mounted" {
	host_script 'mkdir "$DIR/a b"; mount --rbind --make-rprivate /sys/fs/cgroup "$DIR/a b" && umount -l /sys/fs/cgroup'
	OPTIONS=(--memory 64m)
	box sh -c "$hog"
	output_is started "see /proc/self/mountinfo; a blank in a name is \\040 there"
	host umount -l "$DIR/a b"
	host_state >"$BATS_TEST_TMPDIR/before"
	nothing_left "it is named by where it is mounted"
}

# bats test_tags=v2,vm,plain
@test "on v2 box enables the controllers that it needs, and no other" {
	host_script 'cd /sys/fs/cgroup; for c in $(<cgroup.subtree_control); do echo "-$c" >cgroup.subtree_control; done
		cat cgroup.subtree_control'
	output_is "" "no other cgroup on this machine must need them: is this a throw-away machine?"
	box true
	run_on_host cat /sys/fs/cgroup/cgroup.subtree_control
	output_is "" "without limits none is needed"
	OPTIONS=(--pids-limit 10)
	box true
	run_on_host cat /sys/fs/cgroup/cgroup.subtree_control
	output_is "pids" "an enabled controller costs time wherever it is"
	OPTIONS=("${all_limits[@]}")
	box sh -c "$hog"
	output_is started "write +memory, +pids and so on to cgroup.subtree_control of both cgroups above"
}

# What a container sees without a cgroup namespace, and with one. Without another command after it,
# box is the only process there.
# bats test_tags=v2,vm,plain
@test "in a container on v2, limits are refused while other processes are in its own cgroup" {
	for unshare in --mount "--mount --cgroup"; do
		for limit in --memory=64m --pids-limit=10; do
			for how in 'exec \"\$@\"' '\"\$@\"; echo and \$(cat /sys/fs/cgroup/cgroup.type)'; do
				OPTIONS=("$limit")
				host_script 'cd /sys/fs/cgroup; echo +memory +pids >cgroup.subtree_control; mkdir -p outer /tmp/view
					rmdir outer/* 2>/dev/null; echo -memory -pids >outer/cgroup.subtree_control; echo $$ >outer/cgroup.procs
					exec unshare '"$unshare"' sh -c "mount --bind outer /tmp/view; umount -l \$PWD; cd /
						mount --move /tmp/view /sys/fs/cgroup
						'"$how"'" - "${run[@]}" echo started'
				if [[ $how != exec* ]]; then
					output_has "processes are in it" "only memory is refused by the kernel: pids would make a threaded cgroup"
					output_has "and domain" "what is refused must change nothing"
				else
					output_is started "box can leave the cgroup, which is empty then"
				fi
			done
		done
	done
	run_on_host find /sys/fs/cgroup/outer -mindepth 1 -type d
	output_is "" "a box that is refused a limit goes back to where it was, and leaves nothing"
	host rmdir /sys/fs/cgroup/outer
}

# bats test_tags=v2,vm,systemd
@test "in a scope that systemd has delegated, box takes itself out of the way" {
	run systemd-run -q --scope -p Delegate=yes "$BOX" run --rm "${all_limits[@]}" "$ROOTFS" sh -c "$hog"
	stderr=
	output_is started "the scope's own cgroup must be empty before controllers can be enabled there"
	nothing_left "the scope ends with box"
}

# bats test_tags=v2,vm,systemd
@test "in a scope that systemd has delegated, a container is below it, also without limits" {
	systemd-run -q --scope -u box-test -p Delegate=yes "$BOX" run --rm "$ROOTFS" sleep 1000 >"$BATS_TEST_TMPDIR/log" 2>&1 3>&- &
	for _ in {1..600}; do
		output=$(find /sys/fs/cgroup -path '*/box-test.scope/box.[0-9a-f]*' -type d 2>/dev/null) || :
		[[ $output ]] && break
		sleep 0.1
	done
	systemctl stop box-test.scope
	wait $! || :
	status='' stderr=$(<"$BATS_TEST_TMPDIR/log")
	output_has box-test.scope/box. "systemd forgives nobody who makes cgroups elsewhere"
	nothing_left "the scope ends with box"
}

# bats test_tags=v2,vm,systemd
@test "in a delegated scope with other processes, limits are refused, and nothing else" {
	run systemd-run -q --scope -p Delegate=yes sh -c '"$@"; echo "status $?"' - "$BOX" run --rm "${all_limits[@]}" "$ROOTFS" true
	output_has "status 125" "the kernel refuses controllers, and no limit is not the limit"
	output_has "systemd-run --scope -p Delegate=yes box" "say what to do"
	run systemd-run -q --scope -p Delegate=yes sh -c '"$@"; echo "status $?"' - "$BOX" run --rm "$ROOTFS" true
	output_has "status 0" "without limits, no controller is needed"
	nothing_left "box's own folder, too"
}
