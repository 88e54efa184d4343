# Step 04: no name in the box leads to the host, and no mount of the box reaches it.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

@test "a process in the box cannot climb out of its root" {
	climb
	# A process that is out finds the host's file. One that sees neither the host nor the box's root has not climbed at all.
	output_lacks "$MARKER" "a chroot can be left: pivot_root to ROOTFS, and unmount the old root: see MNT_DETACH"
	output_has only-in-the-rootfs "this is the attack itself, which must work up to the box's own root"
}

# Step 09 adds /dev and /sys.
# bats test_tags=steps,before-09
@test "the box's mount table has / and /proc, and nothing of the host" {
	box sh -c 'cut -d " " -f 5 /proc/self/mountinfo'
	output_is $'/\n/proc' "is the old root still mounted? see umount2(2), MNT_DETACH"
}

@test "the host's mount table does not change while a box runs" {
	host_script 'findmnt -lno TARGET >before; start sleep 1000; findmnt -lno TARGET | diff before -
		kill -TERM $box; wait $box'
	output_lacks "> " "is CLONE_NEWNS set, and are the mounts made private before any other? see MS_PRIVATE"
	output_lacks "< " "is CLONE_NEWNS set, and are the mounts made private before any other? see MS_PRIVATE"
}

@test "the same where ROOTFS lies on a shared mount of its own" {
	host_script 'mount -t tmpfs mine /mnt; cp -a "$ROOTFS" /mnt/rootfs; findmnt -lno TARGET >before
		"$BOX" run '"${RUN[*]}"' /mnt/rootfs sleep 1000 & box=$!; until_true running $box
		findmnt -lno TARGET | diff before - && echo "as before"; kill -TERM $box; wait $box
		umount /mnt'
	output_has "as before" "all mounts must be private, not / alone: see MS_REC"
}

@test "what is mounted in the box does not appear on the host" {
	as_mighty_root
	host_script 'start sh -c "mount -t tmpfs none /tmp && touch /tmp/mounted ready && exec sleep 1000"
		until_true ready && ls "$ROOTFS/tmp"; findmnt -lno TARGET | grep -c "$ROOTFS/tmp"; kill -TERM $box; wait $box'
	output_is 0 "is CLONE_NEWNS set, and are the mounts private?"
}

# An overlay shows the files of the mount that ROOTFS is on, and of no other.
# bats test_tags=steps,before-07
@test "what is mounted below ROOTFS is there in the box" {
	host_script 'mount -t tmpfs mine "$ROOTFS/tmp"; touch "$ROOTFS/tmp/submount"; box ls /tmp
		umount "$ROOTFS/tmp"; start sleep 1000; findmnt -lno TARGET | grep -c "$ROOTFS"; kill -TERM $box; wait $box'
	output_is $'submount\n0' "bind ROOTFS with MS_REC"
}

@test "no mount is left when box is killed by SIGKILL" {
	host_script 'start sleep 1000; child=$(pgrep -P $box); kill -KILL $box; until_true ended $child || kill -KILL $child
		grep -c "$ROOTFS" /proc/self/mounts'
	after_sigkill
	output_has 0 "mounts in a namespace of its own end with the last process in it: see CLONE_NEWNS"
}

@test "pivot_root leaves no folder in ROOTFS" {
	host_script 'ls -A "$ROOTFS" >before; start sleep 1000; ls -A "$ROOTFS" | diff before - && echo "as before"
		kill -TERM $box; wait $box; ls -A "$ROOTFS" | diff before -'
	output_is "as before" 'pivot_root(".", ".") needs no folder for the old root'
	box cut -d ' ' -f 5 /proc/self/mountinfo
	output_has $'/\n' 'pivot_root(".", ".") needs no folder for the old root'
}

@test "20 boxes at once on one ROOTFS each have their own /proc" {
	host_script 'for _ in {1..20}; do box sh -c "sleep 0.3; readlink /proc/self >/dev/null && echo ok" & done; wait'
	[[ $(grep -c ok <<<"$output") == 20 ]] || report "expected 20 times ok" "is CLONE_NEWNS set?"
}

# bats test_tags=still
@test "still: the command changes the files of ROOTFS" {
	box sh -c 'echo changed >/only-in-the-rootfs'
	[[ $(<"$ROOTFS/only-in-the-rootfs") == changed ]]
}

# bats test_tags=still
@test "still: no folder of the host can be given to a box" {
	OPTIONS=(-v "$DIR:/data")
	box cat "/data/$MARKER"
	refused "'v'" "step 04 has no options yet"
}
