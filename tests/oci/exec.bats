# The process of box-oci exec: it has what its own description says, and nothing of the container's.
#
# shellcheck disable=SC2016 # scripts for the host
load ../lib/helper
load ../lib/oci

setup() { setup_host && setup_bundle; }

# process_json MEMBERS: a process that prints who it is, with more MEMBERS of JSON.
process_json() {
	echo '{"cwd": "/", "env": ["PATH=/bin"], "args": ["sh", "-c", "id -u; id -G; umask; grep -E \"^CapEff|NoNewPrivs\" /proc/self/status; ulimit -Sn"]'"${1:+, $1}"'}' >"$BUNDLE/process.json"
}

# exec_prints TEXT HINT: box-oci exec of that process prints TEXT.
exec_prints() {
	oci_script 'create test; oci start test; oci exec -p process.json test; oci delete -f test'
	output_is "$1" "$2"
}

groups_are() { # groups_are FIRST LAST: of the container's first process
	command_is sleep 1000
	configure "process['user'] = {'uid': 5, 'gid': 6, 'umask': 63, 'additionalGids': list(range($1, $2 + 1))}"
}

@test "a process of exec has no group, mask, limit or capability of the container's process" {
	groups_are 10 30
	configure "process['rlimits'] = [{'type': 'RLIMIT_NOFILE', 'soft': 77, 'hard': 88}]" "process['noNewPrivileges'] = True"
	process_json '"user": {"uid": 7, "gid": 8}, "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 66, "hard": 66}]'
	exec_prints $'7\n8\n0022\nCapEff:\t0000000000000000\nNoNewPrivs:\t0\n66' "see read_user and oci_process: reading a process starts from nothing"
}

@test "a process of exec without a user has none of the container's groups" {
	groups_are 10 30
	process_json '"rlimits": [{"type": "RLIMIT_NOFILE", "soft": 66, "hard": 66}]'
	exec_prints $'0\n0\n0022\nCapEff:\t0000000000000000\nNoNewPrivs:\t0\n66' "see read_user"
}

@test "many groups of the container and many of a process of exec are counted by themselves" {
	groups_are 101 150
	process_json '"user": {"uid": 7, "gid": 8, "additionalGids": ['"$(seq -s , 201 250)"']}, "rlimits": [{"type": "RLIMIT_NOFILE", "soft": 66, "hard": 66}]'
	exec_prints "7"$'\n'"8 $(seq -s ' ' 201 250)"$'\n0022\nCapEff:\t0000000000000000\nNoNewPrivs:\t0\n66' "see read_user: a list belongs to its count"
}

@test "exec -g adds groups, and refuses what is not the number of one" {
	groups_are 10 11
	oci_script 'create test; oci start test; oci exec -g 20 -g 4294967294 test id -G
		for group in wheel 99999999999999 4294967295 -1 "" 3x 0x10 " 5"; do oci exec -g "$group" test id -G; echo "$?"; done; oci delete -f test'
	output_is "6 10 11 20 4294967294
$(for group in wheel 99999999999999 4294967295 -1 "" 3x 0x10 " 5"; do
		printf 'box-oci: --additional-gids %s: not the number of a group\n255\n' "$group"
	done)" "see add_groups"
}

@test "exec has what process.json says of the OOM killer, the scheduler and I/O, or else what box-oci has itself" {
	cat >"$DIR/look.c" <<-'C'
		#define _GNU_SOURCE
		#include <sched.h>
		#include <stdio.h>
		#include <sys/resource.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		int main(void)
		{
			FILE *file = fopen("/proc/self/oom_score_adj", "r");
			int score;
			if (!file || fscanf(file, "%d", &score) != 1)
				return 1;
			return printf("%d %d %d %ld\n", score, sched_getscheduler(0), getpriority(PRIO_PROCESS, 0), syscall(SYS_ioprio_get, 1, 0)) < 0;
		}
	C
	cc -static -o "$BUNDLE/rootfs/look" "$DIR/look.c"
	command_is sleep 1000
	configure 'process["oomScoreAdj"] = 100' 'process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 5}' \
		'process["ioPriority"] = {"class": "IOPRIO_CLASS_IDLE"}'
	echo '{"cwd": "/", "args": ["/look"], "oomScoreAdj": 500, "scheduler": {"policy": "SCHED_IDLE"}, "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 3}}' >"$BUNDLE/process.json"
	oci_script 'create test; oci start test; oci exec -p process.json test; oci exec test /look
		"$BUNDLE/rootfs/look" >own; sed -i "s/, \"oomScoreAdj.*/}/" process.json; oci exec -p process.json test | diff own - && echo own; oci delete -f test'
	# SCHED_IDLE is 5, SCHED_BATCH 3; the classes BE 2 and IDLE 3 are above bit 13.
	output_is "500 5 0 $((2 << 13 | 3))"$'\n'"100 3 5 $((3 << 13))"$'\nown' "see container_start: process_priorities()"
}
