# box cp, diff and commit: files into containers, out of them, and containers as images.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life

pack_root='pack_root() { tar cf root.tar -C "$ROOTFS" --exclude "./dev/*" .; }
'

# copies SCRIPT: as life, with a tree of all kinds of files; `list FOLDER` prints what is in one.
copies() {
	life 'mkdir -p tree/sub/deep tree/empty; printf 1 >tree/one; printf 2 >tree/sub/deep/two; printf 3 >"tree/$(printf "not UTF-8 \377")"
		ln tree/one tree/hard; ln -s sub/deep/two tree/link; ln -s /etc tree/away; mkfifo tree/fifo
		chown 1000:1000 tree/sub tree/sub/deep/two; chmod 4711 tree/sub/deep/two; touch -d 2001-02-03T04:05:06Z tree/one
		list() { (cd "$1" && find . -printf "%P %y %m %U:%G %n %l\n" | LC_ALL=C sort); }
		'"$pack_root$1"
}

# --- cp ---

# With root alone: the host's files are also other users', whom a user cannot be.
# bats test_tags=root
@test "cp copies a tree into a container and out again, as root's, with links, modes and times" {
	copies 'sleeper --name mine >/dev/null; box cp tree mine:/srv && box cp mine:/srv back && list tree >a; list back >b; diff a b
		stat -c %y back/one; cat back/hard back/link back/not*; test back/one -ef back/hard && echo same'
	[[ $output == *'> sub d 755 0:0'* && $output == *'> sub/deep/two f 711 0:0'* ]] ||
		report "expected root as owner, and no set-user-ID bit" "see disown in pack.c"
	[[ $(grep -c '^>' <<<"$output") == 2 ]] || report "expected no other difference" "see pack_archive"
	[[ $output == *'2001-02-03 04:05:06.000000000 +0000'$'\n123same' ]] || [[ $output == *2001-02-03*$'\n1123same' ]] ||
		report "expected times, contents and hard links" "see pack_archive"
}

# With root alone: the host's files are also other users', whom a user cannot be.
# bats test_tags=root
@test "cp -a keeps owners and set-ID bits" {
	copies 'sleeper --name mine >/dev/null; box cp -a tree mine:/srv && box cp --archive mine:/srv back && list tree >a; list back >b; diff a b'
	output_is "" "see copy in unpack.c"
}

# With root alone: the host's files are also other users', whom a user cannot be.
# bats test_tags=root
@test "cp puts a file or folder into a folder that is there, else calls it so" {
	copies 'sleeper --name mine >/dev/null; inside() { box exec mine "$@"; }
		inside mkdir /there; box cp tree/one mine:/there; box cp tree/one mine:/there/other; box cp tree mine:/there
		box cp tree/. mine:/there/all; box cp tree/sub/. mine:/there; box cp tree/one mine:
		box cp tree/one mine:there/relative; inside find /there -maxdepth 2 | LC_ALL=C sort | tr "\n" " "; echo
		box cp mine:/there/one .; box cp mine:/there/one ./two; box cp mine:/there/deep .; box cp mine:/there/tree/. new; ls deep new; cat one two'
	output=${output//$'\xff'/?}
	output_is "box: mine: no path after the colon
/there /there/all /there/all/away /there/all/empty /there/all/fifo /there/all/hard /there/all/link /there/all/not UTF-8 ? /there/all/one /there/all/sub /there/deep /there/deep/two /there/one /there/other /there/relative /there/tree /there/tree/away /there/tree/empty /there/tree/fifo /there/tree/hard /there/tree/link /there/tree/not UTF-8 ? /there/tree/one /there/tree/sub 
deep:
two

new:
away
empty
fifo
hard
link
not UTF-8 ?
one
sub
11" "see open_destination"
}

# With root alone: the host's files are also other users', whom a user cannot be.
# bats test_tags=root
@test "cp merges folders, replaces files, and replaces no folder by a file nor a file by a folder" {
	copies 'sleeper --name mine >/dev/null; inside() { box exec mine "$@"; }
		inside sh -c "mkdir -m 700 -p /a/sub; echo old >/a/one; echo kept >/a/sub/kept"; box cp tree/. mine:/a; inside cat /a/one /a/sub/kept; inside stat -c " %a" /a /a/sub
		inside sh -c "mkdir /b /c; mkdir /b/one; echo >/c/sub"; box cp tree/one mine:/b; box cp tree/. mine:/c; box cp tree mine:/a/one
		mkdir -p d/one; echo kept >d/one/kept; box cp mine:/a/one d; cat d/one/kept; box cp mine:/a d/one/kept; box cp tree/one mine:/none/; box cp tree/one mine:/none/x'
	output_is '1kept
 755
 700
box: /b/one: Is a directory
box: cp: ./sub: Not a directory
box: /a/one: a file, which no folder can be copied to
box: d/one: Is a directory
kept
box: d/one/kept: a file, which no folder can be copied to
box: /none/: no such folder
box: /none/x: No such file or directory' "see extract in extract.c"
}

@test "cp with - is a tar archive, on stdin or stdout" {
	copies 'sleeper --name mine >/dev/null; box exec mine mkdir /srv; tar c tree | box cp - mine:/srv; box cp mine:/srv/tree - | tar t 2>/dev/null | LC_ALL=C sort | head -n 4
		tar cz tree/one | box cp - mine:/; box exec mine cat /tree/one; echo; head -c 100 /dev/zero | box cp - mine:/srv; tar c tree/one | box cp - mine:/srv/tree/one
		box cp mine:/srv - | head -c 10 | wc -c; box cp mine:/none - ; box cp - mine:/srv </dev/null'
	[[ $output == 'tree/
tree/away
tree/empty/
tree/fifo
1
box: cp: '*'
box: /srv/tree/one: a file, which no folder can be copied to
10
box: /none: No such file or directory
box: cp: '* ]] || report "expected archives both ways, and errors" "see copy_between"
}

# With root alone: the host's files are also other users', whom a user cannot be.
# bats test_tags=root
@test "cp works with containers that do not run, and their volumes, and those that are paused" {
	copies 'mkdir v; detach --name mine -v ./v:/v:ro -v ./tree:/w "exit 0" >/dev/null; box wait mine
		box cp tree/one mine:/etc/one && box cp mine:/etc/one here && cat here; box cp tree/one mine:/w/sub/three; cat tree/sub/three; echo; box cp tree/one mine:/v
		box start mine; box wait mine; box cp mine:/etc/one again; cat again; echo; ls v
		sleeper --name other >/dev/null; box pause other; box cp tree/one other:/one; box cp other:/one third; cat third; box unpause other; box cp mine:/proc/self/status x'
	output_is '0
11
box: cp: one: Can'\''t create '\''one'\'': Read-only file system
mine
0
1
other
1other
box: /proc/self/status: No such file or directory' "see open_stopped"
}

# With root alone: the host's files are also other users', whom a user cannot be.
# bats test_tags=root
@test "cp leaves the kernel's files out, and says which sockets it did not copy" {
	copies 'sleeper --name mine >/dev/null; box cp mine:/ all; ls all/proc all/sys | tr "\n" " "; test -e all/bin/busybox && echo whole
		perl -MIO::Socket::UNIX -e "IO::Socket::UNIX->new(Local => \"tree/socket\", Listen => 1)"; box cp tree mine:/srv; box exec mine ls /srv/one'
	[[ $output == *$'all/proc: \n'* || $output == *'all/proc:  all/sys: '* ]] || report "expected empty folders" "see is_kernels"
	[[ $output == *whole* && $output == *'left out: 1, the first ./socket'*/srv/one ]] ||
		report "expected all else, and a word on the socket" "see pack_one"
}

@test "cp follows no symlink of a container out of it, nor one that it copied out" {
	copies 'mount -t tmpfs mnt /mnt; echo host >/mnt/secret; echo more >tree/sub/one-more; sleeper --name mine >/dev/null; inside() { box exec mine sh -c "$1"; }
		inside "ln -s ../../../../../../mnt /up; ln -s /mnt /abs; ln -s /proc/1/root/mnt /proc1; mkdir -p /mnt; echo inside >/mnt/secret; ln -s /mnt/secret /file"
		for f in up abs; do box cp mine:/$f/secret got; cat got; box cp tree/one mine:/$f/new; done; box cp mine:/file link; readlink link; box cp mine:/proc1/secret x
		ls /mnt; inside "ls /mnt; rm -rf /srv; mkdir /srv; ln -s /mnt /srv/dir"; box cp mine:/srv out; inside "rm /srv/dir; mkdir /srv/dir; echo bad >/srv/dir/secret"
		box cp mine:/srv/. out; inside "mkdir /way; ln -s /mnt /way/sub"; tar c -C tree sub/one-more | box cp - mine:/way; inside "cat /mnt/one-more"; ls /mnt; cat /mnt/secret; umount /mnt'
	output_is 'inside
inside
/mnt/secret
box: /proc1/secret: Too many levels of symbolic links
secret
new
secret
box: cp: ./dir: Not a directory
more
secret
host' "see enter_container and enter_folder in box-unpack.c"
}

@test "cp does not see the host's other folders when a container moves its own away meanwhile" {
	# A mover swaps a folder with a symlink while its files are copied into: each lands in the container.
	copies 'mount -t tmpfs mnt /mnt; mkdir /mnt/host; sleeper --name mine >/dev/null
		box exec -d mine sh -c "mkdir -p /t/a /mnt/host; while :; do mv /t/a /t/b; ln -s ../../../../../../mnt/host /t/a; rm /t/a; mv /t/b /t/a; done"
		for i in {1..60}; do box cp tree/one mine:/t/a/file$((i % 3)) 2>/dev/null; done; ls /mnt/host | wc -l; umount /mnt'
	output_is 0 "see enter_container"
}

@test "cp opens no /etc/localtime of a container, which may be a fifo" {
	life 'sleeper --name mine >/dev/null; box exec mine mkfifo /etc/localtime; python3 -c "import zipfile; zipfile.ZipFile(\"a.zip\", \"w\").writestr(\"new\", \"1\")"
		timeout 60 "$BOX" cp - mine:/ <a.zip; echo $?; box cp mine:/new . && cat new'
	output_is $'0\n1' "see confine in box-unpack.c"
}

@test "cp says what is wrong with its arguments" {
	for words in "" "a" "a b" "mine:a mine:b" "a mine:b c" "none:/a b" "mine:/none b" "--none a mine:b" "none mine:/"; do
		# shellcheck disable=SC2086 # words
		life 'sleeper --name mine >/dev/null; box cp $1; echo $?; box rm -f mine' "$words"
		[[ $output == box:*$'\n125\nmine' ]] || report "expected one line, and 125, of box cp $words" "see command_cp"
	done
}

# bats test_tags=bare
@test "cp of a full disk, and to one, is an error, and leaves the rest as it was" {
	copies 'mount -t tmpfs -o size=100k small /mnt; sleeper --name mine >/dev/null; dd if=/dev/zero of=big bs=1k count=300 2>/dev/null
		box cp big mine:/big && box cp mine:/big /mnt; echo $?; umount /mnt; box exec mine wc -c /big'
	[[ $output == 'box: cp: '*$'No space left on device\n125\n307200 /big' ]] || report "expected an error with the cause" "see check_written"
}

# --- diff ---

@test "diff lists what was added, changed and deleted, and not what box has put there" {
	mkdir -p "$ROOTFS/dir/sub" "$ROOTFS/other"
	touch "$ROOTFS/dir/file" "$ROOTFS/dir/sub/file" "$ROOTFS/other/file" "$ROOTFS/gone"
	life 'detach --name mine "rm /gone; rm -r /dir; mkdir /dir; echo >/dir/new; echo x >>/other/file; mkdir -p /etc/a; ln -s x /etc/a/b; touch /tmp/\$(printf \"a\\033b\")
		mv /other/file /moved; exec sleep 1000" >/dev/null
		until_true box exec mine test -e /moved; box diff mine >a; box stop -t 0 mine >/dev/null; box diff mine | diff a - && cat a; box run --name other "$ROOTFS" chmod 700 /etc; box diff other'
	output_is 'C /dir
D /dir/file
A /dir/new
D /dir/sub
C /etc
A /etc/a
A /etc/a/b
D /gone
A /moved
C /other
D /other/file
C /tmp
A /tmp/a?b
C /etc' "see print_changes"
	box_exec diff a b
	refused "box diff takes one container" "see parse_one"
}

@test "diff lists no folder that box has made to mount on, nor those above it, however they are named" {
	life 'mkdir v; echo >f; rm -rf "$ROOTFS/run"; mkdir -p "$ROOTFS/var"; ln -s /run "$ROOTFS/var/run"; ln -s ../../run/lock "$ROOTFS/var/lock"
		box run --name mine -v ./v:/data/ -v ./v:/a/b//c -v ./f:/x/y/./file --tmpfs /var/run/tmp -v ./v:/var/lock "$ROOTFS" true; box diff mine; echo none
		box run --name other -v ./v:/a/b/c -v ./v:/own -v ./v:/m/n "$ROOTFS" sh -c "echo >/a/b/new; chmod 700 /m; mkdir /run; echo >/run/x"; box diff other'
	output_is $'none\nA /a\nA /a/b\nA /a/b/new\nA /m\nA /run\nA /run/x' "see is_mount_point"
}

@test "diff lists a file to which the container has led the name of a mount, by a symlink" {
	life 'mkdir v; try() { box run --name mine -v "$DIR/v:/x/data" "$ROOTFS" sh -c "mv /x /y; mkdir -p /etc/new; $1"; box diff mine | grep /etc/new; box rm mine >/dev/null; }
		try "echo evil >/etc/new/evil; ln -s /etc/new/evil /x"; try "echo evil >/etc/new/data; ln -s /etc/new /x"; try "mkfifo -m 644 /etc/new/evil; ln -s /etc/new/evil /x"'
	output_is $'A /etc/new\nA /etc/new/evil\nA /etc/new\nA /etc/new/data\nA /etc/new\nA /etc/new/evil' "see is_mount_point"
}

@test "diff lists what several layers had once, whatever its name" {
	life "$pack_root"'pack_root; write="echo >\"/z/\$(printf \"a\\\\033b\")\""; box run --name one ./root.tar sh -c "mkdir /z; $write"; box commit one one.tar >/dev/null
		box run --name two ./one.tar sh -c "$write"; box commit two two.tar >/dev/null; box run --name three ./two.tar sh -c "rm -r /z; mkdir /z"; box diff three'
	output_is $'C /z\nD /z/a?b' "see print_changes"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "diff of folders too deep for it is an error, not a crash" {
	life 'sleeper --name mine >/dev/null; upper=$(echo "$BOX_DATA"/containers/*/upper)
		python3 -c "import os, sys; os.chdir(sys.argv[1]); [(os.mkdir(\"d\"), os.chdir(\"d\")) for i in range(6000)]" "$upper"
		ulimit -n 20000; box diff mine 2>&1 >/dev/null | cut -c -41; echo "${PIPESTATUS[0]}"'
	output_is $'box: folders deeper than 5000 levels: d/d\n125' "see MAX_DEPTH in diff.c"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "folders in folders, of 4 KiB each, do not fill the memory of box diff, or the archives of commit and cp" {
	life 'sleeper --name mine >/dev/null; upper=$(echo "$BOX_DATA"/containers/*/upper)
		python3 -c "import os, sys; os.chdir(sys.argv[1]); [(os.mkdir(\"d\" * 255), os.chdir(\"d\" * 255)) for i in range(1100)]" "$upper"
		[[ ${ASAN_OPTIONS:-} ]] || ulimit -v 1000000; ulimit -n 20000; box diff mine 2>&1 >/dev/null | cut -c -200; echo "${PIPESTATUS[0]}"
		box commit mine mine.tar 2>&1 | cut -c -40; echo "${PIPESTATUS[0]}"; box cp "mine:/$(printf "d%.0s" {1..255})" - 2>&1 >cp.tar | cut -c -20; echo "${PIPESTATUS[0]}"; ls mine.tar 2>/dev/null; find cp.tar -size +20M'
	output_is $'box: paths of more than 128 MiB have changed\n125\nbox: mine.tar: ./ddddddddddddddddddddddd\n125\nbox: cp: ddddddddddd\n125' "see add_change in diff.c, and pack_archive"
}

@test "diff knows what the layers of an image hide from each other" {
	mkdir -p "$ROOTFS/dir" "$ROOTFS/old"
	touch "$ROOTFS/dir/low" "$ROOTFS/old/low"
	life "$pack_root"'pack_root; box run --name one ./root.tar sh -c "rm /dir/low; rm -r /old; mkdir /old; echo >/dir/mid"
		box commit one mid.tar >/dev/null; box run --name two ./mid.tar sh -c "echo >/dir/low; echo >/dir/mid; echo >/old/low; mkdir /old/new"; box diff two'
	output_is 'C /dir
A /dir/low
C /dir/mid
C /old
A /old/low
A /old/new' "see look_below"
}

# --- commit ---

# With root alone: the host's files are also other users', whom a user cannot be.
# bats test_tags=root
@test "commit makes an image with the change; the original, and a file of the name, are as they were until then" {
	copies 'pack_root; sha256sum <root.tar >before
		box run --name mine -e KEY=value -w /srv -u 1000:1000 --entrypoint /bin/sh ./root.tar -c "exit 0"; box cp -a tree mine:/srv; box start -a mine
		id=$(box commit mine image.tar); [[ $(box import ./image.tar) == "$id" ]] && echo "same ID"
		box run --rm ./image.tar; box run --rm ./image.tar -c "echo \$KEY \$PWD \$(id -u):\$(id -g); cat tree/one tree/hard"; echo
		box run --rm --user 0 --entrypoint find ./image.tar /srv/tree | wc -l; box run --rm ./root.tar ls /srv/tree 2>&1; sha256sum <root.tar | diff - before
		box run --name again ./image.tar; box cp -a again:/srv/tree back; list tree >a; list back >b; diff a b && echo "as it was"'
	output_is 'same ID
value /srv 1000:1000
11
11
ls: /srv/tree: No such file or directory
as it was' "see make_config and pack"
}

@test "commit of what was deleted, of an opaque folder, and of a commit" {
	mkdir -p "$ROOTFS/dir/sub"
	touch "$ROOTFS/dir/file" "$ROOTFS/dir/sub/file" "$ROOTFS/gone"
	life "$pack_root"'pack_root; box run --name one ./root.tar sh -c "rm /gone; rm -r /dir; mkdir /dir; echo >/dir/new"
		box commit one one.tar >/dev/null; box run --rm ./one.tar sh -c "ls /dir /gone" 2>&1
		box run --name two ./one.tar sh -c "echo >/gone; rm /dir/new"; box commit two two.tar >/dev/null; box run --rm ./two.tar ls /gone /dir; box images | sed -n "s/.*   \([0-9]\)   .*/\1/p" | sort | xargs'
	output_is 'ls: /gone: No such file or directory
/dir:
new
/gone

/dir:
1 2 3' "see pack_whiteout"
}

@test "commit leaves out folders whose names begin with .wh., and what is in them" {
	life "$pack_root"'pack_root; box run --name one ./root.tar sh -c "mkdir /.wh.dir; echo >/.wh.dir/file"; box commit one one.tar >/dev/null; box run --rm ./one.tar ls -d /.wh.dir'
	[[ $output == *'left out: 1, the first ./.wh.dir'*'ls: /.wh.dir: No such file or directory' ]] || report "expected no such folder" "see is_mark in pack.c"
}

@test "other programs accept what commit writes" {
	touch "$ROOTFS/gone"
	life "$pack_root"'pack_root; box run --name mine -e KEY=value ./root.tar sh -c "rm /gone; echo new >/new"; id=$(box commit mine image.tar)
		skopeo inspect --format "{{.Os}} {{len .Layers}} {{.Env}} {{.Digest}}" oci-archive:image.tar | sed "s/sha256:$id/ID/"
		skopeo copy -q --insecure-policy oci-archive:image.tar oci:layout:x && umoci unpack --image layout:x bundle >/dev/null 2>&1; cat bundle/rootfs/new; test -e bundle/rootfs/gone || echo gone
		test -e bundle/rootfs/bin/sh && echo whole; box run --rm layout cat /new'
	output_is 'linux 2 [KEY=value] ID
new
gone
whole
new' "see write_layout: OCI image specification"
}

# With root alone: a user's containers need no cgroup.
# bats test_tags=root
@test "a container that runs, and whose cgroup is gone, is not committed: it could not be frozen" {
	life 'sleeper --name mine >/dev/null; for folder in $(find /sys/fs/cgroup -type d -name "box.$(box ps -q --no-trunc)"); do
			pid_of mine >"$folder/../cgroup.procs"; rmdir "$folder"; done; box commit mine new.tar; echo $?; ls new.tar; box rm -f mine'
	[[ $output == *"has no cgroup"$'\n125\nls: '*$'\nmine' ]] || report "expected an error, and no image" "see cgroup_exists"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "commit freezes a container that runs, and only for as long as it takes" {
	life 'sleeper --name mine >/dev/null; box commit mine a.tar >/dev/null; status_of mine; box pause mine >/dev/null; box commit mine a.tar >/dev/null; status_of mine; box unpause mine >/dev/null
		box commit mine /none/a.tar; echo $?; status_of mine; echo kept >b.tar; mkdir c.tar; box commit mine c.tar; box commit mine; box commit none x; status_of mine; ls; find "$BOX_DATA/tmp" -mindepth 1'
	[[ $output == 'running
paused
box: /none/a.tar: No such file or directory
125
running
box: c.tar: Is a directory
box: a container and a file are needed; see box commit --help
box: none: no such container
running
a.tar
b.tar
c.tar'* ]] || report "expected the state of before, each time" "see commit_frozen"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=bare,root
@test "commit on a full disk keeps the file of before, thaws the container and leaves nothing" {
	life 'mount -t tmpfs -o size=100k small /mnt; sleeper --name mine >/dev/null; echo kept >/mnt/a.tar; box commit mine /mnt/a.tar; echo $?; cat /mnt/a.tar; ls /mnt; umount /mnt; status_of mine; ls "$BOX_DATA/tmp"'
	[[ $output == 'box: /mnt/a.tar: '*$'No space left on device\n125\nkept\na.tar\nrunning' ]] ||
		report "expected the file of before" "see write_archive"
}

@test "holes take no time, and one of more than 1 PiB is an error, at once" {
	life 'mount -t tmpfs mnt /mnt; BOX_DATA=/mnt/data; box run --name mine "$ROOTFS" sh -c "echo x >/small; truncate -s 1125899906842624 /small; truncate -s 9223372036854775000 /large"
		timeout -s KILL 100 "$BOX" commit mine a.tar; timeout -s KILL 100 "$BOX" cp mine:/large .; timeout -s KILL 100 "$BOX" cp mine:/small /mnt/out && stat -c "%s %b" /mnt/out
		box rm mine >/dev/null; umount /mnt; ls | grep -e tar -e large'
	output_is $'box: a.tar: ./large: a hole of more than 1 PiB\nbox: cp: large: a hole of more than 1 PiB\n1125899906842624 8' "see pack_hole"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "commit that is interrupted thaws the container, and leaves nothing" {
	life 'sleeper --name mine >/dev/null; box exec mine dd if=/dev/zero of=/big bs=1M count=200 2>/dev/null
		for _ in {1..10}; do "$BOX" commit mine a.tar >/dev/null & until_true eval "ended $! || is mine paused"; kill $!; wait $!; status=$?; ((!status)) || break; rm a.tar; done # it may be faster
		echo $status; status_of mine; ls "$BOX_DATA/tmp"; ls | grep tar'
	output_is $'143\nrunning' "see commit_one"
}

# gated N ARG...: box with a box-unpack that waits at its first layer, until `go N`; `at N` waits for it.
gated='gated() { mkdir -p "bin-$1"; cp "$BOX" "bin-$1"; [[ -p gate-$1 ]] || mkfifo "gate-$1"
		printf "%s\n" "#!/bin/bash" "[[ \$2 != layer || -e $PWD/open-$1 ]] || { echo >$PWD/at-$1; read -r _ <$PWD/gate-$1; }
			exec ${BOX%/*}/box-unpack \"\$@\"" >"bin-$1/box-unpack"
		chmod +x "bin-$1/box-unpack"; exec "bin-$1/box" "${@:2}"; }
	at() { until_true test -e "at-$1"; }
	child_of() { local child; for child in $(</proc/$1/task/$1/children); do [[ $(</proc/$child/comm) != box ]] || return 0; done; return 1; }
	go() { rm -f "at-$1"; touch "open-$1"; echo 1<>"gate-$1"; }
	sleeper --name mine >/dev/null
'

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "a commit that is killed lets the container go on" {
	life "$gated"'for want in running paused; do gated 1 commit mine a.tar & at 1; status_of mine; kill -KILL $!; wait $! 2>/dev/null
			until_true is mine $want; status_of mine; go 1; rm -f open-1; ls | grep tar; [[ $want == paused ]] || box pause mine >/dev/null; done
		box commit mine a.tar >/dev/null; status_of mine'
	output_is $'paused\nrunning\npaused\npaused\npaused' "see keep_frozen"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "a commit whose keeper of the frozen container is killed fails, and the container goes on" {
	life "$gated"'gated 1 commit mine a.tar & at 1; kill -KILL $(pgrep -P $! -x box); go 1; wait $!; echo $?; status_of mine; ls | grep tar' 2>&1
	[[ ! $output =~ [0-9a-f]{12} ]] || output=${output/"${BASH_REMATCH[0]}"/ID}
	output_is $'box: the process that keeps container ID frozen has died\n125\nrunning' "see release in freeze.c"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "what cannot be frozen, as a process that waits for a disk, is neither committed nor paused" {
	life 'sleeper --name mine >/dev/null; folders=$(find /sys/fs/cgroup -type d -name "box.$(box ps -q --no-trunc)" 2>/dev/null); files=; for f in $folders; do files+=" -P $f/freezer.state -P $f/cgroup.freeze"; done
		tried() { strace -f -qq -o trace -e trace=write $files -e inject=write:retval=1 "$BOX" "$@" 2>&1 | sed "s/in .*box.* do/in it do/"; echo "${PIPESTATUS[0]}"; }
		tried commit mine mine.tar & tried pause mine >pause; wait; cat pause; status_of mine; ls mine.tar 2>/dev/null; rm trace'
	local error="box: processes in it do not stop: they wait for a disk, perhaps"
	output_is "$error"$'\n125\n'"$error"$'\n125\nrunning' "see cgroup_freeze"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "a process that locks its cgroup keeps nobody from pause, commit and update" {
	cc -w -static -x c -o "$ROOTFS/hold" - <<-'EOF' || fail "no static C library: install libc6-dev or glibc-static"
		#include <fcntl.h>
		#include <stdio.h>
		#include <sys/file.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			while (*++argv)
				if (flock(open(*argv, O_RDONLY), LOCK_EX) == 0)
					printf("%s\n", *argv);
			fflush(stdout);
			return pause();
		}
	EOF
	life 'detach -u 1000 -m 64m --name mine "cd /sys/fs/cgroup; exec /hold . * */* */cgroup.procs" >/dev/null; until_true logged mine .; sleep 0.2; tried() { timeout 5 "$BOX" "$@"; echo $?; }
		tried pause mine; tried unpause mine; tried commit mine mine.tar | tail -n 1; tried update --cpuset-cpus 0 mine; box rm -f mine'
	output_is $'mine\n0\nmine\n0\n0\nmine\n0\nmine' "see take_lock in freeze.c"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "of two commits at once each has the container frozen; box unpause waits for them" {
	life "$gated"'gated 1 commit mine a.tar >/dev/null & one=$!; at 1
		gated 2 commit mine b.tar >/dev/null & two=$!; until_true child_of $two
		go 1; wait $one; echo $?; at 2; status_of mine; "$BOX" unpause mine 2>said & until_true grep -q " -> OFDLCK" /proc/locks; go 2; wait $two; echo $?; wait $!; cat said; status_of mine
		for n in a b; do tar -tf $n.tar >/dev/null && echo whole; done'
	output_is $'0\npaused\n0\nbox: container mine is not paused\nrunning\nwhole\nwhole' "see freeze_begin"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "a commit that waits for another one ends by a signal" {
	life "$gated"'gated 1 commit mine a.tar >/dev/null & one=$!; at 1; "$BOX" commit mine b.tar & until_true child_of $!
		kill $!; wait $!; echo $?; status_of mine; go 1; wait $one; echo $?; status_of mine; ls *.tar'
	output_is $'143\npaused\n0\nrunning\na.tar' "see freeze_begin"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "a commit whose container goes on meanwhile fails" {
	life "$gated"'for command in "stop -t 0" "rm -f"; do box start mine >/dev/null 2>&1; gated 1 commit mine a.tar & at 1
			box $command mine >/dev/null; go 1; wait $!; echo $?; rm -f open-1; done 2>&1 | grep -v ^shell-init | sed "s/[0-9a-f]\{12\}/ID/"; ls | grep tar'
	output_is $'box: container ID was thawed before the work on it was done\n125\nbox: container ID was thawed before the work on it was done\n125' "see freeze_end"
}
