# final: nothing of how its caller runs reaches a container, but for what the manual says.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
STEP=${STEP:-final}
load helper
load life
load oci
FILE_STEP=final
BOX=${BOX:-$REPO/final/box}

@test "--init: PID 1 has nothing of the caller's environment" {
	OPTIONS=(--init --cap-add SYS_PTRACE)
	host_script 'export CANARY=canary-of-the-caller; grep -c canary- "/proc/$BASHPID/environ" >/dev/null; box sh -c "cat /proc/1/environ | tr -d \"\\0\""; echo "status $?"'
	output_is "status 0" "see forget_environment"
}
