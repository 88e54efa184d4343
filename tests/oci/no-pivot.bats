# box-oci --no-pivot covers the old root instead of letting go of it. What is mounted below must not help
# anybody inside: the kernel lets a new user namespace mount /proc and /sys if the mount namespace has them bare.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
ON_THE_MACHINE=yes # it counts on the mounts that a real / has
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

# In a user namespace of its own, where it has all capabilities: is there a bare /proc or /sys to be had?
MOUNTS='for type in proc sysfs; do unshare -U -r -m -p -n -f sh -c "mount -t $type none /mnt && echo got $type || echo refused $type" 2>/dev/null; done'

@test "with --no-pivot, masked paths stay masked: no user namespace inside gets a /proc or /sys of its own" {
	mkdir "$BUNDLE/rootfs/mnt"
	configure 'process["user"] = {"uid": 1000, "gid": 1000}' # root would need CAP_SETFCAP to be root in its own
	command_is sh -c "$MOUNTS"
	oci_script 'oci run --no-pivot test; oci run test; '"unshare -m sh -c '$MOUNTS'"' | grep -c got'
	output_is $'refused proc\nrefused sysfs\nrefused proc\nrefused sysfs\n2' "what the new root covers is unmounted: see move_root"
}

@test "nor where the container's users are its own, and may not unmount what the host has mounted" {
	mkdir "$BUNDLE/rootfs/mnt"
	configure 'linux["namespaces"].append({"type": "user"})' \
		'linux.update({k: [{"containerID": 0, "hostID": 100000, "size": 2000}] for k in ["uidMappings", "gidMappings"]})'
	configure 'process["user"] = {"uid": 1000, "gid": 1000}'
	command_is sh -c "$MOUNTS"
	oci_script 'oci run --no-pivot test'
	output_is $'refused proc\nrefused sysfs' "what cannot be unmounted is covered: see cover_one in covered.c"
	# Nor may it look into every folder.
	oci_script 'mkdir -p closed/in; chmod 700 closed; mount -t tmpfs tmpfs closed/in; oci run --no-pivot test; umount closed/in
		mount -t proc proc closed/in; oci run --no-pivot test; umount closed/in'
	[[ $output == $'refused proc\nrefused sysfs\nbox-oci: '*/closed/in*': Permission denied' ]] ||
		report "expected that a proc that cannot be covered is an error" "see uncover in covered.c"
}

@test "nor by a proc that lies deeper, on a mount of the host's that cannot be unmounted either" {
	mkdir "$BUNDLE/rootfs/mnt"
	configure 'linux["namespaces"].append({"type": "user"})' \
		'linux.update({k: [{"containerID": 0, "hostID": 100000, "size": 2000}] for k in ["uidMappings", "gidMappings"]})'
	configure 'process["user"] = {"uid": 1000, "gid": 1000}'
	command_is sh -c "$MOUNTS"
	oci_script 'try() { oci run --no-pivot test 2>&1; echo $?; }
		mount -t tmpfs tmpfs /mnt; mkdir -p /mnt/{in,a/deep}; mount -t proc proc /mnt/in; try
		mount -t tmpfs tmpfs /mnt/a; mkdir /mnt/a/deep; mount -t sysfs sysfs /mnt/a/deep; try
		mount -t tmpfs tmpfs /mnt/in; try; umount /mnt/in
		chmod 700 /mnt; try; chmod 755 /mnt
		mount -t tmpfs tmpfs /mnt; try; mkdir /mnt/in; try; umount /mnt; umount -R /mnt
		mount -t tmpfs tmpfs /usr/share/man/man1; mount -t tmpfs tmpfs /usr/share/man; try; umount /usr/share/man; umount /usr/share/man/man1'
	output_is $'refused proc\nrefused sysfs\n0
refused proc\nrefused sysfs\n0
refused proc\nrefused sysfs\n0
box-oci: /mnt/in: Permission denied\n1
box-oci: /mnt/in: No such file or directory\n1
box-oci: /mnt/in: another mount hides the one that has to be covered\n1
refused proc\nrefused sysfs\n0' "see cover_deep in covered.c"
}

@test "nor where one of the host's mounts hides another one" {
	mkdir "$BUNDLE/rootfs/mnt"
	configure 'process["user"] = {"uid": 1000, "gid": 1000}'
	command_is sh -c "$MOUNTS"
	oci_script 'mkdir -p over/in; mount -t proc proc over/in; mount -t tmpfs tmpfs over; oci run --no-pivot test; mkdir over/in; oci run --no-pivot test; umount over over/in'
	output_is $'refused proc\nrefused sysfs\nrefused proc\nrefused sysfs' "the upper one goes first: see covered_drop"
}

@test "with --no-pivot, the host keeps its mounts, also those whose names have blanks" {
	mkdir -p "$DIR/a folder" "$BUNDLE/rootfs/mnt"
	command_is sh -c 'exit 5'
	oci_script 'mount -t tmpfs tmpfs "$DIR/a folder"; touch "$DIR/a folder/file"; oci run --no-pivot test; echo $?; ls "$DIR/a folder"; umount "$DIR/a folder"'
	output_is $'5\nfile' "only the container's mount namespace changes: see make_root"
}
