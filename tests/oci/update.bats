# box-oci update: what is named changes, all else stays, and limits that depend on each other are written in the order that the kernel takes.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

# limits prints what the container's cgroup has, in the specification's words: memory, and memory with swap; quota and
# period of CPU time; -1 where there is no limit.
setup() {
	setup_host
	setup_bundle
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP/inner'"
	command_is sleep 1000
	BEGIN='
		own() { local file; for file in /sys/fs/cgroup{,/*}/$NAME/inner/$1; do [ ! -e $file ] || { echo $file; return; }; done; false; }
		limits() {
			local memory both file period
			if file=$(own memory.limit_in_bytes); then
				memory=$(<$file) both=$(<${file%.limit*}.memsw.limit_in_bytes)
			else
				file=$(own memory.max)
				memory=$(<$file) both=$(<${file%.max}.swap.max)
				[[ $both == max ]] || both=$((both + memory))
			fi
			if file=$(own cpu.cfs_quota_us); then echo "$memory $both $(<$file) $(<${file%quota*}period_us)"
			else echo "$memory $both $(<$(own cpu.max))"; fi | sed "s/max/-1/g; s/9223372036854771712/-1/g"
		}
		update() { oci update "$@" test; limits; }
		end() { oci delete -f test; for d in /sys/fs/cgroup{,/*}/$NAME; do [ ! -d $d ] || rmdir $d; done; }
		create test || cat out; oci start test
		'
}

M=1048576

@test "update --memory -1 lifts the limit of swap, too, unless that is named" {
	configure 'linux["resources"]["memory"] = {"limit": 64 << 20, "swap": 128 << 20}'
	oci_script "$BEGIN"'limits; update --memory -1; update --memory 64m --memory-swap 128m; update --memory 32m
		update --memory-swap 256m; update --memory -1 --memory-swap -1; end'
	output_is "$((64 * M)) $((128 * M)) -1 100000
-1 -1 -1 100000
$((64 * M)) $((128 * M)) -1 100000
$((32 * M)) $([[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] && echo $((96 * M)) || echo $((128 * M))) -1 100000
$((32 * M)) $((256 * M)) -1 100000
-1 -1 -1 100000" "see write_memory"
}

@test "a limit of memory with swap that is below that of memory alone is refused" {
	configure 'linux["resources"]["memory"] = {"limit": 64 << 20, "swap": 128 << 20}'
	local limits
	for limits in '--memory-swap 32m' '--memory 100m --memory-swap 50m' '--memory -1 --memory-swap 200m'; do
		oci_script "$BEGIN"'update '"$limits"'; end'
		[[ $output == "box-oci: resources.memory.swap: "*$'\n'"$((64 * M)) $((128 * M)) -1 100000" ]] ||
			report "expected that $limits is refused, and nothing changes" "see resources_settle" || return
	done
}

@test "update --cpu-period or --cpu-quota alone leaves the other one" {
	configure 'linux["resources"]["cpu"] = {"quota": 40000, "period": 100000}'
	oci_script "$BEGIN"'limits; update --cpu-period 200000; update --cpu-quota 30000; update --cpu-quota -1; update --cpu-quota 5000; end'
	output_is "-1 -1 40000 100000
-1 -1 40000 200000
-1 -1 30000 200000
-1 -1 -1 200000
-1 -1 5000 200000" "see write_cpu"
}

@test "update changes period and quota below a quota, up and down, and the real-time ones below a runtime" {
	configure 'linux["resources"]["cpu"] = {"quota": 40000, "period": 100000}'
	oci_script "$BEGIN"'above=$(dirname $(dirname $(own cpu.stat)))
		if [ -e $above/cpu.max ]; then echo "50000 100000" >$above/cpu.max; else echo 50000 >$above/cpu.cfs_quota_us; fi
		update --cpu-period 10000 --cpu-quota 3000; update --cpu-quota 40000 --cpu-period 100000
		if file=$(own cpu.rt_runtime_us); then
			echo 10000 >$above/cpu.rt_runtime_us
			for words in "1000000 8000" "100000 800" "1000000 8000"; do
				set -- $words; oci update --cpu-rt-runtime $2 --cpu-rt-period $1 test; echo $(<${file%runtime*}period_us) $(<$file)
			done
		else printf "1000000 8000\n100000 800\n1000000 8000\n"; fi
		end'
	output_is $'-1 -1 3000 10000\n-1 -1 40000 100000\n1000000 8000\n100000 800\n1000000 8000' "one order of the two may be refused: see write_cpu, write_rest"
}

@test "update --cpu-burst and --cpu-idle: a burst goes with a lower quota" {
	configure 'linux["resources"]["cpu"] = {"quota": 40000, "period": 100000, "burst": 30000}'
	oci_script "$BEGIN"'burst=$(own cpu.max.burst || own cpu.cfs_burst_us); cat $burst
		update --cpu-burst 10000; cat $burst; update --cpu-quota 5000 --cpu-burst 5000; cat $burst; update --cpu-burst 20000 --cpu-quota 40000; cat $burst
		oci update --cpu-idle 1 test; cat $(own cpu.idle); oci update --cpu-idle 0 --cpu-share 512 test; cat $(own cpu.idle); end'
	output_is "30000
-1 -1 40000 100000
10000
-1 -1 5000 100000
5000
-1 -1 40000 100000
20000
1
0" "see write_rest"
}
