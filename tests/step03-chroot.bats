# Step 03: the command runs in a root filesystem, and sees its own processes alone in /proc.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

@test "/ is the root filesystem in the box" {
	box cat /only-in-the-rootfs
	output_is rootfs "does the child chroot to ROOTFS?"
	box cat "$DIR/$MARKER"
	output_lacks "$MARKER" "does the child chroot to ROOTFS?"
}

@test "the command starts in / of the root filesystem" {
	box cat only-in-the-rootfs
	output_is rootfs "chroot leaves the working folder where it was: chdir(\"/\") after it"
	box pwd
	output_is / "chroot leaves the working folder where it was: chdir(\"/\") after it"
}

@test "the command is looked for in the root filesystem" {
	printf '#!/bin/sh\necho mine\n' >"$ROOTFS/bin/only-here"
	chmod +x "$ROOTFS/bin/only-here"
	box only-here
	output_is mine "chroot before the exec"
}

@test "ps in the box lists the box's processes alone" {
	host_script 'sleep 1234 & box ps -o pid,args; kill $!'
	output_is $'PID   COMMAND\n    1 ps -o pid,args' "does the child, in its PID namespace, mount a /proc?"
}

@test "the /proc in the box is mounted nosuid, nodev and noexec" {
	box grep ' /proc ' /proc/self/mounts
	output_has nosuid,nodev,noexec "see mount(2) for MS_NOSUID, MS_NODEV and MS_NOEXEC"
}

@test "/proc is unmounted after SIGTERM to box" {
	host_script 'start sh -c "readlink /proc/self; touch ready; sleep 1000"; until_true ready; kill -TERM $box; wait $box
		grep -c "$ROOTFS/proc" /proc/self/mounts'
	output_is $'2\n0' "box must clean up after every end of the command"
}

@test "/proc is unmounted after a command that is not found" {
	host_script 'box readlink /proc/self; box no-such-command 2>&-; grep -c "$ROOTFS/proc" /proc/self/mounts'
	output_is $'1\n0' "box must clean up after every end of the command"
}

@test "a mount that ROOTFS/proc had before is there afterwards" {
	host_script 'mount -t tmpfs mine "$ROOTFS/proc"; box readlink /proc/self; box no-such-command 2>&-
		grep -c "^mine $ROOTFS/proc " /proc/self/mounts; umount "$ROOTFS/proc"'
	output_is $'1\n1' "unmount what box has mounted, and no more"
}

# bats test_tags=steps
@test "an absolute symlink at ROOTFS/proc leads nowhere on the host" {
	host mkdir "$DIR/target" "$ROOTFS/target"
	rmdir "$ROOTFS/proc"
	ln -s /target "$ROOTFS/proc"
	host mount --bind "$DIR/target" /mnt
	box ls -d /target/self
	host umount /mnt
	output_is /target/self "mount /proc after the chroot, when its name means what it means in the box"
}

@test "ROOTFS may be relative, end in a slash, be a symlink, or be the working folder" {
	host ln -s "$ROOTFS" link
	for rootfs in ../rootfs "$ROOTFS/" link; do
		box_run "$rootfs" cat /only-in-the-rootfs
		output_is rootfs "a relative name is relative to box's working folder"
	done
	run_on_host env -C "$ROOTFS" "$BOX" run "${RUN[@]}" . cat /only-in-the-rootfs
	output_is rootfs 'after a mount on it, "." still names what is below: realpath(3) gives a name that works'
}

@test "a missing root filesystem is an error that names it" {
	box_run no-such-rootfs true
	refused no-such-rootfs "say which path, and why: err(3)"
}

@test "a root filesystem that is a file is an error that names it" {
	box_run ./plain true
	refused plain "say which path, and why: err(3)"
}

# Step 09 makes what is missing.
# bats test_tags=steps,before-09
@test "a root filesystem without a /proc is an error that says so" {
	rmdir "$ROOTFS/proc"
	box true
	refused /proc "say which path, and why: err(3)"
}

@test "no root filesystem is an error, said in one line" {
	local what="root filesystem"
	at_least final && what=image
	box_run
	refused "no $what" "check argc before you use argv"
}

# bats test_tags=still
@test "still: a process in the box climbs out of the chroot" {
	climb
	output_has "$MARKER" "chroot changes where names begin, and nothing else"
}

# bats test_tags=still
@test "still: the host has the box's /proc in its mount table" {
	host_script 'start sleep 1000; grep -c "$ROOTFS/proc" /proc/self/mounts; kill -TERM $box; wait $box'
	output_has 1 "step 03 has no mount namespace"
}

# bats test_tags=still
@test "still: a box killed by SIGKILL leaves its /proc mounted" {
	host_script 'start sleep 1000; kill -KILL $box; wait $box
		umount "$ROOTFS/proc" && echo unmounted'
	output_has unmounted "nobody is left to unmount it"
}
