# final: box-oci, as its command line and the runtime specification have it. What podman and containerd make of it
# is in final-podman.bats and final-containerd.bats, --systemd-cgroup in final-systemd.bats. Where the specification's clauses are tested:
#
#   runtime.md       state                 "state has what...", "the status goes from..."
#                    lifecycle             "create makes the container...", "a container lives on...", "a loop of..."
#                    create                "an ID that is in use...", "IDs that are no file names...", "errors in config.json..."
#                    start                 "start of what runs...", "what exec(2) refuses..."
#                    kill                  "kill takes names...", "kill of a container that has stopped...",
#                                          "a container that the freezer..."
#                    delete                "delete refuses...", "delete ends...", "delete -f of..."
#                    errors, warnings      "errors are in the log...", "--debug tells...", "a capability that is unknown..."
#   config.md        root                  "the root is read-only, or not..."
#                    mounts                "mounts have the options...", "rro makes...", "mounts show on...", "tmpcopyup...",
#                                          "an overlay takes..."
#                    uid/gidMappings       "the owners in an ID-mapped mount...", "idmap without mappings...", "ridmap maps..."
#                    process               "the process has what...", "the process has the five sets...", "no_new_privs..."
#                    terminal, consoleSize "the terminal goes to..."
#                    hostname, domainname  "hostname and domainname..."
#                    hooks                 "hooks run in their order...", "a startContainer hook...", "a hook that fails...",
#                                          "a poststart or poststop hook..."
#                    annotations           "state has what..."
#                    extensibility         "thousands of wrong config.json..." (unknown members are ignored)
#   config-linux.md  namespaces            "namespaces are new...", "a PID namespace of a path...",
#                                          "a mount namespace...", "a user namespace..."
#                    uid/gidMappings       "a user namespace has its mappings...", "a user namespace of a path..."
#                    timeOffsets           "a time namespace..."
#                    devices               "the devices of every container...", "a device that is not allowed..."
#                    cgroupsPath           "cgroupsPath is where..."
#                    resources             "a limit of processes...", "a limit that cannot be had...", "update changes...",
#                                          "a weight of block devices...", "network priorities..."
#                    sysctl                "sysctls are set..."
#                    seccomp               "the filter of system calls...", "a filter kills...", "the filter's listener...",
#                                          "a filter that asks..."
#                    personality           "the process has the personality..."
#                    masked, readonlyPaths "paths are masked..."
#   features.md                            "features and --version..."
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load oci

setup() {
	setup_host
	setup_bundle
}

# --- runtime.md: operations and the lifecycle ---

@test "create makes the container and waits: the process runs from start on" {
	command_is sh -c 'echo ran'
	oci_script 'create test && sleep 0.2 && cat out && is test created && oci start test && until_true is test stopped; cat out
		oci delete test; oci state test'
	output_is $'ran\nbox-oci: container does not exist: test' "see wait_at_gate in init.c"
	status_is 1 "state of a container that is not there is an error"
}

@test "state has what the specification asks for" {
	configure 'c["annotations"] = {"org.example.key": "a \"value\""}'
	oci_script 'create test; oci state test; oci delete test'
	for text in '"ociVersion": "1.2.0"' '"id": "test"' '"pid": ' '"status": "created"' "\"bundle\": \"$BUNDLE\"" \
		'"org.example.key": "a \"value\""'; do
		output_has "$text" "see oci_state"
	done
}

@test "the status goes from created to running, paused and stopped" {
	command_is sleep 1000
	oci_script 'create test; is test created && oci start test && is test running && oci pause test && is test paused &&
		oci resume test && is test running && oci kill test KILL && until_true is test stopped && oci delete test'
	status_is 0 "see oci_look"
}

@test "a container lives on when create has ended, and its PID is in the pid file" {
	command_is sleep 1000
	oci_script 'oci create --pid-file pid test >out </dev/null; oci start test; readlink /proc/$(<pid)/root
		[[ $(oci state test) == *"\"pid\": $(<pid),"* ]] && [[ $(tr "\0" " " </proc/$(<pid)/cmdline) == "sleep 1000 " ]]
		echo $?; oci delete -f test'
	output_is $'/\n0' "see detached in struct spec"
}

@test "an ID that is in use is refused, and its container stays as it is" {
	oci_script 'create test; oci create test; echo $?; is test created && oci delete test'
	output_is $'box-oci: container with given ID already exists: test\n1' "see oci_make"
	status_is 0 "the first one is untouched"
}

@test "IDs that are no file names are refused" {
	for id in '' .. . a/b 'a b' .seccomp; do
		run_on_host "$OCI" --root "$STATE" create -b "$BUNDLE" "$id"
		status_is 1 "see check_id"
		output_lacks created "see check_id"
	done
	[[ ! $(ls -A "$STATE" 2>/dev/null) ]] || fail "something is in $STATE"
}

@test "start of what runs, or has stopped, is an error" {
	command_is sleep 1000
	oci_script 'create test; oci start test; oci start test; oci kill test 9; until_true is test stopped; oci start test; oci delete test'
	output_is $'box-oci: cannot start an already running container\nbox-oci: cannot start a container that has stopped' \
		"see start_oci"
}

@test "delete refuses a running container, and with -f kills it" {
	command_is sleep 1000
	oci_script 'create test; oci start test; oci delete test; is test running && oci delete -f test; oci list -q'
	output_is "box-oci: cannot delete container test that is not stopped: running" "see delete_oci"
}

@test "delete -f of a container that ends by itself meanwhile is no error" {
	command_is sh -c 'ls /bin; ls /'
	oci_script 'for i in {1..12}; do oci run -d test >out </dev/null; oci delete -f test || echo "$i: $?"; done; ls "$STATE"'
	output_is "" "see delete_oci"
}

@test "delete -f removes no folder that is not a container's, whatever --root says" {
	mkdir -p "$STATE/home/mine" "$STATE/bundle"
	echo precious | tee "$STATE/home/file" "$STATE/bundle/config.json" >/dev/null
	oci_script 'oci delete -f home; echo $?; oci delete -f bundle; echo $?; cat "$STATE/home/file" "$STATE/bundle/config.json"; ls "$STATE/home"'
	output_is "box-oci: $STATE/home is no container's folder: it has file
1
box-oci: $STATE/bundle is no container's folder: it has config.json
1
precious
precious
file
mine" "see check_own in oci-state.c"
}

@test "delete -f of a container that is not there is no error" {
	oci_script 'oci delete -f none; echo $?; oci delete none'
	output_is $'0\nbox-oci: container does not exist: none' "see oci_command_delete"
}

@test "delete ends a container that was never started" {
	oci_script 'create test; oci delete test; echo $?; oci list -q'
	output_is 0 "see delete_oci"
}

@test "kill takes names and numbers, with and without SIG, and TERM without a word" {
	command_is sh -c 'for s in TERM USR1 USR2 HUP INT; do trap "echo $s" $s; done; echo up; while :; do sleep 0.05; done'
	oci_script 'create test; oci start test; until_true grep -qs up out; n=1; for signal in "" USR1 SIGUSR2 1 int; do
		oci kill test $signal; n=$((n + 1)); until_true eval "((\$(wc -l <out) == n))"; done; cat out; oci kill test nonsense; oci delete -f test'
	output_is $'up\nTERM\nUSR1\nUSR2\nHUP\nINT\nbox-oci: nonsense: no such signal' "see parse_signal"
}

@test "kill of a container that has stopped is an error" {
	command_is true
	oci_script 'create test; oci start test; until_true is test stopped; oci kill test 9; oci kill -a test 9; echo $?; oci delete test'
	output_is $'box-oci: container not running\n0' "see oci_command_kill"
}

@test "without a PID namespace of its own, SIGKILL ends all of the container" {
	configure 'linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "pid"]'
	command_is sh -c 'sleep 4242 & sleep 4242'
	oci_script 'create test; oci start test; until_true pgrep -f "^sleep 4242"; oci kill test KILL; until_true is test stopped
		until_true eval "! pgrep -fx \"sleep 4242\" >/dev/null"; pgrep -fx "sleep 4242" | wc -l; oci delete test'
	[[ $output == *$'\n0' ]] || report "expected that no process is left before delete" "see kill_oci"
}

@test "a paused container dies of delete -f" {
	command_is sleep 1000
	oci_script 'create test; oci start test; oci pause test; oci exec test true; oci delete -f test; echo $?'
	output_is $'box-oci: cannot exec in a paused container\n0' "frozen tasks of v1 ignore SIGKILL: see thaw"
}

# bats test_tags=v1
@test "a container that the freezer of v1 has paused dies of SIGKILL" {
	command_is sleep 1000
	# Without v2, which freezes where it is there.
	oci_script 'export -f oci is create until_true; unshare --mount bash -c "umount -a -t cgroup2; create test; oci start test; oci pause test; is test paused || echo runs
		oci kill test KILL; until_true is test stopped || echo lives; oci resume test; oci delete -f test"'
	output_is "box-oci: container not paused" "see kill_oci"
}

@test "run has the exit status of its process, or 128 and the signal" {
	oci_run sh -c 'exit 42'
	status_is 42 "see run_in_foreground"
	oci_run sh -c 'kill -9 $$; sleep 1'
	status_is 0 "PID 1 does not die of its own signals"
	[[ ! $(ls "$STATE") ]] || fail "run leaves $STATE/$(ls "$STATE")"
}

@test "run -d leaves the container to itself" {
	command_is sleep 1000
	oci_script 'oci run -d --pid-file pid test >out </dev/null; echo $?; is test running && kill -9 $(<pid); until_true is test stopped
		oci delete test'
	output_is 0 "see oci_command_run"
	status_is 0 "see oci_command_run"
}

@test "a program that is not there, or none, is an error of create, in words that engines know" {
	command_is nosuch
	config_fails 'exec: "nosuch": executable file not found in $PATH'
	command_is /nosuch
	config_fails 'exec: "/nosuch": stat /nosuch: no such file or directory'
	command_is /plain
	config_fails 'exec: "/plain": permission denied'
}

@test "what exec(2) refuses is an error of start" {
	printf '#!/nosuch/interpreter\n' >"$BUNDLE/rootfs/plain"
	chmod +x "$BUNDLE/rootfs/plain"
	command_is /plain
	oci_script 'create test; oci start test; echo $?; until_true is test stopped; oci delete test'
	output_is $'box-oci: /plain: No such file or directory\n1' "see oci_open_gate"
}

@test "killed at any moment, create leaves nothing that delete -f does not remove" {
	oci_script 'mkdir "$STATE"; for i in {1..30}; do { "$OCI" --root "$STATE" create test & sleep 0.0$((i % 3))$((i % 10)); kill -9 $!; wait $!; } >/dev/null 2>&1 </dev/null
		oci delete -f test || echo left; done; oci list -q; ls "$STATE"'
	output_is "" "see delete_broken"
}

@test "the state of before a start of the machine is that of a stopped container" {
	command_is sleep 1000
	oci_script 'create test; oci start test; sed -i "s/\"boot_id\":\"[^\"]*\"/\"boot_id\":\"other\"/" "$STATE/test/state.json"
		is test stopped; echo $?; pkill -xf "sleep 1000"; oci delete test'
	output_is 0 "see read_state"
}

@test "a PID that is another process's by now is not the container's" {
	command_is true
	oci_script 'create test; oci start test; until_true is test stopped
		sleep 0.05; sleep 1000 & # a start time is of 10 ms
		sed -i "s/\"pid\":[0-9]*/\"pid\":$!/" "$STATE/test/state.json"; is test stopped && oci kill test KILL; kill -0 $! && echo alive; kill $!; oci delete test'
	output_is $'box-oci: container not running\nalive' "see is_alive"
}

@test "errors are in the log, as text or JSON, and on stderr" {
	oci_script 'oci --log log start none; oci --log log.json --log-format json start none; oci --log=log.json --log-format=json start "a\"b"
		sed "s/time=\"[^\"]*\"/time=T/" log; sed "s/\"time\":\"[^\"]*\"/T/" log.json'
	output_is 'box-oci: container does not exist: none
box-oci: container does not exist: none
box-oci: container ID "a"b": not 1 to 1024 of letters, digits, _, +, - and .
time=T level=error msg="container does not exist: none"
{"level":"error","msg":"container does not exist: none",T}
{"level":"error","msg":"container ID \"a\"b\": not 1 to 1024 of letters, digits, _, +, - and .",T}' "see log_line"
}

@test "--debug tells in the log, or on stderr, what is made" {
	command_is sleep 1000
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP/one'" "linux['namespaces'][1]['path'] = '/proc/self/ns/net'"
	oci_script 'oci --debug --log log create test </dev/null >out; oci --debug --log log.json --log-format json start test; oci --debug exec test true 2>err; cat log log.json err out |
			sed -E "s/[0-9]{2,}-[^\"]*Z/T/; s/process [0-9]+/process N/g; s#cgroup .*/$NAME/one#cgroup /NAME/one#" | uniq; oci delete -f test; rmdir /sys/fs/cgroup/{,*/}$NAME 2>/dev/null'
	for line in "new namespace: pid" "namespace of /proc/self/ns/net" "mount on /dev/shm: tmpfs of shm" "cgroup /NAME/one" "process N waits to execute sleep"; do
		output_has "time=\"T\" level=debug msg=\"$line\"" "see create_container" || return
	done
	output_has '{"level":"debug","msg":"process N may execute","time":"T"}' "see start_oci"
	output_has 'time="T" level=debug msg="process N has joined process N, and executes true"' "see exec_in"
	oci_script 'create test; oci --log other start none; oci --log other start test; oci delete -f test; cat other; rmdir /sys/fs/cgroup/{,*/}$NAME 2>/dev/null'
	output_lacks debug "see debug_oci"
}

@test "a loop of create, start, kill and delete leaves nothing" {
	command_is sleep 1000
	oci_script 'for i in {1..40}; do create t$i && oci start t$i && oci kill t$i KILL && until_true is t$i stopped && oci delete t$i || echo $i; done; ls "$STATE"'
	output_is "" "teardown looks for mounts, processes and cgroups"
}

# --- list, ps, exec, events, update ---

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
		report "expected that the first controller which is not there is named" "see choose in cgroup-find.c"
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

# --- config.md ---

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

@test "the root is read-only, or not; and the bundle's own folder" {
	oci_run touch /x
	[[ $stderr == *"Read-only"* ]] || report "expected a read-only root" "see rootfs_restrict"
	configure 'c["root"]["readonly"] = False'
	oci_run touch /made
	[[ -e $BUNDLE/rootfs/made ]] || report "expected /made in the bundle" "see mount_bind"
}

@test "mounts have the options that are said" {
	mkdir "$DIR/volume" && echo content >"$DIR/volume/file"
	configure "c['mounts'] += [{'destination': '/v', 'type': 'bind', 'source': '$DIR/volume', 'options': ['rbind', 'ro', 'nosuid', 'noexec', 'nodev', 'noatime', 'rprivate']}, {'destination': '/f', 'source': '../volume/file', 'options': ['bind']}, {'destination': '/t', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['size=1m', 'mode=700', 'noexec']}]"
	oci_run sh -c 'for m in /v /t; do grep " $m " /proc/self/mountinfo | cut -d " " -f 6; done; cat /v/file /f; touch /v/x 2>&1; stat -c %a /t; df -k /t | tail -n 1 | tr -s " " | cut -d " " -f 2'
	output_is $'ro,nosuid,nodev,noexec,noatime\nrw,noexec,relatime\ncontent\ncontent\ntouch: /v/x: Read-only file system\n700\n1024' "see oci-mounts.c"
}

@test "rro makes all mounts below read-only, too, and ro the one alone" {
	mkdir -p "$DIR/volume/sub"
	for option in ro rro; do
		configure "c['mounts'] = [m for m in c['mounts'] if m['destination'] != '/v'] + [{'destination': '/v', 'type': 'bind', 'source': '$DIR/volume', 'options': ['rbind', '$option']}]"
		command_is sh -c 'touch /v/x 2>/dev/null && echo top; touch /v/sub/x 2>/dev/null && echo below; :'
		oci_script 'mount -t tmpfs sub "$DIR/volume/sub"; oci run test; umount "$DIR/volume/sub"'
		if [[ $option == ro ]]; then output_is below "see mount_change"; else output_is "" "see mount_change"; fi
	done
}

@test "mounts show on a volume and its source as far as its propagation says" {
	mkdir -p "$DIR/volume/host" "$DIR/volume/container"
	configure 'process["capabilities"] = {k: ["CAP_SYS_ADMIN"] for k in ["bounding", "effective", "permitted"]}'
	command_is sh -c 'mount -t tmpfs inside /v/container; touch /v/container/inside /tmp/up; while [ ! -e /tmp/go ]; do sleep 0.05; done; ls /v/host /v/container'
	for propagation in rbind rprivate rslave rshared; do
		configure "c['mounts'] = [m for m in c['mounts'] if m['destination'] not in ['/v', '/tmp']] + [{'destination': '/tmp', 'type': 'bind', 'source': '$DIR', 'options': ['bind']}, {'destination': '/v', 'type': 'bind', 'source': '$DIR/volume', 'options': ['rbind', '$propagation']}]"
		oci_script 'rm -f ../go ../up; create test; oci start test; until_true test -e ../up; mount -t tmpfs host ../volume/host; touch ../volume/host/outside; ls ../volume/container
			touch ../go; until_true is test stopped; cat out; oci delete test; umount ../volume/host; umount ../volume/container 2>/dev/null; :'
		case $propagation in
		rbind | rprivate) output_is $'/v/container:\ninside\n\n/v/host:' "see take_bind" ;;
		rslave) output_is $'/v/container:\ninside\n\n/v/host:\noutside' "see take_bind" ;;
		rshared) output_is $'inside\n/v/container:\ninside\n\n/v/host:\noutside' "see take_bind" ;;
		esac
	done
}

# FOLDER must be on a file system with ID-mapped mounts; overlayfs has none, tmpfs since Linux 6.3.
needs_id_mapped_mounts() {
	[[ $(stat -fc %T "$1") == @(ext2/ext3|xfs|btrfs|tmpfs) ]] || skip "needs TMPDIR on ext4, xfs, btrfs or, since Linux 6.3, tmpfs"
}

# The mappings of a mount or a user namespace: all of IDs OUTSIDE+0... are INSIDE+0... in it.
mappings() { # mappings INSIDE OUTSIDE
	echo "**{k: [{'containerID': $1, 'hostID': $2, 'size': 1000}] for k in ['uidMappings', 'gidMappings']}"
}

@test "the owners in an ID-mapped mount are others, and what is made in it is theirs on the host" {
	needs_id_mapped_mounts "$DIR"
	mkdir "$DIR/volume" && touch "$DIR/volume/file" "$DIR/volume/other" && chown 1000:1001 "$DIR/volume" "$DIR/volume/file"
	for options in '["bind", "idmap"]' '["rbind", "ridmap"]' '["bind"]'; do
		configure "c['mounts'] = c['mounts'][:7] + [dict(destination='/v', source='$DIR/volume', options=$options, $(mappings 1000 0))]"
		oci_run sh -c 'cd /v; stat -c %u:%g . file other; touch new; stat -c %u:%g new'
		output_is $'0:1\n0:1\n65534:65534\n0:0' "see mount_take_mapped" || report "for the options $options" "see read_maps in oci-mounts.c"
		[[ $(stat -c %u:%g "$DIR/volume/new") == 1000:1000 ]] || report "expected 1000:1000 on the host" "see mount_take_mapped"
		rm "$DIR/volume/new"
	done
}

@test "idmap without mappings takes those of the container's user namespace, a new one or one of a path" {
	needs_id_mapped_mounts "$DIR"
	mkdir -m 777 "$DIR/volume" && chown 5:6 "$DIR/volume"
	chown 100000:100000 "$BUNDLE/rootfs"
	configure "c['mounts'].append({'destination': '/v', 'source': '$DIR/volume', 'options': ['bind', 'idmap']})" \
		"linux.update($(mappings 0 100000))" 'linux["namespaces"].append({"type": "user"})'
	command_is sh -c 'stat -c %u:%g /v; touch /v/new'
	oci_script 'oci run test; stat -c %u:%g ../volume/new; rm ../volume/new
		unshare --user sleep 1000 & other=$!; until_true test ! /proc/$other/ns/user -ef /proc/self/ns/user
		echo "0 100000 1000" >/proc/$other/uid_map; echo "0 100000 1000" >/proc/$other/gid_map
		sed -i "s#{\"type\": \"user\"#&, \"path\": \"/proc/$other/ns/user\"#" config.json
		oci run test; stat -c %u:%g ../volume/new; kill $other; wait $other 2>/dev/null; :'
	output_is $'5:6\n0:0\n5:6\n0:0' "see namespaces_open_users"
}

@test "ridmap maps the mounts below, too, and idmap the one alone" {
	needs_id_mapped_mounts "$DIR"
	mkdir -p "$DIR/volume/sub" "$DIR/other" && chown 1000:1000 "$DIR/volume" "$DIR/other"
	command_is stat -c %u:%g /v /v/sub
	for case in idmap=1000:1000 ridmap=0:0; do
		configure "c['mounts'] = c['mounts'][:7] + [dict(destination='/v', source='$DIR/volume', options=['rbind', '${case%=*}'], $(mappings 1000 0))]"
		oci_script 'mount --bind ../other ../volume/sub; oci run test; umount ../volume/sub'
		output_is "0:0"$'\n'"${case#*=}" "see mount_take_mapped"
	done
}

@test "an ID-mapped mount that cannot be made is an error that names it and why" {
	configure "c['mounts'].append(dict(destination='/v', source='/proc', options=['bind', 'idmap'], $(mappings 0 1000)))"
	config_fails "mount /proc at /v: its file system has no ID-mapped mounts"
	configure "c['mounts'][7]['source'] = '/nosuch'"
	config_fails "mount /nosuch at /v: No such file or directory"
}

@test "with --no-pivot the root is moved to /" {
	command_is sh -c 'cat /only-in-the-rootfs; ls /..; cat /proc/self/mountinfo | wc -l'
	oci_script 'oci run --no-pivot test'
	output_has $'rootfs\nbin' "see move_root"
	output_lacks "$MARKER" "see move_root"
}

# bats test_tags=bare
@test "with --no-pivot a root that cannot be pivoted, the kernel's first one, is no error" {
	command_is sh -c 'ls /..'
	oci_script 'pivots_fail() { strace -f -qq -o strace -e trace=pivot_root -e inject=pivot_root:error=EINVAL "$OCI" --root "$STATE" run "$@"; }
		pivots_fail test; pivots_fail --no-pivot test'
	output_has $': Invalid argument\nbin\n' "see rootfs_enter"
}

@test "tmpcopyup gives a tmpfs what it covers" {
	mkdir -p "$BUNDLE/rootfs/data/sub" && echo text >"$BUNDLE/rootfs/data/sub/file" && ln -s sub/file "$BUNDLE/rootfs/data/link" && chmod 711 "$BUNDLE/rootfs/data"
	configure "c['mounts'].append({'destination': '/data', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['tmpcopyup']})"
	oci_run sh -c 'cat /data/link; stat -c %a /data; touch /data/new && ls /data | wc -l'
	output_is $'text\n711\n3' "see copy_up"
	[[ ! -e $BUNDLE/rootfs/data/new ]] || fail "the root's own folder was written to"
}

@test "an overlay takes long names, and names with commas" {
	local folder
	folder="$DIR/$(printf 'long%.0s' {1..60})"
	mkdir -p "$folder"/{lower,upper,work} "$DIR/a,b" && echo below >"$folder/lower/file" && echo comma >"$DIR/a,b/other"
	configure "c['mounts'].append({'destination': '/v', 'type': 'overlay', 'source': 'overlay', 'options': ['nodev', 'lowerdir=$folder/lower:$DIR/a\\\\,b', 'upperdir=$folder/upper', 'workdir=$folder/work']})"
	oci_run sh -c 'cat /v/file /v/other; echo changed >/v/file; grep " /v " /proc/self/mountinfo | cut -d " " -f 6'
	output_is $'below\ncomma\nrw,nodev,relatime' "see take_overlay"
	[[ $(<"$folder/upper/file") == changed && $(<"$folder/lower/file") == below ]] || fail "what was written is not in the upper folder"
	configure "c['mounts'][-1]['options'] = ['lowerdir=' + ':'.join(['$folder/lower'] * 20)]"
	oci_run true
	[[ $stderr == *"mount overlay at /v: Argument list too long"* ]] || report "expected that it is too long" "the kernel leaves out what is beyond a page: see take_overlay"
}

@test "a symlink of the root leads no mount out of it" {
	mkdir "$DIR/escape"
	ln -s "$DIR/escape" "$BUNDLE/rootfs/out"
	configure "c['mounts'].append({'destination': '/out/x', 'type': 'tmpfs', 'source': 'tmpfs'})" 'c["root"]["readonly"] = False'
	oci_run true
	[[ ! $(ls "$DIR/escape") ]] || fail "/out led to the host: see open_in_root"
}

@test "hostname and domainname are set in a namespace of their own" {
	configure 'c["hostname"] = "name"' 'c["domainname"] = "domain"'
	oci_run sh -c 'hostname; cat /proc/sys/kernel/domainname'
	output_is $'name\ndomain' "see enter_namespaces"
}

@test "hooks run in their order, with the state on stdin" {
	cat >"$DIR/hook" <<-EOF
		#!/bin/sh
		echo "\$1 \$(sed -E 's/.*"status":"([a-z]*)".*/\1/')" >>$DIR/order
	EOF
	chmod +x "$DIR/hook"
	cp "$DIR/hook" "$BUNDLE/rootfs/hook"
	configure "c['hooks'] = {k: [{'path': '$DIR/hook', 'args': ['hook', k]}] for k in ['prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop']}"
	command_is true
	oci_script 'create test; echo started >>$DIR/order; oci start test; until_true is test stopped; oci delete test; cat $DIR/order'
	output_is $'prestart creating\ncreateRuntime creating\ncreateContainer creating\nstarted\npoststart running\npoststop stopped' "see hooks.c"
}

@test "a startContainer hook runs in the container, before its process" {
	printf '#!/bin/sh\necho hook >/tmp/hook\n' >"$BUNDLE/rootfs/hook"
	chmod +x "$BUNDLE/rootfs/hook"
	configure 'c["hooks"] = {"startContainer": [{"path": "/hook"}]}' 'c["root"]["readonly"] = False'
	oci_run cat /tmp/hook
	output_is hook "see init_main"
}

@test "what is being started is not created any more, whoever looks" {
	printf '#!/bin/sh\n>/tmp/in; until [ -e /tmp/go ]; do sleep 0.05; done\n' >"$BUNDLE/rootfs/hook"
	chmod +x "$BUNDLE/rootfs/hook"
	configure 'c["hooks"] = {"startContainer": [{"path": "/hook"}]}' 'c["root"]["readonly"] = False'
	command_is sleep 1000
	oci_script 'create test; tmp=$BUNDLE/rootfs/tmp; oci start test & until_true test -e $tmp/in; is test running && echo runs; touch $tmp/go; wait $!; oci delete -f test'
	output_is runs "see wait_at_gate: exec closes the gate and its status one after the other"
}

@test "a hook that fails, or takes too long, ends the container" {
	for kind in prestart createRuntime createContainer; do
		configure "c['hooks'] = {'$kind': [{'path': '/bin/sh', 'args': ['sh', '-c', 'exit 3']}]}"
		config_fails "$kind hook /bin/sh: exit status 3"
	done
	configure "c['hooks'] = {'createRuntime': [{'path': '/bin/sleep', 'args': ['sleep', '30'], 'timeout': 1}]}"
	config_fails "createRuntime hook /bin/sleep: not done after 1 seconds"
	configure "c['hooks'] = {'startContainer': [{'path': '/nosuch'}]}"
	oci_script 'create test; oci start test; echo $?; until_true is test stopped; oci delete test'
	output_has "startContainer hook /nosuch: exit status 127" "see wait_at_gate"
}

@test "a poststart or poststop hook that fails is told, and no more" {
	configure "c['hooks'] = {k: [{'path': '/bin/false'}, {'path': '/bin/sh', 'args': ['sh', '-c', 'echo \$0 >>$DIR/next', k]}] for k in ['poststart', 'poststop']}"
	oci_run echo ran
	[[ $(<"$DIR/next") == $'poststart\npoststop' ]] || report "expected that the hooks after those run" "see hooks_run"
	status_is 0 "config.md: the runtime logs a warning, and goes on"
	output_is ran "config.md: the runtime logs a warning, and goes on"
	[[ $stderr == *poststart*poststop* ]] || report "expected both errors" "see hooks_run"
}

# --- config-linux.md ---

@test "namespaces are new, or the host's, or those of a path" {
	configure 'linux["namespaces"] = [{"type": t} for t in ["mount", "uts", "pid", "ipc", "cgroup"]]'
	command_is sh -c 'for n in net uts; do readlink /proc/self/ns/$n; done; hostname'
	oci_script 'readlink /proc/self/ns/net; oci run test'
	[[ $(sed -n 1p <<<"$output") == "$(sed -n 2p <<<"$output")" ]] || report "expected the host's network" "see enter_namespaces"
	output_has $'\nbox' "see enter_namespaces"
	oci_script 'unshare --net --ipc --uts sh -c "hostname joined; exec sleep 1000" & other=$!; until_true grep -qx sleep /proc/$other/comm
		python3 - "$BUNDLE/config.json" $other <<EOF
import json, sys
c = json.load(open(sys.argv[1]))
c["linux"]["namespaces"] = [{"type": "mount"}, {"type": "pid"}] + [{"type": t, "path": "/proc/%s/ns/%s" % (sys.argv[2], f)} for t, f in [("network", "net"), ("ipc", "ipc"), ("uts", "uts")]]
del c["hostname"]
c["process"]["args"] = ["sh", "-c", "for n in net ipc uts; do readlink /proc/self/ns/\$n; done; hostname"]
json.dump(c, open(sys.argv[1], "w"))
EOF
		diff <(oci run test) <(for n in net ipc uts; do readlink /proc/$other/ns/$n; done; echo joined) && echo same; kill $other; wait $other 2>/dev/null; :'
	output_is same "see namespaces_enter"
}

@test "a PID namespace of a path is joined by the container's first process" {
	oci_script 'unshare --pid --fork --mount-proc sleep 1000 2>/dev/null & until_true pgrep -P $! -x sleep >/dev/null; child=$(pgrep -P $!)
		python3 - "$BUNDLE/config.json" $child <<EOF
import json, sys
c = json.load(open(sys.argv[1]))
c["linux"]["namespaces"] = [{"type": "mount"}, {"type": "uts"}, {"type": "pid", "path": "/proc/%s/ns/pid" % sys.argv[2]}]
c["process"]["args"] = ["sh", "-c", "cat /proc/1/comm; echo \$\$"]
json.dump(c, open(sys.argv[1], "w"))
EOF
		oci run test; kill -9 $child; wait $! 2>/dev/null; :'
	output_is $'sleep\n2' "see namespaces_enter"
}

@test "a mount namespace of a path is joined, and has the container's root then" {
	mkdir "$DIR/volume"
	configure 'c["root"]["readonly"] = False' "c['mounts'].append({'destination': '/v', 'source': '$DIR/volume', 'options': ['bind']})"
	command_is sh -c 'readlink /proc/self/ns/mnt; cat /only-in-the-rootfs; ls /v'
	oci_script 'unshare --mount sh -c "mount -t tmpfs inside $DIR/volume; touch $DIR/volume/inside; echo >ready; exec sleep 1000" & other=$!; until_true test -e ready
		sed -i "s#{\"type\": \"mount\"#&, \"path\": \"/proc/$other/ns/mnt\"#" config.json
		diff <(oci run test) <(readlink /proc/$other/ns/mnt; echo rootfs; echo inside) && echo same; cat /proc/$other/root/only-in-the-rootfs
		kill $other; wait $other 2>/dev/null; ls "$BUNDLE/rootfs/v"
		sed -i "s#/proc/$other/#/proc/self/#" config.json; oci run test'
	output_is $'same\nrootfs\nbox-oci: join the namespace /proc/self/ns/mnt: it is the host\'s' "see namespaces_enter_for_good"
}

@test "a user namespace has its mappings, and root there is nobody on the host" {
	configure 'linux["namespaces"].append({"type": "user"})' 'linux["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 1000}]' \
		'linux["gidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 1000}]' 'c["root"]["readonly"] = False'
	chown 100000:200000 "$BUNDLE/rootfs"
	oci_run sh -c 'id -u; tr -s " " </proc/self/uid_map; touch /made; stat -c %u:%g /made; echo text >/dev/null; ls -n /dev/null | tr -s " " | cut -d " " -f 3'
	output_is $'0\n 0 100000 1000\n0:0\n65534' "see namespaces_prepare"
	[[ $(stat -c %u:%g "$BUNDLE/rootfs/made") == 100000:200000 ]] || report "expected 100000:200000 on the host" "see namespaces_become_root"
}

@test "a user namespace of a path is joined, and owns what is new" {
	configure 'c["root"]["readonly"] = False'
	chown 100000:200000 "$BUNDLE/rootfs"
	command_is sh -c 'id -u; tr -s " " </proc/self/uid_map; stat -c %u /proc/1/stat; touch /made; stat -c %u:%g /made; hostname'
	oci_script 'unshare --user sleep 1000 & other=$!; until_true grep -qx sleep /proc/$other/comm; echo "0 100000 1000" >/proc/$other/uid_map; echo "0 200000 1000" >/proc/$other/gid_map
		sed -i "s#\"namespaces\": \\[#&{\"type\": \"user\", \"path\": \"/proc/$other/ns/user\"}, #" config.json
		oci run test; oci create test >/dev/null </dev/null; oci exec test cat /proc/self/uid_map | tr -s " "; oci delete test; kill $other; wait $other 2>/dev/null; :'
	output_is $'0\n 0 100000 1000\n0\n0:0\nbox\n 0 100000 1000' "see clone_by_helper"
}

@test "a time namespace has its offsets" {
	configure 'linux["namespaces"].append({"type": "time"})' 'linux["timeOffsets"] = {"boottime": {"secs": 1000000}}'
	oci_run cut -d . -f 1 /proc/uptime
	((output > 1000000)) || report "expected more than a million seconds" "see make_time"
}

@test "the devices of every container are there, and those of config.json" {
	configure 'linux["devices"] = [{"path": "/dev/new/zero", "type": "c", "major": 1, "minor": 5, "fileMode": 0o644, "uid": 3, "gid": 4}]' \
		'linux["resources"]["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 5, "access": "r"})'
	oci_run sh -c 'for d in null zero full random urandom tty new/zero; do stat -c "%n %t:%T %a %u:%g" /dev/$d; done; head -c 3 /dev/new/zero | wc -c
		for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done'
	output_is $'/dev/null 1:3 666 0:0\n/dev/zero 1:5 666 0:0\n/dev/full 1:7 666 0:0\n/dev/random 1:8 666 0:0\n/dev/urandom 1:9 666 0:0
/dev/tty 5:0 666 0:0\n/dev/new/zero 1:5 644 3:4\n3\n/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\npts/ptmx' "see devices_make"
}

@test "a device that is not allowed opens nothing, even where its node is made" {
	configure 'process["capabilities"] = {k: ["CAP_MKNOD"] for k in ["bounding", "effective", "permitted"]}'
	local device
	for device in /dev/loop-control /dev/net/tun /dev/fuse /dev/kvm /dev/hwrng none; do
		(: <"$device") 2>/dev/null && break
	done
	[[ $device != none ]] || skip "no device here can be opened that a container may not open"
	oci_run sh -c "mknod /dev/other c $((0x$(stat -c %t "$device"))) $((0x$(stat -c %T "$device"))) && : </dev/other"
	[[ $stderr == *"Operation not permitted"* ]] || report "expected that it cannot be opened" "see devices_control"
	[[ $stderr != *mknod* ]] || report "expected that the node is made" "see default_rules"
}

@test "cgroupsPath is where the limits are" {
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP/deep/one'" 'linux["resources"] = {"memory": {"limit": 67108864, "reservation": 33554432}, "pids": {"limit": 12}, "cpu": {"quota": 20000, "period": 100000, "shares": 256, "cpus": "0"}}'
	command_is sleep 1000
	oci_script 'create test; cd /sys/fs/cgroup; path=$NAME/deep/one
		if [ -d memory ]; then cat memory/$path/memory.{limit,soft_limit}_in_bytes pids/$path/pids.max cpu/$path/cpu.{cfs_quota_us,shares} cpuset/$path/cpuset.cpus
		else cat $path/{memory.max,memory.low,pids.max}; cut -d " " -f 1 $path/cpu.max; sed "s/^10$/256/" $path/cpu.weight; cat $path/cpuset.cpus; fi
		oci delete -f test; for d in */$NAME $NAME; do [ ! -d $d ] || rmdir $d/deep $d; done'
	output_is $'67108864\n33554432\n12\n20000\n256\n0' "see resources.c"
}

@test "a mount may lie beside the hierarchies of cgroup v1, as podman has it for systemd, and all is read-only" {
	local option
	mkdir "$BUNDLE/systemd"
	echo bound >"$BUNDLE/systemd/f"
	configure "c['mounts'] += [{'destination': '/sys/fs/cgroup/' + d, 'type': 'bind', 'source': '$BUNDLE/systemd', 'options': ['bind']} for d in ['systemd', 'with/none']]"
	for option in ro rro; do
		configure "[m for m in c['mounts'] if m['type'] == 'cgroup'][0]['options'] = ['$option']"
		oci_run sh -c 'cat /sys/fs/cgroup/systemd/f; for d in /sys/fs/cgroup/ /sys/fs/cgroup/*/ /sys/fs/cgroup/with/none/; do ! mkdir ${d}new 2>/dev/null || { echo ${d}new; rmdir ${d}new; }; done'
		if [[ $(stat -fc %T /sys/fs/cgroup) != cgroup2fs ]]; then
			output_is $'bound\n/sys/fs/cgroup/systemd/new\n/sys/fs/cgroup/with/none/new' "with $option: see is_late and mounts_restrict in mounts.c" || return
		else # where all is one hierarchy, a folder in it would be a cgroup
			status_is 1 "see cgroupfs_take" || return
			[[ $stderr == "box-oci: mount at /sys/fs/cgroup/systemd: "* ]] || report "expected that the mount is refused" "see attach" || return
		fi
	done
}

@test "where systemd does not run, --systemd-cgroup is refused, and nothing is left" {
	oci_script '[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd
		oci --systemd-cgroup create test; echo $?; ls "$STATE"; umount /run/systemd 2>/dev/null; :'
	output_is $'box-oci: --systemd-cgroup: /run/systemd/private: No such file or directory\n1' "see connect_systemd"
	cp "$REPO/final/box-oci" "$BUNDLE/alone"
	oci_script './alone --root "$STATE" --systemd-cgroup create test; echo $?; ls "$STATE"'
	output_has "box-oci: box-systemd: not found beside box" "see helper_path"
	[[ $output == *$'\n1' ]] || report "expected that nothing is left" "see scope_start"
}

@test "a cgroup that processes or other cgroups are in is refused, and no command ends them" {
	local folder process
	folder=$(findmnt -nt cgroup2 -o TARGET | head -n 1)/$OWN_CGROUP
	configure "linux['cgroupsPath'] = '/${folder##*/}'"
	mkdir "$folder"
	sleep 1000 3>&- &
	process=$!
	echo $process >"$folder/cgroup.procs"
	config_fails "the cgroup $folder is in use"
	# As of a create that was killed before it had made anything.
	oci_script 'create test 2>/dev/null; rm -rf "$STATE"; mkdir -p "$STATE/test"; oci delete -f test 2>/dev/null'
	kill $process || report "expected that the other process lives on" "see make_given in cgroup-make.c" || return
	wait $process || true
	mkdir "$folder/inner"
	config_fails "the cgroup $folder is in use"
	rmdir "$folder/inner" "$folder" || report "expected that it is still there" "see in_use in cgroup-make.c"
	find /sys/fs/cgroup -maxdepth 2 -name "${folder##*/}" -exec rmdir {} +
}

@test "a limit of processes holds" {
	configure 'linux["resources"]["pids"] = {"limit": 5}'
	oci_run sh -c 'i=0; while [ $i -lt 20 ]; do sleep 1000 & i=$((i+1)); done 2>/dev/null; echo started'
	[[ $stderr == *fork* || $status != 0 ]] || report "expected that fork fails" "see resources_write"
}

@test "a limit that cannot be had is an error, and nothing is left" {
	configure 'linux["resources"]["unified"] = {"nosuch.file": "1"}'
	config_fails "resources.unified: no cgroup hierarchy here has nosuch.file"
	while IFS='|' read -r limit text; do
		configure "linux['resources'] = $limit"
		config_fails "box-oci: resources.$text: "
	done <<-'EOF'
		{"network": {"priorities": [{"name": "nosuch0", "priority": 5}]}}|network.priorities
		{"rdma": {"nosuch0": {"hcaHandles": 3, "hcaObjects": 4}}}|rdma
		{"blockIO": {"weightDevice": [{"major": 0, "minor": 0, "weight": 500}]}}|blockIO.weightDevice
		{"blockIO": {"weightDevice": [{"major": 0, "minor": 0, "leafWeight": 500}]}}|blockIO.weightDevice
		{"blockIO": {"leafWeight": 500}}|blockIO.leafWeight
	EOF
}

# What of FILE... there is in the container's cgroup, $OWN_CGROUP.
own_files() {
	command_is sleep 1000
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP'"
	oci_script "create test || cat out; cd /sys/fs/cgroup; for file in $*; do for f in {,*/}\$NAME/\$file; do [ ! -e \$f ] || echo \$(<\$f); done; done
		oci delete -f test"
}

@test "a weight of block devices is as BFQ has it, or else in the scale of io.weight" {
	configure 'linux["resources"]["blockIO"] = {"weight": 500, "leafWeight": 0}'
	own_files blkio.bfq.weight io.bfq.weight
	[[ $output != *"no cgroup hierarchy here has"* ]] || skip "needs the BFQ scheduler, or cgroup v2"
	if [[ $output ]]; then output=${output#default } output_is 500 "see resource_weight"; else own_files io.weight; output_is "default 4950" "see resource_weight"; fi
}

# bats test_tags=vm
@test "network priorities, limits of RDMA and weights of single block devices are written" {
	local disk version=2
	disk=$(</sys/block/vda/dev)
	[[ $(stat -fc %T /sys/fs/cgroup) == cgroup2fs ]] || version=1
	busybox modprobe bfq && echo bfq >/sys/block/vda/queue/scheduler
	configure "linux['resources']['blockIO'] = {'weightDevice': [{'major': ${disk%:*}, 'minor': ${disk#*:}, 'weight': 300}]}"
	own_files blkio.bfq.weight_device io.bfq.weight
	output_is "default 100 $disk 300" "see resource_weight"
	if ((version == 1)); then
		configure 'linux["resources"] = {"network": {"classID": 1048577, "priorities": [{"name": "lo", "priority": 5}]}}'
		own_files net_cls.classid net_prio.ifpriomap
		output_is $'1048577\nlo 5' "see read_priorities"
	fi
	configure 'linux["resources"] = {"rdma": {"nosuch0": {"hcaHandles": 3, "hcaObjects": 4}}}'
	config_fails "resources.rdma: write nosuch0 hca_handle=3 hca_object=4 to rdma.max: No such device"
}

@test "sysctls are set in the container" {
	configure 'linux["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1"}'
	oci_run cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced
	output_is $'1\n1' "see sysctls_write"
	[[ $(host cat /proc/sys/kernel/shm_rmid_forced) == 0 ]] || fail "the host's was changed"
}

@test "paths are masked and read-only" {
	configure 'linux["maskedPaths"] += ["/only-in-the-rootfs", "/root"]' 'linux["readonlyPaths"].append("/tmp")' 'c["root"]["readonly"] = False'
	touch "$BUNDLE/rootfs/root/secret"
	oci_run sh -c 'cat /only-in-the-rootfs; ls /root; touch /tmp/x; echo 1 >/proc/sys/kernel/panic'
	output_is "" "see mounts_mask"
	[[ $stderr == *"/tmp/x: Read-only"*"Read-only"* ]] || report "expected two read-only paths" "see mounts_mask"
}

@test "the process has the personality that is said, and one of exec, too" {
	configure 'process["args"] = ["sh", "-c", "cat /proc/self/personality; exec sleep 1000"]'
	for domain in LINUX32=00000008 LINUX=00000000; do
		configure "linux['personality'] = {'domain': '${domain%=*}'}"
		oci_script 'create() { setarch -R "$OCI" --root "$STATE" create "$@" >out </dev/null; }
			create test; oci start test; until_true grep -qs 0 out; cat out; oci exec test cat /proc/self/personality; oci delete -f test'
		output_is "${domain#*=}"$'\n'"${domain#*=}" "see prepare_process"
	done
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
		oci_script 'rm -f agent; python3 "'"$REPO"'/tests/seccomp-agent.py" agent >told & agent=$!; until_true test -S agent
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

@test "another user than root gets one line, but for what needs no container" {
	local command user=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +dac_override --ambient-caps +dac_override "$OCI" --root "$STATE")
	for command in create start state kill delete "delete -f" run exec ps pause resume update events; do
		# shellcheck disable=SC2086 # two words
		run_on_host "${user[@]}" $command test
		[[ $status != 0 && $stderr == "box-oci: only root may use it" && ! -e $STATE ]] || report "expected that $command is refused" "see run_command"
	done
	for command in --version features list spec; do
		run_on_host "${user[@]}" "$command"
		status_is 0 "$command needs no container: see run_command"
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

# --- what is wrong in config.json: one line that names the path, and nothing is made ---

@test "errors in config.json name the JSON path" {
	while IFS='|' read -r statement text; do
		cp "$BUNDLE/config.json" "$DIR/good"
		configure "$statement"
		config_fails "config.json: $text" || fail "for: $statement"
		cp "$DIR/good" "$BUNDLE/config.json"
	done <<-'EOF'
		del process["args"]|process.args: missing
		process["args"] = []|process.args: empty
		process["args"] = ["a", 1]|process.args[1]: not a string
		process["cwd"] = "tmp"|process.cwd: not an absolute path
		process["env"] = ["A"]|process.env[0]: not NAME=VALUE
		process["user"]["uid"] = "0"|process.user.uid: not a number
		process["user"]["additionalGids"] = [-1]|process.user.additionalGids[0]: not a group's number
		process["rlimits"][0]["type"] = "RLIMIT_X"|process.rlimits[0].type: unknown
		process["apparmorProfile"] = "x"|process.apparmorProfile: labels are not supported
		del c["root"]|root: missing
		del c["ociVersion"]|ociVersion: missing
		c["ociVersion"] = "2.0.0"|ociVersion: not a version 1
		c["mounts"][1]["destination"] = 5|mounts[1].destination: not a string
		c["mounts"][1]["options"] = ["bind", "idmap=uids=0-1-10"]|mounts[1].options[1]: not of the specification
		c["mounts"][1]["options"] = ["idmap"]|mounts[1]: ID mappings are of bind mounts alone
		c["mounts"][1] = {"destination": "/v", "source": "/", "options": ["rbind", "ridmap"]}|mounts[1]: no ID mappings, of its own or a user namespace
		c["mounts"][1] = {"destination": "/v", "source": "/", "options": ["bind"], "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}|mounts[1].uidMappings: missing
		c["hooks"] = {"poststop": [{"path": "x"}]}|hooks.poststop[0].path: not an absolute path
		linux["namespaces"].append({"type": "x"})|linux.namespaces[6].type: "x" is unknown
		linux["namespaces"].append({"type": "pid"})|linux.namespaces[6].type: is there twice
		linux["uidMappings"] = linux["gidMappings"] = [{"containerID": 0, "hostID": 1, "size": 1}]|linux.uidMappings: without a user namespace
		linux["cgroupsPath"] = "/a/../b"|linux.cgroupsPath: has "." or ".."
		linux["cgroupsPath"] = "a.slice:b:c"|linux.cgroupsPath: systemd's form needs --systemd-cgroup
		linux["cgroupsPath"] = "a.slice:b"|linux.cgroupsPath: not of systemd's form, NAME.slice:PREFIX:NAME
		linux["cgroupsPath"] = "a:b:c"|linux.cgroupsPath: not of systemd's form, NAME.slice:PREFIX:NAME
		linux["cgroupsPath"] = ":b:../c"|linux.cgroupsPath: not of systemd's form, NAME.slice:PREFIX:NAME
		linux["cgroupsPath"] = ":b:c.slice"|linux.cgroupsPath: a slice is not supported, only a scope in one
		linux["resources"]["devices"][0]["access"] = "x"|linux.resources.devices[0].access: other letters
		linux["resources"]["pids"] = {"limit": 1.5}|linux.resources.pids.limit: not a whole number
		linux["resources"]["rdma"] = {"a": {}}|linux.resources.rdma.a: neither hcaHandles nor hcaObjects
		linux["resources"]["network"] = {"priorities": [{"priority": 5}]}|linux.resources.network.priorities[0].name: missing
		linux["sysctl"] = {"kernel.panic": "1"}|linux.sysctl.kernel.panic: no namespace keeps it from the host
		linux["seccomp"] = {"defaultAction": "X"}|linux.seccomp.defaultAction: "X" is unknown
		linux["maskedPaths"] = ["proc"]|linux.maskedPaths[0]: not an absolute path
		linux["intelRdt"] = {}|linux.intelRdt: not supported
		linux["personality"] = {"domain": "BSD"}|linux.personality.domain: "BSD" is unknown
		linux["personality"] = {"domain": "LINUX", "flags": ["X"]}|linux.personality.flags: the specification has none
	EOF
}

@test "thousands of wrong config.json are refused by one line, or run" {
	# Not on the test's host, as that lasts for a minute; it starts nothing. Where all is slow, some of them.
	local step=${ASAN_OPTIONS:+11}
	kill -KILL "$HOST"
	HOST=
	((!THROWAWAY)) || step=97
	# On a read-only mount box-oci need not protect its own file, and starts in half the time.
	FUZZ_STEP=$step unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec python3 "$2" "$3" "$4"' - \
		"$REPO/final" "$REPO/tests/oci-fuzz.py" "$OCI" "$BUNDLE"
}
