# For tests in a throw-away machine with systemd; after helper.bash.
# shellcheck disable=SC2034 # variables of helper.bash

# systemctl works in systemd's own PID namespace alone. So the test's host is the whole machine.
start_host() {
	cp -ax "$BEGINNING/." "$BATS_TEST_TMPDIR" && mkfifo "$BATS_TEST_TMPDIR/pause" || return
	sleep 1000 3>&- &
	HOST=$! HOST_MAKER=$!
	host_state >"$BATS_TEST_TMPDIR/before"
}
host() { env --default-signal -C "$DIR" "$@" 3>&-; }
eval "helper_$(declare -f host_state)"
host_state() { helper_host_state | grep -v '^process: '; }

# What a user's systemd needs, which mounts more than the machine has at first; but the tests are in /tmp.
start_dbus() {
	[[ -e /lib/systemd/user/dbus.socket && -e /lib/systemd/system/user@.service ]] || fail "install the packages dbus-user-session and libpam-systemd" || return
	systemctl --quiet --runtime mask tmp.mount systemd-tmpfiles-setup.service 2>/dev/null
	systemctl start dbus.service systemd-logind.service
}
