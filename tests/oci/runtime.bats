# box-oci: runtime.md of the runtime specification, the operations and the lifecycle. Which test is for which clause:
#
#   state                 "state has what...", "the status goes from..."
#   lifecycle             "create makes the container...", "a container lives on...", "a loop of..."
#   create                "an ID that is in use...", "IDs that are no file names..."; "errors in config.json..." of errors.bats
#   start                 "start of what runs...", "what exec(2) refuses..."
#   kill                  "kill takes names...", "kill of a container that has stopped...", "a container that the freezer..."
#   delete                "delete refuses...", "delete ends...", "delete -f of..."
#   errors, warnings      "errors are in the log...", "--debug tells..."; "a capability that is unknown..." of config.bats
#
# What podman and containerd make of box-oci is in podman.bats and containerd.bats, --systemd-cgroup in systemd.bats.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "create makes the container and waits: the process runs from start on" {
	command_is sh -c 'echo ran'
	oci_script 'create test && sleep 0.2 && cat out && is test created && oci start test && until_true is test stopped; cat out
		oci delete test; oci state test'
	output_is $'ran\nbox-oci: container does not exist: test' "see wait_at_gate in inside.c"
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
	oci_script 'export -f oci is create until_true pause; unshare --mount bash -c "umount -a -t cgroup2; create test; oci start test; oci pause test; is test paused || echo runs
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
	[[ $output =~ 'level=debug msg="0.'[0-9]+' clone3: '.*'inside: pivot_root to '.*' runs the program"' ]] || report "expected the calls, in their order" "see debug_oci_begin"
	oci_script 'create test; oci --log other start none; oci --log other start test; oci delete -f test; cat other; rmdir /sys/fs/cgroup/{,*/}$NAME 2>/dev/null'
	output_lacks debug "see debug_oci"
}

@test "a loop of create, start, kill and delete leaves nothing" {
	command_is sleep 1000
	oci_script 'for i in {1..40}; do create t$i && oci start t$i && oci kill t$i KILL && until_true is t$i stopped && oci delete t$i || echo $i; done; ls "$STATE"'
	output_is "" "teardown looks for mounts, processes and cgroups"
}
