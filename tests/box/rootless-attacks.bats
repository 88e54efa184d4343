# box of an ordinary user, against containers, images and other users that mean harm, and processes that die at any moment.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
ROOTLESS=1
load ../lib/helper
load ../lib/life

@test "no box joins the namespace of a holder that has ended, but for which nobody has waited" {
	life 'cat >reaper.py <<-"END"
			import ctypes, os, subprocess, sys, time
			ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: the holder becomes a child of this process
			run = [os.environ["BOX"], "run", "--rm", "-i", os.environ["ROOTFS"]]
			def zombies():
			    return [process for process in os.listdir("/proc") if process.isdigit() and open(f"/proc/{process}/stat").read().split(") ")[1].startswith(f"Z {os.getpid()} ")]
			subprocess.run(run + ["true"])
			end = time.time() + 30
			while not zombies() and time.time() < end: time.sleep(0.01)
			print(len(zombies()), "has ended", flush=True)
			one = subprocess.Popen(run + ["sh", "-c", "echo >/ready; readlink /proc/self/ns/user; read line"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
			users = one.stdout.readline()
			while zombies(): os.waitpid(int(zombies()[0]), 0)
			print(subprocess.run(run + ["readlink", "/proc/self/ns/user"], stdout=subprocess.PIPE, text=True).stdout == users and "same")
			one.communicate("end")
		END
		export BOX ROOTFS; python3 reaper.py'
	output_is $'1 has ended\nsame' "see hold: the file users names no holder that has ended"
}

@test "an image that box commit writes has the user's attributes, but none of box and its overlay" {
	life 'tar -C "$ROOTFS" -cf image.tar ./bin ./etc; mkdir image; box run --name mine image.tar sh -c "mkdir /home; echo >>/etc/passwd; chmod 700 /etc; echo >/file"
		python3 -c "import os, sys; [os.setxattr(sys.argv[1], name, b\"1\") for name in (\"user.a\", \"user.overlaid\", \"user.boxes\", \"user.box.digest\")]" "$BOX_DATA"/containers/*/upper/file
		box commit mine new.tar >/dev/null; box rm mine; tar -C image -xf new.tar; cat image/blobs/sha256/* | grep -aoE "SCHILY.xattr.[a-z.]*" | sort -u'
	output_is $'mine\nSCHILY.xattr.user.a\nSCHILY.xattr.user.boxes\nSCHILY.xattr.user.overlaid' "see drop_own_xattrs in pack.c"
}

@test "an owner that needs more than 32 bits does not become root with a set-user-ID bit" {
	life 'python3 -c "
import tarfile
with tarfile.open(\"ids.tar\", \"w\", format=tarfile.PAX_FORMAT) as tar:
    tar.add(\"$ROOTFS/bin\", \"bin\")
    for name, uid, gid in (\"user\", 1 << 32, 0), (\"group\", 0, (1 << 32) + 33), (\"last\", (1 << 32) - 1, 0), (\"negative\", -2, 0):
        file = tarfile.TarInfo(name); file.uid, file.gid, file.mode = uid, gid, 0o6711; tar.addfile(file)" &&
		box run --rm ids.tar stat -c "%n %u:%g:%a" user group last negative'
	output_has $'user 0:0:711\ngroup 0:0:711\nlast 0:0:711\nnegative 0:0:711' "see has_owner in extract.c"
}

@test "a box that is killed while newuidmap waits keeps no other box from starting" {
	life 'mkdir bin; printf "#!/bin/sh\necho \$\$ >\"$DIR/waits\"; exec sleep 1000\n" >bin/newuidmap; chmod 755 bin/newuidmap
		PATH=$DIR/bin:$PATH exec "$BOX" ps & box=$!; until_true test -s waits; kill -KILL $box; wait $box 2>/dev/null
		timeout 20 "$BOX" ps -q; echo $?; kill -KILL "$(<waits)"'
	output_is 0 "see start_mapping in id-maps.c: its child keeps the lock of users.lock"
}

@test "in the places of another user box makes nothing, and says which it may not make" {
	life "$AS_USER"'unset BOX_DATA BOX_ROOT XDG_RUNTIME_DIR XDG_DATA_HOME; mkdir theirs 700 own; chown 1 theirs 700; chmod 700 700; chown 4321 own; ln -s "$DIR/theirs" link
		as_user env HOME="$DIR/theirs" "$REAL" ps; as_user env HOME="$DIR/own" XDG_RUNTIME_DIR="$DIR/theirs" "$REAL" ps; as_user env HOME="$DIR/own" XDG_RUNTIME_DIR="$DIR/700" "$REAL" ps
		as_user env HOME="$DIR/own" XDG_DATA_HOME="$DIR/theirs" "$REAL" ps; as_user env HOME="$DIR/own" BOX_ROOT="$DIR/link" "$REAL" ps; as_user env HOME="$DIR/own" BOX_DATA="$DIR/link" "$REAL" ps
		env HOME="$DIR/own" "$REAL" --root "$DIR/own/.local/state/box" ps
		find theirs 700 -mindepth 1'
	output_is "box: $DIR/theirs/.local/state/box: Permission denied
box: $DIR/theirs/box: Permission denied
box: $DIR/700/box: Permission denied
box: $DIR/theirs/box: Permission denied
box: $DIR/link: it is another user's
box: $DIR/link: it is another user's
box: $DIR/own/.local/state/box: it is another user's" "see open_made_folder, and check_private"
}

@test "all boxes are in one user namespace, also where only root can read box's own file" {
	life "$AS_USER"'mkdir "$BATS_TEST_TMPDIR/bin"; cp "${REAL%/*}"/box* "$BATS_TEST_TMPDIR/bin"; chmod 711 "$BATS_TEST_TMPDIR/bin"/*; BOX=$BATS_TEST_TMPDIR/bin/box; rm "$ROOTFS"/dev/*; find "$ROOTFS" ! -type l -exec chown 4321 {} +
		box() { as_user "$BOX" "$@"; }; ! as_user test -r "$BOX" || echo "the file can be read"
		sleeper --name mine >/dev/null; box exec mine readlink /proc/self/ns/user >a; box run --rm "$ROOTFS" readlink /proc/self/ns/user | diff a - && echo same; box rm -f mine'
	output_is $'same\nmine' "see hold: the file of its namespace belongs to the user by PR_SET_DUMPABLE"
}

@test "a box that cannot open the namespace of the others makes no second one" {
	life "$AS_USER"'sleeper --name mine >/dev/null; file=/proc/$(pgrep -x "box users")/ns/user
		env USER=boxer HOME="$BATS_TEST_TMPDIR/home" strace -u boxer -qq -o /dev/null -P "$file" -e inject=openat:error=EACCES "$REAL" ps; echo $?
		box exec mine echo entered; box rm -f mine'
	output_has $'/ns/user: Permission denied\n125\nentered\nmine' "see open_held"
}

@test "files of a container that are called as whiteouts delete nothing, in box diff and in an image" {
	life 'tar -C "$ROOTFS" -cf image.tar ./bin ./etc; box run --name mine image.tar sh -c ">/.wh.bin; >/etc/.wh.passwd"; box diff mine
		box commit mine new.tar >/dev/null; box rm mine; box run --rm new.tar ls /etc/passwd'
	output_is $'A /.wh.bin\nC /etc\nA /etc/.wh.passwd\nbox: new.tar: sockets, and names that begin with .wh., left out: 2, the first ./.wh.bin\nmine\n/etc/passwd' "see overlay_has_mark_files"
}

@test "where no_new_privs takes root's rights from newuidmap, box says so" {
	life 'setpriv --no-new-privs "$BOX" ps; echo $?'
	output_has $'as no_new_privs keeps root\'s rights from them (systemd.exec: NoNewPrivileges=)\n125' "see not_mapped"
}

@test "a box that is killed at any moment of its start leaves no holder, and keeps no other box from starting" {
	life "$AS_USER"'for call in {4..70..3}; do
			{ (env USER=boxer HOME="$BATS_TEST_TMPDIR/home" strace -u boxer -qq -o /dev/null -e inject=all:signal=KILL:when=$call "$REAL" run --rm "$ROOTFS" true) & wait $!; } >/dev/null 2>&1
			timeout 20 "$BOX" run --rm "$ROOTFS" true || { echo "not after call $call: $?"; break; }
		done; until_true no_holder && echo no holder || pkill -KILL -x "box users"; ls "$BOX_DATA/containers" "$BOX_DATA/live" | grep -v "^/"'
	output_is 'no holder' "see rootless_enter"
}
