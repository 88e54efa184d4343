# Step 05: the command gets those files of the host that it is given, where it is told.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

volume() { # volume SRC [FILE...]: a folder on the host, with files that hold their own names
	mkdir -p "$DIR/$1"
	for file in "${@:2}"; do echo "$file" >"$DIR/$1/$file"; done
}

@test "-v shows a folder of the host, for reading and writing" {
	volume src file
	OPTIONS=(-v "$DIR/src:/data")
	box sh -c 'cat /data/file; echo written >/data/new'
	output_is file "open_tree(SRC) before the pivot, move_mount to DST after it"
	[[ $(<"$DIR/src/new") == written ]] || report "expected the file on the host" "is it a bind mount?"
}

@test "-v shows a single file of the host" {
	OPTIONS=(-v "$DIR/$MARKER:/etc/given")
	box cat /etc/given
	output_is "$MARKER" "a file is mounted on a file: create an empty one where DST is missing"
	OPTIONS=(-v "$DIR/$MARKER:/only-in-the-rootfs")
	box cat /only-in-the-rootfs
	output_is "$MARKER" "a file is mounted on a file, which it covers"
	[[ $(<"$ROOTFS/only-in-the-rootfs") == rootfs ]] || report "ROOTFS's file was overwritten" "mount, do not copy"
}

@test "-v SRC:DST:ro cannot be written to" {
	volume src file
	OPTIONS=(-v "$DIR/src:/data:ro")
	box sh -c 'cat /data/file; echo written >/data/file'
	output_is file "read-only is still readable"
	status_is 1 "is MOUNT_ATTR_RDONLY set? see mount_setattr(2), or mount(2): it takes a second call"
	[[ $(<"$DIR/src/file") == file ]] || report "the file on the host has changed" "see mount_setattr(2)"
	OPTIONS=(-v "$DIR/src/file:/etc/file:ro")
	box sh -c 'echo written >/etc/file'
	status_is 1 "a single file can be read-only too"
}

@test "what is mounted below SRC comes along" {
	volume src/sub
	OPTIONS=(-v "$DIR/src:/data")
	host_script 'mount -t tmpfs none src/sub; touch src/sub/submount; box ls /data/sub; umount src/sub'
	output_is submount "see AT_RECURSIVE for open_tree(2)"
}

@test "what is mounted below a read-only SRC is read-only too" {
	volume src/sub
	OPTIONS=(-v "$DIR/src:/data:ro")
	host_script 'mount -t tmpfs none src/sub; touch src/sub/submount
		box sh -c "ls /data/sub; touch /data/sub/new" 2>/dev/null; ls src/sub; umount src/sub'
	output_lacks new "see AT_RECURSIVE for mount_setattr(2)"
	output_has submount$'\n'submount "what is mounted below SRC must be there"
}

@test "what is mounted below SRC in the box does not appear on the host" {
	volume src/sub
	OPTIONS=(-v "$DIR/src:/data")
	as_mighty_root
	host_script 'start sh -c "mount -t tmpfs none /data/sub && touch /data/sub/mounted && echo in the box && touch ready && sleep 1000"
		until_true ready; ls src/sub; kill -TERM $box; wait $box'
	output_has "in the box" "root in the box may mount"
	output_lacks mounted "take SRC after the mounts were made private"
}

@test "SRC may be relative, and :ro or not is told apart" {
	volume src file
	OPTIONS=(-v src:/a -v "./src/file:/b")
	box sh -c 'cat /a/file /b'
	output_is $'file\nfile' "a relative SRC is relative to box's working folder: take it before you leave that"
}

@test "a DST that is missing is made, with its parents" {
	volume src file
	OPTIONS=(-v "$DIR/src:/new/a/b" -v "$DIR/src/file:/new/c/d" --tmpfs /new/e/f)
	box sh -c 'cat /new/a/b/file /new/c/d; test -d /new/e/f'
	output_is $'file\nfile' "mkdir each folder on the way, and create a file for a file"
	status_is 0 "mkdir each folder on the way, for a tmpfs too"
}

@test "volumes are mounted in the order they are given in" {
	volume one file
	volume two file2
	mkdir "$DIR/one/sub"
	OPTIONS=(-v "$DIR/one:/data" -v "$DIR/two:/data/sub" --tmpfs /data/sub/tmp)
	box sh -c 'ls /data /data/sub'
	output_is $'/data:\nfile\nsub\n\n/data/sub:\nfile2\ntmp' "later ones go on top of earlier ones"
	OPTIONS=(-v "$DIR/one:/data" --tmpfs /data)
	box ls /data
	output_is "" "later ones go on top of earlier ones"
}

@test "--tmpfs is an empty folder that anyone may write to, in memory" {
	OPTIONS=(--tmpfs /etc)
	box sh -c 'ls /etc; stat -c %a /etc; grep " /etc " /proc/mounts; echo kept >/etc/new && cat /etc/new'
	output_has $'1777\ntmpfs /etc tmpfs rw,nosuid,nodev' "mount(2) a tmpfs on DST"
	output_has kept "a tmpfs can be written to"
	[[ -e $ROOTFS/etc/passwd && ! -e $ROOTFS/etc/new ]] || report "ROOTFS has changed" "mount(2) a tmpfs on DST"
}

@test "a symlink in ROOTFS leads a volume nowhere on the host" {
	volume src file
	host mkdir "$DIR/escape" "$ROOTFS/inside"
	ln -s "$DIR/escape" "$ROOTFS/absolute"
	ln -s "../../../../../../../..$DIR/escape" "$ROOTFS/relative"
	mkdir -p "$ROOTFS$DIR/escape"
	for link in absolute relative; do
		OPTIONS=(-v "$DIR/src:/$link")
		host_script 'start sh -c "cat '"$DIR"'/escape/file && touch ready && exec sleep 1000"
			until_true ready; echo "$(findmnt -lno TARGET | grep -c escape) on the host"; kill -TERM $box; wait $box'
		output_has file "the link leads to the same name in ROOTFS: attach after the pivot"
		output_has "0 on the host" "the mount must not be on the host: attach after the pivot"
	done
}

@test "a symlink that leads nowhere in ROOTFS is an error, and makes nothing on the host" {
	volume src file
	ln -s "$DIR/dangling/folder" "$ROOTFS/link"
	for src in src src/file; do
		OPTIONS=(-v "$DIR/$src:/link")
		box true
		# final makes what is missing there, in the container, as Docker does.
		if [[ $STEP == final ]]; then status_is 0 "see make_path in rootfs.c"; else refused /link "say which volume, and why"; fi || return
		[[ ! -e $DIR/dangling ]] || report "made on the host" "make and open DST after the pivot"
	done
}

@test "a symlink in ROOTFS to a descriptor of box, or of its caller, leads nowhere" {
	volume src file
	host mkdir "$DIR/outside"
	ln -s /proc/self/fd/9 "$ROOTFS/link"
	for src in src src/file; do
		OPTIONS=(-v "$DIR/$src:/link/made")
		host_script 'box true 9<"$DIR/outside"; status=$?; ls "$DIR/outside"; exit $status'
		status_is 125 "such a volume cannot be attached"
		output_has "/link/made: " "say which volume, and why"
		output_lacks $'\nmade' "close all descriptors before DST is looked up: see close_range(2)"
	done
}

@test "a symlink to a folder of ROOTFS is followed there" {
	volume src file
	ln -s /tmp "$ROOTFS/link"
	OPTIONS=(-v "$DIR/src:/link/sub")
	box cat /tmp/sub/file
	output_is file "in the box a symlink means what it means to the command"
}

@test "a file cannot be mounted on a folder, nor a folder on a file" {
	volume src file
	OPTIONS=(-v "$DIR/src/file:/etc")
	box true
	refused /etc "say which volume, and why"
	[[ $stderr == *"Is a directory"* ]] || report "expected the cause" "EINVAL says nothing: open DST as a file"
	OPTIONS=(-v "$DIR/src:/plain")
	box true
	refused /plain "say which volume, and why"
	[[ $stderr == *"Not a directory"* ]] || report "expected the cause" "EINVAL says nothing: see O_DIRECTORY"
}

@test "a missing SRC is an error that names it, and is not made" {
	OPTIONS=(-v "$DIR/no-such-folder:/data")
	box true
	refused no-such-folder "say which volume, and why"
	[[ ! -e $DIR/no-such-folder ]] || report "it was made" "SRC is the user's: never create it"
	OPTIONS=(-v :/data)
	box true
	refused volume "say which volume, and why"
}

@test "a volume that is not SRC:DST or SRC:DST:ro is an error that names it" {
	for volume in no-colon "" "$DIR:relative" "$DIR:" "$DIR:/" "$DIR://" "$DIR:/data:rx" "$DIR:/data:" "$DIR:/data:ro:"; do
		OPTIONS=(-v "$volume")
		box true
		refused volume "what is wrong with '$volume'? check each part"
	done
	local what=volume targets=(relative "" / /data:ro)
	at_least final && what=--tmpfs targets=(relative "" /) # which has options for a tmpfs
	for volume in "${targets[@]}"; do
		OPTIONS=(--tmpfs "$volume")
		box true
		refused "$what" "what is wrong with '$volume'? check it"
	done
	[[ ! -e $ROOTFS/data ]] || report "/data was made" "check all arguments before you begin"
}

@test "an option without its argument is an error that names it" {
	for option in -v --volume --tmpfs; do
		box_run "$option"
		refused "requires an argument" "getopt_long says it: a colon after the letter, required_argument"
	done
}

@test "options have long forms with =, and end at ROOTFS" {
	volume src file
	OPTIONS=(--volume="$DIR/src:/data" --tmpfs=/tmp "-v$DIR/src:/more")
	box sh -c 'cat /data/file /more/file'
	output_is $'file\nfile' 'see getopt_long(3), which stops at the first operand when the options begin with "+"'
	OPTIONS=()
	box printf '%s.' -v --tmpfs --help
	output_is "-v.--tmpfs.--help." 'getopt_long stops at the first operand when the options begin with "+"'
}

@test "the host's mount table does not change while a box with volumes runs" {
	volume src file
	OPTIONS=(-v "$DIR/src:/data" -v "$DIR/src/file:/file:ro" --tmpfs /tmp)
	host_script 'findmnt -lno TARGET >before; start sleep 1000; findmnt -lno TARGET | diff before -
		echo "$(grep -cE " (/data|/file|/tmp) " /proc/$(pgrep -P $box)/mounts) volumes"; kill -TERM $box; wait $box'
	output_has "3 volumes" "attach each volume, after the pivot"
	output_lacks "> " "take the volumes after the mounts were made private"
}

@test "no descriptor of a volume reaches the command" {
	volume src file
	OPTIONS=(-v "$DIR/src:/data" -v "$DIR/src/file:/file:ro" --tmpfs /tmp)
	box ls /proc/self/fd
	output_is $'0\n1\n2\n3' "see OPEN_TREE_CLOEXEC and O_CLOEXEC"
}

# bats test_tags=still
@test "still: the command takes all the memory it wants" {
	box sh -c 'head -c 100m /dev/zero | tail | wc -c'
	output_is 104857600 "step 05 has no limits"
}

# bats test_tags=still
@test "still: the command starts all the processes it wants" {
	box sh -c 'for i in $(seq 100); do sleep 1000 & done; ls -d /proc/[0-9]* | wc -l'
	((output > 100)) || report "expected more than 100 processes" "step 05 has no limits"
}
