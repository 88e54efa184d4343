# final: hooks of box-oci: the variables that they have, and what an error tells of one that fails.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load oci

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
