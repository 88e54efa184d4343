# box of an ordinary user, who has ranges of IDs in /etc/subuid: see lib/rootless.bash. `ROOTLESS=1 bats FILE` runs other
# tests of box so.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
ROOTLESS=1
load ../lib/helper
load ../lib/life

@test "root in the box is the user, and the user's ranges follow" {
	box sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map' 
	output=$(tr -s ' ' <<<"$output")
	output_is $'0\n 0 4321 1\n 1 200000 65536\n 0 4321 1\n 1 200000 65536' "see id_maps_unshare"
}

@test "files of other users in the box have the user's other IDs on the disk, and are as they were in archives" {
	life 'mkdir i && tar -C "$ROOTFS" -cf - ./bin ./etc/passwd | tar -C i -xf - && echo >i/f && chown 33:34 i/f && chmod 4711 i/f && tar -C i -cf i.tar . && rm -r i
		box run --name mine i.tar sh -c "stat -c %u:%g:%a /f; for i in 0 1 1000 65535 65536; do touch /\$i && chown \$i:\$i /\$i; done; chown 65537 /0 2>/dev/null || echo not mapped"
		stat -c "%n %u:%g" "$BOX_DATA"/containers/*/upper/[0-9]* | sed "s,.*/,,"; stat -c %u:%g:%a "$BOX_DATA"/layers/*/f
		box commit mine new.tar >/dev/null; box run --rm new.tar stat -c "%n %u:%g:%a" /f /1000 /65536'
	output_is $'33:34:4711\nnot mapped\n0 4321:4321\n1 200000:200000\n1000 200999:200999\n65535 265534:265534\n65536 265535:265535\n200032:200033:4711\n/f 33:34:4711\n/1000 1000:1000:644\n/65536 65536:65536:644' \
		"see id-maps.c"
	[[ ! $(host sh -c 'ls -A "$BOX_DATA"/containers') ]] || life 'box rm mine >/dev/null; ls -A "$BOX_DATA/containers"; echo none'
	output_is none "what other IDs own is removed, too"
}

@test "all ranges of the user are mapped one after the other, each once" {
	life 'printf "%s\n" boxer:400000:10 4321:500000:20 boxer:200000:65536 boxer:200005:5 other:600000:7 broken boxer:x:y boxer:700000:0 boxer:4321:1 >>/etc/subuid
		box run --rm "$ROOTFS" cat /proc/self/uid_map | tr -s " "; ! ((THROWAWAY)) || sed -i "/^boxer:200000:65536/!d" /etc/subuid'
	output_is $' 0 4321 1\n 1 200000 65536\n 65537 400000 10\n 65547 500000 20' "see read_ranges"
}

@test "all boxes that run at one time are in one user namespace, which ends with the last" {
	life "$AS_USER"'for i in 1 2 3 4 5 6 7 8; do box run --rm "$ROOTFS" sh -c "readlink /proc/self/ns/user; sleep 0.5" & done >users; wait; sort -u users | wc -l; wc -l <users
		sleeper --name one >/dev/null; sleeper --name two >/dev/null; holders
		box exec one readlink /proc/self/ns/user >a; box exec two readlink /proc/self/ns/user | diff a - && echo same
		box rm -f one >/dev/null; holders; box exec two echo still; box rm -f two >/dev/null; until_true no_holder && echo none'
	output_is $'1\n8\n1\nsame\n1\nstill\nnone' "see rootless_enter: one at a time makes a namespace, and the lock of the file users keeps it"
}

@test "several containers that one box starts have each a root of its own" {
	life 'tar -C "$ROOTFS" -cf image.tar ./bin ./etc; for name in one two three; do box run -d --name $name image.tar sh -c ">/of-\$HOSTNAME; exec sleep 1000" >/dev/null; done; box stop -t 0 one two three >/dev/null
		box start one two three; for name in one two three; do box exec $name sh -c "ls -d /of-* | wc -l"; done; box rm -f one two three >/dev/null'
	output_is $'one\ntwo\nthree\n1\n1\n1' "see fuse_mount: another container's root may be mounted in the mount namespace of box"
}

@test "where the holder of the user namespace was killed box says so, and still stops what runs" {
	life "$AS_USER"'sleeper --name mine >/dev/null; kill -KILL $(pgrep -x "box users"); until_true no_holder
		box ps -q | wc -l; box stop -t 0 mine; is mine exited && box rm mine >/dev/null; box run --rm "$ROOTFS" echo fine'
	output_has $'killed: containers that run can be stopped, but not entered\n1' "see warn_of_lost" || return
	output_has $'mine\nfine' "a box needs no namespace to kill"
}

@test "a box that is killed leaves no holder, and the next command removes what it has left" {
	life "$AS_USER"'sleeper --name mine >/dev/null; kill -KILL $(monitor mine); until_true no_holder && echo none; box ps -a --format json | grep -o "\"Status\": *\"[a-z]*" | tail -n 1; box rm mine'
	output_has none "the lock goes with the box" || return
	output_has mine "see sweep in state.c"
}

@test "without BOX_DATA and BOX_ROOT all lies in the places of XDG, and others cannot enter them" {
	life "$AS_USER"'unset BOX_DATA BOX_ROOT; mkdir -m 700 run && chown 4321 run; rm "$ROOTFS"/dev/*; tar -C "$ROOTFS" -cf image.tar .
		as_user env XDG_RUNTIME_DIR="$DIR/run" "$REAL" import image.tar mine >/dev/null; stat -c "%U %a" "$BATS_TEST_TMPDIR/home/.local/share/box" run/box
		as_user env -u XDG_RUNTIME_DIR XDG_DATA_HOME="$BATS_TEST_TMPDIR/home/data" "$REAL" run --rm image.tar true; stat -c %a "$BATS_TEST_TMPDIR/home/data/box" "$BATS_TEST_TMPDIR/home/.local/state/box"
		as_user env XDG_RUNTIME_DIR=relative "$REAL" images -q | wc -l
		as_user env XDG_RUNTIME_DIR="$DIR/run" "$REAL" prune -fa >/dev/null && as_user rm -r "$BATS_TEST_TMPDIR/home/.local/share/box" && echo removed
		rm -rf "$BATS_TEST_TMPDIR/home"'
	output_is $'boxer 700\nboxer 700\n700\n700\n1\nremoved' "see default_data and default_root"
}

@test "where / is the user's, as in a sandbox, all lies in the same places" {
	life "$AS_USER"'rm -f "$ROOTFS"/dev/*; was=$(stat -c %u /); chown 4321 /; PLACES="-u BOX_DATA -u BOX_ROOT -u XDG_RUNTIME_DIR"; as_user env $PLACES "$REAL" run --name mine "$ROOTFS" echo fine; chown "$was" /
		as_user env $PLACES "$REAL" ps -aq | wc -l; as_user env $PLACES "$REAL" rm mine'
	output_is $'fine\n1\nmine' "see begin in box.c: is_ordinary tells root of box's own user namespace by who owns /"
}

@test "a state folder that others can write to is refused" {
	life "$AS_USER"'mkdir -m 777 open && chown 4321 open; as_user env BOX_ROOT="$DIR/open" "$REAL" ps; echo $?; ls -A open; mkdir theirs; chown 1 theirs; as_user env BOX_ROOT="$DIR/theirs" "$REAL" ps; echo $?'
	output_has $'open: others may write into it\n125\nbox: ' "see open_in: nothing is made there, nor a file of it believed" || return
	output_has "theirs" "see open_in" && [[ $output == *125 ]] || report "expected another 125" "see open_in"
}

@test "another user of the machine sees nothing of the user's containers, and cannot signal them" {
	life "$AS_USER"'other() { setpriv --reuid 4322 --regid 4322 --clear-groups "$@" 2>/dev/null; }; sleeper --name mine >/dev/null; pid=$(pid_of mine)
		for file in root/etc/passwd environ maps fd/0 ns/user mem; do ! other cat /proc/$pid/$file >/dev/null || echo "$file is read"; done
		other ls "$BOX_DATA" "$BOX_ROOT"; for process in $pid $(monitor mine) $(pgrep -x "box users"); do ! other kill -0 $process || echo "$process gets a signal"; done
		other nsenter -U -t $pid true && echo entered; box exec mine echo lives; box rm -f mine >/dev/null'
	output_is lives "folders of the mode 0700, and the kernel"
}

@test "a user without ranges is the only user in the box, and box says what that means" {
	life "$AS_USER"'mkdir i && tar -C "$ROOTFS" -cf - ./bin ./etc/passwd | tar -C i -xf - && echo >i/f && chown 33:34 i/f && chmod 4711 i/f && tar -C i --owner=0 --group=0 -cf i.tar bin etc && tar -C i -rf i.tar f && rm -r i
		sed -i /boxer/d /etc/subuid; box run --name mine i.tar sh -c "cat /proc/self/uid_map; stat -c %u:%g:%a /f; chown 1 /f 2>/dev/null || echo root alone" | tr -s " "
		box run --rm -u 33 i.tar true; echo $?; box run --rm -u 0:34 i.tar true; echo $?; box rm mine'
	output_has "files given to root, as their owners are not mapped, see subuid(5): 1, the first f" "see set_owner in extract.c" || return
	output_has $' 0 4321 1\n0:0:711\nroot alone\n' "a set-user-ID bit must not mean another user" || return
	output_has $'user 33: not one of the user namespace\'s, see subuid(5)\n125' "see become" || return
	output_has $'group 34: not one of the user namespace\'s, see subgid(5)\n125' "see set_groups"
}

@test "without newuidmap the user is the only one, and where it fails box says so" {
	life "$AS_USER"'as_user env PATH=/nowhere "$REAL" run --rm "$ROOTFS" /bin/cat /proc/self/uid_map | tr -s " "
		mkdir bin; printf "#!/bin/sh\nexit 1\n" >bin/newuidmap; chmod -R 755 bin; as_user env PATH="$DIR/bin:$PATH" "$REAL" run --rm "$ROOTFS" true; echo $?
		ln -sf "$(command -v newuidmap)" bin; as_user env PATH="$DIR/bin" "$REAL" run --rm "$ROOTFS" true; echo $?'
	output_is $' 0 4321 1\nbox: newuidmap or newgidmap cannot map the ranges of /etc/subuid and /etc/subgid: status 1\n125\nbox: newuidmap or newgidmap cannot map the ranges of /etc/subuid and /etc/subgid: status 125\n125' \
		"see id_maps_unshare; and where newgidmap alone is missing, start_mapping"
}

@test "where no user namespace can be made, box names the setting" {
	life "$AS_USER"'echo root:100000:1000 | tee -a /etc/subuid >>/etc/subgid; unshare --user --map-users=100000,0,1000 --map-groups=100000,0,1000 --setuid 0 --setgid 0 sh -c "echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --reuid 5 --regid 5 --clear-groups env BOX_ROOT=/tmp/none-$$ \"$REAL\" ps"; echo $?; rm -rf /tmp/none-$$'
	output_is $'box: make a user namespace: no more user namespaces: sudo sysctl user.max_user_namespaces=15000 allows them\n125' "see id_maps_refused"
}

@test "where there may be no more mount or network namespaces, box does not blame the limit of user namespaces, or the disk" {
	life "$AS_USER"'for type in mnt net; do as_user unshare --map-root-user sh -c "echo 0 >/proc/sys/user/max_${type}_namespaces; \"$REAL\" run --rm \"$ROOTFS\" true"; echo $?; done'
	local limit="there are as many namespaces as allowed: sysctl -a -r '^user.max_' shows the limits"
	output_is "box: make a mount namespace: $limit"$'\n125\n'"box: clone3: $limit"$'\n125' "see id_maps_refused, and clone_inside"
}

@test "a limit that no cgroup is there for is an error that says what to do" {
	local option
	for option in "--memory 64m" "--pids-limit 10" "--cpus 0.5"; do
		# shellcheck disable=SC2206 # two words
		OPTIONS=($option)
		box true
		refused "is delegated to this user: " "no limit is not the same as the limit" || return
	done
}

@test "a container without a cgroup goes on while it is committed, with a warning, and cannot be paused" {
	life 'sleeper --name mine >/dev/null; box exec mine touch /new; box commit mine new.tar | wc -l; box run --rm new.tar ls /new 2>/dev/null; box pause mine; box rm -f mine'
	output_is $'box: container mine has no cgroup, and goes on while it is committed\n1\n/new\nbox: the container has no cgroup, so it cannot be paused\nmine' "see commit_frozen"
}

@test "in the host's network /sys is the host's, and read-only" {
	OPTIONS=(--network host)
	box sh -c 'ls /sys/class/net; readlink /proc/self/ns/net; true >/sys/kernel/uevent_helper; mount | grep -c "on /sys .*[(,]ro[,)]"'
	output_is "$(host ls /sys/class/net)"$'\n'"$(host readlink /proc/self/ns/net)"$'\n1' "a new sysfs takes rights over the network: see set_mounts"
}

@test "the terminal of -t is the user's" {
	life 'script -qec "\"$BOX\" run --rm -it -u 1000 \"$ROOTFS\" sh -c \"tty; stat -c %u \\\$(tty); test -t 0 && echo terminal\"" /dev/null </dev/null | sed "s/\r//; s/\^[@D]//g"'
	output_has $'/dev/pts/0\n1000\nterminal' "see chown_stdio"
}

# As systemd delegates them: to processes in one of its cgroups, and in those beside it. An ext4, as a tmpfs takes no
# attributes of users before Linux 6.6.
# bats test_tags=v2,vm
@test "where a cgroup is delegated to the user limits hold, and exec, update, pause, stats and commit are as for root" {
	local top=/sys/fs/cgroup/$OWN_CGROUP
	life "top=$top; $AS_USER"'mkdir disk; truncate -s 64M disk.ext4; mkfs.ext4 -q disk.ext4; mount -o loop disk.ext4 disk; export BOX_DATA="$DIR/disk/data"; chown 4321 disk
		echo "+memory +pids +cpu" >/sys/fs/cgroup/cgroup.subtree_control; mkdir "$top" && echo "+memory +pids +cpu" >"$top/cgroup.subtree_control"; mkdir "$top"/{one,two,three}
		chown -R 4321 "$top"; python3 -c "import os, sys; [os.setxattr(folder, \"user.delegate\", b\"1\") for folder in sys.argv[1:]]" "$top"/{one,two,three}
		in_one() { sh -c "echo \$\$ >\"\$0/cgroup.procs\"; exec \"\$@\"" "$top/$1" "$BOX" "${@:2}"; }
		tar -C "$ROOTFS" -cf image.tar ./bin ./etc; box import image.tar image >/dev/null
		in_one one run --name mine -d -m 64m --pids-limit 20 --cpus 0.5 image sh -c "cd /sys/fs/cgroup; cat memory.max pids.max cpu.max; exec sleep 1000" >/dev/null; until_true logged mine "50000 100000"; box logs mine
		in_one two exec mine cat /proc/self/cgroup; box update -m 32m mine; cat "$top"/one/box.[0-9a-f]*/memory.max
		box stats --no-stream | grep -o "/ 32 MiB"; box pause mine; is mine paused && box unpause mine; box commit mine new.tar | wc -l; box top mine | grep -c sleep
		box exec mine true; echo $?; box rm -f mine; until_true no_holder; rmdir "$top/one/box.self"; find "$top" -mindepth 2 -type d; rmdir "$top"/{one,two,three} "$top"; umount disk'
	output_is "67108864
20
50000 100000
0::/
mine
33554432
/ 32 MiB
mine
mine
1
1
box: from outside of the user's session: systemd-run --user --scope box ... is inside: write 0 to $top/one/box.$(grep -oE '[0-9a-f]{64}' <<<"$output" | head -n 1)/cgroup.procs: Permission denied
125
mine" "see make_room, cgroup_make_room and cgroup_join in cgroup-make.c"
}
