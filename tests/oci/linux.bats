# box-oci: config-linux.md of the runtime specification. Which test is for which clause:
#
#   namespaces            "namespaces are new...", "a PID namespace of a path...", "a mount namespace...", "a user namespace..."
#   uid/gidMappings       "a user namespace has its mappings...", "a user namespace of a path..."
#   timeOffsets           "a time namespace..."
#   devices               "the devices of every container...", "a device that is not allowed..."; devices.bats
#   cgroupsPath           "cgroupsPath is where..."
#   resources             "a limit of processes...", "a limit that cannot be had...", "a weight of block devices...",
#                         "network priorities..."; update.bats
#   sysctl                "sysctls are set..."
#   seccomp               seccomp.bats
#   personality           "the process has the personality..."
#   masked, readonlyPaths "paths are masked..."
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "namespaces are new, or the host's, or those of a path" {
	configure 'linux["namespaces"] = [{"type": t} for t in ["mount", "uts", "pid", "ipc", "cgroup"]]'
	command_is sh -c 'for n in net uts; do readlink /proc/self/ns/$n; done; hostname'
	oci_script 'readlink /proc/self/ns/net; oci run test'
	[[ $(sed -n 1p <<<"$output") == "$(sed -n 2p <<<"$output")" ]] || report "expected the host's network" "see move_in"
	output_has $'\nbox' "see move_in"
	oci_script 'unshare --net --ipc --uts sh -c "hostname joined; exec sleep 1000" & other=$!; until_true grep -qx sleep /proc/$other/comm
		python3 - "$BUNDLE/config.json" $other <<EOF
import json, sys
c = json.load(open(sys.argv[1]))
c["linux"]["namespaces"] = [{"type": "mount"}, {"type": "pid"}] + [{"type": t, "path": "/proc/%s/ns/%s" % (sys.argv[2], f)} for t, f in [("network", "net"), ("ipc", "ipc"), ("uts", "uts")]]
del c["hostname"]
c["process"]["args"] = ["sh", "-c", "for n in net ipc uts; do readlink /proc/self/ns/\$n; done; hostname"]
json.dump(c, open(sys.argv[1], "w"))
EOF
		diff <(oci run test) <(for n in net ipc uts; do readlink /proc/$other/ns/$n; done; echo joined) && echo same; kill $other; wait $other 2>/dev/null; :'
	output_is same "see namespaces_enter"
}

@test "a PID namespace of a path is joined by the container's first process" {
	oci_script 'unshare --pid --fork --mount-proc sleep 1000 2>/dev/null & until_true pgrep -P $! -x sleep >/dev/null; child=$(pgrep -P $!)
		python3 - "$BUNDLE/config.json" $child <<EOF
import json, sys
c = json.load(open(sys.argv[1]))
c["linux"]["namespaces"] = [{"type": "mount"}, {"type": "uts"}, {"type": "pid", "path": "/proc/%s/ns/pid" % sys.argv[2]}]
c["process"]["args"] = ["sh", "-c", "cat /proc/1/comm; echo \$\$"]
json.dump(c, open(sys.argv[1], "w"))
EOF
		oci run test; kill -9 $child; wait $! 2>/dev/null; :'
	output_is $'sleep\n2' "see namespaces_enter"
}

@test "a mount namespace of a path is joined, and has the container's root then" {
	mkdir "$DIR/volume"
	configure 'c["root"]["readonly"] = False' "c['mounts'].append({'destination': '/v', 'source': '$DIR/volume', 'options': ['bind']})"
	command_is sh -c 'readlink /proc/self/ns/mnt; cat /only-in-the-rootfs; ls /v'
	oci_script 'unshare --mount sh -c "mount -t tmpfs inside $DIR/volume; touch $DIR/volume/inside; echo >ready; exec sleep 1000" & other=$!; until_true test -e ready
		sed -i "s#{\"type\": \"mount\"#&, \"path\": \"/proc/$other/ns/mnt\"#" config.json
		diff <(oci run test) <(readlink /proc/$other/ns/mnt; echo rootfs; echo inside) && echo same; cat /proc/$other/root/only-in-the-rootfs
		kill $other; wait $other 2>/dev/null; ls "$BUNDLE/rootfs/v"
		sed -i "s#/proc/$other/#/proc/self/#" config.json; oci run test'
	output_is $'same\nrootfs\nbox-oci: join the namespace /proc/self/ns/mnt: it is the host\'s' "see namespaces_enter_for_good"
}

@test "with --debug nothing is written where a mount namespace that is joined leads the path of the log" {
	command_is true
	oci_script 'mkdir log; unshare --mount --propagation private sh -c "mount -t tmpfs inside log; ln -s $DIR/victim log/file; echo >ready; exec sleep 1000" & other=$!; until_true test -e ready
		sed -i "s#{\"type\": \"mount\"#&, \"path\": \"/proc/$other/ns/mnt\"#" config.json
		oci --debug --log "$PWD/log/file" run test; echo $?; ls "$DIR/victim" /proc/$other/root"$DIR/victim" 2>/dev/null; grep -c level=debug log/file; kill $other'
	[[ $output =~ ^0$'\n'[1-9][0-9]*$ ]] || report "expected a log outside, and no file that the symlink inside names" "see help_clone"
}

@test "a user namespace has its mappings, and root there is nobody on the host" {
	configure 'linux["namespaces"].append({"type": "user"})' 'linux["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 1000}]' \
		'linux["gidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 1000}]' 'c["root"]["readonly"] = False'
	chown 100000:200000 "$BUNDLE/rootfs"
	oci_run sh -c 'id -u; tr -s " " </proc/self/uid_map; touch /made; stat -c %u:%g /made; echo text >/dev/null; ls -n /dev/null | tr -s " " | cut -d " " -f 3'
	output_is $'0\n 0 100000 1000\n0:0\n65534' "see namespaces_prepare"
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/made") == 100000:200000 ]] || report "expected 100000:200000 on the host" "see namespaces_become_root"
}

@test "a user namespace of a path is joined, and owns what is new" {
	configure 'c["root"]["readonly"] = False'
	chown 100000:200000 "$BUNDLE/rootfs"
	command_is sh -c 'id -u; tr -s " " </proc/self/uid_map; stat -c %u /proc/1/stat; touch /made; stat -c %u:%g /made; hostname'
	oci_script 'unshare --user sleep 1000 & other=$!; until_true grep -qx sleep /proc/$other/comm; echo "0 100000 1000" >/proc/$other/uid_map; echo "0 200000 1000" >/proc/$other/gid_map
		sed -i "s#\"namespaces\": \\[#&{\"type\": \"user\", \"path\": \"/proc/$other/ns/user\"}, #" config.json
		oci run test; oci create test >/dev/null </dev/null; oci exec test cat /proc/self/uid_map | tr -s " "; oci delete test; kill $other; wait $other 2>/dev/null; :'
	output_is $'0\n 0 100000 1000\n0\n0:0\nbox\n 0 100000 1000' "see clone_by_helper"
}

@test "a time namespace has its offsets" {
	configure 'linux["namespaces"].append({"type": "time"})' 'linux["timeOffsets"] = {"boottime": {"secs": 1000000}}'
	oci_run cut -d . -f 1 /proc/uptime
	((output > 1000000)) || report "expected more than a million seconds" "see make_time"
}

@test "the devices of every container are there, and those of config.json" {
	configure 'linux["devices"] = [{"path": "/dev/new/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 0o644, "uid": 3, "gid": 4}]' \
		'linux["resources"]["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 5, "access": "r"})'
	oci_run sh -c 'for d in null zero full random urandom tty new/zero; do stat -c "%n %t:%T %a %u:%g" /dev/$d; done; head -c 3 /dev/new/zero | wc -c
		for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done'
	output_is $'/dev/null 1:3 666 0:0\n/dev/zero 1:5 666 0:0\n/dev/full 1:7 666 0:0\n/dev/random 1:8 666 0:0\n/dev/urandom 1:9 666 0:0
/dev/tty 5:0 666 0:0\n/dev/new/zero 1:5 644 3:4\n3\n/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx' "see devices_make"
}

@test "a device that is not allowed opens nothing, even where its node is made" {
	configure 'process["capabilities"] = {k: ["CAP_MKNOD"] for k in ["bounding", "effective", "permitted"]}'
	local device
	for device in /dev/loop-control /dev/net/tun /dev/fuse /dev/kvm /dev/hwrng none; do
		(: <"$device") 2>/dev/null && break
	done
	[[ $device != none ]] || skip "no device here can be opened that a container may not open"
	oci_run sh -c "mknod /dev/other c $((0x$(stat -c %t "$device"))) $((0x$(stat -c %T "$device"))) && : </dev/other"
	[[ $stderr == *"Operation not permitted"* ]] || report "expected that it cannot be opened" "see devices_control"
	[[ $stderr != *mknod* ]] || report "expected that the node is made" "see default_rules"
}

@test "cgroupsPath is where the limits are" {
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP/deep/one'" 'linux["resources"] = {"memory": {"limit": 67108864, "reservation": 33554432}, "pids": {"limit": 12}, "cpu": {"quota": 20000, "period": 100000, "shares": 256, "cpus": "0"}}'
	command_is sleep 1000
	oci_script 'create test; cd /sys/fs/cgroup; path=$NAME/deep/one
		if [ -d memory ]; then cat memory/$path/memory.{limit,soft_limit}_in_bytes pids/$path/pids.max cpu/$path/cpu.{cfs_quota_us,shares} cpuset/$path/cpuset.cpus
		else cat $path/{memory.max,memory.low,pids.max}; cut -d " " -f 1 $path/cpu.max; sed "s/^10$/256/" $path/cpu.weight; cat $path/cpuset.cpus; fi
		oci delete -f test; for d in */$NAME $NAME; do [ ! -d $d ] || rmdir $d/deep $d; done'
	output_is $'67108864\n33554432\n12\n20000\n256\n0' "see resources.c"
}

@test "a mount may lie beside the hierarchies of cgroup v1, as podman has it for systemd, and all is read-only" {
	local option
	mkdir "$BUNDLE/systemd"
	echo bound >"$BUNDLE/systemd/f"
	configure "c['mounts'] += [{'destination': '/sys/fs/cgroup/' + d, 'type': 'bind', 'source': '$BUNDLE/systemd', 'options': ['bind']} for d in ['systemd', 'with/none']]"
	for option in ro rro; do
		configure "[m for m in c['mounts'] if m['type'] == 'cgroup'][0]['options'] = ['$option']"
		oci_run sh -c 'cat /sys/fs/cgroup/systemd/f; for d in /sys/fs/cgroup/ /sys/fs/cgroup/*/ /sys/fs/cgroup/with/none/; do ! mkdir ${d}new 2>/dev/null || { echo ${d}new; rmdir ${d}new; }; done'
		if [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then
			output_is $'bound\n/sys/fs/cgroup/systemd/new\n/sys/fs/cgroup/with/none/new' "with $option: see is_late and restrict_mounts in mounts.c" || return
		else # where all is one hierarchy, a folder in it would be a cgroup
			status_is 1 "see cgroupfs_take" || return
			[[ $stderr == "box-oci: mount at /sys/fs/cgroup/systemd: "* ]] || report "expected that the mount is refused" "see attach" || return
		fi
	done
}

@test "where systemd does not run, --systemd-cgroup is refused, and nothing is left" {
	oci_script '[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd
		oci --systemd-cgroup create test; echo $?; ls "$STATE"; umount /run/systemd 2>/dev/null; :'
	output_is $'box-oci: --systemd-cgroup: /run/systemd/private: No such file or directory\n1' "see connect_systemd"
	cp "$REPO/final/box-oci" "$BUNDLE/alone"
	oci_script './alone --root "$STATE" --systemd-cgroup create test; echo $?; ls "$STATE"'
	output_has "box-oci: box-systemd: not found beside box" "see helper_path"
	[[ $output == *$'\n1' ]] || report "expected that nothing is left" "see scope_start"
}

@test "a cgroup that processes or other cgroups are in is refused, and no command ends them" {
	local folder process
	folder=$(findmnt -nt cgroup2 -o TARGET | head -n 1)/$OWN_CGROUP
	configure "linux['cgroupsPath'] = '/${folder##*/}'"
	mkdir "$folder"
	sleep 1000 3>&- &
	process=$!
	echo $process >"$folder/cgroup.procs"
	config_fails "the cgroup $folder is in use"
	# As of a create that was killed before it had made anything.
	oci_script 'create test 2>/dev/null; rm -rf "$STATE"; mkdir -p "$STATE/test"; oci delete -f test 2>/dev/null'
	kill $process || report "expected that the other process lives on" "see make_given in cgroup-make.c" || return
	wait $process || true
	mkdir "$folder/inner"
	config_fails "the cgroup $folder is in use"
	rmdir "$folder/inner" "$folder" || report "expected that it is still there" "see in_use in cgroup-make.c"
	find /sys/fs/cgroup -maxdepth 2 -name "${folder##*/}" -exec rmdir {} +
}

@test "a limit of processes holds" {
	configure 'linux["resources"]["pids"] = {"limit": 5}'
	oci_run sh -c 'i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i+1)); done 2>/dev/null; echo started'
	[[ $stderr == *fork* || $status != 0 ]] || report "expected that fork fails" "see resources_write"
}

@test "a limit that cannot be had is an error, and nothing is left" {
	configure 'linux["resources"]["unified"] = {"nosuch.file": "1"}'
	config_fails "resources.unified: no cgroup hierarchy here has nosuch.file"
	while IFS='|' read -r limit text; do
		configure "linux['resources'] = $limit"
		config_fails "box-oci: resources.$text: "
	done <<-'EOF'
		{"network": {"priorities": [{"name": "nosuch0", "priority": 5}]}}|network.priorities
		{"rdma": {"nosuch0": {"hcaHandles": 3, "hcaObjects": 4}}}|rdma
		{"blockIO": {"weightDevice": [{"major": 0, "minor": 0, "weight": 500}]}}|blockIO.weightDevice
		{"blockIO": {"weightDevice": [{"major": 0, "minor": 0, "leafWeight": 500}]}}|blockIO.weightDevice
		{"blockIO": {"leafWeight": 500}}|blockIO.leafWeight
	EOF
}

# What of FILE... there is in the container's cgroup, $OWN_CGROUP.
own_files() {
	command_is sleep 1000
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP'"
	oci_script "create test || cat out; cd /sys/fs/cgroup; for file in $*; do for f in {,*/}\$NAME/\$file; do [ ! -e \$f ] || echo \$(<\$f); done; done
		oci delete -f test"
}

@test "a weight of block devices is as BFQ has it, or else in the scale of io.weight" {
	configure 'linux["resources"]["blockIO"] = {"weight": 500, "leafWeight": 0}'
	own_files blkio.bfq.weight io.bfq.weight
	[[ $output != *"no cgroup hierarchy here has"* ]] || skip "needs the BFQ scheduler, or cgroup v2"
	if [[ $output ]]; then output=${output#default } output_is 500 "see resource_weight"; else own_files io.weight; output_is "default 4950" "see resource_weight"; fi
}

# bats test_tags=vm
@test "network priorities, limits of RDMA and weights of single block devices are written" {
	local disk version=2
	disk=$(</sys/block/vda/dev)
	[[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || version=1
	busybox modprobe bfq && echo bfq >/sys/block/vda/queue/scheduler
	configure "linux['resources']['blockIO'] = {'weightDevice': [{'major': ${disk%:*}, 'minor': ${disk#*:}, 'weight': 300}]}"
	own_files blkio.bfq.weight_device io.bfq.weight
	output_is "default 100 $disk 300" "see resource_weight"
	if ((version == 1)); then
		configure 'linux["resources"] = {"network": {"classID": 1048577, "priorities": [{"name": "lo", "priority": 5}]}}'
		own_files net_cls.classid net_prio.ifpriomap
		output_is $'1048577\nlo 5' "see read_priorities"
	fi
	configure 'linux["resources"] = {"rdma": {"nosuch0": {"hcaHandles": 3, "hcaObjects": 4}}}'
	config_fails "resources.rdma: write nosuch0 hca_handle=3 hca_object=4 to /"
	[[ $stderr == *"/rdma.max: No such device" ]] || report "expected the file, and why" "see write_setting"
}

@test "sysctls are set in the container" {
	configure 'linux["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1"}'
	oci_run cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced
	output_is $'1\n1' "see sysctls_write"
	[[ $(host cat /proc/sys/kernel/shm_rmid_forced) == 0 ]] || fail "the host's was changed"
}

@test "paths are masked and read-only" {
	configure 'linux["maskedPaths"] += ["/only-in-the-rootfs", "/root"]' 'linux["readonlyPaths"].append("/tmp")' 'c["root"]["readonly"] = False'
	touch "$BUNDLE/rootfs/root/secret"
	oci_run sh -c 'cat /only-in-the-rootfs; ls /root; touch /tmp/x; echo 1 >/proc/sys/kernel/panic'
	output_is "" "see mask_paths"
	[[ $stderr == *"/tmp/x: Read-only"*"Read-only"* ]] || report "expected two read-only paths" "see mask_paths"
}

@test "the process has the personality that is said, and one of exec, too" {
	configure 'process["args"] = ["sh", "-c", "cat /proc/self/personality; exec sleep 1000"]'
	for domain in LINUX32=00000008 LINUX=00000000; do
		configure "linux['personality'] = {'domain': '${domain%=*}'}"
		oci_script 'create() { setarch -R "$OCI" --root "$STATE" create "$@" >out </dev/null; }
			create test; oci start test; until_true grep -qs 0 out; cat out; oci exec test cat /proc/self/personality; oci delete -f test'
		output_is "${domain#*=}"$'\n'"${domain#*=}" "see prepare_process"
	done
}

# As systemd-run -p Delegate=yes makes a cgroup. Where there is no v2, there is nothing to delegate.
@test "a container that was made in a delegated cgroup is found from outside of it, and leaves nothing there" {
	local v2
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	configure 'process["args"] = ["sleep", "1000"]'
	oci_script "v2=$v2;"' [[ ! $v2 ]] || { v2=$v2/$NAME && mkdir "$v2" && python3 -c "import os, sys; os.setxattr(sys.argv[1], \"trusted.delegate\", b\"1\")" "$v2"; } || exit
		# box is alone there, so it may make room for limits
		([[ ! $v2 ]] || echo $BASHPID >"$v2/cgroup.procs"; exec "$OCI" --root "$STATE" create test >out </dev/null); [[ ! $v2 ]] || compgen -G "$v2/box.test-*" >/dev/null || echo "nothing is below $v2"
		oci start test; pid=$(oci state test | sed -n "s/.*\"pid\": \([0-9]*\).*/\1/p"); oci exec test sh -c "exec sleep 1234" & until_true eval "exec_child=\$(pgrep -xf \"sleep 1234\")"
		diff /proc/$pid/cgroup /proc/$exec_child/cgroup && echo the same; oci delete -f test; wait; [[ ! $v2 ]] || { until_true rmdir "$v2"; find "$v2" 2>/dev/null; }'
	output_is "the same" "see find_delegated, whose path ends before box.ID, however long the ID is"
}
