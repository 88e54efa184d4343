# box of an ordinary user where the kernel refuses an overlay: fuse-overlayfs(1) serves the container's root.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
ROOTLESS=1
load ../lib/helper
load ../lib/life

# On the test's host nobody but root can use /dev/fuse, perhaps; and an overlay is no place for another one.
setup() {
	command -v fuse-overlayfs >/dev/null || fail "install the package fuse-overlayfs" || return
	setup_host
	rm -f "$ROOTFS"/dev/*
	tar -C "$ROOTFS" -cf "$DIR/image.tar" .
	BOX_DATA=/mnt/over/data
	host sh -c 'mkdir /tmp/fuse && mount -t tmpfs -o dev fuse /tmp/fuse && mknod -m 666 /tmp/fuse/fuse c 10 229 && mount --bind /tmp/fuse/fuse /dev/fuse && umount -l /tmp/fuse
		mount -t tmpfs over /mnt && mkdir /mnt/lower /mnt/upper /mnt/work /mnt/over && mount -t overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work over /mnt/over && chown 4321 /mnt/over'
	host_state >"$BATS_TEST_TMPDIR/before"
}

SERVERS='servers() { pgrep -cx fuse-overlayfs; }; no_server() { [[ $(servers) == 0 ]]; }; '

@test "where the kernel refuses an overlay fuse-overlayfs makes it, outside of the container, and ends with it" {
	life "$SERVERS"'box run -d --name mine image.tar sh -c "ps -o comm; echo x >/etc/new; exec sleep 1000" >/dev/null; until_true logged mine ps; box logs mine | grep -c fuse; servers
		box exec mine sh -c "cat /etc/new /only-in-the-rootfs; mount | grep -c \"on / type fuse\""; box stop -t 0 mine >/dev/null; until_true no_server && echo ended
		box start mine; box exec mine cat /etc/new; box cp mine:/etc/new - | tar xO; kill -KILL $(monitor mine); until_true no_server && echo ended; box rm mine; ls -A $BOX_DATA/containers'
	output_is $'0\n1\nx\nrootfs\n1\nended\nmine\nx\nx\nended\nmine' "see fuse.c"
}

@test "diff, commit and images with deleted files are the same with fuse-overlayfs" {
	life 'box run --name mine image.tar sh -c "rm /plain; rm -r /etc; mkdir /etc; echo x >/etc/new; rm /root -r" 2>/dev/null; box diff mine; box commit mine new.tar >/dev/null; box rm mine >/dev/null
		box run --name next new.tar sh -c "ls /plain /etc/passwd /root; cat /etc/new; rm /etc/new" 2>&1 | sed "s/^ls: //"; box diff next; box commit next newer.tar >/dev/null; box rm next >/dev/null; box run --rm newer.tar ls /plain /etc/new 2>&1 | wc -l'
	output_is $'C /etc\nD /etc/group\nA /etc/new\nD /etc/passwd\nD /plain\nD /root\n/plain: No such file or directory\n/etc/passwd: No such file or directory\n/root: No such file or directory\nx\nC /etc\nD /etc/new\n2' \
		"see add_marked in diff.c, pack_one in pack.c, whiteout in extract.c"
}

@test "a user's folder with another mount below it is an image by fuse-overlayfs" {
	life 'mkdir "$ROOTFS/below" && mount -t tmpfs none "$ROOTFS/below"; export BOX_DATA="$BATS_TEST_TMPDIR/data"; box run --rm "$ROOTFS" cat /only-in-the-rootfs; umount "$ROOTFS/below"; rmdir "$ROOTFS/below"'
	output_is rootfs "see fuse_mount"
}

@test "without fuse-overlayfs the error names both ways, and with one that fails the first cause" {
	life 'AS="setpriv --reuid 4321 --regid 4321 --clear-groups env HOME=/mnt"; mkdir none bin; for tool in newuidmap newgidmap; do ln -s "$(command -v $tool)" none; ln -s "$(command -v $tool)" bin; done; printf "#!/bin/sh\nexit 1\n" >bin/fuse-overlayfs; chmod 755 bin/fuse-overlayfs
		for path in none bin; do PATH=$PATH $AS env PATH="$DIR/$path" "${BOX%/as/box}/box" run --rm image.tar true; echo $?; done; ls $BOX_DATA/containers'
	[[ $output == *"no other overlay can write there: --data gives a folder on a disk or a tmpfs; or install fuse-overlayfs"$'\n125\n'*"; and fuse-overlayfs has failed, too: see --debug"$'\n125' ]] || report "expected two errors" "see refuse in fuse.c"
}

@test "a fuse-overlayfs that is stopped does not keep box from ending the container" {
	life "$SERVERS"'box run -d --name mine image.tar sleep 1000 >/dev/null; until_true is mine running; kill -STOP $(pgrep -x fuse-overlayfs)
		timeout 30 "$BOX" rm -f mine; echo $?; pkill -CONT -x fuse-overlayfs; until_true no_server && echo ended'
	output_is $'mine\n0\nended' "see fuse_unmount"
}
