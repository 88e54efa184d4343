# final: the layers of an image together. The image is what extracting one layer after the other gives.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load images

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

# --- a store that lies on an overlay ---

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
