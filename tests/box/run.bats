# What a container is that nothing was asked for. What the steps promise is tested in step*.bats;
# where final does otherwise, as Docker does, here.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper

image_state() { find "$ROOTFS" -printf '%P %y %m %U:%G %s %T@ %l\n' | sort; }

# --- what reaches the command of its caller ---

@test "the command has Docker's environment, and nothing of its caller's" {
	host_script 'COLOUR=green box sh -c "env -u SHLVL -u PWD | sed s/=............$/=ID/ | sort"'
	output_is $'HOME=/root\nHOSTNAME=ID\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
		"see set_environment in run.c"
}

@test "the command blocks and ignores no signal, whatever its caller does" {
	host_script 'trap "" HUP USR1 PIPE; box grep -E "^Sig(Blk|Ign)" /proc/self/status'
	output_is $'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000' "see reset_signals in inside.c"
}

@test "the command's umask is 022, whatever its caller's is" {
	host_script 'umask 077; box sh -c umask'
	output_is 0022 "see umask(2)"
}

@test "without -i the command finds its standard input empty" {
	host_script 'echo typed | "$BOX" run --rm "$ROOTFS" cat; echo "status $?"'
	output_is "status 0" "stdin is /dev/null then"
}

@test "50 MB through the command arrive as they were" {
	host_script 'head -c 50M /dev/urandom >data; box cat <data | cmp - data && echo same; rm data'
	output_is same "the command has box's own stdin and stdout"
}

@test "the command may write to a standard output that is gone" {
	host_script 'box sh -c "echo lost; exit 42" >&-; echo "status $?"'
	output_is "status 42" "a closed descriptor must be nothing that box opens"
}

@test "a folder as standard input is refused: it leads out of the container" {
	host_script 'box ls /proc/self/fd/0/.. <"$DIR"'
	status_is 125 "see close_descriptors in inside.c"
	output_has "descriptor 0" "say which descriptor"
}

# --- signals to box ---

@test "SIGTERM reaches a command that handles it" {
	host_script 'start sh -c "trap \"exit 3\" TERM; touch ready; while :; do sleep 0.05; done"; until_true ready; kill -TERM $box; wait $box'
	status_is 3 "see forward in container.c"
}

@test "SIGTERM leaves a command alone that ignores it" {
	host_script 'start sh -c "trap \"\" TERM; touch ready; sleep 1; exit 42"; until_true ready; kill -TERM $box; wait $box'
	status_is 42 "see forward in container.c: PID 1 is killed only when the signal would have killed any other"
}

@test "SIGINT ends a command that does not handle it" {
	host_script 'set -m; start sleep 1000; kill -INT $box; until_true ended $box || kill -KILL $box; wait $box'
	status_is 137 "PID 1 gets no signal it has no handler for: see forward in container.c"
}

@test "other signals reach a command that handles them" {
	host_script 'start sh -c "trap \"echo got it; exit 3\" USR1; touch ready; while :; do sleep 0.05; done"
		until_true ready; kill -USR1 $box; wait $box'
	output_is "got it" "see forward in container.c"
}

# --- the image ---

@test "a command changes its own copy of the image, and no other's" {
	image_state >"$BATS_TEST_TMPDIR/image"
	OPTIONS=(-v "$DIR:/new/folder" --tmpfs /other/new -w /third/new)
	box sh -c 'echo changed >/only-in-the-rootfs; rm -r /bin /etc/passwd; mkdir /made; cat /only-in-the-rootfs; [ -d /made -a ! -e /bin ]'
	output_is changed "the command sees its own changes"
	status_is 0 "the command sees its own changes"
	image_state | diff "$BATS_TEST_TMPDIR/image" - || fail "hint: the image must be the lower layer of an overlay"
	OPTIONS=()
	box sh -c 'cat /only-in-the-rootfs; ls -d /made /new'
	[[ $output == rootfs ]] || report "expected the image's file, and no other" "each container has an upper folder of its own"
}

# With root alone: a user may not look below what root has mounted.
# bats test_tags=root
@test "what is mounted below the image's folder is not in the container" {
	host_script 'mount -t tmpfs mine "$ROOTFS/tmp"; touch "$ROOTFS/tmp/submount"; box ls /tmp; umount "$ROOTFS/tmp"'
	output_is "" "an overlay shows its lower layer alone, and no mounts on it"
}

@test "an image without /proc, /sys, /dev and /etc has them all in the container" {
	(cd "$ROOTFS" && rm -r proc sys dev etc)
	image_state >"$BATS_TEST_TMPDIR/image"
	box sh -c 'readlink /proc/self; ls -d /sys/kernel; ls /dev/null; cat /etc/hostname | wc -c'
	output_is $'2\n/sys/kernel\n/dev/null\n13' "see make_in_root"
	image_state | diff "$BATS_TEST_TMPDIR/image" - || fail "hint: they must be made in the overlay"
}

@test "an image without a shell runs its program" {
	rm -r "${ROOTFS:?}"/*
	cp "$REPO/rootfs/bin/busybox" "$ROOTFS/echo"
	box /echo hello
	output_is hello "box needs nothing of the image"
}

@test "a folder on a read-only mount is an image, too" {
	host_script 'mount --bind "$ROOTFS" "$ROOTFS"; mount -o remount,bind,ro "$ROOTFS"
		box sh -c "echo written >/new; cat /new"; umount "$ROOTFS"'
	output_is written "the lower layer of an overlay may be read-only"
}

@test "an image's folder may have any name" {
	for name in 'two words' 'a:b' 'a,b' 'a\b' 'a"b' $'a\nb' 'x=y,upperdir=z' '-dash' 'ünï'; do
		mv "$ROOTFS" "$DIR/$name"
		box_run "./$name" cat /only-in-the-rootfs
		output_is rootfs "overlay's options take no such name: see mount_overlay"
		mv "$DIR/$name" "$ROOTFS"
	done
}

@test "a symlink of the image at a place of box's own leads nowhere on the host" {
	host mkdir "$DIR/escape"
	for place in proc sys dev etc dev/pts tmp; do
		mkdir -p "$ROOTFS/$place" "$BATS_TEST_TMPDIR/was"
		mv -T "$ROOTFS/$place" "$BATS_TEST_TMPDIR/was/${place//\//-}"
		ln -s "$DIR/escape" "$ROOTFS/$place"
		box true
		rm "$ROOTFS/$place"
		mv -T "$BATS_TEST_TMPDIR/was/${place//\//-}" "$ROOTFS/$place"
		[[ $status == 0 || $status == 125 ]] || report "expected that it runs, or an error of box" "$place is a symlink"
		[[ ! $(ls "$DIR/escape") ]] || report "$place led to the host" "open targets below the root: see open_in_root"
	done
}

@test "a symlink of the image at /proc or /sys is refused: what is hidden there would not be" {
	for folder in proc sys; do
		mv "$ROOTFS/$folder" "$ROOTFS/elsewhere"
		ln -s /elsewhere "$ROOTFS/$folder"
		box true
		refused "/$folder: a symlink of the image" "mask by what names mean in the container"
		rm "$ROOTFS/$folder"
		mv "$ROOTFS/elsewhere" "$ROOTFS/$folder"
	done
}

# --- what the container sees ---

# With root alone: it has one of users, too.
# bats test_tags=root
@test "a container has namespaces of its own, but for users" {
	for namespace in pid mnt uts ipc net cgroup; do
		box readlink "/proc/self/ns/$namespace"
		[[ $output == "$namespace":* && $output != "$(host readlink "/proc/self/ns/$namespace")" ]] ||
			report "the $namespace namespace is the host's" "see spec->namespaces"
	done
	box readlink /proc/self/ns/user
	output_is "$(host readlink /proc/self/ns/user)" "root in the container is root: see the capabilities"
}

@test "the hostname is the first 12 digits of the container's ID" {
	host_script 'start sh -c "hostname; touch ready; exec sleep 1000"; until_true ready
		ls "$BOX_DATA/containers"; kill -TERM $box; wait $box'
	[[ $output =~ ^([0-9a-f]{12})$'\n'([0-9a-f]{64})$ && ${BASH_REMATCH[2]} == "${BASH_REMATCH[1]}"* ]] ||
		report "expected the start of the ID, and the ID" "see make_spec"
}

@test "50 containers at once have 50 IDs" {
	host_script 'for _ in {1..50}; do box hostname & done; wait'
	[[ $(sort -u <<<"$output" | grep -cE '^[0-9a-f]{12}$') == 50 ]] || report "expected 50 names" "see random_id"
}

@test "the mount table has what box mounts, and names nothing of the host" {
	box sh -c 'cut -d " " -f 5 /proc/self/mountinfo | grep -v -e ^/proc/ -e ^/sys/ | sort | xargs; cat /proc/self/mountinfo'
	output_has "/ /dev /dev/full /dev/mqueue /dev/null /dev/pts /dev/random /dev/shm /dev/tty /dev/urandom /dev/zero /etc/hostname /etc/hosts /etc/resolv.conf /proc /sys"$'\n' \
		"is the old root still mounted? see umount2(2), MNT_DETACH"
	output_lacks "$BATS_TEST_TMPDIR" "paths relative to the store, and descriptors, say nothing"
}

@test "/dev has the devices that everybody needs, and they work" {
	box sh -c 'cd /dev; ls | xargs; echo lost >null; head -c 2 zero | wc -c; head -c 2 urandom | wc -c; echo x >full'
	output_is $'core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero\n2\n2' "see dev_fill"
	[[ $stderr == *"No space left"* ]] || report "expected that /dev/full is full" "see dev_mount_nodes"
}

# With root alone: only root can make device nodes.
# bats test_tags=root
@test "a device node that the command makes, or that the image has, opens nothing" {
	mknod "$ROOTFS/zero" c 1 5
	box sh -c 'for dir in / /tmp /dev /dev/shm /dev/mqueue; do mknod $dir/mine c 1 5 && head -c 1 $dir/mine; done; head -c 1 /zero'
	output_is "" "every mount but those of box's own nodes is nodev"
	[[ $(grep -c "mine: Permission denied\|zero: Permission denied" <<<"$stderr") -ge 4 ]] ||
		report "expected that no node can be opened" "every mount but those of box's own nodes is nodev"
}

@test "a device node in a volume opens nothing" {
	host_script 'mount -t tmpfs none /mnt; mknod /mnt/zero c 1 5'
	OPTIONS=(-v /mnt:/data)
	box head -c 1 /data/zero
	host umount /mnt
	[[ $stderr == *"Permission denied"* ]] || report "expected that it cannot be opened" "volumes are nodev: see set_mounts"
}

@test "what tells of the host's hardware and keys is hidden" {
	box sh -c 'for f in kcore keys timer_list interrupts sched_debug; do
			[ ! -e /proc/$f ] || head -c 1 /proc/$f | wc -c; done | sort -u; ls /proc/acpi /proc/scsi /sys/firmware 2>/dev/null | grep -v :'
	[[ $output == 0* && $(tr -d '\n' <<<"$output") == 0 ]] || report "expected nothing but 0" "see masked in run.c"
}

@test "what would change the host is read-only" {
	box sh -c 'for f in /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/mm/ksm/run; do
			[ ! -e $f ] || { echo 1 >$f; }; done; mkdir /sys/fs/cgroup/mine'
	[[ $(grep -cvi "read-only" <<<"$stderr") == 0 && $(wc -l <<<"$stderr") -ge 3 ]] ||
		report "expected that all of them are read-only" "see constant in run.c"
}

@test "the command has Docker's capabilities, and no others" {
	box grep ^Cap /proc/self/status
	output_is $'CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000' \
		"see drop_privileges"
}

@test "system calls are filtered" {
	box grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	output_is $'NoNewPrivs:\t0\nSeccomp:\t2' "see install in privileges.c"
}

@test "root in the container may not mount, nor make a user namespace, nor load modules" {
	box sh -c 'mount -t tmpfs none /tmp; unshare -U true; unshare -m true; mount -o remount,rw /sys'
	[[ $(grep -c -i "permitted\|denied" <<<"$stderr") == 4 ]] || report "expected four refusals" "see drop_privileges, and seccomp-tree.c"
}

@test "/etc/hosts, hostname and resolv.conf are the container's own" {
	host_script 'before=$(cat /etc/hosts /etc/hostname /etc/resolv.conf 2>/dev/null | cksum)
		box sh -c "head -n 1 /etc/hosts; hostname | diff - /etc/hostname; cat /etc/resolv.conf; for f in hosts hostname resolv.conf; do
			echo mine >>/etc/\$f || echo cannot write \$f; done"
		[[ $before == "$(cat /etc/hosts /etc/hostname /etc/resolv.conf 2>/dev/null | cksum)" ]] || echo changed'
	output_is $'127.0.0.1\tlocalhost' "see set_mounts"
}

@test "the network is a loopback interface, and works" {
	box sh -c 'ip link | grep -c LOOPBACK,UP; ip addr show lo | grep -o "inet 127.0.0.1"
		mkfifo in; exec 3<>in # it ends when the other one does
		echo pong | nc -l -p 7 127.0.0.1 & for i in $(seq 300); do nc 127.0.0.1 7 <&3 2>/dev/null && break; sleep 0.1; done; ip route | wc -l'
	output_is $'1\ninet 127.0.0.1\npong\n0' "see loopback_up in init.c"
}

@test "/dev/shm has 64 MB" {
	box df -k /dev/shm
	output_has 65536 "see set_mounts"
}

@test "the command cannot write to box's own file" {
	sum=$(cksum <"$BOX")
	OPTIONS=(--init)
	box sh -c 'ls -l /proc/1/exe; echo overwritten >>/proc/1/exe'
	[[ $status != 0 && $(cksum <"$BOX") == "$sum" ]] || report "expected that it could not" "see protect_own_file"
	OPTIONS=(--init --privileged)
	box chmod 755 /proc/1/exe # to write to a program that runs is refused always, to change its mode is not
	[[ $stderr == *"Read-only file system"* ]] ||
		report "expected that even a mighty command could not" "see protect_own_file"
}

# bats test_tags=bare,root
@test "root's box starts itself a second time before the C library begins, once, and only where it starts a process" {
	ldd "$BOX" >/dev/null 2>&1 && skip "box is not static: the C library began before it"
	[[ $(uname -m) == x86_64 || $(uname -m) == aarch64 ]] || skip "early.c does not know this processor"
	# $BOX is on a read-only mount already.
	host_script 'traced() { strace -qq -o trace -e trace=execve,execveat,mprotect "$@" >/dev/null; sed "s/(.*//" trace | xargs; }
		cp "$BOX" box; for box in ./box "$BOX"; do
			traced $box run --rm "$ROOTFS" true; traced $box run -d --name mine "$ROOTFS" sleep 1000; traced $box exec mine true; $box kill mine >/dev/null; traced $box start mine; traced $box ps; traced $box rm -f mine; done; rm box trace'
	output_is $'execve execveat mprotect\nexecve execveat mprotect\nexecve execveat mprotect\nexecve execveat mprotect\nexecve mprotect\nexecve mprotect'"$(printf '\nexecve mprotect%.0s' {1..6})" \
		"a static program runs mprotect(2) once, when the C library begins: see early_main, and EARLY in the Makefile"
}

@test "the command is looked for in the container's PATH, not in the caller's" {
	mkdir "$ROOTFS/mine"
	printf '#!/bin/sh\necho mine\n' >"$ROOTFS/mine/only-here"
	chmod +x "$ROOTFS/mine/only-here"
	host_script 'PATH=$PATH:/mine box only-here'
	status_is 127 "see run_command in inside.c"
	OPTIONS=(-e PATH=/mine:/bin)
	box only-here
	output_is mine "see prepare_process in prepare.c"
}

# bats test_tags=v2
@test "on v2 the kernel kills the process that takes too much memory, and the command may go on" {
	OPTIONS=(--memory 64m)
	box sh -c 'dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null; echo survived'
	output_is survived "as with Docker: see memory.oom.group"
}

# With root alone: only root can make device nodes.
# bats test_tags=root
@test "the container changes no file, terminal or device of the host that it writes to or reads" {
	host_script 'echo before >log; mount -t tmpfs dev /mnt; mknod -m 666 /mnt/null c 1 3; mount --bind /mnt/null /dev/null
		"$BOX" run --rm "$ROOTFS" sh -c "chmod 4777 /proc/self/fd/0 /proc/self/fd/1; : >/proc/self/fd/1; echo after" >>log
		stat -c %a /dev/null log; cat log; umount /dev/null /mnt'
	output_is $'666\n644\nbefore\nafter' "see is_hosts, reopen_null"
	host_script 'script -qec "\"$BOX\" run --rm \"$ROOTFS\" sh -c \"test -t 1 || test -t 2 || echo no terminal\"" /dev/null'
	output_has "no terminal" "it could read what is typed there"
	host_script '"$BOX" run --rm "$ROOTFS" sh -c "for i in 1 2 3; do echo out; echo err >&2; done" >both 2>&1; cat both | tr "\n" " "'
	output_is "out err out err out err " "one pipe keeps the order"
	host_script 'echo before >file; "$BOX" run --rm -i "$ROOTFS" sh -c "head -n 1; chmod 4777 /proc/self/fd/0; echo after >/proc/self/fd/0; : >/proc/self/fd/0" <file
		stat -c %a file; cat file'
	output_is $'before\n644\nbefore' "a file to read is no file to write: see make_pipes"
}

@test "box waits quietly where the command has closed its standard input" {
	host_script 'mkfifo in; exec 7<>in; script -qec "exec \"$BOX\" run --rm -i \"$ROOTFS\" sh -c \"exec <&-; exec sleep 1000\"" /dev/null <in >/dev/null &
		until_true pgrep -f "^sleep 1000" >/dev/null; box=$(ps -o ppid= "$(pgrep -f "^sleep 1000")"); box=${box// }
		ticks() { set -- $(cut -d " " -f 14,15 "/proc/$box/stat"); echo $(($1 + $2)); }
		before=$(ticks); sleep 0.5; echo $(($(ticks) - before)); kill -TERM $box; wait; rm in'
	((output < 20)) || report "expected less than 20 of 50 ticks" "box polls a pipe that nobody reads: see feed"
}
