# The mounts of box-oci: what masks paths, and where sources lie.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

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

@test "the root is read-only, or not; and the bundle's own folder" {
	oci_run touch /x
	[[ $stderr == *"Read-only"* ]] || report "expected a read-only root" "see restrict_rootfs"
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
	output_has $': Invalid argument\nbin\n' "see enter_rootfs"
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
