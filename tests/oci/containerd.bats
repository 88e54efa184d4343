# containerd's shim, and so Docker and Kubernetes, runs its containers on box-oci: what its ctr does with
# runc, it does with box-oci. containerd is started by the test, and ends with its host.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
ON_THE_MACHINE=yes # containerd has places of its own
load ../lib/helper
load ../lib/oci

setup() {
	command -v containerd ctr runc >/dev/null || fail "install the packages containerd and runc" || return
	setup_host
	tar -C "$ROOTFS" -cf "$DIR/rootfs.tar" .
	python3 "$REPO/tests/lib/oci-image.py" "$DIR/rootfs.tar" image "$DIR/image.tar"
}

teardown_file() { remove_parents default; }

# ctr_script SCRIPT: on the test's host, where `ctr` asks its containerd, and `new OPTION...` is ctr run. With
# each runtime; what they print must be the same. That of box-oci is $output. Now and then containerd 1.6 loses
# what a command says that ends at once, runc's, too: so they may differ once.
ctr_script() {
	run_both "$1" || run_both "$1" || { diff <(echo "$expected") <(echo "$output") >&2; fail "runc's output and box-oci's differ"; }
}

run_both() {
	local runtime
	for runtime in runc "$OCI"; do
		run_on_host env RUNTIME="$runtime" C="$BATS_TEST_TMPDIR/containerd-${runtime##*/}" bash -c '
			exec 2>&1
			mkdir "$C"
			printf "%s\n" "version = 2" "root = \"$C/root\"" "state = \"$C/state\"" \
				"disabled_plugins = [\"io.containerd.grpc.v1.cri\"]" "[grpc]" "address = \"$C/socket\"" \
				"[ttrpc]" "address = \"$C/ttrpc\"" >"$C/config.toml"
			ctr() { command ctr -a "$C/socket" "$@"; }
			new() { ctr run --snapshotter native --runc-binary "$RUNTIME" "$@"; }
			'"$UNTIL_TRUE"'
			containerd -c "$C/config.toml" >"$C/log" 2>&1 &
			until_true ctr version >/dev/null 2>&1
			ctr images import --snapshotter native image.tar >/dev/null
			'"$1"'
			kill $!; pkill -f "^/[^ ]*containerd-shim-runc"; wait; until_true eval "! pgrep -f ^/[^\ ]*containerd-shim" >/dev/null
			sed "s/ $C[^ ]* / /" /proc/self/mounts | grep -q "$C" && umount -l $(grep -o "$C[^ ]*" /proc/self/mounts); :'
		output=$(tr -d '\000-\010\013-\037' <<<"$output" | sed -E 's/\^[@D]//g; s/time="[^"]*" //; s/runc create failed: unable to start container process: //')
		[[ $runtime == runc ]] && expected=$output
	done
	rm -rf "$BATS_TEST_TMPDIR"/containerd-*
	[[ $output == "$expected" ]]
}

@test "ctr run: output, exit status, errors, terminals" {
	ctr_script 'new --rm image c1 sh -c "echo out; id -u; exit 42"; echo "status $?"
		new --rm image c2 nosuch; echo "status $?"
		script -qec "$(declare -p RUNTIME C); $(declare -f ctr new); new --rm -t image c3 sh -c \"tty; echo in a terminal\"" /dev/null </dev/null'
	output_has $'out\n0\nstatus 42' "see oci-commands.c"
	output_has 'executable file not found in $PATH' "see find_program"
	output_has "in a terminal" "see send_console"
}

@test "ctr run -d, exec, ps, pause, resume, metrics, kill, delete" {
	ctr_script 'new -d image c sh -c "trap \"exit 5\" TERM; touch /ready; while :; do sleep 0.1; done"; echo "status $?"
		ctr task exec --exec-id e c sh -c "until [ -e /ready ]; do sleep 0.1; done; echo inside; exit 4"; echo "status $?"
		ctr task exec --exec-id f --user 7:8 --cwd /tmp c sh -c "id -u; id -g; pwd"
		ctr task ps c | sed "s/ .*//; s/[0-9][0-9]*/N/" | head -n 2
		ctr task pause c; ctr task ls | grep -o PAUSED; ctr task resume c; ctr task metrics c | grep -c memory.usage
		ctr task kill -s TERM c; until_true eval "ctr task ls | grep -q STOPPED"; ctr task rm c; ctr container rm c; ctr container ls -q'
	output_has $'inside\nstatus 4\n7\n8\n/tmp' "see oci_command_exec"
	output_has PAUSED "see set_frozen"
	output_has "exit code 5" "see oci_command_kill"
}
