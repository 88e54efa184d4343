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

# binds SOURCE DESTINATION [OPTION...]: the next mount of the container.
binds() {
	configure "c['mounts'].append({'destination': '$2', 'type': 'bind', 'source': '$1', 'options': ['${3:-bind}']})"
}

@test "a source in the container's own root is what the mounts before it show there, also where they have made it" {
	mkdir "$DIR/v" "$BUNDLE/rootfs/mnt"
	echo host >"$BUNDLE/rootfs/mnt/f"
	mkdir "$DIR/v/sub" "$DIR/v/sub/deep"
	echo mount >"$DIR/v/f"
	binds rootfs/mnt /before
	binds "$DIR/v" /mnt
	binds "$BUNDLE/rootfs/mnt" /after
	binds "$BUNDLE//rootfs/./mnt/sub" /sub
	binds rootfs/sub/deep /mnt/sub/deep
	binds rootfs/mnt/f /file
	configure "c['mounts'].append({'destination': '/new', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['mode=711']})" 'c["root"]["readonly"] = False'
	binds "$BUNDLE/rootfs/new" /copy
	oci_run sh -c 'cat /before/f /mnt/f /after/f /file; ls /sub; touch /new/made; ls /copy; stat -c %a /copy'
	output_is $'host\nmount\nmount\nmount\ndeep\nmade\n711' "see source_in_root in mounts.c"
}

@test "a symlink in the container's own root leads no source to the host" {
	mkdir "$DIR/v" "$BUNDLE/rootfs/v"
	echo host >"$DIR/v/f"
	echo inside >"$BUNDLE/rootfs/v/f"
	ln -s "$DIR" "$BUNDLE/rootfs/away"
	ln -s /v/../../../v "$BUNDLE/rootfs/round"
	binds rootfs/round /copy
	oci_run cat /copy/f
	output_is inside "see copy_source in mounts.c"
	binds rootfs/away/v /copy
	config_fails "mount $BUNDLE/rootfs/away/v at /copy: No such file or directory"
	configure "c['mounts'].pop()"
	binds rootfs/proc/self/root/v /copy # as a process of box-oci itself, which is there no more
	config_fails "mount $BUNDLE/rootfs/proc/self/root/v at /copy: "
}

@test "a source in the container's own root is found in a user namespace, too, and with all mounts below it" {
	mkdir "$DIR/v" "$DIR/w" "$BUNDLE/rootfs/mnt"
	mkdir "$DIR/v/sub"
	echo mount >"$DIR/w/f"
	binds "$DIR/v" /mnt
	binds "$DIR/w" /mnt/sub
	binds rootfs/mnt /copy rbind
	binds rootfs/mnt/sub /sub
	configure 'linux["namespaces"].append({"type": "user"})' 'linux["uidMappings"] = linux["gidMappings"] = [{"containerID": 0, "hostID": 0, "size": 65536}]'
	oci_run cat /copy/sub/f /sub/f
	output_is $'mount\nmount' "see copy_source in mounts.c"
}
