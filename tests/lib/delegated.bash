# For tests of limits, which run in throw-away machines, too; after helper.bash.
# shellcheck disable=SC2154 # variables of helper.bash

# In a service that systemd has delegated, as `tests/vm/boot -s` has it, box takes limits from there: then
# no process may be in that cgroup itself.
eval "helper_$(declare -f setup_file)"
setup_file() {
	local own process _
	helper_setup_file || return
	own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
	[[ $THROWAWAY == 1 && -e $own/cgroup.type && $own != */tests ]] || return 0
	mkdir "$own/tests"
	for _ in 1 2 3; do # more may come while it is read
		for process in $(<"$own/cgroup.procs"); do
			echo "$process" >"$own/tests/cgroup.procs" || [[ ! -d /proc/$process ]] || return
		done 2>/dev/null
	done
	[[ ! $(<"$own/cgroup.procs") ]] || fail "processes stay in $own: $(<"$own/cgroup.procs")"
}
