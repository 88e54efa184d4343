# Shared by the tests of containers that outlive the command that started them; after helper.bash.
# shellcheck disable=SC2016,SC2153,SC2154 # scripts for the host; variables of helper.bash

eval "teardown_of_helper() $(declare -f teardown | tail -n +2)"

# Containers stay unless they are removed: each test removes what is its own, and teardown looks.
teardown() {
	local failed=0
	[[ ${HOST:-} && -d /proc/${HOST:-0} ]] && { remove_all || failed=1; }
	teardown_of_helper || failed=1
	return $failed
}

remove_all() {
	local ids
	ids=$(host "$BOX" ps -aq --no-trunc) || return
	# shellcheck disable=SC2086 # words
	[[ ! $ids ]] || host "$BOX" rm -f $ids >/dev/null
}

# life SCRIPT: a script for the host, in which `box COMMAND...` is the program with nothing but the
# arguments given, `detach ARG...` starts a container in the background, `monitor NAME` prints the PID
# of its monitor, `status_of NAME` its status, `is NAME STATUS` asks for it, and `logged NAME TEXT` whether
# its log has a line of this text.
life() {
	host_script 'box() { "$BOX" "$@"; }
		detach() { box run -d "${@:1:$#-1}" "$ROOTFS" sh -c "${*: -1}"; }
		sleeper() { box run -d "$@" "$ROOTFS" sleep 1000; }
		pid_of() { box inspect "$1" | sed -n "s/.*\"Pid\": \([0-9]*\),.*/\1/p"; }
		monitor() { ps -o ppid= "$(pid_of "$1")" | tr -d " "; }
		status_of() { box inspect "$1" | sed -n "s/.*\"Status\": \"\(.*\)\",/\1/p"; }
		is() { [[ $(status_of "$1") == "$2" ]]; }
		logged() { box logs "$1" 2>&1 | grep -qx "$2"; }
		'"$1" "${@:2}"
}
