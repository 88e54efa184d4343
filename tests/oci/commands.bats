# box-oci: commands and options that the runtime specification does not have, as runc and crun have them; and features.md.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "list shows a table, JSON, or IDs" {
	command_is sleep 1000
	oci_script 'oci list; oci list -f json; create b; create a; oci start a; oci list | sed -E "s/[0-9]{3,}/N/g; s/ +/ /g"; oci list -q; oci list -f json |
		python3 -c "import json, sys; print([(x[\"id\"], x[\"status\"], x[\"owner\"]) for x in json.load(sys.stdin)])"; oci delete -f a; oci delete b'
	output_has $'ID          PID         STATUS      BUNDLE      CREATED     OWNER\nnull' "see print_table"
	[[ $output =~ "a "[0-9N]+" running" ]] || report "expected a that runs" "see print_table"
	output_has $'a\nb\n[('"'a', 'running', 'root'), ('b', 'created', 'root')]" "see oci_command_list"
}

@test "ps shows the container's processes" {
	command_is sleep 1000
	oci_script 'oci create --pid-file pid test >out </dev/null; oci start test; [[ $(oci ps -f json test) == "[$(<pid)]" ]]; echo $?
		oci ps test | tail -n 1 | grep -o "sleep 1000"; oci ps test -o pid,comm | tail -n 1 | sed "s/.* //"; oci delete -f test'
	output_is $'0\nsleep 1000\nsleep' "see run_ps"
}

@test "exec runs in all namespaces, privileges and cgroups of the container" {
	command_is sleep 1000
	oci_script 'create test; oci start test; oci exec test sh -c "for n in pid mnt uts ipc net cgroup; do
			[ \$(readlink /proc/1/ns/\$n) = \$(readlink /proc/self/ns/\$n) ] || echo \$n; done
			grep -hE \"^(Cap|NoNew)\" /proc/1/status >/tmp/x; hostname; cat /only-in-the-rootfs; exit 5"; echo $?
		oci exec test grep -E "^(Cap|NoNew)" /proc/self/status >own; oci exec test grep -E "^(Cap|NoNew)" /proc/1/status | diff own -
		oci delete -f test'
	output_has $'box\nrootfs\n5' "see oci_command_exec"
	output_lacks Cap "see load_bundle"
}

@test "exec --cgroup goes to a cgroup below the container's, and nowhere else" {
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP/one'"
	command_is sleep 1000
	oci_script 'create test; oci start test; for d in /sys/fs/cgroup/{,*/}$NAME/one; do [ ! -d $d ] || { mkdir $d/inner $d/inner/most; ln -s / $d/link 2>/dev/null
			[ ! -e $d/cpuset.mems ] || for i in inner inner/most; do for f in cpus mems; do cat $d/cpuset.$f >$d/$i/cpuset.$f; done; done 2>/dev/null; }; done
		inside() { oci exec "$@" test sed -n "s/.*://; /^\\//p" /proc/self/cgroup </dev/null | sort -u | grep -v "^/\(\.\.\)*$"; }
		inside --cgroup inner; inside --cgroup /inner/most/; oci exec --cgroup nosuch test true; echo $?; oci exec --cgroup inner/../.. test true; echo $?; oci exec --cgroup nosuch:inner test true; echo $?
		if [ -d /sys/fs/cgroup/pids/$NAME ]; then oci exec --cgroup pids,freezer:/inner test grep -c ":/inner$" /proc/self/cgroup; else echo 2; fi
		oci delete -f test; for d in /sys/fs/cgroup/{,*/}$NAME; do [ ! -d $d ] || rmdir $d; done' 2>&1
	output=$(sed -E 's#/sys/fs/cgroup/[^ ]*/one/#CGROUP/#' <<<"$output")
	output_is $'/inner\n/inner/most\nbox-oci: --cgroup nosuch: CGROUP/nosuch: No such file or directory\n255\nbox-oci: --cgroup inner/../..: not below the container\'s cgroup\n255\nbox-oci: --cgroup nosuch:inner: the container has no cgroup of cgroup v1 with a controller "nosuch"\n255\n2' "see cgroup_go_below"
}

@test "exec --cgroup refuses a list of controllers of which the container has not all, and names the one" {
	command_is sleep 1000
	oci_script 'create test; oci start test
		for list in nosuch,pids pids,nosuch pids,nosuch,freezer "" pids, ,pids "pids freezer"; do oci exec --cgroup "$list:" test echo ran; done; oci delete -f test'
	output=$(sed -E 's/^box-oci: .*: the container has no cgroup of cgroup v1 with a controller ("[^"]*")/\1/' <<<"$output" | xargs -d '\n')
	[[ -d /sys/fs/cgroup/pids ]] || output=${output//'"pids"'/'*'}
	[[ $output == '"nosuch" "nosuch" "nosuch" "" "" "" "pids freezer"' || $output == '"nosuch" * * "" * "" "pids freezer"' ]] ||
		report "expected that the first controller which is not there is named" "see v1_choose in cgroup-v1.c"
}

@test "exec takes a process.json, options, and detaches" {
	command_is sleep 1000
	echo '{"args": ["sh", "-c", "id -u; id -G; pwd; echo $A; umask"], "cwd": "/tmp", "env": ["PATH=/bin", "A=b"],
		"user": {"uid": 7, "gid": 8, "additionalGids": [9], "umask": 63}}' >"$BUNDLE/process.json"
	oci_script 'create test; oci start test; oci exec -p process.json test; oci exec -u 5:6 -e X=y --cwd /proc test sh -c "id -u; id -g; echo \$X; pwd"
		oci exec -d --pid-file pid test sleep 2000 >out2 </dev/null; tr "\0" " " </proc/$(<pid)/cmdline; oci delete -f test'
	output_is $'7\n8 9\n/tmp\nb\n0077\n5\n6\ny\n/proc\nsleep 2000 ' "see exec_spec"
}

@test "exec of what is not there is 255" {
	command_is sleep 1000
	oci_script 'create test; oci start test; oci exec test nosuch; echo $?; oci exec test /plain; echo $?; oci exec none true; echo $?; oci delete -f test'
	output_is 'box-oci: nosuch: No such file or directory
255
box-oci: /plain: Permission denied
255
box-oci: container does not exist: none
255' "see oci_command_exec"
}

@test "update changes limits, by options after the ID, too, and by a file" {
	command_is sleep 1000
	oci_script 'files() { oci exec test sh -c "cd /sys/fs/cgroup; cat pids/pids.max memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us 2>/dev/null ||
			{ cat pids.max memory.max; cut -d \" \" -f 1 cpu.max; }"; }
		create test; oci start test; oci update test --pids-limit 33 --memory 64m --cpu-quota 30000; files
		echo "{\"pids\": {\"limit\": 44}, \"cpu\": {\"quota\": 50000, \"period\": 100000}}" | oci update -r - test; files
		oci update --pids-limit many test; oci delete -f test'
	output_is $'33\n67108864\n30000\n44\n67108864\n50000\nbox-oci: --pids-limit many: not a number' "see oci_command_update"
}

@test "events --stats tells what the container uses" {
	command_is sleep 1000
	oci_script 'create test; oci start test; oci events --stats test | python3 -c "
import json, sys
e = json.load(sys.stdin)
print(e[\"type\"], e[\"id\"], e[\"data\"][\"pids\"][\"current\"], e[\"data\"][\"memory\"][\"usage\"][\"usage\"] > 0, e[\"data\"][\"cpu\"][\"usage\"][\"total\"] > 0)"; oci delete -f test'
	output_is "stats test 1 True True" "see oci_print_events"
}

@test "the terminal goes to the console socket, without ONLCR" {
	configure 'process["terminal"] = True' 'process["consoleSize"] = {"height": 33, "width": 77}'
	command_is sh -c 'tty; stty size; echo end'
	cat >"$DIR/receive" <<-'EOF'
		import array, os, socket, subprocess, sys
		server = socket.socket(socket.AF_UNIX); server.bind("s"); server.listen(1)
		subprocess.check_call(sys.argv[1:] + ["create", "--console-socket", "s", "test"])
		peer, _ = server.accept()
		_, ancillary, _, _ = peer.recvmsg(100, socket.CMSG_SPACE(4))
		master = array.array("i", ancillary[0][2])[0]
		subprocess.check_call(sys.argv[1:] + ["start", "test"])
		text = b""
		while b"end" not in text: text += os.read(master, 1000)
		print(text)
	EOF
	oci_script 'python3 $DIR/receive "$OCI" --root "$STATE"; until_true is test stopped; oci delete test; oci create test'
	output_has "b'/dev/pts/0\\n33 77\\nend" "see send_console"
	output_has "a terminal needs --console-socket" "see check_console"
}

@test "--preserve-fds gives the process these descriptors, and no others" {
	command_is sh -c 'cat <&3; cat <&4; ls /proc/self/fd | wc -l'
	oci_script 'echo three >3; echo four >4; oci run --preserve-fds 2 test 3<3 4<4 5<4; rm 3 4'
	output_is $'three\nfour\n6' "see close_descriptors" # 0 to 4, and that of ls
}

@test "LISTEN_FDS that are meant for create or run are the process's, and those of --preserve-fds come after them" {
	configure 'process["env"].append("LISTEN_FDS=7")'
	command_is sh -c 'env | grep LISTEN | sort; { cat <&3; cat <&4; } 2>/dev/null; ls /proc/self/fd | wc -l'
	oci_script 'echo three >3; echo four >4; listen() { (export LISTEN_FDS=1 LISTEN_PID="${PID:-$BASHPID}"; exec "$OCI" --root "$STATE" "$@" 3<3 4<4 5<4); }
		listen run --preserve-fds 1 test; PID=1 listen run --preserve-fds 1 test; listen create test >out </dev/null; oci start test; until_true is test stopped; cat out; oci delete test
		sed -i "s/\"args\": \[[^]]*/\"args\": [\"sleep\", \"1000\"/" config.json
		create test; oci start test; listen exec test sh -c "env | grep LISTEN; ls /proc/self/fd | wc -l"; oci delete -f test; rm 3 4'
	output_is $'LISTEN_FDS=1\nLISTEN_PID=1\nthree\nfour\n6\nLISTEN_FDS=7\nthree\n5\nLISTEN_FDS=1\nLISTEN_PID=1\nthree\n5\nLISTEN_FDS=7\n4' "see take_listen_fds"
}

@test "the bundles of box-oci spec, runc spec and crun spec run alike under all three" {
	command -v runc crun >/dev/null || fail "install the packages runc and crun" || return
	# Left out: how the parts of /sys/fs/cgroup and what masks paths are mounted, and crun's own /dev/core.
	cat >"$BUNDLE/rootfs/look" <<-'EOF'
		#!/bin/sh
		exec 2>&1; id; hostname; pwd; umask; env | sort; ulimit -a; ulimit -aH; cat /proc/self/oom_score_adj
		grep -E "^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)" /proc/self/status
		cut -d " " -f 5,6 /proc/self/mountinfo | grep -Ev "^/(sys/fs/cgroup|sys/[df]|proc/[aklt]|proc/sc)" | sort
		stat -c "%n %A %u:%g %t:%T" /dev/* | grep -v /core; cat /proc/kcore /proc/timer_list; touch /x
		exit 42
	EOF
	chmod +x "$BUNDLE/rootfs/look"
	oci_script '# crun 1.8 refuses the two versions of cgroups together.
		crun() { unshare -m sh -c "mount -t tmpfs none /sys/fs/cgroup/unified 2>/dev/null; exec crun \"\$@\"" - --root "$STATE.crun" "$@"; }
		runc() { command runc --root "$STATE.runc" "$@"; }
		for spec in oci runc crun; do
			rm config.json; $spec spec; grep -c "\"type\": \"cgroup\"" config.json; sed -i "s/\"terminal\": true/\"terminal\": false/; s/\"sh\"/\"\/look\"/" config.json
			for runtime in oci runc crun; do $runtime run test-$$ >$runtime 2>&1; echo "status $?" >>$runtime; done
			diff runc oci && diff crun oci; sed -n "2p; \$p" oci; done'
	# The mount; and a namespace, where there is no cgroup v1.
	local types=1
	[[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]] || types=2
	[[ $output =~ ^$types.box.status\ 42.$types.runc.status\ 42.[12].crun.status\ 42$ ]] || report "expected that all run alike, with $types types of cgroup" "see oci_read, and drop_cgroup_namespace"
}

@test "another user than root gets one line for a container without a user namespace" {
	local command user=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +dac_override --ambient-caps +dac_override "$OCI" --root "$STATE")
	for command in create run; do
		run_on_host "${user[@]}" $command -b "$BUNDLE" test
		[[ $status != 0 && $stderr == "box-oci: linux.namespaces: without a user namespace, only root can make the container; "* && ! -e $STATE ]] ||
			report "expected that $command is refused" "see make in oci-create.c"
	done
	for command in start state kill delete ps; do
		run_on_host "${user[@]}" $command test
		[[ $status == 1 && $stderr == "box-oci: container does not exist: test" ]] || report "expected that there is none" "see oci_open"
	done
	for command in --version features list spec; do
		run_on_host "${user[@]}" "$command"
		status_is 0 "$command needs no container: see do_command"
	done
	[[ -s $DIR/config.json ]] || report "expected a config.json" "see oci_print_spec"
}

@test "features and --version name the version of the specification" {
	run_on_host "$OCI" features
	output_has '"ociVersionMax": "1.2.0"' "see oci_print_features"
	for option in idmap ridmap tmpcopyup rro; do output_has "\"$option\"" "see oci_print_mount_options"; done
	output_has '"rdma": true' "see oci_print_features"
	[[ $output =~ '"idmap": {'[^}]*'"enabled": true' ]] || report "expected that ID-mapped mounts are enabled" "see oci_print_features"
	run_on_host "$OCI" --version
	output_has 'spec: 1.2.0' "see print_version"
}

# bats test_tags=bare
@test "commands that start nothing lose no memory" {
	command -v valgrind >/dev/null || fail "install the package valgrind" || return
	command_is sleep 1000
	local good=(features list "list -f json" "state test" "start test" "ps test" "pause test" "resume test" "events --stats test" "update -r limits test" "spec -b dir")
	local bad=("state none" nonsense "create --console-socket none none")
	((!THROWAWAY)) || good=("start test") bad=("state none") # where all is slow
	mkdir "$BUNDLE/bin" "$BUNDLE/mnt" "$BUNDLE/dir"
	# In a static program valgrind does not find malloc.
	# shellcheck disable=SC2046 # words
	cc -o "$BUNDLE/bin/box-oci" "$REPO"/final/oci/*.o "$REPO"/final/{core/core,base/base}.a $(pkg-config --libs jansson libcap libmd) -lm
	echo '{"pids": {"limit": 44}}' >"$BUNDLE/limits"
	# valgrind 3.19 does not know how box-oci protects its own file: on a read-only mount it need not.
	oci_script 'mount --bind bin mnt && mount -o remount,bind,ro mnt
		check() { valgrind -q --leak-check=full --error-exitcode=99 mnt/box-oci --root "$STATE" "${@:2}" >told 2>&1; [[ $? == "$1" ]] || { echo "${*:2}:"; cat told; }; }
		create test; '"$(printf 'check 0 %s; ' "${good[@]}")"' oci kill test KILL; until_true is test stopped; oci delete test
		'"$(printf 'check 1 %s; ' "${bad[@]}")"' sed -i "s/\"args\"/\"arg\"/" config.json; check 1 create none; umount mnt'
	output_is "" "see struct bundle, which has what lives on"
}
