# For tests/vm/boot, which sources it: the machine's hardware, as QEMU gets it.
# shellcheck shell=bash disable=SC2034,SC2154 # variables of tests/vm/boot, and for it

# Sets ${qemu[@]}, a command to run in $tmp, and makes the files there that the machine has as devices.
make_machine() {
	local arguments port
	truncate -s 8G "$tmp/disk"
	mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1 "$tmp/disk"
	mkfifo "$tmp/size"
	touch "$tmp/out" "$tmp/err"

	qemu=(qemu-system-x86_64 -M q35 -m "${VM_MEM:-1G}" -smp "${VM_CPUS:-1}" -nodefaults -no-user-config
		-no-reboot -display none -serial file:console -kernel "$kernel/vmlinux" -initrd initrd
		-virtfs "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap"
		-drive "file=disk,format=raw,if=virtio,cache=unsafe" -device "virtio-serial-pci,ioeventfd=off"
		-chardev "pipe,id=size,path=size")
	for port in out err status; do
		qemu+=(-chardev "file,id=$port,path=$port,append=on")
	done
	for port in out err status size; do # in this order they are numbered
		qemu+=(-device "virtserialport,chardev=$port")
	done
	((!interactive)) ||
		qemu+=(-chardev "stdio,id=terminal,signal=off" -device "virtconsole,chardev=terminal")

	arguments="console=ttyS0 quiet panic=-1 mitigations=off fstab=no luks=no "
	case $cgroup in
	1) arguments+="systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1 " ;;
	2) arguments+="cgroup_no_v1=all,named " ;;
	esac
	case $accel in
	kvm) qemu+=(-accel kvm -cpu host) ;;
	*) # Addresses that differ at each exec make it ten times slower.
		arguments+="tsc=reliable norandmaps "
		qemu+=(-accel tcg -cpu "Nehalem,+rdrand")
		;;
	esac
	qemu+=(-append "$arguments${VM_KARGS:-}")
}
