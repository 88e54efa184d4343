# What box-oci gives its processes, and where it reads that.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "of variables of one name the last one counts, and an empty HOME is the user's" {
	configure 'process["env"] = ["ONE=two", "ONEMORE=1", "HOME=/tmp", "ONE=", "PATH=/bin", "HOME="]'
	command_is env
	echo '{"args": ["env"], "cwd": "/", "env": ["HOME=", "PATH=/sbin", "TWO=", "TWO=2", "PATH=/bin"]}' >"$DIR/process.json"
	oci_script 'oci run one; create up; echo exec; oci exec -p "$DIR/process.json" up; oci exec -e HOME= -e ONE=three up env; oci delete -f up'
	output_is $'ONEMORE=1\nONE=\nPATH=/bin\nHOME=/root\nexec\nHOME=/root\nTWO=2\nPATH=/bin\nONEMORE=1\nONE=three\nPATH=/bin\nHOME=/root' \
		"see remove_repeated and set_home"
}

@test "a file that the caller names by its descriptor is read, and the process has the descriptor not" {
	command_is ls /proc/self/fd
	echo '{"args": ["ls", "/proc/self/fd"], "cwd": "/", "env": ["PATH=/bin"]}' >"$DIR/process.json"
	oci_script 'create up; exec 9<"$DIR/process.json" 8<"$BUNDLE"; cd /
		oci exec -p /dev/fd/9 up | xargs; oci exec --process <(cat "$DIR/process.json") up | xargs
		oci update -r <(echo "{\"pids\": {\"limit\": 9}}") up; oci exec up sh -c "cat /sys/fs/cgroup/pids.max /sys/fs/cgroup/pids/pids.max 2>/dev/null"
		oci run -b /proc/self/fd/8 one | xargs; oci exec -p missing up; oci exec -p / up; oci delete -f up'
	output_is $'0 1 2 3\n0 1 2 3\n9\n0 1 2 3\nbox-oci: missing: No such file or directory\nbox-oci: /: Is a directory' "what the caller has open is closed by exec, not before: see run_command"
}

@test "the sockets for a terminal and for a filter's listener may have names longer than an address" {
	configure 'process["terminal"] = True' "linux['seccomp'] = {'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [{'action': 'SCMP_ACT_NOTIFY', 'names': ['mkdir']}], \
		'listenerPath': '$DIR/' + 'x' * 120 + '/agent'}"
	oci_script 'cat >receive <<-"END"
			import os, socket, subprocess, sys
			folder = f"{sys.argv[1]}/{chr(120) * 120}"
			os.mkdir(folder); os.chdir(folder)
			servers = [socket.socket(socket.AF_UNIX) for _ in range(2)]
			for server, name in zip(servers, ("console", "agent")):
			    server.settimeout(60); server.bind(name); server.listen(1)
			subprocess.check_call([*sys.argv[2:], "--console-socket", f"{folder}/console", "one"])
			for server in servers:
			    data, fds, _, _ = socket.recv_fds(server.accept()[0], 9, 1)
			    print(data, len(fds))
		END
		python3 receive "$DIR" "$OCI" --root "$STATE" create -b "$PWD"; oci delete -f one'
	output_is $'b\'/dev/ptmx\' 1\nb\'{"ociVers\' 1' "open the socket, and connect to it by /proc/self/fd: see send_to_socket"
}

@test "ambient capabilities that the process cannot have are left out, which --debug tells" {
	configure 'process["capabilities"] = {k: ["CAP_CHOWN", "CAP_KILL"] for k in ["effective", "permitted"]}' \
		'process["capabilities"].update({"bounding": ["CAP_CHOWN", "CAP_KILL", "CAP_FOWNER"], "inheritable": ["CAP_KILL", "CAP_FOWNER"], "ambient": ["CAP_KILL", "CAP_CHOWN", "CAP_FOWNER"]})'
	command_is grep CapAmb /proc/self/status
	oci_script 'oci run test; oci --debug run test 2>&1 | grep -o "capability [^\"]*"'
	output_is $'CapAmb:\t0000000000000020\ncapability CAP_CHOWN: ambient only where it is permitted and inheritable, too\ncapability CAP_FOWNER: ambient only where it is permitted and inheritable, too' "see read_capabilities, and capabilities(7)"
}
