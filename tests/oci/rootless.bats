# podman of an ordinary user runs its containers on box-oci, as it does on runc: each command is run with both, and must give the
# same output and exit status. The user, ordinary, is made for the test, in files of /etc that are the test's own.
#
# shellcheck disable=SC2016,SC2034,SC2154 # scripts for the host; variables of helper.bash
ON_THE_MACHINE=yes # podman and conmon have places of their own
load ../lib/helper
load ../lib/oci
load ../lib/podman

setup() {
	command -v newuidmap newgidmap >/dev/null || fail "install the package uidmap" || return
	setup_podman cgroupfs
	sed -i '/default_ulimits/d' "$DIR/containers.conf" # an ordinary user keeps what there is
}

# ordinary_script SCRIPT: as podman_script, for an ordinary user. Without a network, as slirp4netns need not be there.
ordinary_script() { with_both as_ordinary "$1"; }

# as_ordinary RUNTIME SCRIPT: in a mount namespace of its own, where / is shared, as podman wants it. What an ordinary user can reach
# lies in a tmpfs, with a layer over /etc that has this user, and a /run in which only root can write. The process that keeps podman's namespaces ends at the end.
as_ordinary() {
	run_on_host unshare -m --propagation private env RUNTIME="$1" STORE=/mnt FINAL="$REPO/final" SANITIZED="${ASAN_OPTIONS:+ASAN_OPTIONS=$ASAN_OPTIONS}" bash -c '
		exec 2>&1
		mount --make-rshared / && mount -t tmpfs -o mode=755 run /run && mount -t tmpfs -o mode=755 store "$STORE" && mkdir "$STORE"/{etc,work,home,run,final} || exit
		mount -t overlay -o "lowerdir=/etc,upperdir=$STORE/etc,workdir=$STORE/work" layer /etc && mount --bind "$FINAL" "$STORE/final" || exit
		echo "root:x:0:0::/root:/bin/sh
ordinary:x:4321:4321::$STORE/home:/bin/sh" >/etc/passwd
		echo "root:x:0:
ordinary:x:4321:" >/etc/group
		echo "${SINGLE:+no}ordinary:200000:65536" | tee /etc/subuid >/etc/subgid
		mkdir -p "$STORE/home/.config/containers" && cp policy.json "$STORE/home/.config/containers"
		cp -r . "$STORE/home" && chown -R 4321:4321 "$STORE/home" "$STORE/run" && chmod 700 "$STORE/run" || exit
		[[ $RUNTIME == runc ]] || RUNTIME=$STORE/final/box-oci
		[[ ! $SANITIZED || $RUNTIME == runc ]] || { printf "#!/bin/sh\nexec env %q %q \"\$@\"\n" "$SANITIZED" "$RUNTIME" >"$STORE/box-oci" && chmod +x "$STORE/box-oci" && RUNTIME=$STORE/box-oci; }
		cd "$STORE/home" && exec env -i PATH="$PATH" STORE="$STORE" USER=ordinary HOME="$STORE/home" XDG_RUNTIME_DIR="$STORE/run" TMPDIR="$STORE/home" \
			CONTAINERS_CONF="$STORE/home/containers.conf" RUNTIME="$RUNTIME" setpriv --reuid 4321 --regid 4321 --clear-groups bash -c "$1"' - "
		STORAGE=()
		$PODMAN_SCRIPT
		podman import -q image.tar image >/dev/null
		$2
		podman rm -afit 0 >/dev/null; podman system migrate; ended" </dev/null
}

@test "an ordinary user's podman run: output, exit status, signals, standard input, errors" {
	ordinary_script 'none --rm image sh -c "echo out; echo err >&2; exit 42" 2>err; echo "status $?"; cat err
		none --rm image sh -c "kill -9 \$\$; sleep 0.2; sh -c \"kill -9 \\\$\\\$\""; echo "status $?"
		echo typed | none --rm -i image cat
		none --rm image nosuch 2>&1 | grep -o "executable file not found in \$PATH"; none --rm image /plain 2>&1 | grep -oi "permission denied" | head -n 1'
	output_has $'out\nstatus 42\nerr' "see usual_root, for the folder of containers"
	output_has $'typed\nexecutable file not found in $PATH\npermission denied' "see find_program"
}

@test "an ordinary user's podman run -d, logs, exec, top, inspect, stop, start, kill, rm" {
	ordinary_script "$LIFE"
	output_has "exited 9" "SIGTERM reaches the process"
	output_has $'inside\n0\nstatus 4' "see namespaces_to_join"
}

@test "an ordinary user's podman with terminals" {
	ordinary_script "$TERMINALS"
	output_has hello "see send_console"
	output_has terminal "see send_console"
	output_has again "see send_console"
}

@test "an ordinary user's podman: users, mounts, privileges, priorities" {
	ordinary_script 'none --rm --user 1000:1000 --group-add 7 image id
		none --rm --read-only image sh -c "exec 2>&1; touch /x; touch /tmp/y && echo tmp"
		mkdir -p volume; echo content >volume/file
		none --rm -v "$PWD/volume:/v:ro" image sh -c "exec 2>&1; cat /v/file; touch /v/x"; none --rm -v "$PWD/volume:/v" image touch /v/made; ls volume
		none --rm -v "$PWD/volume:/v:O" image sh -c "echo more >>/v/file; cat /v/file; echo >/v/new"; cat volume/*
		none --rm --tmpfs /etc --tmpfs /new image sh -c "exec 2>&1; cat /etc/passwd; stat -c %a /new /tmp"
		none --rm --hostname name --cap-add NET_ADMIN --cap-drop CHOWN image sh -c "hostname; grep Cap /proc/self/status"
		none --rm --security-opt seccomp=unconfined image grep Seccomp: /proc/self/status; none --rm image grep Seccomp: /proc/self/status
		none --rm --security-opt no-new-privileges image grep NoNew /proc/self/status
		none --rm --sysctl net.ipv4.ip_forward=1 --shm-size 1m --oom-score-adj 500 --umask 077 image sh -c "cat /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj; umask; df /dev/shm | tail -n 1"
		none --rm --oom-score-adj -500 image true 2>/dev/null; echo "status $?"
		none --rm --ulimit nofile=99:99 image sh -c "ulimit -n"; none --rm --ulimit nofile=10000000:10000000 image true 2>/dev/null; echo "status $?"
		none --rm image sh -c "ls -l /dev | grep -v core | cut -c 1-47; for i in null zero full random urandom tty; do stat -c %t:%T /dev/\$i; done"
		none --rm --device /dev/null:/dev/other image ls -l /dev/other | cut -c 1-50
		none --rm image sh -c "cat /proc/self/cgroup; ls /sys/fs/cgroup | grep -v unified; ls /proc/acpi /sys/firmware; cat /proc/keys; echo 1 >/proc/sys/kernel/domainname"
		none --rm --privileged image grep -E "Cap|Seccomp:" /proc/self/status'
	output_has "uid=1000" "see read_user"
	output_has "crw-rw-rw-" "see devices_take"
}

@test "an ordinary user's podman: user namespaces, and namespaces that are the host's" {
	ordinary_script 'none --rm --userns keep-id image sh -c "id; cat /proc/self/uid_map /proc/self/gid_map; touch /tmp/x; stat -c %u:%g /tmp/x"
		none --rm --userns keep-id --user 0 image sh -c "id -u; touch /x; grep Cap /proc/self/status"; none --rm --userns nomap image sh -c "id; cat /proc/self/uid_map"
		none --rm --uidmap 0:1:1000 --gidmap 0:1:1000 image sh -c "id; cat /proc/self/uid_map; touch /x; stat -c %u:%g /x"
		none -d --name u --userns keep-id image sleep 1000; podman exec u id -u; podman exec u cat /proc/self/uid_map; podman run --rm --userns container:u --network none image sh -c "id -u; cat /proc/self/uid_map"
		podman run --rm --network container:u --userns container:u image ls /sys/class/net
		podman run --rm --network host --pid host image sh -c "[ \$\$ -gt 2 ] && echo host; ls /sys/kernel; touch /sys/x" 2>&1; podman run -d --name h --pid host --network none image sh -c "sleep 1000"; podman exec h echo in it; podman kill h; podman wait h'
	output_has $'uid=4321(ordinary) gid=4321(ordinary)' "see namespaces_prepare"
	output_has $'host\n' "see cgroupfs_take and namespaces_to_join"
}

@test "an ordinary user's containers share namespaces" {
	ordinary_script 'podman pod create --name p --infra=false >/dev/null; podman run --rm --pod p --network none image echo in a pod
		none -d --name one image sleep 1000; podman run --rm --network container:one --pid container:one --ipc container:one image sh -c "cat /proc/1/comm; ls /sys/class/net"; echo "status $?"
		podman run --rm --network container:one image ls /sys/class/net; none --rm --pid container:one image cat /proc/1/comm; none --rm --ipc container:one image echo ipc; none --rm --uts container:one image hostname'
	output_has "in a pod" "see namespaces_enter"
	output_has $'sleep\nlo\nstatus 0\nlo\nsleep\nipc' "see namespaces_return"
}

@test "an ordinary user's pods: an infra container keeps the namespaces that all have" {
	ordinary_script 'podman pod create --name p --network none --hostname pod --share net,ipc,uts
		podman run -d --pod p --name one image sh -c "trap exit TERM; nc -lp 7000 -e echo from one; while :; do sleep 0.05; done"
		podman run --rm --pod p image sh -c "hostname; ls /sys/class/net; until nc 127.0.0.1 7000; do sleep 0.05; done; ps -o comm"
		state() { podman pod ps --format "{{.Name}} {{.Status}} {{.NumberOfContainers}}"; podman inspect -f "{{.Name}} {{.State.Status}}" one; }
		state; podman pod stop -t 20 p; until_true eval "state | grep -q exited"; state
		podman pod start p; podman pod kill p; until_true eval "state | grep p.Exited && state | grep -q one.exited" >/dev/null; state; podman pod rm -f p; podman pod ps -q
		podman pod create --name q --network none --share net,pid >/dev/null; podman run -d --pod q --name two image sleep 2000
		podman run --rm --pod q image ps -o args | grep sleep; podman exec two cat /proc/1/comm; podman pod rm -f -t 0 q 2>/dev/null'
	output_has $'pod\nlo\nfrom one' "see namespaces_return"
	output_has $'sleep 2000\ncatatonit' "see namespaces_enter_but_pids"
}

@test "an ordinary user's podman healthcheck, cp, restart, exec --privileged and run --init" {
	ordinary_script "$HEALTH"
	output_has $'status 0\nready' "see oci_command_exec"
	output_has podman-init "the first process is podman's init"
}

@test "an ordinary user's podman build with RUN" {
	ordinary_script 'mkdir -p context; printf "FROM image\nRUN echo built >/built && id -u\nUSER 1000\nCMD id -u; cat /built\n" >context/Containerfile
		for isolation in oci rootless; do podman build -q --isolation $isolation --network none -t new --runtime "$RUNTIME" context >/dev/null; none --rm new; podman rmi -f new >/dev/null; done'
	output_has $'1000\nbuilt\n1000\nbuilt' "see devices_control"
}

# A bundle of box-oci's own, with a copy of the test's root filesystem. `configure STATEMENT...` changes config.json, see oci.bash.
BUNDLE_SCRIPT='
	mkdir -p bundle/rootfs && tar -C bundle/rootfs --exclude "./dev/*" -xf image.tar && cd bundle && "$RUNTIME" spec || exit
	configure() { python3 -c "import json, sys
c = json.load(open(\"config.json\")); process, linux = c[\"process\"], c[\"linux\"]
for statement in sys.argv[1:]: exec(statement)
json.dump(c, open(\"config.json\", \"w\"))" "$@"; }
	own_users() { rm config.json && "$RUNTIME" spec --rootless && configure "process[\"terminal\"] = False"; }
	configure "process[\"terminal\"] = False; linux[\"namespaces\"] = [n for n in linux[\"namespaces\"] if n[\"type\"] != \"cgroup\"]"'

@test "an ordinary user's box-oci makes containers with a user namespace, without one in which it is root" {
	as_ordinary "$OCI" "$BUNDLE_SCRIPT"'
		"$RUNTIME" run test; echo "status $?"
		podman unshare env USER=root "$RUNTIME" run test; podman unshare env -u XDG_RUNTIME_DIR "$RUNTIME" run test; podman system migrate
		own_users; configure "process[\"args\"] = [\"sh\", \"-c\", \"id -u; cat /proc/self/uid_map; touch /dev/null; cat /proc/self/setgroups; exec sleep 1000\"]"
		"$RUNTIME" run --detach test </dev/null >out 2>&1; until_true grep -q deny out; cat out; "$RUNTIME" exec test sh -c "ls /sys | grep -c kernel; ls /sys/class/net | grep lo"; "$RUNTIME" list -q; ls "$XDG_RUNTIME_DIR/box-oci"
		"$RUNTIME" exec test sh -c "echo inside; id -u; exit 4"; echo "status $?"; "$RUNTIME" ps test | grep -c "sleep 1000"; "$RUNTIME" state test | grep -o running
		"$RUNTIME" pause test; "$RUNTIME" update --pids-limit 9 test; "$RUNTIME" kill -a test KILL; until_true eval "$RUNTIME state test | grep -q stopped"; "$RUNTIME" delete test; "$RUNTIME" list -q
		configure "linux[\"uidMappings\"] = linux[\"gidMappings\"] = [{\"containerID\": 0, \"hostID\": 4321, \"size\": 1}, {\"containerID\": 1, \"hostID\": 200000, \"size\": 100}]" "process[\"args\"] = [\"cat\", \"/proc/self/uid_map\"]"
		"$RUNTIME" run test; configure "linux[\"uidMappings\"][1][\"hostID\"] = 1"; "$RUNTIME" run test 2>&1 | tail -n 1; PATH=/nowhere "$RUNTIME" run test
		mkdir -m 555 closed; env -u XDG_RUNTIME_DIR "$RUNTIME" --root closed/a/b run test; rmdir closed'
	output=$(tr -s " " <<<"$output" | sed 's,/run/box-oci: .*,/run/box-oci: no,') # the machine may have the folder, or not
	output_has $'box-oci: linux.namespaces: without a user namespace, only root can make the container; podman unshare, or unshare -r, makes a user root\nstatus 1\nbox-oci: /run/box-oci: no\nbox-oci: without XDG_RUNTIME_DIR or --root: /run/box-oci: no' "see make in oci-create.c, and usual_root"
	output_has $'0\n 0 4321 1\ndeny\n1\nlo\ntest\ntest\ninside\n0\nstatus 4\n1\nrunning' "see id_maps_write and namespaces_become_root"
	output_has "box-oci: the container has no cgroup, so it cannot be paused" "see cgroup_freeze"
	output_has "box-oci: resources.pids.limit: no cgroup that can have it is delegated to this user: " "see write_nothing"
	output_has $'\n 0 4321 1\n 1 200000 100\nbox-oci: newuidmap cannot map these IDs: status 1\nbox-oci: newuidmap, which has to map these IDs, is not installed\nbox-oci: closed/a/b: Permission denied' "see run_mapper; and no_root"
}

@test "an ordinary user's box-oci, if the user could change its file, runs from a copy" {
	as_ordinary "$OCI" "$BUNDLE_SCRIPT"'
		own_users; printf "#!/bin/sh\nreadlink /proc/\$PPID/exe >>$PWD/exe\n" >hook; chmod +x hook; cp "$STORE/final/box-oci" .
		configure "process[\"args\"] = [\"true\"]; c[\"hooks\"] = {\"prestart\": [{\"path\": \"$PWD/hook\"}]}"
		"$RUNTIME" run test; ./box-oci run test; cat exe'
	output_has $'/mnt/final/box-oci\n/memfd:box (deleted)' "see protect_by_copy"
}

@test "an ordinary user's limits need a cgroup that is delegated, and so does one that has a name" {
	as_ordinary "$OCI" "$BUNDLE_SCRIPT"'
		configure "process[\"args\"] = [\"sh\", \"-c\", \"id -u; cat /proc/self/cgroup | wc -l\"]" "linux[\"resources\"][\"pids\"] = {\"limit\": -1}"
		podman unshare "$RUNTIME" run test >/dev/null; echo "status $?"
		configure "linux[\"resources\"][\"pids\"] = {\"limit\": 20}"; podman unshare "$RUNTIME" run test; echo "status $?"
		configure "linux[\"resources\"] = {}; linux[\"cgroupsPath\"] = \"/own/test\""; podman unshare "$RUNTIME" run test; echo "status $?"; podman unshare "$RUNTIME" list -q'
	output_has $'status 0\nbox-oci: resources.pids.limit: no cgroup that can have it is delegated to this user: ' "see write_nothing"
	output_has $'status 1\nbox-oci: mkdir ' "see make_cgroup_in"
	output_has $'/own: Permission denied\nstatus 1' "see make_cgroup_in"
}

@test "an ordinary user's containers: hooks, and a network namespace that a path names" {
	ordinary_script 'mkdir -p hooks; printf "#!/bin/sh\ncat >/dev/null; id -u >>$PWD/ran\n" >hook; chmod +x hook
		for stage in prestart createRuntime poststart poststop; do echo "{\"version\": \"1.0.0\", \"hook\": {\"path\": \"$PWD/hook\"}, \"when\": {\"always\": true}, \"stages\": [\"$stage\"]}" >hooks/$stage.json; done
		podman --hooks-dir hooks run --rm --network none image echo with hooks; sort ran | uniq -c
		podman unshare sh -c "unshare -n sleep 1000 & echo \$! >pid"; until_true eval "[[ \$(readlink /proc/\$(cat pid)/ns/net) != \$(readlink /proc/self/ns/net) ]]"
		podman run --rm --network ns:/proc/$(cat pid)/ns/net image ls /sys/class/net; echo "status $?"; kill $(cat pid)'
	output_has $'with hooks\n      4 0\nlo\nstatus 0' "see namespaces_return"
}

@test "an ordinary user with a single ID runs containers whose groups nobody can change" {
	SINGLE=yes ordinary_script 'none --rm image sh -c "id; cat /proc/self/uid_map; cat /proc/self/setgroups; grep Groups: /proc/self/status"; echo "status $?"
		none -d --name c image sleep 1000; podman exec c id -u; podman kill c; podman wait c'
	output_has $'deny\nGroups:' "see set_groups"
	output_has $'status 0' "see set_groups"
}
