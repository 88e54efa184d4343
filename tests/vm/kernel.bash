# For tests/vm/boot, which sources it: the machine's kernel, and whether this one's can run it.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of tests/vm/boot, and for it
modules='virtio_pci virtio_console virtio_blk 9pnet_virtio 9p overlay ext4 crc32c_generic'

need() { command -v "$1" >/dev/null || die "no $1 here: apt-get install $2"; }
archive() { (cd "$1" && find . | "$busybox" cpio -o -H newc 2>/dev/null); }

# Fetches Debian's kernel, and unpacks what the machine needs of it into $tmp/kernel.
make_kernel() {
	local package image offset length version module fetched=$tmp/fetched base=$tmp/base
	need xz xz-utils
	echo "vm: fetching a kernel, this once" >&2
	mkdir "$tmp/kernel" "$fetched"
	package=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p') || :
	package=${package:-linux-image-amd64}
	(cd "$tmp" && exec apt-get -qq -o APT::Sandbox::User=root download "$package") >&2 &
	pids=($!) # in the background: bash runs a trap during `wait`, but not during a command
	wait "$!" || die "no kernel: apt-get download $package failed (apt-get update first?)"
	pids=()
	dpkg-deb --fsys-tarfile "$tmp"/linux-image-*.deb | tar -xC "$fetched" --wildcards \
		'./boot/vmlinuz*' '*/modules.*' '*/kernel/'{arch,block,crypto,fs,lib,net} \
		'*/kernel/drivers/'{block,md,virtio,char/virtio_console.ko,net/{veth,tun,dummy,macvlan}*}
	# Emulated, the kernel takes 7 s to unpack itself: so it is done here, by the fields setup_sects,
	# payload_offset and payload_length of its header (Documentation/arch/x86/boot.rst).
	image=$(echo "$fetched"/boot/vmlinuz*)
	offset=$(((1 + $(od -An -tu1 -j 497 -N 1 "$image")) * 512 + $(od -An -tu4 -j 584 -N 4 "$image")))
	length=$(od -An -tu4 -j 588 -N 4 "$image")
	head -c $((offset + length)) "$image" | tail -c $((length)) |
		xz -dc --single-stream >"$tmp/kernel/vmlinux" || cp "$image" "$tmp/kernel/vmlinux"
	version=$(ls "$fetched/lib/modules")
	"$busybox" depmod -b "$fetched" "$version"
	mv "$fetched/lib/modules" "$tmp/kernel"
	mkdir -p "$base"/{bin,proc,sys,dev,lower,disk,root,lib/modules/"$version"}
	cp "$busybox" "$base/bin/busybox"
	for module in $modules; do # its line in modules.dep has those that it needs, too
		sed -n "s|:||; /^[^ ]*\/$module\.ko/p" "$tmp/kernel/modules/$version/modules.dep" | tr ' ' '\n'
	done | sort -u | (cd "$tmp/kernel/modules/$version" &&
		xargs cp --parents -t "$base/lib/modules/$version" modules.dep)
	archive "$base" >"$tmp/kernel/initrd"
}

# /dev/kvm may be there and abort QEMU, or hang, or crawl: the only way to know is to boot a machine.
try_kvm() {
	local key
	key="$(</proc/sys/kernel/random/boot_id) $UID"
	accel=$(sed -n "s/^$key //p" "$cache/accel" 2>/dev/null) || :
	[[ ! $accel ]] || return 0
	VM_ACCEL=kvm VM_KARGS="" "$BASH" "$0" -t 20 true >/dev/null 2>&1 &
	pids=($!)
	accel=kvm
	wait "$!" || accel=tcg
	pids=()
	[[ $accel == kvm ]] || echo "vm: no working KVM here: emulating, some 20 times slower" >&2
	echo "$key $accel" >"$tmp/accel" && mv "$tmp/accel" "$cache/accel"
}

# Sets $kernel, the folder of the kernel, which is made if need be, and $accel.
find_kernel() {
	local lock
	kernel=$cache/kernel-$(cksum <"$here/kernel.bash" | cut -d ' ' -f 1)
	if [[ ! -d $kernel ]]; then
		exec {lock}>"$cache/lock"
		flock "$lock"
		if [[ ! -d $kernel ]]; then
			make_kernel
			mv "$tmp/kernel" "$kernel"
		fi
		exec {lock}>&-
	fi
	accel=${VM_ACCEL:-}
	[[ $accel ]] || try_kvm
}
