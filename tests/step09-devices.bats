# Step 09: the box has a /dev and a /sys of its own, opens no other device, and changes nothing of the machine.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2086,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

# Docker's lists.
HIDDEN="/proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug /proc/scsi
	/proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware"
READ_ONLY="/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger"

@test "/dev has the six devices that every program may expect, and no other" {
	rm -f "$ROOTFS"/dev/*
	echo image >"$ROOTFS/dev/of-the-image"
	box sh -c 'cd /dev && ls -l | grep -v console | sed -n "s/^[cb].* //p"; cat of-the-image'
	output_is $'full\nnull\nrandom\ntty\nurandom\nzero' "bind the host's six onto files of a tmpfs, as box binds volumes; ROOTFS's own lie below it"
}

@test "the six devices work" {
	rm -f "$ROOTFS"/dev/*
	box sh -c 'cd /dev; echo gone >null; head -c 4 zero | wc -c; head -c 4 random | wc -c; head -c 4 urandom | wc -c; echo >full'
	output_is $'4\n4\n4' "a mount of a device must not be nodev"
	[[ $stderr == *"No space left"* ]] || report "expected that /dev/full is full" "a mount of a device must not be nodev"
}

@test "/dev has the links that shells use" {
	rm -f "$ROOTFS"/dev/*
	host_script 'echo typed | box sh -c "cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr; ls /dev/fd/0"'
	output_is $'typed\nout\nerr\n/dev/fd/0' "see symlink(2): /dev/stdin is /proc/self/fd/0, and so on"
}

@test "the box can make terminals, and sees none of the host" {
	rm -f "$ROOTFS"/dev/*
	box sh -c 'exec 3<>/dev/ptmx && echo opened; ls /dev/pts'
	output_is $'opened\n0\nptmx' "mount a devpts that is new, for all (ptmxmode=666), and without MS_NODEV, as its ptmx is a device"
}

@test "/dev/shm is a folder in memory that anyone may write to" {
	box sh -c 'touch /dev/shm/new && stat -c %a /dev/shm; grep -c "^[a-z]* /dev/shm tmpfs" /proc/mounts'
	output_is $'1777\n1' "mount a tmpfs on /dev/shm, with mode=1777"
}

@test "an image that has no /proc, /dev and /sys gets them" {
	rm -rf "${ROOTFS:?}"/{proc,dev,sys}
	box ls -d /dev/null /proc/self /sys/kernel
	output_is $'/dev/null\n/proc/self\n/sys/kernel' "mkdir(2) the folder that a filesystem is mounted on"
}

# opens_no_device PLACE HINT: a node that the command makes in this folder cannot be opened.
opens_no_device() {
	box sh -c 'mknod $1/node c 1 5 && echo made; head -c 4 $1/node | wc -c' - "$1"
	output_is $'made\n0' "$2"
	[[ $stderr == *"Permission denied"* ]] || report "expected that $1/node cannot be opened" "$2"
}

@test "a device node that the command makes cannot be opened" {
	opens_no_device "" "mount the overlay with MS_NODEV"
	opens_no_device /dev "mount the tmpfs on /dev with MS_NODEV: the six devices are mounts of their own"
	opens_no_device /dev/shm "mount the tmpfs on /dev/shm with MS_NODEV"
	OPTIONS=(--tmpfs /scratch)
	opens_no_device /scratch "mount each tmpfs with MS_NODEV"
}

@test "a device node of the image cannot be opened" {
	mknod -m 666 "$ROOTFS/node" c 1 5
	box sh -c 'ls /node; head -c 4 /node | wc -c'
	output_is $'/node\n0' "mount the overlay with MS_NODEV"
}

@test "a device node in a volume cannot be opened" {
	mkdir -p "$DIR"/data/{made,sub}
	mknod -m 666 "$DIR/data/node" c 1 5
	OPTIONS=(-v "$DIR/data:/data")
	box sh -c 'head -c 4 /data/node | wc -c'
	output_is 0 "set MOUNT_ATTR_NODEV on what was taken, by mount_setattr(2)"
	opens_no_device /data/made "set MOUNT_ATTR_NODEV on what was taken, by mount_setattr(2)"
	host_script 'mount -t tmpfs none data/sub; mknod -m 666 data/sub/node c 1 5; box sh -c "head -c 4 /data/sub/node | wc -c" 2>/dev/null; umount data/sub'
	output_is 0 "set MOUNT_ATTR_NODEV on what is mounted below, too: see AT_RECURSIVE"
}

# final has --device for that.
# bats test_tags=steps
@test "a device that is given as a volume can be opened, and one in a folder that is given cannot" {
	OPTIONS=(-v /dev/zero:/device)
	box sh -c 'head -c 4 /device | wc -c'
	output_is 4 "who names a device wants it: see S_ISCHR in inode(7)"
	OPTIONS=(-v /dev:/devices)
	box sh -c 'ls /devices/zero; head -c 4 /devices/zero | wc -c'
	output_is $'/devices/zero\n0' "a folder is given for its files: MOUNT_ATTR_NODEV"
}

@test "/sys is there, and cannot be written to" {
	box sh -c 'ls -d /sys/class/net; true >>/sys/kernel/none; grep " /sys sysfs " /proc/mounts | cut -d " " -f 4'
	output_has /sys/class/net "mount a sysfs on /sys"
	[[ $stderr == *"Read-only"* ]] || report "expected that /sys is read-only" "mount the sysfs with MS_RDONLY"
	output_has ro,nosuid,nodev,noexec "see mount(2) for MS_NOSUID, MS_NODEV and MS_NOEXEC"
}

@test "what tells of the machine's memory, keys and hardware reads as empty" {
	box sh -c 'for path; do
			if [ -d $path ]; then ls -A $path; elif [ -e $path ]; then [ "$(head -c 1 $path | wc -c)" = 0 ] || echo $path; fi
		done; echo checked' - $HIDDEN
	output_is checked "cover files with /dev/null, and folders with an empty tmpfs that is read-only, when the volumes are there"
}

@test "what changes the machine is read-only" {
	box sh -c 'for path; do
			[ ! -e $path ] || grep -q " $path [a-z]* ro[, ]" /proc/mounts || echo $path
		done; ls -d /proc/sys; value=$(cat /proc/sys/vm/swappiness); echo $value >/proc/sys/vm/swappiness' - $READ_ONLY
	output_is /proc/sys "bind each onto itself, and set MOUNT_ATTR_RDONLY"
	[[ $stderr == *"Read-only"* ]] || report "expected that /proc/sys cannot be written to" "bind it onto itself, and set MOUNT_ATTR_RDONLY"
}

@test "the host's mount table, and its /dev, do not change" {
	host_script '{ findmnt -lno TARGET; ls -l /dev; } >before; start sh -c "touch ready && exec sleep 1000"; until_true ready
		{ findmnt -lno TARGET; ls -l /dev; } | diff before - && echo "as before"; kill -TERM $box; wait $box'
	output_is "as before" "what box mounts must stay in its own mount namespace"
	box sh -c 'rm -f /dev/ptmx /dev/null; ls /dev/ptmx'
	output_is "" "each box has a /dev of its own"
	[[ -c /dev/null ]] || fail "the host has lost /dev/null"
	box ls -d /dev/shm
	output_is /dev/shm "each box has a /dev of its own"
}

@test "every mount that is no device, and no devpts, is nodev" {
	box sh -c 'while read -r _ _ _ _ place options _; do case ,$options, in *,nodev,*) ;; *) [ -c "$place" ] || grep -q " $place .* - devpts " /proc/self/mountinfo || echo "$place" ;; esac; done </proc/self/mountinfo; echo all'
	output_is all "see MS_NODEV; a bind has the flags of the mount that it shows"
}

# bats test_tags=still
@test "still: root in the box takes the nodev off again" {
	box sh -c 'mknod /device c 1 5; mount -o remount,dev / && head -c 4 /device | wc -c'
	output_is 4 "step 09 leaves root CAP_SYS_ADMIN"
}

# bats test_tags=still
@test "still: root in the box makes /proc/sys writable again" {
	box sh -c 'mount -o remount,rw,bind /proc/sys && true >>/proc/sys/vm/swappiness && echo writable'
	output_is writable "step 09 leaves root CAP_SYS_ADMIN"
}
