# The layers of an image together. The image is what extracting one layer after the other gives.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/images

# --- many layers ---

@test "an image of 127 layers runs, whatever the caller's limit of open files" {
	py "busybox = entry('busybox', open('$ROOTFS/bin/busybox', 'rb').read().decode('latin-1'), mode=0o755)
busybox = (busybox[0], busybox[1].decode().encode('latin-1'))
oci('image', tar(busybox), *(tar(entry('n/', ''), entry('n/%d' % n, str(n))) for n in range(1, 127)), compress=bytes)"
	host_script 'ulimit -Sn 64; "$BOX" run --rm ./image /busybox sh -c "ulimit -n; cat /n/1 /n/126; ./busybox ls /n | ./busybox wc -l"'
	output_is $'64\n1126126' "see overlay_mount: names longer than a page, or too many descriptors"
}

@test "an image of more layers than an overlay takes is refused by their number" {
	py "oci('image', *(tar(entry('n/', ''), entry('n/%d' % n, '')) for n in range(500)), compress=bytes)"
	box_exec import image
	refused "500 layers" "see MAX_LAYERS"
}

# --- layers that mean what lies below them ---

# shown IMAGE: a script for the host that mounts as $DIR/merged what a container of IMAGE sees.
shown() {
	local lower
	import "$1"
	lower=$(layers "$id" | paste -sd :)
	host mkdir -p merged "$BOX_DATA/empty"
	run_on_host mount -t overlay -o "${ROOTLESS:+userxattr,}lowerdir=$BOX_DATA/empty:$lower" overlay merged
	status_is 0 "the layers make an overlay"
}

hidden() {
	host umount merged
	rmdir "$BOX_DATA/empty"
}

# With root alone: the owners on the disk are others.
# bats test_tags=root
@test "an image is what its layers give when they are unpacked one after the other" {
	command -v umoci >/dev/null || fail "install umoci"
	py "from shapes import *; make()"
	for image in 0 1 2 3 4 5; do
		(cd "$DIR" && umoci unpack --image "$image:it" "by-umoci-$image" &>umoci.log) || fail "umoci: $(<"$DIR/umoci.log")"
		shown "./$image"
		run_on_host env "PYTHONPATH=$REPO/tests/lib" PYTHONDONTWRITEBYTECODE=1 \
			python3 -c "from shapes import *; compare('merged', 'by-umoci-$image/rootfs')"
		[[ ! $output$stderr ]] || report "image $image is another than umoci unpacks" "see over.c" || return
		[[ $image != 0 ]] || host test "merged/a-hard-link-to-a-lower-layer's-file/h" -ef \
			"merged/a-hard-link-to-a-lower-layer's-file/usr/lib/old" || fail "a hard link is a copy"
		hidden
	done
}

# With root alone: the owners on the disk are others.
# bats test_tags=root
@test "a file alone in its layer leaves its folders as they were: mode, owner, times, attributes" {
	py "oci('image', tar(entry('tmp/', mode=0o1777, uid=3, gid=4, mtime=1e9, xattrs={'user.a': 'b'}), entry('usr/lib/', mode=0o750),
	entry('usr/lib/libc', 'libc'), symlink('lib', 'usr/lib'), entry('tmp/gone', '')), tar(entry('tmp/f', 'f'), entry('lib/g', 'g'), entry('tmp/.wh.gone', '')))"
	shown image
	run_on_host bash -c 'cd merged && stat -c "%n %a %u %g %Y" tmp usr/lib && readlink lib && cat lib/libc lib/g tmp/f && ls tmp &&
		python3 -c "import os; print(os.getxattr(\"tmp\", \"user.a\"))"'
	hidden
	output_is $'tmp 1777 3 4 1000000000\nusr/lib 750 0 0 0\nusr/lib\nlibcgff\nb\'b\'' "a folder that is not named stays as it is below"
}

@test "no symlink of a lower layer leads a file out of the image" {
	host mkdir outside
	py "out = '../' * 30 + '$DIR/outside'
oci('image', tar(symlink('a', '$DIR/outside'), symlink('b', out)), tar(entry('a/f', '1'), entry('b/g', '2')))
oci('loop', tar(symlink('a', 'b'), symlink('b', 'a')), tar(entry('a/f', '')))
oci('dots', tar(entry('a/b/', '')), tar(entry('a/c/../../../f', '')))
oci('dots2', tar(entry('a/b/', '')), tar(entry('a/c/../../../.wh.f', '')))"
	shown image
	run_on_host cat "merged/$DIR/outside/f" "merged/$DIR/outside/g"
	hidden
	output_is 12 "it is followed below the image's root"
	box_exec import loop
	refused "layer 2 of 2: a/f: Too many levels of symbolic links" "a loop is an error, not a hang"
	for image in dots dots2; do
		box_exec import "$image"
		refused "Path contains '..'" "as everywhere"
	done
	[[ ! $(ls -A "$DIR/outside") ]] || fail "written outside: $(ls "$DIR/outside")"
}

@test "a symlink that makes a path too long is an error, and leads to no other folder" {
	py "part = 'x' * 100 + '/'
oci('image', tar(symlink('a', part * 30 + 'b'), entry(part * 30, ''), symlink(part * 30 + 'b', part * 15 + '../' * 14 + 'c')), tar(entry('a/f', '')))"
	box_exec import image
	refused "layer 2 of 2: a/f: File name too long" "see take_part: a path that is cut names another folder"
}

@test "a layer that names its folders is shared by all images, another one by those with the same layers below" {
	py "one, two, alone, needs = tar(entry('a/', ''), entry('a/1', '')), tar(entry('a/', ''), entry('a/2', '')), tar(entry('a/', ''), entry('a/.wh.2', '')), tar(entry('a/n', ''))
for name, layers in {'A': (one, alone), 'B': (two, alone), 'C': (one, needs), 'D': (one, needs, alone), 'E': (two, needs)}.items():
	oci(name, *layers)"
	for image in A B C D E; do import "$image" "$image"; done
	# one, two, alone; needs over one, and over two
	[[ $(compgen -G "$BOX_DATA/layers/*" | wc -l) == 5 && $(compgen -G "$BOX_DATA/layers/*-over" | wc -l) == 2 ]] ||
		fail "$(ls "$BOX_DATA/layers")"
	for layer in "$BOX_DATA"/layers/*; do touch "$layer/mark"; done
	box_exec rmi C
	import C C
	[[ $(find "$BOX_DATA/layers" -name mark | wc -l) == 5 ]] || fail "it was unpacked again, or removed though D has it"
	box_exec rmi A B C D E
	[[ ! $(ls "$BOX_DATA/layers") ]] || fail "left: $(ls "$BOX_DATA/layers")"
}

@test "what a hard link copies of a lower layer counts for --max-size" {
	py "oci('image', tar(entry('f', 'x' * 600000)), *(tar(hardlink('h%d' % n, 'f')) for n in range(3)))"
	box_exec --max-size 2m import image
	refused "more than --max-size" "each such layer has a copy of the file"
	box_exec --max-size 3m import image
	status_is 0 "that is enough"
}

@test "what a layer replaces by a file, and then by a folder, is gone" {
	py "oci('image', tar(entry('a/', ''), entry('a/old', '')), tar(entry('a', 'file'), entry('a/', ''), entry('a/new', '')))"
	shown image
	run_on_host ls merged/a
	hidden
	output_is new "a folder that was no folder before is opaque"
}

# --- a store that lies on an overlay ---

# With root alone: fuse-overlayfs helps a user.
# bats test_tags=root
@test "where the store lies on an overlay, the error says so, and --data helps" {
	py "oci('image', tar(entry('d/', ''), entry('d/f', '')), tar(entry('d/', ''), entry('d/.wh.f', '')))"
	host_script 'mkdir lower over disk && mount -t tmpfs none disk && mkdir disk/{upper,work} &&
		mount -t overlay -o "lowerdir=lower,upperdir=disk/upper,workdir=disk/work" none over || exit
		for command in "run --rm $ROOTFS true" "run --rm '"$REPO"'/rootfs.tar.gz true" "import image"; do
			"$BOX" --data "$PWD/over/store" $command; echo $?; done
		"$BOX" --data "$PWD/disk/store" run --rm "$ROOTFS" echo ran
		umount over disk'
	[[ $(grep -c "lies on an overlay, .*--data" <<<"$output") == 3 && $(grep -cx 125 <<<"$output") == 3 ]] ||
		report "expected the cause three times, and the status 125" "see overlay_check"
	output_has "$DIR/over/store/" "name the store"
	output_has ran "a tmpfs does for a store"
}
