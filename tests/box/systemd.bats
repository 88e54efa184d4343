# Limits of a user's containers in a throw-away machine with systemd, which delegates cgroups to users.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
ROOTLESS=1
load ../lib/helper
load ../lib/life
load ../lib/systemd

setup() {
	[[ -d /run/systemd/system ]] || skip "needs systemd"
	((!THROWAWAY)) || start_dbus || return
	setup_host
}

# bats test_tags=v2,vm,systemd
@test "systemd-run --user --scope -p Delegate=yes makes the cgroup that the limits of a user need" {
	life "$AS_USER"'own=$(sed -n "s/^0:://p" /proc/self/cgroup); grep -q ^boxer: /etc/shadow || echo "boxer:!:19000:0:99999:7:::" >>/etc/shadow
		mount --make-rshared /; systemctl start user@4321.service || exit; group=/sys/fs/cgroup/user.slice/user-4321.slice/user@4321.service/app.slice/test.scope
		mkdir -p $group && chown 4321:4321 $group $group/cgroup.procs && echo $$ >$group/cgroup.procs
		user() { as_user env XDG_RUNTIME_DIR=/run/user/4321 DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/4321/bus "$@"; }
		user systemd-run -q --user --scope -p Delegate=yes "$REAL" run -d --name mine -m 64m --pids-limit 20 --cpus 0.5 "$ROOTFS" sh -c "cd /sys/fs/cgroup; cat memory.max pids.max cpu.max; exec sleep 1000" >/dev/null
		until_true logged mine "50000 100000"; box logs mine; user "$REAL" exec mine cat /proc/self/cgroup; user "$REAL" run --rm -m 64m "$ROOTFS" true; echo $?
		user "$REAL" rm -f mine; until_true no_holder; echo $$ >"/sys/fs/cgroup$own/cgroup.procs"; systemctl stop user@4321.service'
	[[ $output == $'67108864\n20\n50000 100000\n0::/\nbox: '*'systemd-run --user --scope -p Delegate=yes'*$'\n125\nmine' ]] ||
		report "expected the limits, and without a cgroup an error that says what to do" "see no_right_to_limit and make_room"
}
