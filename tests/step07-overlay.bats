# Step 07: an overlay over ROOTFS. What the command writes lands in memory, and is gone with the box.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

# All of ROOTFS: names, kinds, owners, modes, sizes, times, and what is in the files.
image() {
	(cd "$ROOTFS" && find . -printf '%p %y %U:%G %m %s %T@ %l\n' | sort &&
		find . -type f -exec cksum {} + | sort -k 3)
}

setup() {
	setup_host
	image >"$BATS_TEST_TMPDIR/image"
}

rootfs_as_it_was() {
	local changes
	changes=$(image | diff "$BATS_TEST_TMPDIR/image" - | grep '^[<>]') || return 0
	fail "ROOTFS has changed:" "$changes" "hint: mount an overlay: ROOTFS is its lowerdir, its upperdir lies on a tmpfs, and / in the box is the overlay"
}

@test "ROOTFS is as it was, whatever the command has done" {
	box sh -c 'echo more >>/only-in-the-rootfs; touch /new /tmp/new; mkdir /folder; rm /plain; rm -r /root; mkdir /root
		chmod 700 /bin; chown 5:5 /root; ln -s x /link; cat /only-in-the-rootfs; ls -A /new /root; test ! -e /plain'
	output_is $'rootfs\nmore\n/new\n\n/root:' "in the box all of it can be changed: the upper folder must be writable"
	status_is 0 "in the box all of it can be changed: the upper folder must be writable"
	rootfs_as_it_was
}

@test "each box begins with ROOTFS, and finds nothing of another box" {
	host_script 'start sh -c "touch /of-the-first ready && exec sleep 1000"; until_true ready; box ls /; kill -TERM $box; wait $box; box ls /'
	output_has only-in-the-rootfs "ROOTFS is the lowerdir of each box's overlay"
	output_lacks of-the-first "each box needs an upperdir of its own, which is in its way to nobody: on a tmpfs of the box's mount namespace"
	rootfs_as_it_was
}

# As Docker's, final's is root's, with the mode 755.
# bats test_tags=steps
@test "/ in the box has the owner of ROOTFS" {
	chown 12:34 "$ROOTFS"
	image >"$BATS_TEST_TMPDIR/image"
	box sh -c 'stat -c %u:%g /; chown 56:78 /'
	output_is "12:34" "the / of an overlay is its upper folder: give that the owner of ROOTFS by chown(2)"
	rootfs_as_it_was
}

# bats test_tags=steps
@test "/ in the box has the mode of ROOTFS, whatever the umask" {
	local mode
	for mode in 755 1751 2770; do
		chmod "$mode" "$ROOTFS"
		image >"$BATS_TEST_TMPDIR/image"
		host_script 'umask 077; box sh -c "stat -c %a /; chmod 700 /"'
		output_is "$mode" "the / of an overlay is its upper folder: give that the mode of ROOTFS by chmod(2), as mkdir(2) applies the umask"
		rootfs_as_it_was
	done
}

@test "what a volume lacks is made in the box, and not in ROOTFS" {
	mkdir "$DIR/data"
	echo data >"$DIR/data/file"
	OPTIONS=(-v "$DIR/data:/deep/er/data" -v "$DIR/plain:/deep/file" --tmpfs /scratch)
	box cat /deep/er/data/file
	output_is data "volumes are attached in the overlay"
	rootfs_as_it_was
}

@test "ROOTFS may have any name" {
	local name
	for name in 'with space' 'comma,upperdir=x' 'colon:colon' 'back\slash' '-dash' $'line\nfeed' 'quote"'; do
		mv "$ROOTFS" "$BATS_TEST_TMPDIR/$name"
		ROOTFS=$BATS_TEST_TMPDIR/$name
		box sh -c 'cat /only-in-the-rootfs; touch /new'
		output_is rootfs "commas and colons separate the options of an overlay: chdir to ROOTFS, and let lowerdir be ."
		rootfs_as_it_was
	done
}

@test "ROOTFS and a volume may lie in /tmp" {
	local folder
	folder=$(host mktemp -d /tmp/image.XXXXXX)
	host sh -c 'cp -a "$2/." "$1" && mkdir "$1/data" && touch "$1/data/file"' - "$folder" "$ROOTFS"
	ROOTFS=$folder OPTIONS=(-v "$folder/data:/mnt")
	box sh -c 'ls /mnt; touch /new'
	run_on_host sh -c 'ls "$1/new"; rm -r "$1"' - "$folder"
	[[ $stderr == *"/new"* ]] || report "ROOTFS has changed" "mount an overlay: its upperdir lies on a tmpfs"
	ROOTFS=$(realpath "$BATS_TEST_TMPDIR")/rootfs
	host sh -c 'mkdir "$1" "$1/data" && touch "$1/data/file" && cp -a "$2/." "$1"' - "$folder" "$ROOTFS"
	ROOTFS=$folder
	box ls /mnt
	host rm -r "$folder"
	output_is file "a mount covers what lies below: take volumes, and go into ROOTFS, before you mount a tmpfs over their names"
}

@test "the host's mounts, and its /tmp, are as they were while a box runs" {
	host_script 'findmnt -lno TARGET >before; ls -A /tmp >>before; start sh -c "touch /new ready && exec sleep 1000"; until_true ready
		{ findmnt -lno TARGET; ls -A /tmp; } | diff before - && echo "as before"; kill -TERM $box; wait $box'
	output_is "as before" "mount the tmpfs in the box's own mount namespace, when its mounts are private"
	rootfs_as_it_was
}

# final's upper folder is on a disk, where --storage limits it.
# bats test_tags=steps
@test "--memory: what the command writes counts" {
	OPTIONS=(--memory 48m)
	box dd if=/dev/zero of=/file bs=1M count=100
	status_is 137 "what is written lands in memory, if the upperdir lies on a tmpfs, and is charged to the cgroup of who writes it"
	OPTIONS=(--memory 200m)
	box dd if=/dev/zero of=/file bs=1M count=100
	status_is 0 "without a limit of its own, a tmpfs takes half of the machine's memory"
	rootfs_as_it_was
}

# bats test_tags=still
@test "still: a root filesystem that is an archive is an error" {
	box_run "$REPO/rootfs.tar.gz" true
	refused rootfs.tar.gz "step 07 takes folders alone"
}

# bats test_tags=still
@test "still: the command makes and opens any device" {
	box sh -c 'mknod /device c 1 5 && head -c 4 /device | wc -c'
	output_is 4 "step 07 has no nodev"
}

# bats test_tags=still
@test "still: the box shares the host's network and IPC namespaces" {
	for namespace in net ipc; do
		box readlink "/proc/self/ns/$namespace"
		[[ $output == "$(host readlink "/proc/self/ns/$namespace")" ]]
	done
}
