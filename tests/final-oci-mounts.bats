# final: the mounts of box-oci: what masks paths, and where sources lie.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load oci

setup() {
	setup_host
	setup_bundle
}

@test "all folders that are masked show one empty file system, which nobody can write" {
	configure 'linux["maskedPaths"] = ["/one", "/two", "/two/inner", "/proc/tty", "/plain"]' 'c["root"]["readonly"] = False'
	mkdir -p "$BUNDLE"/rootfs/{one/inner,two/inner}
	oci_run sh -c 'stat -c %d /one /two /proc/tty | uniq | wc -l; ls -A /one /two /proc/tty; cat /plain; touch /one/x 2>&1; mkdir /proc/tty/x 2>&1'
	output_is $'1\n/one:\n\n/proc/tty:\n\n/two:\ntouch: /one/x: Read-only file system\nmkdir: can\'t create directory \'/proc/tty/x\': Read-only file system' "see cover_folder in masks.c"
}

@test "what several names of masked or read-only paths lead to is mounted on once" {
	ln -s one "$BUNDLE/rootfs/other"
	mkdir -p "$BUNDLE"/rootfs/{one,constant/inner}
	configure 'linux["maskedPaths"] = ["/one", "/plain", "/one", "/other", "//plain", "/one/."]' \
		'linux["readonlyPaths"] = ["/constant", "/proc/sys", "/constant", "/constant/inner", "/constant/inner/..", "/proc/sys/kernel"]' 'c["root"]["readonly"] = False'
	oci_run sh -c 'grep -oE " /(one|plain|constant|proc/sys)[^ ]* " /proc/self/mountinfo; for d in constant constant/inner; do touch /$d/x 2>&1; done; echo 1 2>&1 >/proc/sys/kernel/panic'
	output_is $' /one \n /plain \n /constant \n /proc/sys \ntouch: /constant/x: Read-only file system\ntouch: /constant/inner/x: Read-only file system\nsh: can\'t create /proc/sys/kernel/panic: Read-only file system' "see masks.c"
}

@test "a read-only path stays so with the mounts below it, of which one is named by itself" {
	mkdir -p "$BUNDLE/rootfs/constant/inner" "$DIR/v"
	configure "c['mounts'] += [{'destination': '/constant/inner', 'type': 'bind', 'source': '$DIR/v', 'options': ['bind']}]" \
		'linux["readonlyPaths"] = ["/constant/inner", "/constant", "/constant/inner"]' 'c["root"]["readonly"] = False'
	oci_run sh -c 'for d in constant constant/inner; do touch /$d/x 2>&1; done'
	output_is $'touch: /constant/x: Read-only file system\ntouch: /constant/inner/x: Read-only file system' "see make_constant in masks.c"
}
