# With ROOTLESS=1 the tests of final have an ordinary user's box: that of the user boxer, with ranges of IDs, on the test's
# host. It owns the test's folders, and all that they begin with. A test with the tag root is left out, for the reason
# that is above it.
# shellcheck disable=SC2016,SC2034,SC2154 # variables of helper.bash

# Makes $BOX a program that runs box as this user: see boxer.c.
rootless_box() {
	local place=$BATS_FILE_TMPDIR/rootless
	command -v newuidmap newgidmap setpriv >/dev/null || fail "install the packages uidmap and util-linux" || return
	mkdir "$place" && cp "${BOX%/*}"/box "${BOX%/*}"/box-{unpack,seccomp} "$place" && chmod 711 "$BATS_RUN_TMPDIR" || return
	mkdir "$place/as" && cc -O1 -static -o "$place/as/box" "$REPO/tests/lib/boxer.c" || fail "no static C library: install libc6-dev or glibc-static" || return
	BOX=$place/as/box
}

# The host's files are its own: see tests/lib/host.c.
rootless_host() {
	local folder=$BATS_TEST_TMPDIR
	# shellcheck disable=SC2016 # for the host; a throw-away machine is the host of all tests
	host sh -c 'place=$0; while place=${place%/*} && [ "$place" ]; do chmod o+x "$place"; done # above the checkout
		grep -q ^boxer: /etc/subuid && exit; echo boxer:x:4321:4321::/:/bin/sh >>/etc/passwd; echo boxer:x:4321: >>/etc/group
		echo boxer:200000:65536 | tee -a /etc/subuid >>/etc/subgid' "$REPO" &&
		mkdir "$folder/home" && chown 4321:4321 "$folder" && # but the symlinks are of all tests
		find "$folder/home" "$DIR" "$ROOTFS" ! -type l -exec chown 4321:4321 {} +
}

# What a script of root's needs to be the user, and to ask for the processes that hold user namespaces.
AS_USER='as_user() { setpriv --reuid 4321 --regid 4321 --clear-groups env USER=boxer HOME="$BATS_TEST_TMPDIR/home" "$@"; }
	holders() { pgrep -cx "box users"; }; no_holder() { [[ $(holders) == 0 ]]; }; REAL=${BOX%/as/box}/box; '
