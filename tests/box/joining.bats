# A process of the container, with CAP_SYS_PTRACE, cannot get more by the process of box exec than that
# process will have: it looks at each new one, and stops it, as early as it can. See hunter.c.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/oci

COUNT=5
CAPS=00000000a80c25fb # Docker's, and SYS_PTRACE

setup() {
	setup_host
	compiled "$ROOTFS/hunter" -O2 "$REPO/tests/lib/hunter.c"
}

# hunted HINT LINE: each of COUNT processes was caught, and what was seen of it is LINE, blanks squeezed.
hunted() {
	local caught other
	caught=$(grep -c '^caught: ' <<<"$output") || true
	((caught == COUNT)) || report "expected $COUNT processes that were caught, got $caught" "hunter.c has not seen them: its message is in the output" || return
	other=$(sed -n 's/^caught: //p' <<<"$output" | tr -s '\t ' ' ' | grep -vxF "$2 " | head -1) || true
	[[ ! $other ]] || report "a new process was first seen with: $other
expected: $2" "$1"
}

# each_caught LOOK COMMAND...: runs COMMAND so often, and ends it when the output of LOOK has one process more that was
# caught: however late the hunter comes, as in a user namespace, where it must wait for the exec.
EACH_CAUGHT='caught() { [[ $($1 | grep -c "^caught: ") -ge $2 ]]; }
	each_caught() { local i; for ((i = 1; i <= '$COUNT'; i++)); do "${@:2}" </dev/null & until_true caught "$1" $i; kill $!; wait $!; done 2>/dev/null; }
	'

HINT="all rights are dropped before the process is visible inside: see exec_main in join.c"

@test "a process of exec never has more rights inside than its command, whoever looks" {
	life "$EACH_CAUGHT"'export CANARY=canary-of-the-caller
		detach --cap-add SYS_PTRACE --name hunter "exec /hunter '$COUNT' canary- of-the-caller" >/dev/null
		until_true logged hunter ready
		each_caught "box logs hunter" "$BOX" exec hunter sleep 1000
		until_true logged hunter done; box logs hunter'
	hunted "$HINT" "Uid: 0 0 0 0 CapPrm: $CAPS CapEff: $CAPS CapBnd: $CAPS Seccomp: 2"
}

@test "nor has one of exec as another user, on a terminal, or with no new privileges" {
	life "$EACH_CAUGHT"'export CANARY=canary-of-the-caller
		detach --cap-add SYS_PTRACE --security-opt no-new-privileges --name hunter "exec /hunter '$COUNT' canary- of-the-caller" >/dev/null
		until_true logged hunter ready
		each_caught "box logs hunter" "$BOX" exec -t -u 1000:1001 hunter sleep 1000
		until_true logged hunter done; box logs hunter'
	hunted "$HINT" "Uid: 1000 1000 1000 1000 CapPrm: 0000000000000000 CapEff: 0000000000000000 CapBnd: $CAPS Seccomp: 2"
}

# hunt_oci STATEMENT...: the same with box-oci, whose container has the capabilities that spec gives, and SYS_PTRACE.
hunt_oci() {
	configure "[process['capabilities'][k].append('CAP_SYS_PTRACE') for k in ['bounding', 'effective', 'permitted']]" \
		'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_ERRNO", "names": ["swapon"]}]}' "$@"
	command_is /hunter "$COUNT" canary- of-the-caller
	oci_script "$EACH_CAUGHT"'export CANARY=canary-of-the-caller
		create test; oci start test; until_true grep -q ready out
		each_caught "cat out" "$OCI" --root "$STATE" exec test sleep 1000
		until_true grep -q done out; cat out; oci delete -f test'
}

# With root alone: box-oci is for root here.
# bats test_tags=root
@test "nor has one of box-oci exec, with no_new_privs or without, in a user namespace or none" {
	local caps=0000000020080420 line
	setup_bundle
	cp "$BUNDLE/config.json" "$DIR"
	for statement in pass 'process["noNewPrivileges"] = False' \
		'linux["namespaces"].append({"type": "user"}); linux.update({k: [{"containerID": 0, "hostID": 100000, "size": 1000}] for k in ["uidMappings", "gidMappings"]})'; do
		cp "$DIR/config.json" "$BUNDLE"
		hunt_oci "$statement"
		line="Uid: 0 0 0 0 CapPrm: $caps CapEff: $caps CapBnd: $caps Seccomp: 2"
		hunted "$HINT" "$line" || report "with $statement" "$HINT"
	done
}

@test "what box-oci exec does under the filter of system calls is not filtered, nor asked of a listener" {
	local filtered='"clone", "clone3", "fork", "vfork", "setsid", "prctl", "ioctl", "read", "close", "recvmsg", "sendmsg"'
	setup_bundle
	echo 'int pause(void); int main(int n) { return n > 1 ? pause() : 0; }' | cc -w -static -x c -o "$BUNDLE/rootfs/calls-nothing" -
	command_is /calls-nothing wait
	configure 'process["rlimits"] = [{"type": "RLIMIT_NPROC", "soft": 100, "hard": 100}]' \
		'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_KILL_PROCESS", "names": ['"$filtered"']},
			{"action": "SCMP_ACT_KILL_PROCESS", "names": ["prlimit64"], "args": [{"index": 2, "value": 0, "op": "SCMP_CMP_NE"}]}]}' # glibc asks for limits
	oci_script 'create test; oci start test
		oci exec test /calls-nothing; echo $?; oci exec -t test /calls-nothing </dev/null; echo $?; oci exec test true; echo $?
		oci exec test nosuch; echo $?; oci delete -f test'
	output_is $'0\n0\n159\nbox-oci: nosuch: No such file or directory\n255' "see exempt_own_calls"
}

@test "exec ends, and so does what it has started, when its helper is killed before it can tell its process" {
	life 'exec 2>&1; sleeper --name mine >/dev/null
		for option in -i -d; do # the first write of a process is to its oom_score_adj
			timeout 20 strace -f -qq -o trace -e trace=write,clone -e inject=write:signal=KILL:when=2 "$BOX" exec $option mine touch /ran </dev/null
			echo $?; grep -q "clone(.*CLONE_PARENT.*) = [0-9]" trace || echo no process was made
			until_true eval "[[ ! \$(pids_of \"\$BOX\" exec) ]]" && echo ended; done
		rm trace; box exec mine ls /ran; box rm -f mine'
	output_is $'box: the process that joins the container died before it could start\n125\nended\nbox: the process that joins the container died before it could start\n125\nended\nls: /ran: No such file or directory\nmine' "see wait_for_child"
}

@test "so does box-oci create, when its helper into a user namespace is killed" {
	setup_bundle
	oci_script 'unshare --user --map-root-user sleep 1000 & until_true grep -qs " 1$" "/proc/$!/gid_map"
		sed -i "s,\"namespaces\": \[,&{\"type\": \"user\"\, \"path\": \"/proc/$!/ns/user\"}\, ," config.json
		timeout 20 strace -f -qq -o "$DIR/trace" -e trace=sendmsg,clone3 -e inject=sendmsg:signal=KILL:when=1 "$OCI" --root "$STATE" create test </dev/null; echo $?
		grep -q "clone3(.*CLONE_PARENT.*) = [0-9]" "$DIR/trace" || echo no process was made
		until_true eval "[[ ! \$(pids_of \"\$OCI\") ]]" && echo ended; kill $!; oci delete -f test'
	output_is $'box-oci: the container\'s first process died before it could start\n1\nended' "see clone_by_helper"
}

# attempt SYSCALL NUMBER COMMAND...: the helper of the command stops behind that call; then the command gets SIGTERM.
ATTEMPT='attempt() { local call=$1 when=$2 tracer box; shift 2; : >trace
	strace -f -qqq -o trace -e trace="$call" -e inject="$call:signal=STOP:when=$when" "$@" </dev/null & tracer=$!
	until_true grep -q "stopped by SIGSTOP" trace; box=$(pgrep -P $tracer); kill -TERM "$box"
	until_true eval "! kill -0 $box 2>/dev/null" || { echo "it does not hear"; kill -KILL $(pgrep -P $box) $box; }
	wait $tracer; echo $?; rm trace; }
	'

@test "a signal ends exec while its helper, which has told its process, is stopped" {
	life "$ATTEMPT"'sleeper --name mine >/dev/null; attempt write 2 "$BOX" exec -i mine touch /ran; box exec mine ls /ran; box rm -f mine'
	output_is $'box: ended by a signal before the command had started\n125\nls: /ran: No such file or directory\nmine' "see meet_process"
}

@test "so it does with box-oci create, whose caller has blocked it" {
	setup_bundle
	oci_script "$ATTEMPT"'unshare --user --map-root-user sleep 1000 & users=$!; until_true grep -qs " 1$" "/proc/$users/gid_map"
		sed -i "s,\"namespaces\": \[,&{\"type\": \"user\"\, \"path\": \"/proc/$users/ns/user\"}\, ," config.json
		attempt sendmsg 1 env --block-signal=TERM "$OCI" --root "$STATE" create test; oci list -q; kill $users'
	output_is $'box-oci: ended by a signal before the command had started\n1' "see clone_by_helper"
}

@test "exec costs no more of a user's processes than the container's own process does, and has the same limit" {
	life 'sleeper -u 12345 --ulimit nproc=2:3 --name mine >/dev/null
		for option in -i -t; do box exec $option mine sh -c "ulimit -u; ulimit -Hu" </dev/null | tr -d "\r"; done; box exec -i mine sh -c "true & wait"
		box exec -d mine sleep 1000; echo $?; box exec -i mine true; echo $?; box rm -f mine'
	output_is $'2\n3\n2\n3\nsh: can\'t fork: Resource temporarily unavailable\n0\nbox: clone: Resource temporarily unavailable\n125\nmine' "see process_limits"
}

@test "so it is with box-oci exec into a user namespace" {
	setup_bundle
	command_is sleep 1000
	configure "process['rlimits'] = [{'type': 'RLIMIT_NPROC', 'soft': 2, 'hard': 2}]" "process['user'] = {'uid': 345, 'gid': 345}" \
		'linux["namespaces"].append({"type": "user"}); linux.update({k: [{"containerID": 0, "hostID": 100000, "size": 1000}] for k in ["uidMappings", "gidMappings"]})'
	oci_script 'create test; oci start test; oci exec test sh -c "ulimit -u; true & wait"; echo $?; oci exec -d test sleep 1000; echo $?; oci exec test true; echo $?; oci delete -f test'
	output_is $'2\nsh: can\'t fork: Resource temporarily unavailable\n2\n0\nbox-oci: clone: Resource temporarily unavailable\n255' "see process_limits"
}

@test "on s390x, too, where clone(2) has its flags second, the call that exec is exempt for is the one that it makes" {
	cat >"$DIR/main.c" <<-'C'
		#include "exempt.h"
		#include <linux/seccomp.h>
		#include <sched.h>
		#include <stdarg.h>
		#include <stddef.h>
		#include <stdio.h>
		int fail(const char *f, ...) { return f ? -1 : 0; }
		int failx(const char *f, ...) { return f ? -1 : 0; }
		long __wrap_syscall(long nr, ...) /* what the kernel would see of it */
		{
			long args[6];
			va_list list;
			va_start(list, nr);
			for (int i = 0; i < 6; i++)
				args[i] = va_arg(list, long);
			va_end(list);
			return printf("flags in %ld and %ld\n", args[0], args[1]) < 0;
		}
		int main(void)
		{
			struct guard guard;
			struct sock_fprog none = {0};
			if (exempt_own_calls(&none, &guard) < 0)
				return 1;
			for (int i = 0; i < guard.filter.len; i++) /* the first argument's place that is looked at */
				if (guard.filter.filter[i].code == (BPF_LD | BPF_W | BPF_ABS) && guard.filter.filter[i].k) {
					printf("looked for in %d\n", (int)(guard.filter.filter[i].k - offsetof(struct seccomp_data, args)) / 8);
					break;
				}
			return own_clone(&guard, CLONE_PARENT | 17);
		}
	C
	local machine machines=(s390x)
	[[ $(cc -dumpmachine) == s390x-* ]] || machines+=(none) # there the compiler knows no other
	for machine in "${machines[@]}"; do
		cc -D"__${machine}__" -D_GNU_SOURCE -iquote "$REPO/final/core" -iquote "$REPO/final/base" -Wl,--wrap=syscall -o "$DIR/main" "$DIR/main.c" "$REPO/final/core/exempt.c"
		run_on_host ./main
		[[ $machine == s390x ]] && output_is $'looked for in 1\nflags in 0 and 32785' "see own_clone"
		[[ $machine == s390x ]] || output_is $'looked for in 0\nflags in 32785 and 0' "see own_clone"
	done
}

@test "of several descriptors that come with one message, those that are not taken are closed" {
	cat >"$DIR/main.c" <<-'C'
		#define _GNU_SOURCE
		#include "channel.h"
		#include <dirent.h>
		#include <stdio.h>
		#include <string.h>
		#include <sys/socket.h>
		static int count(void)
		{
			int n = 0;
			DIR *folder = opendir("/proc/self/fd");
			while (readdir(folder))
				n++;
			return closedir(folder) < 0 ? -1 : n;
		}
		int main(void)
		{
			union {
				struct cmsghdr header;
				char space[CMSG_SPACE(2 * sizeof(int))];
			} control = {.header = {CMSG_LEN(2 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
			struct message message = {0};
			struct iovec data = {&message, sizeof(message)};
			struct msghdr header = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
			int ends[2], fd, before;
			if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
				return 1;
			memcpy(CMSG_DATA(&control.header), (int[]){0, 1}, 2 * sizeof(int));
			before = count();
			if (sendmsg(ends[0], &header, 0) < 0 || !message_receive(ends[1], &message, &fd))
				return 1;
			printf("%d more, %s\n", count() - before, fd >= 0 ? "one taken" : "none taken");
			return 0;
		}
	C
	cc -iquote "$REPO/final/core" -o "$DIR/main" "$DIR/main.c" "$REPO/final/core/core.a" "$REPO/final/base/base.a"
	run_on_host ./main
	output_is "1 more, one taken" "see message_receive"
}

# In the window the kernel has forgotten PR_SET_PDEATHSIG, as the user changes, and box has not yet set it again.
# bats test_tags=bare
@test "a box that is killed while its process becomes another user takes the process with it" {
	host_script 'strace -f -qq -o trace -e trace=setresuid -e inject=setresuid:delay_exit=1500000 "$BOX" run --rm -u 1000 "$ROOTFS" sleep 4321 & strace=$!
		child_of() { pgrep -P "$1" | head -n 1; }
		other() { box=$(child_of $strace) && child=$(child_of $box) && [[ $(</proc/$child/status) == *Uid:?1000* ]]; }
		gone() { ! kill -0 $child; }
		until_true other; kill -KILL $box; until_true gone || { echo "still there"; pkill -KILL -fx "sleep 4321"; }; wait $strace 2>/dev/null; rm trace; "$BOX" ps -q'
	output_is "" "see become in privileges.c: it asks the socket whether box is there"
}
