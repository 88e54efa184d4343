# Ways out of a container, tried from inside as root. Each is tried twice: where that guard is
# missing it must succeed, or the test would prove nothing; in a box it must fail. An attempt that
# succeeds prints "escaped", and does no harm; one that does not prints "refused", and why.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
export BOX_DATA=${BATS_TEST_TMPDIR:-/nowhere}/data BOX_ROOT=${BATS_TEST_TMPDIR:-/nowhere}/run

# attempt <<C: makes the program /attempt of the body of a function that returns -1, with errno, when
# nothing came of it. On the host it is $ROOTFS/attempt.
attempt() {
	{
		cat <<-'EOF'
			#define _GNU_SOURCE
			#include <errno.h>
			#include <fcntl.h>
			#include <linux/bpf.h>
			#include <linux/keyctl.h>
			#include <linux/perf_event.h>
			#include <sched.h>
			#include <signal.h>
			#include <stdio.h>
			#include <stdlib.h>
			#include <string.h>
			#include <sys/ioctl.h>
			#include <sys/mount.h>
			#include <sys/ptrace.h>
			#include <sys/socket.h>
			#include <sys/stat.h>
			#include <sys/syscall.h>
			#include <sys/sysmacros.h>
			#include <sys/timex.h>
			#include <sys/wait.h>
			#include <time.h>
			#include <unistd.h>
			static long attempt(int argc, char **argv)
			{
		EOF
		cat
		cat <<-'EOF'
			}
			int main(int argc, char **argv)
			{
				if (attempt(argc, argv) < 0)
					printf("refused: %s\n", strerror(errno));
				else
					puts("escaped");
				return 0;
			}
		EOF
	} | cc -w -static -x c -o "$ROOTFS/attempt" - || fail "no static C library: install libc6-dev or glibc-static"
}

# try SCRIPT: the same for a shell script, which fails when nothing came of it.
try() { sh -c "if $1; then echo escaped; else echo refused; fi"; }
TRY=$(declare -f try)

# contained HINT COMMAND...: COMMAND escapes from a box with the options UNGUARDED, but not from one
# with the options GUARDED.
UNGUARDED=(--privileged) GUARDED=()
contained() {
	local hint=$1
	shift
	OPTIONS=("${GUARDED[@]}" "${UNGUARDED[@]}")
	box "$@"
	# what even such a container of a user's cannot do, the kernel refuses
	[[ ${ROOTLESS:-} && $output == *refused* ]] ||
		output_has escaped "the attempt must succeed with ${UNGUARDED[*]}, or this test proves nothing" || return
	OPTIONS=("${GUARDED[@]}")
	box "$@"
	output_has refused "$hint" || return
	output_lacks escaped "$hint"
}

# contained_script HINT SCRIPT
contained_script() { contained "$1" sh -c "$TRY; try '$2'"; }

# escapes_on_host COMMAND...: the same attempt, on the test's host.
escapes_on_host() {
	run_on_host "$@"
	output_has escaped "the attempt must succeed outside of a box, or this test proves nothing"
}

# is_refused HINT
is_refused() {
	output_has refused "$1" || return
	output_lacks escaped "$1"
}

# --- files and mounts ---

@test "a second chroot leads nowhere" {
	attempt <<-'EOF'
		mkdir("/trap", 0700);
		if (chroot("/trap") < 0)
			return -1;
		for (int i = 0; i < 64; i++)
			chdir("..");
		if (chroot(".") < 0)
			return -1;
		return access(argv[1], F_OK);
	EOF
	escapes_on_host chroot "$ROOTFS" /attempt "$DIR/$MARKER"
	box /attempt "$DIR/$MARKER"
	is_refused "the root of the mount namespace must be the container's: see pivot_root(2)"
}

@test "a device node can be made, but not opened" {
	local disk=7:0 size
	for size in /sys/dev/block/*/size; do
		(($(<"$size"))) && disk=$(basename "${size%/size}") && break
	done
	mkdir "$DIR/volume"
	attempt <<-'EOF'
		static const char *const folders[] = {"", "/dev", "/dev/shm", "/tmp", "/volume", "/tmpfs"};
		dev_t device = makedev(atoi(argv[2]), atoi(argv[3]));
		char path[64], byte;
		int error = 0, fd;

		for (int i = 0; i < 6; i++) {
			snprintf(path, sizeof(path), "%s/node", folders[i]);
			if (mknod(path, (*argv[1] == 'b' ? S_IFBLK : S_IFCHR) | 0600, device) < 0)
				continue;
			if ((fd = open(path, O_RDONLY)) >= 0 && read(fd, &byte, 1) == 1)
				return 0;
			error = errno;
			unlink(path);
		}
		errno = error;
		return -1;
	EOF
	# /dev/zero: some machines let nobody open their disks.
	escapes_on_host chroot "$ROOTFS" /attempt c 1 5
	rm "$ROOTFS/node"
	OPTIONS=(-v "$DIR/volume:/volume" --tmpfs /tmpfs)
	for device in "c 1 5" "b ${disk/:/ }"; do
		# shellcheck disable=SC2086 # three words
		box /attempt $device
		is_refused "every mount that the command can write to must be nodev" || return
	done
}

@test "mounts of the host are not there" {
	host_script 'mkdir hidden; mount -t tmpfs host-tmpfs hidden; cat /proc/self/mountinfo; echo BOX:
		box cat /proc/self/mountinfo; box cat /proc/1/mountinfo; umount hidden'
	output_has host-tmpfs "the test itself must mount it"
	[[ ${output#*BOX:} != *host-tmpfs* ]] || report "a mount of the host is in the box" "see MNT_DETACH"
	[[ ${output#*BOX:} == *overlay* ]] || report "expected mounts of the box" "is /proc mounted?"
}

@test "files of /proc that command the kernel cannot be opened for writing" {
	for file in sys/kernel/core_pattern sys/kernel/modprobe sys/vm/overcommit_memory sysrq-trigger \
		irq/default_smp_affinity; do
		[[ -e /proc/$file ]] || continue # as the kernel was configured
		contained_script "/proc/$file must be read-only" "true >>/proc/$file" || return
	done
}

@test "files of /proc and /sys that tell of the machine are empty" {
	local checked=0
	for file in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/interrupts /sys/firmware; do
		host sh -c "ls $file/* || head -c 1 $file | grep -q ." >/dev/null 2>&1 || continue
		contained_script "$file must be masked" "ls $file/* || head -c 1 $file | grep -q ." || return
		((++checked))
	done
	((checked)) || fail "this machine has none of these files"
}

@test "a mask cannot be taken off" {
	UNGUARDED=(--cap-add SYS_ADMIN)
	contained_script "unmounting takes CAP_SYS_ADMIN" "umount /proc/keys"
	contained_script "unmounting takes CAP_SYS_ADMIN" "umount /proc/sys"
}

@test "a read-only volume cannot be made writable" {
	mkdir "$DIR/volume"
	GUARDED=(-v "$DIR/volume:/volume:ro") UNGUARDED=(--cap-add SYS_ADMIN)
	contained_script "remounting takes CAP_SYS_ADMIN" "mount -o remount,bind,rw /volume && touch /volume/new"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "a cgroup hierarchy cannot be mounted, so that limits and release_agent stay out of reach" {
	contained_script "mounting takes CAP_SYS_ADMIN" \
		"mkdir /mnt && mount -t cgroup2 none /mnt && true >>/mnt/cgroup.procs"
	contained_script "/sys/fs/cgroup must be read-only" "mount -o remount,bind,rw /sys/fs/cgroup"
	GUARDED=(--pids-limit 50)
	contained_script "all of /sys/fs/cgroup must be read-only" \
		"(for d in /sys/fs/cgroup/*/pids.max /sys/fs/cgroup/pids.max; do mount -o remount,bind,rw \${d%/*} && echo 60 >\$d && exit 0; done; exit 1)"
	GUARDED=()
	local v1 # the options of one of this machine's old hierarchies
	v1=$(sed -n 's/.* - cgroup [^ ]* rw,//p' /proc/self/mountinfo | head -n 1)
	[[ ! $v1 ]] || contained_script "mounting takes CAP_SYS_ADMIN" \
		"mkdir /mnt && mount -t cgroup -o $v1 none /mnt && true >>/mnt/tasks"
}

@test "links of the image at /proc, /sys, /dev and /etc do not lead to the host" {
	mkdir "$DIR/target"
	for name in proc sys dev etc; do
		for target in "$DIR/target" "../../../../../../../../../../../..$DIR/target"; do
			rm -rf "${ROOTFS:?}/$name"
			ln -s "$target" "$ROOTFS/$name"
			host test -d "$ROOTFS/$name/." || fail "the link must lead to the host's folder"
			box true
			[[ ! $(ls -A "$DIR/target") ]] || report "/$name led to the host" "see openat2(2), RESOLVE_IN_ROOT"
		done
		rm -rf "${ROOTFS:?}/$name"
		mkdir "$ROOTFS/$name"
	done
}

@test "a link of the image where a volume goes does not lead to the host" {
	mkdir "$DIR/target" "$DIR/volume"
	touch "$DIR/volume/of-the-volume"
	ln -s "../../../../../../../../../../../..$DIR" "$ROOTFS/link"
	host test -d "$ROOTFS/link/target" || fail "the link must lead to the host's folder"
	OPTIONS=(-v "$DIR/volume:/link/target" -v "$DIR/volume:/link/made")
	host_script 'start sleep 1000; ls -A "$DIR/target"; kill $box; wait'
	output_lacks of-the-volume "see openat2(2), RESOLVE_IN_ROOT"
	[[ ! -e $DIR/made ]] || report "the link led to the host" "see openat2(2), RESOLVE_IN_ROOT"
}

@test "a link of the image to a descriptor of box does not lead to the host" {
	host_script 'mkdir volume; exec 9<"$DIR"; ls "/proc/self/fd/9/$MARKER"
		for n in {3..25}; do
			ln -sfn "/proc/self/fd/$n" "$ROOTFS/link"
			"$BOX" run --rm -v "$DIR/volume:/link/made" "$ROOTFS" true
		done'
	output_has "/proc/self/fd/9/$MARKER" "the test itself must open it"
	[[ ! $(find "$BATS_TEST_TMPDIR" -name made) ]] || report "the link led to the host" "see openat2(2), RESOLVE_NO_MAGICLINKS"
}

@test "descriptors of the caller do not reach the command" {
	host_script 'exec 9<"$DIR" 8</etc/passwd; ls -l /proc/self/fd; echo BOX:; box ls -l /proc/self/fd'
	output_has "9 -> $DIR" "the test itself must open it"
	[[ ${output#*BOX:} != *"$DIR"* && ${output#*BOX:} != *passwd* ]] ||
		report "a descriptor reached the command" "see close_range(2)"
}

@test "a working folder that is a descriptor leads nowhere" {
	host_script 'exec 9<"$DIR"; ls "/proc/self/fd/9/$MARKER"; echo BOX:
		for n in {3..20}; do '"${BOX@Q}"' run --rm -w "/proc/self/fd/$n" "$ROOTFS" sh -c "pwd; ls; ls ../*"; done'
	output_has "/proc/self/fd/9/$MARKER" "the test itself must open it"
	[[ ${output#*BOX:} != *"$MARKER"* ]] || report "the working folder is the host's" "CVE-2024-21626"
}

# --- processes ---

@test "box's own file cannot be written through /proc/PID/exe" {
	cp "$(command -v sleep)" "$DIR/sleep"
	attempt <<-'EOF'
		char path[64];
		int fd, pid = atoi(argv[1]);

		snprintf(path, sizeof(path), "/proc/%d/exe", pid);
		fd = open(path, O_PATH);
		kill(pid, SIGTERM);
		/* A file that is executed cannot be written: ETXTBSY. */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		for (int i = 0; i < 1000; i++, usleep(10000))
			if ((fd = open(path, O_WRONLY)) >= 0 || errno != ETXTBSY)
				break;
		return fd;
	EOF
	host_script '"$DIR/sleep" 1000 & until_true test "/proc/$!/exe" -ef "$DIR/sleep"; "$ROOTFS/attempt" $!'
	output_has escaped "the attempt must succeed with another program, or this test proves nothing"
	mkdir "$DIR/as" && cp "$BOX" "$DIR/as/box" # as others may run box just then
	[[ ! ${ROOTLESS:-} ]] || cp "${BOX%/as/box}"/box{,-seccomp,-unpack} "$DIR"
	BOX=$DIR/as/box host_script 'start sleep 1000; "$ROOTFS/attempt" $box; wait $box'
	output_has "refused: Read-only file system" "run from a read-only mount of the own file: CVE-2019-5736"
}

@test "a process outside cannot be found, signalled or traced" {
	attempt <<-'EOF'
		int found = 0;

		for (int pid = 1; pid < 5000; pid++)
			if (pid != getpid() && kill(pid, 0) == 0 && ptrace(PTRACE_SEIZE, pid, 0, 0) == 0)
				found++;
		return found ? found : -1;
	EOF
	host_script 'sleep 1000 & "$ROOTFS/attempt"; kill $!; start sleep 1000; box /attempt >"$DIR/inside"; kill $box; wait'
	output_has escaped "the attempt must succeed outside of a box, or this test proves nothing"
	output=$(<"$DIR/inside")
	is_refused "see CLONE_NEWPID"
}

@test "no namespace can be joined" {
	attempt <<<'return setns(open("/proc/1/ns/uts", O_RDONLY), CLONE_NEWUTS);'
	contained "the filter must refuse setns" /attempt
}

@test "no namespace can be made: not by unshare, not by clone, not by clone3" {
	UNGUARDED=(--security-opt seccomp=unconfined)
	attempt <<<'return unshare(CLONE_NEWUSER) < 0 || unshare(CLONE_NEWNS) < 0 ? -1 : mount("none", "/tmp", "tmpfs", 0, 0);'
	contained "the filter must refuse unshare" /attempt
	attempt <<<'long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); if (pid == 0) _exit(0); return pid;'
	contained "the filter must look at the flags of clone" /attempt
	attempt <<-'EOF'
		unsigned long arguments[8] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
		long pid = syscall(SYS_clone3, arguments, sizeof(arguments));
		if (pid == 0)
			_exit(0);
		return pid;
	EOF
	contained "the filter must refuse clone3, whose flags it cannot see" /attempt
	output_has "Function not implemented" "ENOSYS makes a C library use clone"
}

# --- the terminal, keys ---

@test "nothing can be typed into a terminal" {
	for request in TIOCSTI '0x100000000 | TIOCSTI' '0xffffffff00000000 | TIOCSTI'; do
		attempt <<-EOF
			int master = posix_openpt(O_RDWR | O_NOCTTY);

			if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
				exit(1);
			return syscall(SYS_ioctl, open(ptsname(master), O_RDWR), $request, "x");
		EOF
		contained "the filter must refuse TIOCSTI, by its low 32 bits: CVE-2019-10063" /attempt || return
	done
}

@test "keys of the caller's session are not there, even without a filter" {
	attempt <<-'EOF'
		if (argc == 1)
			return syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", "box-secret", 0);
		syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
		syscall(SYS_add_key, "user", "box-secret", "x", 1, KEY_SPEC_SESSION_KEYRING);
		execv(argv[1], argv + 1);
		return -1;
	EOF
	escapes_on_host "$ROOTFS/attempt" "$ROOTFS/attempt"
	run_on_host "$ROOTFS/attempt" "$BOX" run --rm --security-opt seccomp=unconfined "$ROOTFS" /attempt
	is_refused "see KEYCTL_JOIN_SESSION_KEYRING: keys have no namespace"
}

@test "keys cannot be used at all" {
	UNGUARDED=(--security-opt seccomp=unconfined)
	attempt <<<'return syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);'
	contained "the filter must refuse keyctl" /attempt
	attempt <<<'return syscall(SYS_add_key, "user", "k", "x", 1, KEY_SPEC_SESSION_KEYRING);'
	contained "the filter must refuse add_key" /attempt
}

# --- the kernel ---

@test "no module can be loaded" {
	host grep -q 'CapEff:.*[13579bdf]....$' /proc/self/status || skip "nobody may load modules on this machine"
	# EBADF: the kernel went as far as to look at the file.
	attempt <<<'return syscall(SYS_finit_module, -1, "", 0) < 0 && errno == EPERM ? -1 : 0;'
	contained "neither the capabilities nor the filter may allow it" /attempt
}

@test "the clock cannot be set" {
	# EINVAL: the kernel went as far as to look at the time, which is none.
	attempt <<<'return syscall(SYS_clock_settime, CLOCK_REALTIME, &(struct timespec){0, -1}) < 0 && errno == EPERM ? -1 : 0;'
	contained "the filter must refuse clock_settime" /attempt
	# To what it is now.
	attempt <<<'struct timex t = {0}; adjtimex(&t); t.modes = ADJ_TICK; return adjtimex(&t);'
	contained "the command must not have CAP_SYS_TIME" /attempt
}

@test "no program can be loaded into the kernel" {
	attempt <<-'EOF'
		union bpf_attr map = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

		return syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map));
	EOF
	contained "the filter must refuse bpf" /attempt
}

@test "nothing of the kernel can be measured" {
	attempt <<-'EOF'
		struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(event),
			.config = PERF_COUNT_SW_CPU_CLOCK};

		return syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
	EOF
	contained "the filter must refuse perf_event_open" /attempt
}

@test "calls that have been holes are refused" {
	for call in 'SYS_userfaultfd, 0' 'SYS_io_uring_setup, 1, (char[256]){0}' \
		'SYS_socket, AF_VSOCK, SOCK_STREAM, 0' 'SYS_socket, AF_ALG, SOCK_SEQPACKET, 0'; do
		# Not every kernel has all of them.
		attempt <<<"return syscall($call) < 0 && errno == EPERM ? -1 : 0;"
		contained "the filter must refuse $call" /attempt || return
	done
	attempt <<<'return syscall(SYS_socket, 0x100000000 | AF_ALG, SOCK_SEQPACKET, 0) < 0 && errno == EPERM ? -1 : 0;'
	contained "the filter must compare the low 32 bits of the domain" /attempt
}

@test "a call is refused by its numbers of other architectures, too" {
	[[ $(uname -m) == x86_64 ]] || skip "about x86_64"
	UNGUARDED=(--security-opt seccomp=unconfined)
	# unshare(CLONE_NEWUSER) of i386.
	attempt <<-'EOF'
		long result;

		__asm__ volatile("int $0x80" : "=a"(result) : "a"(310), "b"(CLONE_NEWUSER) : "memory");
		errno = -result;
		return result < 0 ? -1 : 0;
	EOF
	run_on_host "$ROOTFS/attempt"
	if ((status == 139)); then # no process of this machine can make calls of i386: int $0x80 is a fault
		box /attempt
		status_is 139 "a call that the host cannot make is none in a box" || return
		output_lacks escaped "a call that the host cannot make is none in a box" || return
	else
		contained "the filter must know the calls of i386" /attempt
	fi
	# Few kernels have x32 at all.
	attempt <<<'return syscall(0x40000000 | SYS_unshare, CLONE_NEWUSER);'
	box /attempt
	is_refused "the filter must know, or refuse, the calls of x32"
}

@test "the default filter refuses the same calls of i386 as of x86_64, all of x32, and other architectures" {
	[[ $(uname -m) == x86_64 ]] || skip "about x86_64"
	local call verdict
	# Of a call that the machine may be unable to make the filter itself is asked: architecture, number, arguments.
	while IFS=: read -r call verdict; do
		# shellcheck disable=SC2086 # words
		run_on_host bash -c '"$1" "$2" | python3 "$3" "${@:4}"' - "$REPO/final/box-seccomp" a80425fb \
			"$REPO/tests/lib/seccomp-verdict.py" $call
		output_is "$verdict" "the filter's word on $call: see compile_tree in seccomp-tree.c" || return
	done <<-'EOF'
		x86_64 39:allow
		i386 20:allow
		x86_64 272 0x10000000:errno 1
		i386 310 0x10000000:errno 1
		x86_64 56 0x10000000:errno 1
		i386 120 0x10000000:errno 1
		x86_64 56 0x11:allow
		i386 120 0x11:allow
		x86_64 435:errno 38
		i386 435:errno 38
		x86_64 250:errno 1
		i386 288:errno 1
		x86_64 321:errno 1
		i386 357:errno 1
		x86_64 298:errno 1
		i386 336:errno 1
		x86_64 16 0 0x5412:errno 1
		i386 54 0 0x5412:errno 1
		x86_64 16 0 0x100005412:errno 1
		i386 54 0 0x5401:allow
		x86_64 0x40000027:errno 38
		x86_64 0x40000110 0x10000000:errno 38
		arm 20:0x80000000
	EOF
}

@test "calls newer than the filter do not exist" {
	attempt <<<'return syscall(467, -1, "", 0, 0, 0);'
	box /attempt
	output_has "Function not implemented" "ENOSYS makes a C library do without it, EPERM is an error"
}

@test "a set-user-ID program gains nothing with no-new-privileges" {
	attempt <<<'if (geteuid() != 0) { errno = EPERM; return -1; } return 0;'
	chmod u+s "$ROOTFS/attempt"
	GUARDED=(-u 1000 --security-opt no-new-privileges=true) UNGUARDED=(--security-opt no-new-privileges=false)
	contained "see PR_SET_NO_NEW_PRIVS" /attempt
}

@test "a user other than root has no capability, and no way to one" {
	OPTIONS=(-u 1000)
	box grep -E '^(Cap(Inh|Prm|Eff|Amb)|Uid|Groups):' /proc/self/status
	[[ $(grep -c 0000000000000000 <<<"$output") == 4 ]] || report "expected empty sets" "CVE-2022-24769"
	output_lacks 'Uid:	0' "see setresuid(2)"
}

@test "the caller's groups do not reach the command" {
	escapes_on_host setpriv --groups 4,6 sh -c 'id -G | grep -qw 6 && echo escaped'
	run_on_host setpriv --groups 4,6 "$BOX" run --rm -u 1000 "$ROOTFS" id -G
	output_is 0 "see setgroups(2)"
}
