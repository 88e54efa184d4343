# Nothing of how its caller runs reaches a container, but for what the manual says.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/oci

@test "--init: PID 1 has nothing of the caller's environment" {
	OPTIONS=(--init --cap-add SYS_PTRACE)
	host_script 'export CANARY=canary-of-the-caller; grep -c canary- "/proc/$BASHPID/environ" >/dev/null; box sh -c "cat /proc/1/environ | tr -d \"\\0\""; echo "status $?"'
	output_is "status 0" "see forget_environment"
}

# As commands of util-linux make it: what they print inside, a line each. HABITS COMMAND... has others than the default.
HABITS='habits() { (echo 1000000 >/proc/$BASHPID/timerslack_ns; umask 077; ulimit -n 100
	exec setarch -R nice -n 5 ionice -c 2 -n 6 taskset -c 0 choom -n 500 -- "$@"); }'
SHOW='set -- $(sed "s/.*) //" /proc/self/stat); echo nice ${17} policy ${39}
	cat /proc/self/personality /proc/self/oom_score_adj /proc/self/timerslack_ns; ionice
	sed -n "s/Cpus_allowed_list:.//p" /proc/self/status; umask; ulimit -n'

# With root alone: a user cannot raise a priority.
# bats test_tags=root
@test "nothing but the limits of resources is inherited from the caller, by run and exec" {
	local own
	own=$'nice 0 policy 0\n00000000\n0\n50000\nnone: prio 0\n'"$(</sys/devices/system/cpu/online)"$'\n0022\n100'
	host_script "$HABITS"'
		habits "$BOX" run --rm "$ROOTFS" sh -c "$1"; echo; habits "$BOX" run --rm --init "$ROOTFS" sh -c "$1"; echo
		"$BOX" run -d --name c "$ROOTFS" sleep 1000 >/dev/null; habits "$BOX" exec c sh -c "$1"; "$BOX" rm -f c >/dev/null' "$SHOW"
	output_is "$own"$'\n\n'"$own"$'\n\n'"$own" "see caller_forget"
}

@test "box-oci leaves the process what its engine has, but for the CPUs, unless config.json says otherwise" {
	local own
	own=$'nice 5 policy 0\n00040000\n500\n1000000\nbest-effort: prio 6\n'"$(</sys/devices/system/cpu/online)"$'\n0022\n100'
	setup_bundle
	configure 'del process["rlimits"]'
	command_is sh -c "$SHOW"
	oci_script "$HABITS"'
		habits "$OCI" --root "$STATE" run test'
	output_is "$own" "runc does so, too: see caller_forget"
}
