# box-oci --systemd-cgroup, which needs systemd and pure cgroup v2: a throw-away machine has both.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/systemd
load ../lib/oci
load ../lib/podman

setup() {
	[[ -d /run/systemd/system ]] || skip "needs systemd"
	! tagged dbus || ((!THROWAWAY)) || start_dbus || return
	if tagged podman; then
		setup_podman systemd
	else
		setup_host
		setup_bundle
		command_is sleep 1000
		configure 'linux["cgroupsPath"] = "a-b.slice:one:two"'
	fi
}

# As oci_script, where `oci` has --systemd-cgroup, `show PROPERTY...` prints what systemd knows of the scope one-two,
# and $folder is its cgroup.
systemd_script() {
	oci_script 'oci() { "$OCI" --root "$STATE" --systemd-cgroup "$@"; }
		show() { systemctl show one-two.scope $(printf " -p %s" "$@"); }
		folder=/sys/fs/cgroup/a.slice/a-b.slice/one-two.scope
		'"$1"
}

# bats test_tags=v2,vm,systemd
@test "a container is in a scope that systemd knows, and so is what exec starts" {
	configure 'linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "cgroup"]'
	systemd_script 'create --pid-file pid test; is test created && show ControlGroup Delegate Slice; oci start test
		cut -d : -f 3 /proc/$(<pid)/cgroup; "$OCI" --root "$STATE" exec test cut -d : -f 3 /proc/self/cgroup; wc -l <$folder/cgroup.procs; oci delete -f test'
	output_is $'Slice=a-b.slice\nControlGroup=/a.slice/a-b.slice/one-two.scope\nDelegate=yes
/a.slice/a-b.slice/one-two.scope\n/a.slice/a-b.slice/one-two.scope\n1' "see scope_start"
	command_is cut -d : -f 3 /proc/self/cgroup
	run_on_host unshare --pid --fork --mount-proc "$OCI" --root "$STATE" --systemd-cgroup run -b "$BUNDLE" test
	output_is /a.slice/a-b.slice/one-two.scope "box-oci may have another PID than systemd sees"
}

# bats test_tags=v2,vm,systemd
@test "limits are in force, and systemd knows them; update changes both" {
	configure 'linux["resources"].update({"memory": {"limit": 67108864, "reservation": 33554432}, "pids": {"limit": 12}, "cpu": {"quota": 33333, "period": 100000, "shares": 256, "cpus": "0"}})'
	systemd_script 'limits() { show MemoryMax MemoryLow TasksMax CPUQuotaPerSecUSec CPUWeight | sort; (cd $folder && cat memory.max memory.low pids.max cpu.max cpu.weight cpuset.cpus); }
		create test; oci start test; limits; echo; "$OCI" --root "$STATE" update --memory 128m --pids-limit -1 --cpu-quota 50000 --cpu-period 200000 test; limits; echo
		oci update --pids-limit 9 test; oci exec test sh -c "i=0; while [ \$i -lt 20 ]; do sleep 5 & i=\$((i+1)); done; :" 2>&1 | tail -n 1; oci update --pids-limit 99 test
		systemctl daemon-reload; limits | grep -c -e "^99$" -e "^134217728$"; oci exec test sh -c ": </dev/null && echo null"; oci delete -f test'
	output_is $'CPUQuotaPerSecUSec=333.330ms\nCPUWeight=10\nMemoryLow=33554432\nMemoryMax=67108864\nTasksMax=12
67108864\n33554432\n12\n33333 100000\n10\n0

CPUQuotaPerSecUSec=250ms\nCPUWeight=10\nMemoryLow=33554432\nMemoryMax=134217728\nTasksMax=infinity
134217728\n33554432\nmax\n50000 200000\n10\n0

sh: can\'t fork: Resource temporarily unavailable\n2\nnull' "see append_limits"
}

# bats test_tags=v2,vm,systemd
@test "a unit ends with its container, and its name can be used again at once" {
	systemd_script 'for i in 1 2 3; do create test; oci start test; [ $i = 1 ] && oci pause test && is test paused && oci resume test; oci kill test KILL; until_true is test stopped
			oci kill -a test KILL; "$OCI" --root "$STATE" delete test || echo failed; [ ! -e $folder ] || echo stays; show LoadState; done
		create test; oci delete test; oci run --detach test >out </dev/null; oci delete -f test; systemctl list-units --all --plain --no-legend "one-*"'
	output_is $'LoadState=not-found\nLoadState=not-found\nLoadState=not-found' "see scope_stop"
	command_is sh -c 'exit 7'
	systemd_script 'oci run test; echo $?; show LoadState'
	output_is $'7\nLoadState=not-found' "see oci_remove"
}

# bats test_tags=v2,vm,systemd
@test "without a PID namespace of its own, all of the container ends" {
	configure 'linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "pid"]'
	command_is sh -c 'sleep 2000 & sleep 3000'
	systemd_script 'create test; oci start test; until_true pgrep -fx "sleep 2000" >/dev/null; oci delete -f test; pgrep -afx "sleep 2000"; show LoadState'
	output_is LoadState=not-found "see delete_oci"
}

# bats test_tags=v2,vm,systemd
@test "a unit that is there already is refused, and stays as it is" {
	systemd_script 'systemd-run -q --scope --unit=one-two sleep 1000 & until_true systemctl -q is-active one-two.scope
		create test; echo $?; ls "$STATE"; show ActiveState; kill $!; wait $! 2>/dev/null; :'
	output_has $'one-two.scope was already loaded' "see send_message"
	output_has $'\n1\nActiveState=active' "see scope_start: only what it has started is stopped"
}

# bats test_tags=v2,vm,systemd
@test "a unit that another one has started since is not stopped" {
	systemd_script 'create --pid-file pid test; kill -9 $(<pid); until_true eval "! systemctl -q is-active one-two.scope"
		systemd-run -q --scope --slice=a-b --unit=one-two sleep 1000 & until_true systemctl -q is-active one-two.scope
		oci delete -f test; show ActiveState; kill $!; wait $! 2>/dev/null; oci list -q'
	output_is ActiveState=active "see is_others"
}

# bats test_tags=v2,vm,systemd
@test "the forms of cgroupsPath, and none, give units their names and slices" {
	local form
	for form in ":one:two system.slice/one-two.scope" "-:one:two one-two.scope" "a-b-c.slice::two a.slice/a-b.slice/a-b-c.slice/-two.scope" " system.slice/box-oci-test.scope"; do
		configure "linux['cgroupsPath'] = '${form% *}'"
		systemd_script 'create --pid-file pid test; cut -d : -f 3 /proc/$(<pid)/cgroup | sed -E "s/(oci-test)-[0-9a-f]{16}/\1/"; oci delete test'
		output_is "/${form#* }" "see slice_path" || return
	done
	for form in /a/b a; do
		configure "linux['cgroupsPath'] = '$form'"
		systemd_script 'create test; ls "$STATE"'
		output_is "box-oci: config.json: linux.cgroupsPath: not of systemd's form, NAME.slice:PREFIX:NAME, as --systemd-cgroup needs it" "see scope_name"
	done
	configure 'linux["cgroupsPath"] = "--.slice:one:two"'
	systemd_script 'create test; ls "$STATE"'
	output_has "box-oci: systemd: one-two.scope: " "the error is systemd's"
}

# bats test_tags=v2,vm,systemd
@test "a box-oci that is killed leaves no unit" {
	configure "c['hooks'] = {'createRuntime': [{'path': '/bin/sh', 'args': ['sh', '-c', 'echo \$\$ >$DIR/hook; exec sleep 100']}]}"
	systemd_script '"$OCI" --root "$STATE" --systemd-cgroup create test >out 2>&1 </dev/null & until_true test -s ../hook; show ActiveState; kill -9 $! $(<../hook); wait $! 2>/dev/null
		until_true eval "show LoadState | grep -q not-found"; show LoadState; oci delete -f test; ls "$STATE"'
	output_is $'ActiveState=active\nLoadState=not-found' "see main in box-systemd.c, and scope_start"
}

# bats test_tags=v2,vm,systemd,podman
@test "podman with its cgroup manager systemd: containers, limits, pods" {
	podman_script 'show() { cut -d : -f 3 /proc/$(podman inspect -f "{{.State.Pid}}" c)/cgroup; systemctl show "libpod-$(podman inspect -f "{{.Id}}" c).scope" -p MemoryMax,TasksMax,CPUQuotaPerSecUSec,Slice; }
		podman info -f "{{.Host.CgroupManager}}"; none -d --name c -m 64m --pids-limit 33 --cpus 0.5 image sleep 1000; show
		podman pause c; podman unpause c; podman restart -t 0 c; show; podman rm -f -t 0 c; podman pod create --name p --network none; podman run -d --name c --pod p image sleep 1000
		show | sed "s/pod_pod_[0-9a-f]*/pod_pod_P/"; podman pod rm -f -t 0 p; systemctl list-units --all --plain --no-legend "libpod-*" "machine-*"'
	output_has $'systemd\nID\n/machine.slice/libpod-ID.scope\nSlice=machine.slice\nCPUQuotaPerSecUSec=500ms\nMemoryMax=67108864\nTasksMax=33\n' "see scope_start"
	output_has $'\n/machine.slice/machine-libpod_pod_P.slice/libpod-ID.scope\n' "see slice_path"
}

# users_podman RUNTIME SCRIPT: a script of the user ordinary, whose own systemd runs, and in whose cgroup the script is.
users_podman() {
	run_on_host env RUNTIME="$1" STORE=/mnt FINAL="$REPO/final" bash -c '
		exec 2>&1
		grep -q ^ordinary: /etc/passwd || {
			echo "ordinary:x:4321:4321::$STORE/home:/bin/sh" >>/etc/passwd; echo ordinary:x:4321: >>/etc/group; echo "ordinary:!:19000:0:99999:7:::" >>/etc/shadow
			echo ordinary:200000:65536 | tee -a /etc/subuid >>/etc/subgid
		}
		mount --make-rshared / && mount -t tmpfs -o mode=755 store "$STORE" && mkdir -p "$STORE/home/.config/containers" && cp policy.json "$STORE/home/.config/containers" && cp -r . "$STORE/home" || exit
		cp "$FINAL"/box-{oci,seccomp,systemd} "$STORE" && chown -R 4321:4321 "$STORE/home"
		systemctl start user@4321.service || exit
		group=/sys/fs/cgroup/user.slice/user-4321.slice/user@4321.service/app.slice/test.scope
		mkdir -p $group && chown 4321:4321 $group $group/cgroup.procs && echo $$ >$group/cgroup.procs
		[[ $RUNTIME == runc ]] || RUNTIME=$STORE/box-oci
		(cd "$STORE/home" && exec env -i PATH="$PATH" USER=ordinary HOME="$STORE/home" XDG_RUNTIME_DIR=/run/user/4321 CONTAINERS_CONF="$STORE/home/containers.conf" RUNTIME="$RUNTIME" \
			DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/4321/bus setpriv --reuid 4321 --regid 4321 --clear-groups bash -c "$1")
		echo $$ >"/sys/fs/cgroup$2/cgroup.procs"; systemctl stop user@4321.service; umount -l "$STORE"' - "
		STORAGE=()
		$PODMAN_SCRIPT
		podman import -q image.tar image >/dev/null
		$2
		podman rm -afit 0 >/dev/null; podman system migrate; ended" "$(sed -n 's/^0:://p' /proc/self/cgroup)" </dev/null
}

# bats test_tags=v2,vm,systemd,podman,dbus
@test "an ordinary user's podman has its containers in scopes of the user's systemd" {
	sed -i '/default_ulimits/d' "$DIR/containers.conf" # an ordinary user keeps what there is
	with_both users_podman 'none -d --name c -m 64m --pids-limit 20 --cpus 0.5 image sleep 1000; podman exec c sh -c "cd /sys/fs/cgroup; cat memory.max pids.max cpu.max"
		unit=libpod-$(podman inspect -f "{{.Id}}" c).scope; systemctl --user show -p Slice -p MemoryMax -p TasksMax $unit; systemctl --user show -p ControlGroup $unit | grep -c user@4321.service/user.slice/libpod-
		podman pause c 2>/dev/null; podman inspect -f "{{.State.Status}}" c; podman unpause c 2>/dev/null; podman exec c echo runs; podman kill c; podman wait c; podman rm c
		systemctl --user list-units --all --plain --no-legend $unit | wc -l'
	output_has $'67108864\n20\n50000 100000\nSlice=user.slice\nMemoryMax=67108864\nTasksMax=20\n1' "see top_path and own_controllers"
	output_has $'paused\n' "see cgroup_mark"
	output_has $'runs\n' "see cgroup_mark"
	output_has $'\n0' "see scope_stop"
}
