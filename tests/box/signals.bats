# Names of signals, wherever box and box-oci take one.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/images
load ../lib/oci

# What a container runs that says which signals of a list it got, by their numbers.
HEARS='hears() { for n in $1; do trap "echo $n" $n; done; echo ready; while :; do sleep 0.02; done; }'

@test "kill -s knows every name of a signal, with SIG or without, and numbers" {
	life 'detach --name mine "$1; hears \"1 6 10 12 29 31 34 37 50 62 64\"" >/dev/null; until_true logged mine ready
		for s in hup SIGIOT sigusr1 12 Poll UNUSED RTMIN SIGRTMIN+3 50 rtmax-2 SIGRTMAX CLD SIGCHLD; do box kill -s $s mine || echo "not $s"; done | grep -v mine
		until_true eval "[ \$(box logs mine | wc -l) -ge 12 ]"; box logs mine | sort -n | tr "\n" " "' "$HEARS"
	output_is "ready 1 6 10 12 29 31 34 37 50 62 64 " "see parse.c: sigabbrev_np(3) has neither aliases nor real-time signals"
}

@test "a signal that is not known is an error that names it, for every command that takes one" {
	life 'sleeper --name mine >/dev/null; for s in FOO SIG "" 0 65 -1 +9 " 9" 9x RTMIN+31 RTMIN-1 RTMAX-31 RTMAX+1 RTMIN+ RTMIN+x RTMIN3 SIGSIGTERM; do
			box kill -s "$s" mine >/dev/null 2>err && echo "kill took $s"; grep -qF "box: $s: no such signal" err || cat err
			box run --rm --stop-signal "$s" "$ROOTFS" true 2>err && echo "run took $s"; grep -qF "box: --stop-signal: $s: no such signal" err || cat err
		done; rm err; status_of mine'
	output_is running "see parse_signal"
}

@test "stop sends the image's StopSignal, SIGRTMIN+3 too, or what --stop-signal says" {
	bsdtar -C "$ROOTFS" -cf "$DIR/root.tar" bin
	py "oci('one', open('root.tar', 'rb').read(), config={'StopSignal': 'SIGRTMIN+3'}); oci('two', open('root.tar', 'rb').read(), config={'StopSignal': '37'})"
	life 'twice() { [[ $(box logs mine | grep -c ready) == 2 ]]; }; for image in "./one" "./two" "--stop-signal RTMAX-27 ./one" "--stop-signal IOT ./one"; do
			box run -d --name mine $image sh -c "trap \"exit 5\" 37; trap \"exit 6\" 6; echo ready; while :; do sleep 0.02; done" >/dev/null
			until_true logged mine ready; [[ $image != ./one ]] || box inspect mine | grep -c "\"StopSignal\": \"SIGRTMIN+3\""; box stop -t 60 mine >/dev/null; box wait mine; box start mine >/dev/null; until_true twice; box stop -t 60 mine >/dev/null; box wait mine; box rm mine >/dev/null
		done'
	output_is $'1\n5\n5\n5\n5\n5\n5\n6\n6' "a name that is not known must not become another signal: see stop_signal in life.c"
}

@test "an image with a StopSignal that is not known runs only with another one" {
	bsdtar -C "$ROOTFS" -cf "$DIR/root.tar" bin
	py "oci('image', open('root.tar', 'rb').read(), config={'StopSignal': 'SIGNONE'})"
	life 'for how in --rm -d; do box run $how ./image true; echo $?; done; box run --rm --stop-signal TERM ./image echo well; box ps -aq'
	output_is $'box: ./image: the image\'s StopSignal: SIGNONE: no such signal\n125\nbox: ./image: the image\'s StopSignal: SIGNONE: no such signal\n125\nwell' \
		"see set_stop_signal in run.c"
}

@test "box-oci kill knows the same names, and 0, which no process feels" {
	setup_bundle
	command_is sh -c "$HEARS; "'hears "1 6 29 31 37 62 64"'
	oci_script 'oci run -d -b . mine >log </dev/null; until_true grep -q ready log
		for s in 0 HUP SIGIOT io 31 CLD RTMIN+3 rtmax-2 SIGRTMAX; do oci kill mine $s; done; until_true eval "[ \$(wc -l <log) -ge 8 ]"; sort -n log | tr "\n" " "
		for s in FOO 65 RTMIN+31 "" +9; do oci kill mine "$s" || echo $?; done 2>&1 | grep -v "no such signal$" | tr "\n" " "; oci kill mine KILL
		until_true is mine stopped; oci kill mine 0; echo $?; oci delete mine'
	output_is $'ready 1 6 29 31 37 62 64 1 1 1 1 1 box-oci: container not running\n1' "see oci_command_kill"
}
