# Step 10: root in the box has few of root's rights, and a filter refuses system calls that none of them guards.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

KEPT=00000000a80425fb # Docker's 14 capabilities

# calls NAME...: makes these system calls in the box, see calls.c.
calls() {
	[[ -e $BATS_FILE_TMPDIR/calls ]] || cc -static -pthread -o "$BATS_FILE_TMPDIR/calls" "$REPO/tests/lib/calls.c"
	cp "$BATS_FILE_TMPDIR/calls" "$ROOTFS/calls"
	box /calls "$@"
}

# filter_says ARCHITECTURE NUMBER [ARGUMENT]...: what the filter of a running box would say, see filter.c.
filter_says() {
	[[ -e $BATS_FILE_TMPDIR/filter ]] || cc -o "$BATS_FILE_TMPDIR/filter" "$REPO/tests/lib/filter.c"
	host_script 'start sleep 1000; "$@"; kill -TERM $box; wait $box' env BASH_ENV= bash -c '"$0" "$(pgrep -x sleep | tail -n 1)" "$@"' "$BATS_FILE_TMPDIR/filter" "$@"
}

@test "root in the box has Docker's 14 capabilities" {
	box grep -E '^Cap(Prm|Eff)' /proc/self/status
	output_is $'CapPrm:\t'"$KEPT"$'\nCapEff:\t'"$KEPT" "see capset(2), and PR_CAPBSET_DROP in prctl(2)"
}

@test "no program in the box can get more than these" {
	box grep CapBnd /proc/self/status
	output_is $'CapBnd:\t'"$KEPT" "an exec gives root all that the bounding set has: drop the others there, see PR_CAPBSET_DROP"
}

@test "what box's caller left inheritable does not reach the command" {
	host_script 'exec setpriv --inh-caps +sys_admin,+sys_ptrace --ambient-caps +sys_admin,+sys_ptrace "${run[@]}" grep -E "^Cap(Inh|Prm|Amb)" /proc/self/status'
	output_is $'CapInh:\t0000000000000000\nCapPrm:\t'"$KEPT"$'\nCapAmb:\t0000000000000000' "the bounding set does not bound the inheritable one: clear it by capset(2), which clears the ambient one, too"
}

@test "with these, root in the box does what root of a container has to do" {
	box sh -c 'touch /file; chown 5:6 /file; chmod 4755 /file; stat -c "%u:%g %a" /file; mknod /node c 1 3 && echo node
		mkdir /root/r; cp /bin/busybox /root/r; chroot /root/r /busybox echo chroot; echo me:x:1:1::/:/bin/sh >>/etc/passwd; su me -c "id -u"; grep CapEff /proc/self/status'
	output_is $'5:6 4755\nnode\nchroot\n1\nCapEff:\t'"$KEPT" "these need CHOWN, FOWNER, FSETID, MKNOD, SYS_CHROOT, SETUID and SETGID"
}

@test "root in the box cannot mount, unmount or rename" {
	box sh -c 'mount -t tmpfs none /tmp || mount -o remount,dev / || umount /proc/sys || umount /proc/interrupts || hostname other
		grep -c " /tmp " /proc/mounts; hostname'
	[[ $output != 1* && $output != *other* && $(grep -c "ermi\|not perm\|denied" <<<"$stderr") -ge 4 ]] ||
		report "expected that each is refused" "all of these are CAP_SYS_ADMIN"
}

@test "the command's system calls are filtered" {
	box grep '^Seccomp:' /proc/self/status
	output_is $'Seccomp:\t2' "see PR_SET_SECCOMP in prctl(2), and SECCOMP_MODE_FILTER"
}

calls_number() { echo "#include <sys/syscall.h>"$'\n'"$1" | cc -E - | tail -n 1; }

# refuses CALL...
refuses() {
	local call
	calls "$@"
	for call; do
		output_has "$call: Operation not permitted" "the filter must answer $call with SECCOMP_RET_ERRNO and EPERM"
	done
}

@test "the filter refuses the kernel's keys" {
	refuses add_key request_key keyctl
}

@test "the filter refuses programs in the kernel, its counters, and files by number" {
	refuses bpf perf_event_open userfaultfd open_by_handle_at
	filter_says "$(uname -m)" "$(calls_number SYS_bpf)"
	output_is "errno 1" "the filter must answer bpf with SECCOMP_RET_ERRNO and EPERM, whatever the capabilities"
}

@test "the filter refuses io_uring, whose requests it would not see" {
	refuses io_uring_setup io_uring_enter io_uring_register
}

@test "the filter refuses a new user namespace, by unshare and by clone, and nothing else of both" {
	refuses unshare-user clone-user
	filter_says "$(uname -m)" "$(calls_number SYS_clone)" 0x10000011
	output_is "errno 1" "CLONE_NEWUSER is one bit among the flags: see BPF_JSET"
	calls clone
	output_is "clone: done" "fork is clone, too: allow it without CLONE_NEWUSER"
	! at_least 10 || at_least final || { calls unshare-files && output_is "unshare-files: done" "unshare serves for more than namespaces"; }
}

@test "clone3 is not implemented, and threads run without it" {
	calls clone3 thread
	output_is $'clone3: Function not implemented\nthread: runs' "its flags are in memory: refuse it with ENOSYS, then libc takes clone; with EPERM it gives up"
}

@test "the filter refuses typing into the terminal, whatever the upper half of the number says" {
	refuses tiocsti tiocsti-upper-half tioclinux
}

@test "calls that the filter does not name are made" {
	calls getpid
	output_is "getpid: done" "the last instruction must be SECCOMP_RET_ALLOW"
	filter_says "$(uname -m)" "$(calls_number SYS_getpid)"
	output_is allow "the last instruction must be SECCOMP_RET_ALLOW"
}

# final knows the calls of i386, and refuses the same ones: box/escapes.bats.
# bats test_tags=steps
@test "programs of another architecture are killed" {
	local other=i386
	[[ $(uname -m) == x86_64 ]] || other=x86_64
	filter_says "$other" 20
	output_is kill "a call's number means another call there: look at arch in struct seccomp_data before nr"
}

# final refuses them.
# bats test_tags=steps
@test "programs of x32 are killed, whose architecture is x86-64's" {
	filter_says "$(uname -m)" $((0x40000000 + 39))
	output_is kill "bit 30 of the number, __X32_SYSCALL_BIT, marks them"
}

@test "--privileged leaves root its rights, and /proc uncovered" {
	OPTIONS=(--privileged)
	box sh -c 'grep -E "^(CapEff|Seccomp:)" /proc/self/status; mount -t tmpfs none /tmp && echo mounted; [ "$(head -c 1 /proc/interrupts | wc -c)" = 1 ] && echo uncovered'
	output_is "$(host grep CapEff /proc/self/status)"$'\nSeccomp:\t0\nmounted\nuncovered' "neither capset, nor a filter, nor covers"
}

# bats test_tags=still
@test "still: the box shares the host's network and IPC namespaces" {
	for namespace in net ipc; do
		box readlink "/proc/self/ns/$namespace"
		[[ $output == "$(host readlink "/proc/self/ns/$namespace")" ]]
	done
}
