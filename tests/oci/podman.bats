# podman runs its containers on box-oci, as it does on runc: each command is run with both, and must
# give the same output and exit status. Debian's podman, conmon and runc; storage in a temporary folder.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
ON_THE_MACHINE=yes # podman and conmon have places of their own
load ../lib/helper
load ../lib/oci
load ../lib/podman

setup() { setup_podman cgroupfs; }

# podman leaves its pods' cgroups in some hierarchies of v1: those that were not there before go.
pods_cgroups() { find /sys/fs/cgroup -depth -type d -path '*/libpod_parent/[0-9a-f]*' 2>/dev/null || :; } # others' come and go

eval "helper_$(declare -f setup_file)"
setup_file() {
	helper_setup_file || return
	pods_cgroups >"$BATS_FILE_TMPDIR/before"
}

teardown_file() {
	pods_cgroups | grep -vxFf "$BATS_FILE_TMPDIR/before" | xargs -r rmdir 2>/dev/null || :
	remove_parents libpod_parent
}

@test "podman run: output, exit status, signals, standard input" {
	podman_script 'none --rm image sh -c "echo out; echo err >&2; exit 42" 2>err; echo "status $?"; cat err
		none --rm image sh -c "kill -9 \$\$; sleep 0.2; sh -c \"kill -9 \\\$\\\$\""; echo "status $?"
		echo typed | none --rm -i image cat
		none --rm image nosuch >/dev/null 2>&1; echo "status $?"
		none --rm image /plain >/dev/null 2>&1; echo "status $?"'
	output_has $'out\nstatus 42\nerr' "see oci-commands.c"
	output_has $'typed\nstatus 127\nstatus 126' "see find_program"
}

@test "podman run --systemd=always: the container is in the hierarchy of systemd, which has the same name inside" {
	podman_script 'none --rm --systemd=always image sh -c "cat /proc/self/cgroup | grep systemd; awk \"\\\$5 ~ /systemd/ { print \\\$4, \\\$5 }\" /proc/self/mountinfo | sort; [ ! -d /sys/fs/cgroup/systemd ] || { mkdir /sys/fs/cgroup/systemd/own.test && rmdir /sys/fs/cgroup/systemd/own.test && echo made; }
		mkdir /sys/fs/cgroup/pids/own.test"; echo $?'
	! grep -q " - cgroup cgroup .*name=systemd" /proc/self/mountinfo || [[ $output == *systemd:*libpod-ID*made* ]] ||
		fail "expected a cgroup of the container's: $output" "hint: see CONTROLLER_SYSTEMD in cgroup-make.c"
}

@test "podman run -d, logs, exec, top, inspect, stop, start, kill, rm" {
	podman_script "$LIFE"
	output_has "exited 9" "SIGTERM reaches the process"
	output_has $'inside\n0\nstatus 4' "see oci_command_exec"
}

@test "podman pause and unpause" {
	podman_script 'none -d --name c image sleep 1000; podman pause c; podman inspect -f "{{.State.Status}}" c; podman exec c true; echo "status $?"
		podman unpause c; podman exec c echo runs; podman pause c; podman rm -f -t 0 c'
	output_has paused "see set_frozen"
	output_has runs "see set_frozen"
}

@test "podman with terminals" {
	podman_script "$TERMINALS"
	output_has hello "see send_console"
	output_has terminal "see send_console"
	output_has again "see send_console"
}

@test "podman's limits, users, mounts and privileges" {
	podman_script 'none --rm -m 64m --cpus 0.5 --pids-limit 20 --cpu-shares 512 image sh -c "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max cpu/cpu.shares memory.max pids.max cpu.max 2>/dev/null"
		none --rm --user 1000:1000 --group-add 7 image id
		none --rm --read-only image sh -c "exec 2>&1; touch /x; touch /tmp/y && echo tmp"
		mkdir -p volume; rm -f volume/*; echo content >volume/file
		none --rm -v "$PWD/volume:/v:ro" image sh -c "exec 2>&1; cat /v/file; touch /v/x"; none --rm -v "$PWD/volume:/v" image touch /v/made; ls volume
		none --rm --tmpfs /etc --tmpfs /new image sh -c "exec 2>&1; cat /etc/passwd; stat -c %a /new /tmp"
		none --rm --hostname name --cap-add NET_ADMIN --cap-drop CHOWN image sh -c "hostname; grep Cap /proc/self/status"
		none --rm --security-opt seccomp=unconfined image grep Seccomp: /proc/self/status; none --rm image grep Seccomp: /proc/self/status
		none --rm --security-opt no-new-privileges image grep NoNew /proc/self/status
		none --rm --sysctl net.ipv4.ip_forward=1 --shm-size 1m --oom-score-adj 500 --umask 077 image sh -c "cat /proc/sys/net/ipv4/ip_forward /proc/self/oom_score_adj; umask; df /dev/shm | tail -n 1"
		none --rm --device /dev/null:/dev/other image ls -l /dev/other | cut -c 1-50
		none --rm --privileged image grep -E "Cap|Seccomp:" /proc/self/status'
	output_has "uid=1000" "see read_user"
}

@test "podman's user namespaces, and those that are the host's" {
	podman_script 'none --rm --uidmap 0:100000:65536 --gidmap 0:100000:65536 image sh -c "id; cat /proc/self/uid_map; touch /x; stat -c %u:%g /x; echo text >/dev/null && cat /etc/passwd"
		none -d --name u --uidmap 0:100000:65536 --gidmap 0:100000:65536 image sleep 1000; podman exec u id -u; podman exec u cat /proc/self/uid_map; podman run --rm --userns container:u --network none image sh -c "id -u; cat /proc/self/uid_map"
		podman run --rm --network host --pid host --ipc host --uts host image sh -c "hostname; [ \$\$ -gt 2 ] && echo host"'
	output_has 100000 "see namespaces_prepare"
}

@test "podman pods share namespaces" {
	podman_script 'podman pod create --name p --infra=false >/dev/null; podman run --rm --pod p --network none image echo in a pod
		none -d --name one image sleep 1000; podman run --rm --network container:one --pid container:one --ipc container:one image sh -c "cat /proc/1/comm; ls /sys/class/net"'
	output_has "in a pod" "see namespaces_enter"
}

@test "podman pods: an infra container keeps the namespaces that all have" {
	podman_script 'podman pod create --name p --network none --hostname pod --share net,ipc,uts
		podman run -d --pod p --name one image sh -c "trap exit TERM; nc -lp 7000 -e echo from one; while :; do sleep 0.05; done"
		podman run --rm --pod p image sh -c "hostname; ls /sys/class/net; until nc 127.0.0.1 7000; do sleep 0.05; done; ps -o comm"
		state() { podman pod ps --format "{{.Name}} {{.Status}} {{.NumberOfContainers}}"; podman inspect -f "{{.Name}} {{.State.Status}}" one; }
		state; podman pod pause p; state; podman pod unpause p; podman pod stop -t 20 p; until_true eval "state | grep -q exited"; state
		podman pod start p; podman pod kill p; until_true eval "state | grep p.Exited && state | grep -q one.exited" >/dev/null; state; podman pod rm -f p; podman pod ps -q'
	output_has $'pod\nlo\nfrom one' "see namespaces_enter"
	output_has $'p Paused 2\none paused' "see set_frozen"
}

@test "podman pods that share their PIDs: a container ends as a whole" {
	podman_script 'podman pod create --name p --network none --share net,pid >/dev/null
		podman run -d --pod p --name one image sh -c "sleep 1000 & sleep 2000 & wait"; podman run -d --pod p --name two image sleep 3000
		seen() { podman exec two ps -o args | grep -o "sleep .000$"; }
		until_true eval "seen | grep -q 2000"; podman exec two cat /proc/1/comm; seen
		podman kill one; podman wait one; seen; podman start one; until_true eval "seen | grep -q 2000"
		podman stop -t 0 one 2>/dev/null; seen; podman restart -t 0 two; seen; podman pod rm -f -t 0 p'
	output_has $'sleep 3000\none\n137\nsleep 3000\none' "see own_pids in kill_oci"
}

@test "podman play kube" {
	podman_script 'podman build -q --network none -t kube - >/dev/null <<<"FROM image
ENV PATH=/bin"
		cat >pod.yaml <<-END
			apiVersion: v1
			kind: Pod
			metadata: {name: kube}
			spec:
			  containers:
			  - {name: one, image: localhost/kube, imagePullPolicy: Never, command: [sh, -c, "echo one; sleep 1000"], securityContext: {readOnlyRootFilesystem: true, runAsUser: 1000}, resources: {limits: {memory: 64Mi}}, volumeMounts: [{name: v, mountPath: /v}]}
			  - {name: two, image: localhost/kube, imagePullPolicy: Never, command: [sleep, "1000"], volumeMounts: [{name: v, mountPath: /v}]}
			  volumes: [{name: v, emptyDir: {}}]
		END
		podman play kube --network none pod.yaml >/dev/null; echo "status $?"; until_true eval "podman logs kube-one | grep one"
		podman exec kube-two sh -c "ps -o args; echo written by two >/v/file"; podman exec kube-one sh -c "exec 2>&1; cat /v/file; id -u; touch /x"
		podman play kube --down pod.yaml; podman ps -aq; podman pod ps -q; podman volume rm -f v >/dev/null 2>&1; podman rmi -f kube >/dev/null'
	output_has $'status 0\none' "see oci-commands.c"
	output_has $'written by two\n1000\ntouch: /x: Read-only' "see take_bind"
}

@test "podman's volumes with an overlay, of long names" {
	podman_script 'volume=$PWD/$(printf "long%.0s" {1..60}); mkdir -p "$volume"; echo content >"$volume/file"
		none --rm -v "$volume:/v:O" image sh -c "echo more >>/v/file; cat /v/file; echo >/v/new"; cat "$volume"/*'
	output_is $'content\nmore\ncontent' "see take_overlay"
}

@test "podman healthcheck, cp, restart, exec --privileged and run --init" {
	podman_script "$HEALTH"
	output_has "status 1" "see oci_command_exec"
	output_has $'status 0\nready' "see oci_command_exec"
	output_has podman-init "the first process is podman's init"
}

@test "podman build with RUN" {
	podman_script 'mkdir -p context; printf "FROM image\nRUN echo built >/built && id -u\nUSER 1000\nCMD id -u; cat /built\n" >context/Containerfile
		podman build -q --network none -t new --runtime "$RUNTIME" context >/dev/null; none --rm new; podman rmi -f new >/dev/null'
	output_has $'1000\nbuilt' "see oci-commands.c"
}

@test "podman says why, in the runtime's words" {
	podman_script 'none --rm image nosuch 2>&1 | grep -o "executable file not found in \$PATH"; none --rm image /plain 2>&1 | grep -oi "permission denied" | head -n 1'
	output_is $'executable file not found in $PATH\npermission denied' "see find_program"
}
