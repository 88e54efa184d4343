# final runs a whole Debian: its filter and capabilities break no ordinary program. Run by CI, and by
# `sudo bats tests/vm/debian.bats`: debootstrap fetches about 100 MB from the mirror that apt uses.
# shellcheck disable=SC2016,SC2154 # scripts for the container; variables of bats
bats_require_minimum_version 1.8.0

setup_file() {
	REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export BOX=$REPO/final/box BOX_DATA=$BATS_FILE_TMPDIR/data BOX_ROOT=$BATS_FILE_TMPDIR/run
	export DEBIAN=$BATS_FILE_TMPDIR/debian
	make -s -C "$REPO" final
	command -v debootstrap >/dev/null || { echo "no debootstrap: install it" >&2 && return 1; }
	debootstrap --variant=minbase --include=perl,python3-minimal stable "$DEBIAN" \
		"$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)" \
		>"$BATS_FILE_TMPDIR/log" 2>&1 || { tail "$BATS_FILE_TMPDIR/log" >&2 && return 1; }
	find "$DEBIAN" -printf '%p %m %U %T@ %s\n' | sort >"$BATS_FILE_TMPDIR/before"
}

box() { run -0 "$BOX" run --rm "${OPTIONS[@]}" "$DEBIAN" "$@"; }

@test "apt-get" {
	box apt-get --version
	[[ ${lines[0]} == "apt "* ]]
}

@test "an interactive bash, on a terminal" {
	run -3 script -qec "$BOX run --rm -it $DEBIAN bash -i -c 'tty; exit 3'" /dev/null
	[[ $output == *"/dev/pts/0"* ]]
	[[ $output != *"no job control"* ]]
}

@test "perl and python, with threads, processes and sockets" {
	box perl -e 'pipe(R, W); if (!fork) { print W "child\n"; exit } waitpid(-1, 0); print scalar <R>'
	[[ $output == child ]]
	box python3 -c 'import threading, socket, subprocess
t = threading.Thread(target=print, args=("thread",)); t.start(); t.join()
s = socket.socket(); s.bind(("127.0.0.1", 80)); s.listen()
c = socket.create_connection(("127.0.0.1", 80)); c.sendall(b"socket"); print(s.accept()[0].recv(6).decode())
print(subprocess.run(["id", "-u"], capture_output=True, text=True).stdout)'
	[[ $output == *thread*socket*0* ]]
}

@test "users are made, and become others" {
	box sh -c 'useradd -m joe && su joe -c "id -un; touch ~/file && stat -c %U ~/file"'
	[[ $output == joe$'\n'joe ]]
}

@test "packages are installed from the mirror, in the host's network" {
	OPTIONS=(--network host)
	box sh -c 'apt-get update -qq && apt-get install -qq -y hello >/dev/null 2>&1 && hello'
	[[ $output == *"Hello, world!"* ]]
}

# The user boxer is in files that are mounted over this machine's for this one command.
@test "for an ordinary user, too, packages make users and set-ID files" {
	local place=$BATS_TEST_TMPDIR file
	chmod 711 "$BATS_RUN_TMPDIR" && mkdir "$place/home" && chown 4321 "$place/home" && cp "$(dirname "$BOX")"/box{,-unpack,-seccomp} "$place"
	tar -C "$DEBIAN" -cf "$place/debian.tar" .
	for file in passwd group subuid subgid; do cp "/etc/$file" "$place"; done
	echo boxer:x:4321:4321::/:/bin/sh >>"$place/passwd" && echo boxer:x:4321: >>"$place/group" && echo boxer:200000:65536 | tee -a "$place/subuid" >>"$place/subgid"
	run -0 env PLACE="$place" unshare --mount --propagation private bash -c 'cd "$PLACE" && for file in passwd group subuid subgid; do mount --bind $file /etc/$file || exit; done
		exec setpriv --reuid 4321 --regid 4321 --clear-groups env -u BOX_DATA -u BOX_ROOT -u XDG_RUNTIME_DIR USER=boxer HOME="$PLACE/home" ./box run --rm --network host debian.tar \
			sh -c "apt-get update -qq && apt-get install -qq -y --no-install-recommends man-db dbus >/dev/null 2>&1; stat -c \"%U %G %a\" /usr/lib/dbus-1.0/dbus-daemon-launch-helper /var/cache/man; useradd -m joe && su joe -c id\\ -un"'
	[[ $output == *$'root messagebus 4754\nman man 755\njoe' ]]
}

@test "it is unchanged after all that" {
	find "$DEBIAN" -printf '%p %m %U %T@ %s\n' | sort | diff "$BATS_FILE_TMPDIR/before" -
}
