# NOTIFY_SOCKET, sd_notify(3), of box-oci: a container says that it is ready, and nothing else goes to the host.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

# In the container, `notify TEXT...` sends each TEXT by itself, with a descriptor.
setup() {
	setup_host
	setup_bundle
	compiled "$BUNDLE/rootfs/bin/notify" -O1 -xc - <<-'END'
		#include <fcntl.h>
		#include <stdio.h>
		#include <stdlib.h>
		#include <string.h>
		#include <sys/socket.h>
		#include <sys/un.h>
		int main(int argc, char **argv)
		{
			struct sockaddr_un address = {AF_UNIX};
			int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
			snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("NOTIFY_SOCKET"));
			if (connect(fd, (void *)&address, sizeof(address)))
				return perror("connect"), 1;
			for (int i = 1; i < argc; i++) {
				struct { struct cmsghdr header; int fd; } control = {{CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}, open("/", O_RDONLY)};
				struct iovec data = {argv[i], strlen(argv[i])};
				struct msghdr message = {0, 0, &data, 1, &control, sizeof(control), 0};
				if (sendmsg(fd, &message, 0) < 0)
					return perror("send"), 1;
			}
		}
	END
	configure 'c["mounts"].append({"destination": "/run", "type": "tmpfs", "source": "tmpfs"})' 'process["user"] = {"uid": 1000, "gid": 1000}'
	# Python, which knows oci(), start() without waiting, state(), and next(): what came, from whom, and how many descriptors.
	cat >"$DIR/host.py" <<-'END'
		import os, re, socket, struct, subprocess, sys, time
		command = [os.environ["OCI"], "--root", os.environ["STATE"]]
		name = os.environ["NOTIFY_SOCKET"]
		host = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		host.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
		if len(name) > 100:
		    os.chdir(os.path.dirname(name))
		host.bind(name.replace("@", "\0", 1) if len(name) <= 100 else os.path.basename(name))
		host.settimeout(30)
		os.chdir(os.environ["BUNDLE"])
		def start(*words, **more): return subprocess.Popen([*command, *words], stdin=subprocess.DEVNULL, **more)
		def oci(*words):
		    with open("out", "w") as out:
		        return start(*words, stdout=out).wait()
		def state(): return subprocess.run([*command, "state", "test"], capture_output=True, text=True).stdout
		def pid(): return re.search(r'"pid": (\d+)', state())[1]
		def next():
		    text, parts, _, _ = host.recvmsg(4096, 200)
		    fds, who = 0, 0
		    for _, kind, data in parts:
		        if kind == socket.SCM_RIGHTS:
		            fds += 1
		            os.close(struct.unpack("i", data)[0])
		        else:
		            who = struct.unpack("3i", data)[0]
		    return text.decode(), who, fds
		def nothing():
		    host.setblocking(False)
		    try: return next()
		    except BlockingIOError: return "nothing more"
	END
}

# notifies NAME SCRIPT: the host's socket is NAME; SCRIPT is of Python, see above.
notifies() {
	cat "$DIR/host.py" - <<<"$2" >"$DIR/script.py"
	NAME=$1 oci_script "NOTIFY_SOCKET='$1' python3 \"\$DIR/script.py\""
}

@test "start waits until the container is ready, and tells the host that and the PID, and no word of the container's" {
	local name
	mkdir "$DIR/v"
	chmod 777 "$DIR/v"
	configure "c['mounts'].append({'destination': '/v', 'type': 'bind', 'source': '$DIR/v', 'options': ['bind']})"
	command_is sh -c 'notify STATUS=x READY=0 XREADY=1 "" "MAINPID=1
BARRIER=1"; echo "$NOTIFY_SOCKET" >/v/name; touch /run/notify/x 2>>/v/name; until [ -e /v/go ]; do sleep 0.01; done; notify "STATUS=y
READY=1
FDSTORE=1"; exec sleep 1000'
	for name in "$DIR/notify" "@$OWN_CGROUP" "$DIR/$(printf '%0120d' 0)/host"; do
		[[ $name == @* ]] || mkdir -p "${name%/*}"
		notifies "$name" "
v = os.environ['DIR'] + '/v'
print(oci('create', 'test'))
starts = start('start', 'test')
while not os.path.exists(v + '/name') or len(open(v + '/name').readlines()) < 2: time.sleep(0.01)
print(re.search('running', state())[0], starts.poll(), open(v + '/name').read(), end='')
open(v + '/go', 'w')
text, who, fds = next()
print(text.replace(pid(), 'PID'), who == starts.pid, fds, starts.poll(), next()[0::2], starts.wait(), nothing())
print(oci('delete', '-f', 'test'), os.listdir(os.environ['STATE']))
for f in 'name', 'go': os.unlink(v + '/' + f)"
		output_is $'0\nrunning None /run/notify/notify.sock\ntouch: /run/notify/x: Read-only file system
READY=1\nMAINPID=PID True 0 None (\'BARRIER=1\', 1) 0 nothing more\n0 []' "with $name: see oci-notify.c" || return
	done
}

@test "of a container that ends before it is ready nothing is told, and start does not wait any longer" {
	command_is notify STATUS=x
	notifies "$DIR/notify" "print(oci('create', 'test'), oci('start', 'test'), nothing(), oci('delete', 'test'))
print(oci('run', 'test'), nothing())"
	output_is $'0 0 nothing more 0\n0 nothing more' "see wait_until_ready"
}

@test "run tells that the container is ready, and stays the service's process; run -d tells as start does" {
	command_is sh -c 'notify READY=1; cat'
	notifies "$DIR/notify" "
runs = subprocess.Popen([*command, 'run', 'test'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
text, who, fds = next()
print(text, who == runs.pid, fds, runs.communicate(b'all of it'), runs.wait(), nothing())"
	output_is "READY=1 True 0 (b'all of it', None) 0 nothing more" "see notify_serve" || return
	command_is sh -c 'notify READY=1; exec sleep 1000'
	notifies "$DIR/other" "
runs = start('run', '-d', 'test', stdout=open('out', 'w'))
print(next()[0].replace(pid(), 'PID'), next()[0], runs.wait(), oci('delete', '-f', 'test'))"
	output_is $'READY=1\nMAINPID=PID BARRIER=1 0 0' "see start_oci"
}

@test "without NOTIFY_SOCKET at create the container has none, and one that is not there is an error of start, before the process" {
	command_is sh -c 'echo "${NOTIFY_SOCKET-none}"; ls /run'
	oci_script 'oci run test; NOTIFY_SOCKET= oci run test
		NOTIFY_SOCKET=$DIR/none oci create test >out </dev/null; NOTIFY_SOCKET=$DIR/none oci start test; is test created && echo created; oci delete -f test; ls "$STATE"'
	output_is "none"$'\n'"none"$'\n'"box-oci: NOTIFY_SOCKET $DIR/none: No such file or directory"$'\n'created "see notify_prepare and notify_listen"
}
