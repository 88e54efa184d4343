# Step 08: ROOTFS may be an archive. It is unpacked once, by a child whose root is one empty folder.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

CACHE=/var/cache/box

setup() {
	setup_host
	FOLDER=$ROOTFS ROOTFS=$DIR/image.tar
	! at_least final || rm "$FOLDER"/dev/* # it says that it leaves them out
	pack
}

# pack [OPTION...]: makes $ROOTFS, an archive of $FOLDER.
pack() { tar -C "$FOLDER" "$@" -cf "$ROOTFS" .; }

# add NAME FILE: a file of $DIR more in the archive, as NAME, whatever that is.
add() { tar -C "$DIR" --absolute-names --transform "s,^${2//./\\.}\$,$1,S" -rf "$ROOTFS" "$2"; }

# not_started HINT: box has refused the archive, by a line that names it.
not_started() {
	status_is 125 "$1" || return
	[[ $stderr == *image.tar* ]] || report "expected the archive's name on stderr" "$1; and say which archive, and why: archive_error_string(3) has the cause"
}

@test "ROOTFS may be an archive" {
	box cat /only-in-the-rootfs
	output_is rootfs "open ROOTFS, and if fstat says that it is a file, unpack it. What has not been done? mkdir, fork, in the child unpack, which names the formats, and exit, in box waitpid and rename"
}

@test "the archive may be compressed by gzip, bzip2, xz or zstd, and is known by what is in it" {
	local by
	pack
	for by in gzip bzip2 xz zstd; do
		command -v "$by" >/dev/null || continue
		"$by" -c "$ROOTFS" >"$DIR/image"
		box_run "$DIR/image" cat /only-in-the-rootfs
		output_is rootfs "see archive_read_support_filter_$by in archive_read_filter(3)"
	done
}

@test "the archive may be of cpio" {
	(cd "$FOLDER" && find . | "$REPO/rootfs/bin/busybox" cpio -o -H newc >"$ROOTFS" 2>/dev/null)
	box cat /only-in-the-rootfs
	output_is rootfs "see archive_read_support_format_cpio in archive_read_format(3)"
}

@test "owners, modes, times and links are those of the archive, whatever the umask" {
	mkdir "$FOLDER/private"
	touch -d @1000000000 "$FOLDER/private/file"
	chown 12:34 "$FOLDER/private/file"
	chmod 4751 "$FOLDER/private/file"
	chmod 2700 "$FOLDER/private"
	ln -s private/file "$FOLDER/link"
	ln "$FOLDER/private/file" "$FOLDER/hard"
	pack
	host_script 'umask 077; box sh -c "stat -c \"%a %u:%g %Y %h\" /private/file; stat -c %a /private; readlink /link"'
	output_has "4751 12:34 1000000000 2" "see ARCHIVE_EXTRACT_OWNER, _PERM and _TIME"
	output_is $'4751 12:34 1000000000 2\n2700\nprivate/file' "see ARCHIVE_EXTRACT_OWNER, _PERM and _TIME"
}

# bats test_tags=steps
@test "a file's extended attributes are those of the archive" {
	host_script 'echo with >"$1/with"; python3 -c "import os, sys; os.setxattr(sys.argv[1], \"trusted.mine\", b\"kept\")" "$1/with"; tar --xattrs --xattrs-include="trusted.*" -C "$1" -cf "$ROOTFS" .
		box true; find /var/cache/box -name with -exec python3 -c "import os, sys; print(os.getxattr(sys.argv[1], \"trusted.mine\").decode())" {} \;' "$FOLDER"
	output_is kept "see EXTRACT_XATTR in archive_write_disk(3)"
}

@test "a folder that the archive does not name is made with mode 755, whatever the umask" {
	local umask
	echo text >"$DIR/text"
	mkdir -m 775 "$FOLDER/named"
	touch "$FOLDER/named/file"
	chmod 666 "$FOLDER/named/file"
	for umask in 000 022 077; do
		pack
		add "./unnamed/below/for-umask-$umask" text # each an archive of its own
		host_script 'umask "$1"; box stat -c "%a %n" /unnamed /unnamed/below /named /named/file' "$umask"
		output_is $'755 /unnamed\n755 /unnamed/below\n775 /named\n666 /named/file' \
			"the caller's umask is $umask: the child that unpacks sets its own, by umask(022)"
	done
}

@test "a name in UTF-8 is that of the archive, whatever the locale" {
	touch "$FOLDER/grün"
	pack --format=pax
	host_script 'LC_ALL=C box sh -c "printf \"%s\\n\" /gr*"'
	output_is /grün "libarchive asks for the locale: setlocale(3), while the host's files can still be seen"
}

# final has a store of images: box/images.bats.
# bats test_tags=steps
@test "an archive is unpacked the first time alone" {
	box true
	host_script 'for folder in "$1"/*; do echo unpacked >"$folder/once"; done; box cat /once; ls "$1" | wc -l' "$CACHE"
	output_is $'unpacked\n1' "the folder's name says which archive it holds: unpack if it is not there"
	host_script 'box touch /only-in-the-rootfs; box true; ls "$1" | wc -l' "$CACHE"
	output_is 1 "the folder's name says which archive it holds"
}

@test "an archive that has changed is unpacked again" {
	box cat /only-in-the-rootfs
	output_is rootfs "open ROOTFS, and unpack it if fstat says that it is a file"
	# Of the same size, and written over the old one.
	echo ROOTFS >"$FOLDER/only-in-the-rootfs"
	pack
	box cat /only-in-the-rootfs
	output_is ROOTFS "the same path, inode and size may be another archive: st_ctim tells, see inode(7)"
}

@test "names that lead out of the archive end inside" {
	local outside=$BATS_TEST_TMPDIR/outside status_of_box
	mkdir "$outside"
	ln -s "$outside" "$DIR/link"
	echo evil >"$DIR/evil"
	add "../../../../../../../../../..$outside/dots" evil
	add "$outside/absolute" evil
	add link link
	add link/through evil
	box true
	status_of_box=$status
	[[ ! $(ls -A "$outside") ]] || fail "written on the host: $(ls "$outside")" "hint: the child that unpacks must have the new folder for its root: chroot, and chdir"
	# final may refuse such an archive.
	at_least final || [[ $status_of_box == 0 ]] || report "expected exit status 0" "in the child's root the names are no harm"
	box_run "$FOLDER" true
	status_is 0 "a folder is no archive"
	box_run "$REPO/rootfs.tar.gz" true
	status_is 0 "unpack ROOTFS if fstat says that it is a file"
}

@test "half an archive is an error, each time" {
	box true
	status_is 0 "a whole archive is none"
	truncate -s $(($(stat -c %s "$ROOTFS") / 2)) "$ROOTFS"
	for _ in 1 2; do
		box true
		not_started "only what is whole may get the name under which it is looked for: rename(2) at the end"
	done
}

# All that comes before is whole, and is unpacked.
@test "an archive whose last entry has half a header, or a damaged one, is an error" {
	echo late >"$DIR/late"
	tar -C "$DIR" -b1 -cf "$DIR/last.tar" late
	pack -b1
	truncate -s -1024 "$ROOTFS" # its end: the entry comes in place of that
	cp "$ROOTFS" "$DIR/start"
	cat "$DIR/last.tar" >>"$ROOTFS"
	box cat /late
	output_is late "a whole archive is none"
	for header in 'head -c 300' 'sed s/^late/lake/'; do
		{ cat "$DIR/start" && $header "$DIR/last.tar"; } >"$ROOTFS"
		box true
		not_started "when the loop has ended, only ARCHIVE_EOF means that all entries have been read"
	done
}

@test "what is no archive is an error" {
	box true
	status_is 0 "an archive is one"
	# To one of libarchive's formats, mtree, these are lists of files.
	for text in "$(</etc/passwd)" $'#mtree\n./proc type=dir mode=755' '#!/bin/sh'; do
		echo "$text" >"$ROOTFS"
		box true
		not_started "name the formats, tar and cpio: archive_read_support_format_all takes texts for archives"
	done
}

@test "an entry that cannot be made is an error that names it" {
	box true
	status_is 0 "all entries can be made"
	echo first >"$FOLDER/first"
	ln "$FOLDER/first" "$FOLDER/second-name"
	pack --sort=name
	tar --delete -f "$ROOTFS" ./first # what the other is a link to
	for _ in 1 2; do
		box true
		not_started "libarchive warns of what it could not restore: anything but ARCHIVE_OK is an error"
		[[ $stderr == *second-name* ]] || report "expected the entry's name on stderr" "see archive_entry_pathname(3)"
	done
}

@test "what is unpacked by half does not count as the archive" {
	head -c 3000000 /dev/urandom >"$FOLDER/large"
	pack --sort=name
	# A limit of 1 MB for a file: the kernel ends the process that writes more.
	host_script '(ulimit -f 1000; "${run[@]}" true) >/dev/null 2>&1; echo $?; sum=$(md5sum <"$1"); [[ $(box md5sum /large) == "${sum%% *}"* ]] && echo whole' "$FOLDER/large"
	output_is $'125\nwhole' "look at how the child ended, unpack under another name than the archive's, and rename(2) it at the end"
}

@test "five boxes at once unpack an archive, and each finds all of it" {
	host_script 'for _ in {1..5}; do box sh -c "cat /only-in-the-rootfs && ls -d /etc/passwd" & boxes+=($!); done
		for box in "${boxes[@]}"; do wait $box || echo failed; done'
	[[ $(grep -c rootfs <<<"$output") == 5 && $(grep -c passwd <<<"$output") == 5 && $output != *failed* ]] ||
		report "expected that each of five boxes ran" "one at a time may unpack: flock(2) on the folder that holds them"
}

# 16,384 times one name, so that the child has long to do, and is stopped meanwhile. final's is box-unpack: see
# box/images.bats.
# bats test_tags=steps
@test "no process that unpacks outlives box" {
	: >"$DIR/again"
	tar -C "$DIR" -cf "$DIR/many" again && truncate -s 512 "$DIR/many"
	for _ in {1..14}; do cat "$DIR/many" "$DIR/many" >"$DIR/twice" && mv "$DIR/twice" "$DIR/many"; done
	cat "$DIR/many" "$ROOTFS" >"$DIR/twice" && mv "$DIR/twice" "$ROOTFS"
	host_script '"${run[@]}" true & box=$!
		in_its_root() { child=$(pgrep -P $box) && [[ $(readlink /proc/$child/root) != / ]]; }
		until_true in_its_root && kill -STOP $child && { kill -KILL $box; wait $box; } 2>/dev/null
		until_true ended $child && echo gone; kill -KILL $child 2>/dev/null; box cat /only-in-the-rootfs'
	output_is $'gone\nrootfs' "see PR_SET_PDEATHSIG in prctl(2)"
}

# bats test_tags=still
@test "still: the command makes and opens any device" {
	box sh -c 'mknod /device c 1 5 && head -c 4 /device | wc -c'
	output_is 4 "step 08 has no nodev"
}

# bats test_tags=still
@test "still: there is no /dev but that of ROOTFS, and no /sys" {
	box_run "$REPO/rootfs.tar.gz" ls /dev /sys
	output_is $'/dev:\n\n/sys:' "step 08 mounts /proc alone"
}
