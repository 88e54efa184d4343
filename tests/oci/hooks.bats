# Hooks of box-oci: the variables that they have, and what an error tells of one that fails.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "a hook without variables of its own has those of box-oci, or of the container's process" {
	local kinds="'prestart', 'createRuntime', 'createContainer', 'poststart', 'poststop'"
	printf '#!/bin/sh\necho "$1 ${PATH:+has PATH} ${WHOSE-none}" >>%s/out\n' "$DIR" >"$DIR/hook"
	printf '#!/bin/sh\necho "$1 $PATH $WHOSE" >/tmp/out\n' >"$BUNDLE/rootfs/hook"
	chmod +x "$DIR/hook" "$BUNDLE/rootfs/hook"
	configure "c['hooks'] = {k: [{'path': '$DIR/hook', 'args': ['hook', k]}] for k in [$kinds]}" 'c["root"]["readonly"] = False' \
		'process["env"] = ["PATH=/bin:/its/own", "WHOSE=process"]' 'c["hooks"]["startContainer"] = [{"path": "/hook", "args": ["hook", "startContainer"]}]'
	command_is cat /tmp/out
	oci_script 'export WHOSE=box-oci; oci run test; cat "$DIR/out"; rm "$DIR/out"'
	output_is 'startContainer /bin:/its/own process
prestart has PATH box-oci
createRuntime has PATH box-oci
createContainer has PATH box-oci
poststart has PATH box-oci
poststop has PATH box-oci' "see hook_main"
	configure "[h.update(env=['WHOSE=hook'] if k == 'prestart' else []) for k in [$kinds] for h in c['hooks'][k]]"
	oci_script 'export WHOSE=box-oci; oci run test >/dev/null; sed "s/ .* / /" "$DIR/out"'
	output_is $'prestart hook\ncreateRuntime none\ncreateContainer none\npoststart none\npoststop none' "an empty list is none: see hook_main"
}

# fails_with SCRIPT TEXT: the hook of $KIND that runs SCRIPT fails, and the error is TEXT, in the log, too.
fails_with() {
	echo "$1" >"$BUNDLE/rootfs/script"
	cp "$BUNDLE/rootfs/script" "$DIR/script"
	configure "c['hooks'] = {'$KIND': [{'path': '/bin/sh', 'args': ['sh', '/script' if '$KIND' == 'startContainer' else '$DIR/script']}]}"
	oci_script 'oci --log log create test </dev/null && oci --log log start test; oci delete -f test; head -n 1 log'
	output_has "box-oci: $2" "see wait_for_hook" || return
	output_has "level=error msg=\"$2" "see wait_for_hook"
	rm "$BUNDLE/log"
}

@test "the error of a hook that fails has what it says on stderr, in one line" {
	local KIND
	for KIND in createRuntime createContainer startContainer; do
		fails_with 'echo out; echo "no such network" >&2; echo "try another" >&2; exit 3' "$KIND hook /bin/sh: exit status 3: no such network try another" || return
	done
	KIND=createRuntime
	fails_with 'exit 3' "$KIND hook /bin/sh: exit status 3" || return
	# More than a pipe holds, of which a process is left that has it open for long.
	fails_with 'head -c 300000 /dev/zero | tr "\0" x >&2; sleep 60 & echo $! >"$DIR/left"; kill -9 $$' "$KIND hook /bin/sh: signal 9: xxxxxxxx"
	host sh -c 'kill "$(cat left)"'
	((${#output} < 1500)) || report "expected a short error" "see hear in hooks.c"
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
	output_is hook "see child_main"
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
