# box-oci: the filter of system calls (linux.seccomp of the runtime specification's config-linux.md), and who answers its
# questions.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "no filter of system calls is taken from a folder that another user can write" {
	configure 'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
	command_is true
	oci_script 'mkdir -m 1777 shared; mkdir -m 755 shared/.seccomp; chown 65534 shared/.seccomp; try() { "$OCI" --root shared run test </dev/null; echo $?; }
		try; chown 0 shared/.seccomp; chmod 777 shared/.seccomp; try; chmod 755 shared/.seccomp; try'
	local error="box-oci: shared/.seccomp: another user can write into it"
	output_is "$error"$'\n1\n'"$error"$'\n1\n0' "with --root /tmp, that user gives the file of a filter the name of another one: see get_filter"
}

@test "the filter of system calls answers as the profile says" {
	configure 'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95}, {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]}' 'c["root"]["readonly"] = False'
	oci_run sh -c 'mkdir /x; kill -USR1 $$; kill -0 $$ && echo allowed; grep Seccomp: /proc/self/status'
	output_is $'allowed\nSeccomp:\t2' "see seccomp_profile"
	[[ $stderr == *"Operation not supported"*"Operation not permitted"* ]] || report "expected both errors" "see seccomp-profile.c"
	# 451 is newer than all that are named: what C libraries ask for, and do without, is no error.
	configure 'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": [n for n in """read write open openat close exit exit_group execve brk mmap mprotect munmap stat fstat lstat newfstatat getuid geteuid getgid getegid arch_prctl set_tid_address set_robust_list rseq prlimit64 readlink getrandom ioctl dup2 dup3 fcntl uname getpid getppid rt_sigaction rt_sigprocmask sigaltstack getcwd fchdir chdir prctl futex access writev lseek poll""".split()], "action": "SCMP_ACT_ALLOW"}]}'
	cat >"$DIR/calls.c" <<-'EOF'
		#include <errno.h>
		#include <stdio.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(void) { syscall(451, 0); printf("%d ", errno == ENOSYS); syscall(SYS_mkdirat, -100, "/x", 0); printf("%d\n", errno == EPERM); return 0; }
	EOF
	cc -static -o "$BUNDLE/rootfs/calls" "$DIR/calls.c"
	oci_run /calls
	output_is "1 1" "see write_newer"
}

@test "a filter kills the thread alone, or the process" {
	cat >"$DIR/thread.c" <<-'EOF'
		#include <pthread.h>
		#include <stdio.h>
		#include <sys/stat.h>
		static void *thread(void *path) { mkdir(path, 0); puts("not killed"); return NULL; }
		int main(void) { pthread_t t; pthread_create(&t, NULL, thread, "/x"); pthread_join(t, NULL); puts("lives"); return 3; }
	EOF
	cc -static -pthread -o "$BUNDLE/rootfs/thread" "$DIR/thread.c"
	configure 'process["noNewPrivileges"] = False'
	for action in KILL KILL_THREAD KILL_PROCESS; do
		configure "linux['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'names': ['mkdir', 'mkdirat'], 'action': 'SCMP_ACT_$action'}]}"
		oci_run sh -c '/thread; echo $?; mkdir /x; echo $?' # 159: 128 and SIGSYS
		if [[ $action == KILL_PROCESS ]]; then output_is $'159\n159' "see action_of"; else output_is $'lives\n3\n159' "$action: see action_of"; fi || return
	done
}

# A filter that asks the agent about each mkdir, and about what box-oci itself calls after it is installed.
asking_filter() {
	configure 'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "agent", "listenerMetadata": "some \"data\"", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], "syscalls": [{"action": "SCMP_ACT_NOTIFY", "names": "mkdir mkdirat read sendmsg recvmsg close close_range prctl capset openat access stat newfstatat rt_sigaction execve".split()}]}' \
		'c["root"]["readonly"] = False'
}

@test "the filter's listener goes to who answers there, of create, run and exec" {
	asking_filter
	command_is sh -c 'mkdir /a && ls -d /a; mkdir /b; mkdir /c && ls -d /c && rmdir /c'
	for no_new_privs in True False; do
		configure "process['noNewPrivileges'] = $no_new_privs"
		oci_script 'rm -f agent; python3 "'"$REPO"'/tests/lib/seccomp-agent.py" agent >told & agent=$!; until_true test -S agent
			cp config.json config.orig; oci run test; sed -i "s/\"mkdir \\/a.*rmdir \\/c\"/\"sleep 1000\"/" config.json; create test; oci start test
			oci exec test sh -c "mkdir /d; ls /d; mkdir /e"; oci delete -f test; kill $agent; wait $agent 2>/dev/null
			mv config.orig config.json; cat out told'
		output_is "ls: /a: No such file or directory
mkdir: can't create directory '/b': Directory not empty
/c
ls: /d: No such file or directory
mkdir: can't create directory '/e': Directory not empty
1.2.0 ['seccompFd'] some \"data\" test creating True True b''
1.2.0 ['seccompFd'] some \"data\" test creating True True b''
1.2.0 ['seccompFd'] some \"data\" test running False True b''" "see pass_listener" || return
	done
}

@test "a filter that asks needs who answers, and one that does not, none" {
	asking_filter
	config_fails "seccomp.listenerPath $BUNDLE/agent: No such file or directory"
	configure 'linux["seccomp"]["listenerPath"] = "x" * 256'
	config_fails ": File name too long"
	configure 'del linux["seccomp"]["listenerPath"]'
	config_fails "config.json: linux.seccomp.listenerPath: missing, for SCMP_ACT_NOTIFY"
	configure 'linux["seccomp"]["syscalls"][0]["names"].append("write")'
	config_fails "config.json: linux.seccomp.syscalls[0].names: SCMP_ACT_NOTIFY of write is not possible"
	configure 'linux["seccomp"]["defaultAction"] = "SCMP_ACT_NOTIFY"'
	config_fails "config.json: linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is not possible here"
	configure 'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": "/nobody"}'
	oci_run echo ran
	output_is ran "config-linux.md: without SCMP_ACT_NOTIFY it is ignored"
}

@test "--debug makes no call that the filter may not allow" {
	configure 'linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["sendmsg", "sendto", "clock_gettime"], "action": "SCMP_ACT_KILL_PROCESS"}]}' \
		'c["hooks"] = {"startContainer": [{"path": "/bin/true"}]}' "c['process']['noNewPrivileges'] = False"
	command_is echo ran
	oci_script 'oci --debug --log log run test; echo $?; grep -c "and exec of echo" log'
	output_is $'ran\n0\n1' "the first process tells nothing after the filter: see prepare_process"
}
