# A container's program is looked up in PATH, and what the kernel cannot execute is an error.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/oci

# Commands that are none for the kernel: without #!, without anything, of no machine that there is.
make_programs() {
	echo 'echo a shell runs this' >"$ROOTFS/bin/text"
	: >"$ROOTFS/bin/empty"
	printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\377\377\1' >"$ROOTFS/bin/foreign"
	chmod 755 "$ROOTFS"/bin/{text,empty,foreign}
}

@test "a file without #!, an empty one, and a program of another machine are exec format errors, 126: run, start, exec" {
	local all=
	make_programs
	host_script 'failed() { "$@" 2>&1; echo $?; }
		for program in text empty foreign; do
			failed "$BOX" run --rm "$ROOTFS" $program
			failed "$BOX" run --rm --init "$ROOTFS" /bin/$program
		done
		"$BOX" run --name c -v "$PWD:/v:ro" "$ROOTFS" /v/gone 2>/dev/null; cp "$ROOTFS/bin/text" gone; failed "$BOX" start -a c; "$BOX" rm c >/dev/null
		"$BOX" run -d --name c "$ROOTFS" sleep 1000 >/dev/null; failed "$BOX" exec c text; failed "$BOX" exec c /bin/foreign; "$BOX" rm -f c >/dev/null; rm gone'
	for program in text /bin/text empty /bin/empty foreign /bin/foreign /v/gone text /bin/foreign; do
		all+="box: $program: Exec format error"$'\n126\n'
	done
	output_is "${all%$'\n'}" "execvp(3) gives what the kernel refuses to a shell: see program_execute"
}

@test "box-oci, too, leaves no program to a shell of the image: run, start, exec" {
	make_programs
	setup_bundle
	command_is text
	oci_script 'oci run test; echo $?; create test; oci start test; echo $?; until_true is test stopped; oci delete test'
	output_is $'box-oci: text: Exec format error\n1\nbox-oci: text: Exec format error\n1' "see program_execute"
	command_is sleep 1000
	oci_script 'create test; oci start test; oci exec test /bin/empty; echo $?; oci delete -f test'
	output_is $'box-oci: /bin/empty: Exec format error\n255' "see program_execute"
}

@test "a program is looked up in all folders of PATH, past what is missing, a folder, or may not be executed" {
	mkdir -p "$ROOTFS"/{1/tool,2,3,4}
	echo 'not to be executed' >"$ROOTFS/2/tool"
	printf '#!/nosuch\n' >"$ROOTFS/3/tool"
	chmod 755 "$ROOTFS/3/tool"
	printf '#!/bin/sh\necho "$0"\n' >"$ROOTFS/4/tool"
	chmod 755 "$ROOTFS/4/tool"
	host_script 'run() { "$BOX" run --rm "$@" 2>&1; echo $?; }
		run -e PATH=/nosuch:/plain:/1:/2:/3:/4 "$ROOTFS" tool; run -e PATH=/1: -w /4 "$ROOTFS" tool
		run -e PATH=/nosuch:/1:/2:/3 "$ROOTFS" tool; run -e PATH=/3:/plain "$ROOTFS" tool; run -e PATH= -w /4 "$ROOTFS" tool'
	output_is $'/4/tool\n0\n./tool\n0\nbox: tool: Permission denied\n126\nbox: tool: No such file or directory\n127\n./tool\n0' "see next_candidate"
}
