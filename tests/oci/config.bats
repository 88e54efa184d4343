# box-oci: config.md of the runtime specification. Which test is for which clause:
#
#   process               "the process has what...", "the process has the five sets...", "no_new_privs..."
#   hostname, domainname  "hostname and domainname..."
#   root, mounts          mounts.bats
#   hooks                 hooks.bats
#   terminal, consoleSize "the terminal goes to..." of commands.bats
#   annotations           "state has what..." of runtime.bats
#   extensibility         "thousands of wrong config.json..." of errors.bats (unknown members are ignored)
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "the process has what config.json says of it" {
	# Without CAP_SYS_RESOURCE nobody can raise a hard limit, so none of this test's is above the caller's.
	local unlimited
	unlimited=$(prlimit --noheadings -o RESOURCE,HARD | awk '$1 ~ /^(CORE|FSIZE|LOCKS)$/ && $2 == "unlimited" { print $1; exit }')
	configure 'process["user"] = {"uid": 5, "gid": 6, "additionalGids": [7, 8], "umask": 0o27}' 'process["cwd"] = "/tmp"' \
		'process["env"] = ["PATH=/bin", "A=b"]' 'process["oomScoreAdj"] = 123' \
		'process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 30, "hard": 40}]' \
		"'$unlimited' and process['rlimits'].append({'type': 'RLIMIT_$unlimited', 'soft': 2**40, 'hard': 2**64 - 1})"
	oci_run sh -c 'id -u; id -g; id -G; umask; pwd; env | grep -v -e SHLVL -e PWD | sort; cat /proc/self/oom_score_adj; ulimit -n; ulimit -Hn; grep -c "1099511627776  *unlimited" /proc/self/limits'
	output_is $'5\n6\n6 7 8\n0027\n/tmp\nA=b\nHOME=/\nPATH=/bin\n123\n30\n40\n'$((${#unlimited} > 0)) "see oci_process"
}

@test "the process has the five sets of capabilities that it is given, and no others" {
	configure 'process["capabilities"] = {"bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_SETUID"], "permitted": ["CAP_CHOWN", "CAP_KILL"], "effective": ["CAP_CHOWN", "CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}' \
		'process["user"]["uid"] = 1000'
	oci_run grep Cap /proc/self/status
	output_is $'CapInh:\t0000000000000020\nCapPrm:\t0000000000000020\nCapEff:\t0000000000000020\nCapBnd:\t00000000000000a1\nCapAmb:\t0000000000000020' \
		"see drop_privileges"
}

@test "a capability that is unknown is left out, with a warning" {
	configure 'process["capabilities"]["bounding"].append("CAP_NONSENSE")'
	oci_run echo ran
	output_is ran "see read_set"
	[[ $stderr == "box-oci: capability CAP_NONSENSE"* ]] || report "expected a warning" "see read_set"
}

@test "no_new_privs is as config.json says" {
	oci_run grep NoNewPrivs /proc/self/status
	output_is $'NoNewPrivs:\t1' "see drop_privileges"
	configure 'process["noNewPrivileges"] = False'
	oci_run grep NoNewPrivs /proc/self/status
	output_is $'NoNewPrivs:\t0' "see drop_privileges"
}

@test "hostname and domainname are set in a namespace of their own" {
	configure 'c["hostname"] = "name"' 'c["domainname"] = "domain"'
	oci_run sh -c 'hostname; cat /proc/sys/kernel/domainname'
	output_is $'name\ndomain' "see move_in"
}
