# What tests of podman share, after oci.bash: each command is run with runc and with box-oci.

# shellcheck disable=SC2016,SC2034,SC2154 # scripts for the host; variables of helper.bash

# no_more LETTER NUMBER: NUMBER, or the caller's hard limit where that is lower: without CAP_SYS_RESOURCE nobody can raise it.
no_more() { local hard; hard=$(ulimit -H"$1"); [[ $hard == unlimited ]] || ((hard > $2)) && hard=$2; echo "$hard:$hard"; }

# setup_podman CGROUP_MANAGER
setup_podman() {
	command -v podman conmon runc catatonit >/dev/null || fail "install the packages podman, conmon, runc and catatonit" || return
	setup_host
	cat >"$DIR/containers.conf" <<-EOF
		[containers]
		default_ulimits = ["nofile=$(no_more n 1024)", "nproc=$(no_more u 4096)"]
		[engine]
		cgroup_manager = "$1"
		events_logger = "file"
		runtime_supports_json = ["box-oci", "runc"]
	EOF
	touch "$DIR/policy.json" && echo '{"default": [{"type": "insecureAcceptAnything"}]}' >"$DIR/policy.json"
	tar -C "$ROOTFS" -cf "$DIR/image.tar" .
}

# with_both FUNCTION SCRIPT: calls FUNCTION RUNTIME SCRIPT for runc and for box-oci; what they print must be the same, IDs and times
# of podman's own messages left out. That of box-oci is $output.
with_both() {
	local runtime
	for runtime in runc "$OCI"; do
		"$1" "$runtime" "$2"
		output=$(tr -d '\000-\010\013-\037' <<<"$output" | sed -E 's/time="[^"]*" //; s/\b[0-9a-f]{64}\b/ID/g; s/\b[0-9a-f]{12}\b/ID/g; s/\^[@D]//g')
		[[ $runtime == runc ]] && expected=$output
	done
	[[ $output == "$expected" ]] || { diff <(echo "$expected") <(echo "$output") >&2; fail "runc's output and box-oci's differ"; }
}

# What scripts for podman know, in a bash that has $RUNTIME, $STORE and the folder $STORAGE of podman's options.
PODMAN_SCRIPT='
	podman() { command podman "${STORAGE[@]}" --storage-driver overlay --runtime "$RUNTIME" "$@"; }
	none() { podman run --network none "$@"; }
	in_terminal() { SHELL=$BASH script -qec "$(declare -p RUNTIME STORAGE); $(declare -f podman); $*" /dev/null </dev/null; }
	'"$UNTIL_TRUE"'
	ended() { until_true eval "! pgrep -x conmon && ! pgrep -x podman && ! pgrep -x catatonit" >/dev/null; }'

# podman_script SCRIPT: on the test's host, where `podman` has its storage in memory, at a short path, as its sockets need one.
podman_script() { with_both podman_as_root "$1"; }

podman_as_root() {
	run_on_host env CONTAINERS_CONF="$DIR/containers.conf" RUNTIME="$1" STORE=/mnt TMPDIR="$DIR" bash -c '
		exec 2>&1
		mount -t tmpfs store "$STORE"
		for state in /run/runc /run/box-oci; do mkdir -p $state && mount -t tmpfs state $state; done # of containers that a killed test leaves
		STORAGE=(--root "$STORE/root" --runroot "$STORE/run" --tmpdir "$STORE/tmp")
		'"$PODMAN_SCRIPT"'
		podman import -q image.tar image >/dev/null
		'"$2"'
		podman rm -afit 0 >/dev/null; ended; umount -lR "$STORE" /run/runc /run/box-oci' </dev/null
}

# What podman of root and of an ordinary user is to do alike.

LIFE='none -d --name c image sh -c "trap \"echo got TERM; exit 9\" TERM; echo started; while :; do sleep 0.05; done"
		until_true eval "podman logs c | grep -q started"; podman ps --format "{{.Names}} {{.Command}}"
		podman exec c sh -c "echo inside; id -u; exit 4"; echo "status $?"
		podman exec -u 1000:1000 -w /tmp -e A=b c sh -c "id; pwd; echo \$A"
		podman exec c nosuch >/dev/null 2>&1; echo "status $?"; podman exec c /plain >/dev/null 2>&1; echo "status $?"
		podman exec -d c touch /made; until_true podman exec c ls /made 2>/dev/null
		podman top c comm | head -n 2; podman stop -t 60 c; podman inspect -f "{{.State.Status}} {{.State.ExitCode}}" c; podman logs c
		podman start c; podman kill c; podman wait c; podman rm c; podman ps -aq'
TERMINALS='in_terminal podman run --rm -it --network none image sh -c \"tty\; echo hello\; test -t 0 \&\& echo terminal\"
		none -d --name c image sleep 1000; in_terminal podman exec -it c sh -c \"tty\; echo again\"'
HEALTH='none -d --name h --health-cmd "cat /ready" --health-interval disable image sleep 1000 >/dev/null
		podman healthcheck run h >/dev/null; echo "status $?"; echo ready >ready; podman cp ready h:/ready; podman healthcheck run h; echo "status $?"
		podman restart -t 0 h >/dev/null; podman exec h cat /ready; podman exec --privileged h grep CapEff /proc/self/status
		podman run -d --name i --network none --init image sh -c "sleep 1000" >/dev/null; podman exec i cat /proc/1/comm; podman stop -t 60 i >/dev/null; podman inspect -f "{{.State.ExitCode}}" i'
