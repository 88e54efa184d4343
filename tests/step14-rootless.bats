# Step 14: an ordinary user runs boxes, too. Root in such a box is that user outside, and nobody else.
# final maps the user's ranges of /etc/subuid, too: this user has none; see box/rootless.bats.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

# The user 4321, with a home, a copy of box, and an image. The folder of the test may be entered by root alone.
setup() {
	setup_host
	host mount -t tmpfs -o mode=755 none /mnt
	host install "$BOX" /mnt/box
	! at_least final || host install "$(dirname "$BOX")"/box-{unpack,seccomp} /mnt
	host install -d -o 4321 -g 4321 -m 700 /mnt/home
	rm -f "$ROOTFS/dev/"*
	tar -C "$ROOTFS" -cf "$DIR/image.tar" .
	host install -m 644 "$DIR/image.tar" /mnt/image.tar
	host_state >"$BATS_TEST_TMPDIR/before"
}

AS_USER='as_user() { setpriv --reuid 4321 --regid 4321 --clear-groups env -u BOX_DATA -u BOX_ROOT -u XDG_RUNTIME_DIR -C /mnt/home HOME=/mnt/home "$@"; }'

# user COMMAND...: runs it in a box of the user's, with $OPTIONS.
user() { user_script 'as_user /mnt/box run '"${RUN[*]}"' "$@"' "${OPTIONS[@]}" /mnt/image.tar "$@"; }

# user_script SCRIPT ARG...: a script of root's, in which as_user COMMAND... is the user's.
user_script() { run_on_host bash -c "$UNTIL_TRUE; $AS_USER; $1" - "${@:2}"; }

@test "an ordinary user runs a command, and is root in the box" {
	user sh -c 'id -u; id -g; cat /only-in-the-rootfs; exit 42'
	output_is $'0\n0\nrootfs' "CLONE_NEWUSER first, then setgroups, uid_map and gid_map: see user_namespaces(7). If the message is of /proc: mount it while the old root is there; if it is of /var/cache or /run: see find_folders(); if it is that 0 0 1 cannot be written: box has to note its user and its group before the child is root, see getegid()"
	status_is 42 "the exit status is the command's"
}

@test "one user and one group are mapped, and groups cannot be dropped" {
	user sh -c 'cat /proc/self/uid_map /proc/self/gid_map; cat /proc/self/setgroups'
	output=$(tr -s ' ' <<<"$output")
	output_is $' 0 4321 1\n 0 4321 1\ndeny' "write deny to /proc/self/setgroups, then the maps of 0 to the user and the group"
}

@test "what root in the box makes is the user's outside, and what root owns outside is nobody's inside" {
	user_script 'install -d -o 4321 /mnt/data; echo roots >/mnt/data/roots; as_user /mnt/box run '"${RUN[*]}"' -v /mnt/data:/data /mnt/image.tar \
		sh -c "echo mine >/data/mine; stat -c %u /data/mine /data/roots; echo changed >/data/roots"; stat -c %u:%g /mnt/data/mine; cat /mnt/data/roots'
	output_is $'0\n65534\n4321:4321\nroots' "an owner that is not mapped shows as 65534: map the user alone"
}

@test "a file that the user may not read outside cannot be read inside" {
	user_script 'install -m 600 /dev/null /mnt/secret; echo secret >/mnt/secret; as_user /mnt/box run '"${RUN[*]}"' -v /mnt/secret:/data /mnt/image.tar sh -c "echo started; cat /data"'
	output_is started "root in the box has rights over what is mapped, and nothing else"
}

@test "the box of a user has the same rights and filter, and the same covers" {
	user sh -c 'grep -E "^(CapEff|CapBnd|Seccomp:)" /proc/self/status; head -c 1 /proc/interrupts | wc -c; : >/dev/null && echo null; ls /sys/class/net; hostname >/dev/null && echo $$'
	output_is $'CapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nSeccomp:\t2\n0\nnull\nlo\n1' "all that root's boxes have"
}

# A tmpfs has attributes of users since Linux 6.6. Before, all else works in an overlay on it.
@test "a folder that is removed in the box can be made anew, where a tmpfs takes attributes of users" {
	user sh -c 'rm -r /etc/passwd /root && mkdir /root && touch /root/file && ls /root'
	if host unshare --mount sh -c 'mount -t tmpfs none /mnt && exec python3 -c "import os; os.setxattr(\"/mnt\", \"user.x\", b\"\")"' 2>/dev/null; then
		output_is file "in a user namespace an overlay needs the option userxattr: without it, it cannot say that a new folder hides an old one"
	else
		status_is 1 "the kernel refuses that" && output_is '' "the folder is not made" &&
			[[ $stderr == "mkdir: can't create directory '/root': Input/output error" ]] || report "expected the kernel's error" "all before it works"
	fi
}

@test "device nodes of the archive are left out, and owners are the user" {
	user_script 'mkdir /mnt/new; tar -C /mnt/new -xf /mnt/image.tar; mknod /mnt/new/node c 1 5; chown 12:34 /mnt/new/only-in-the-rootfs; tar -C /mnt/new -cf /mnt/nodes.tar .
		as_user /mnt/box run '"${RUN[*]}"' /mnt/nodes.tar sh -c "stat -c %u /only-in-the-rootfs; ls /node"'
	output_lacks /node "only root may make devices: leave out AE_IFCHR and AE_IFBLK"
	at_least final || output_is 0 "only root may give files away, and make devices: unpack without ARCHIVE_EXTRACT_OWNER, and leave out AE_IFCHR and AE_IFBLK"
}

@test "a set-user-ID bit of the archive's root stays" {
	user_script 'mkdir /mnt/new; tar -C /mnt/new -xf /mnt/image.tar; chmod 4755 /mnt/new/only-in-the-rootfs; tar -C /mnt/new -cf /mnt/bits.tar .
		as_user /mnt/box run '"${RUN[*]}"' /mnt/bits.tar stat -c %a /only-in-the-rootfs'
	output_is 4755 "libarchive leaves the bit out where the owner is not the user who unpacks: map the user to 0 in the child that unpacks, too"
}

@test "ROOTFS may be a folder of root's" {
	user_script 'mkdir /mnt/new; tar -C /mnt/new -xf /mnt/image.tar; as_user /mnt/box run '"${RUN[*]}"' /mnt/new cat /only-in-the-rootfs'
	output_is rootfs "who is not in the map can be given no file: leave the upper folder to the user, without a chown"
}

@test "box ps and box exec are the user's, too" {
	user_script 'as_user /mnt/box run '"${RUN[*]}"' /mnt/image.tar sleep 1234 & listed() { as_user /mnt/box ps | grep -q "sleep 1234"; }; until_true listed
		id=$(as_user /mnt/box ps | sed -n "2s/ .*//p"); as_user /mnt/box exec $id sh -c "id -u; cat /only-in-the-rootfs; grep CapEff /proc/self/status"
		/mnt/box ps | grep -c "sleep 1234"; pkill -TERM -f "^/mnt/box run"; wait; as_user /mnt/box ps | grep -c "sleep 1234"'
	output_is $'0\nrootfs\nCapEff:\t00000000a80425fb\n0\n0' "records lie below HOME; exec enters the user namespace with the PID namespace, as it has rights in nothing else before"
}

# bats test_tags=steps
@test "what needs root on the host says so" {
	OPTIONS=(--network veth)
	user true
	refused "only root" "say what cannot be had, and why"
	OPTIONS=(--pids-limit 10)
	user true
	refused "--pids-limit" "no limit is not the same as the limit"
	[[ $stderr == *ermission*denied* ]] || report "expected the cause" "the cgroup cannot be made where none is delegated"
	user_script 'as_user /mnt/box run -v /mnt/none:/data /mnt/image.tar true'
	refused /mnt/none "say which volume"
	OPTIONS=()
	user true
	status_is 0 "without these it runs"
}

@test "root needs no user namespace, and has none" {
	user readlink /proc/self/ns/user
	[[ $output == user:* && $output != "$(host readlink /proc/self/ns/user)" ]] || report "expected a user namespace of its own" "CLONE_NEWUSER for all but root"
	box readlink /proc/self/ns/user
	output_is "$(host readlink /proc/self/ns/user)" "for root all stays as it was"
}
