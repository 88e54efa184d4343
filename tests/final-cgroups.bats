# final: what box does with the cgroup of a container that runs: finds it, reads it, changes its limits.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load life
load delegated

# --- where it is ---

# A shell in a cgroup that is delegated to it, as systemd-run -p Delegate=yes makes one, runs $1; then $2
# is run from elsewhere. Where there is no v2, there is nothing to delegate.
delegated() {
	local v2
	v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	life '[[ $1 ]] && { v2=$1/delegated.$$ && mkdir $v2 && python3 -c "import os; os.setxattr(\"$v2\", \"trusted.delegate\", b\"1\")" || exit; }
		export -f box sleeper
		bash -c "[[ ! $v2 ]] || echo \$\$ >$v2/cgroup.procs; $2"
		[[ ! $v2 ]] || [[ $(find $v2/box -mindepth 1 | wc -l) != 0 ]] || echo "nothing is below $v2"
		eval "$3"; for id in $(box ps -aq); do box rm -f $id >/dev/null; done
		[[ ! $v2 ]] || { until_true rmdir $v2 2>/dev/null || find $v2 -type d; }' "$v2" "$1" "$2"
}

@test "a container that was made in a delegated cgroup is found from outside of it" {
	delegated 'sleeper --name mine >/dev/null' 'box pause mine; status_of mine; box unpause mine; box exec mine echo in
		box top mine | grep -c sleep; box stop -t 0 mine; status_of mine; box rm mine'
	output_is $'mine\npaused\nmine\nin\n1\nmine\nexited\nmine' "see find_delegated"
}

@test "what a killed box has left in a delegated cgroup is removed from outside of it" {
	delegated 'sleeper --name mine >/dev/null' 'm=$(monitor mine); [[ ! $v2 ]] || { sleep 1000 & p=$!; disown; echo $p >$v2/box/*/cgroup.procs; }
		kill -KILL $m; until_true ended $m; box ps -aq | wc -l; [[ ! $v2 ]] || { until_true ended $p; find $v2 -mindepth 1 -type d; }'
	output_is 1 "see lock_place"
}
