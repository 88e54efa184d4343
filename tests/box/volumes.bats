# Volumes: what of the host they show, at each start, and where they are mounted.
# shellcheck disable=SC2016,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/oci

@test "no symlink that a container makes leads its own volume onto the host at the next start" {
	life 'mkdir -p empty secret/sub; echo FOUND | tee secret/found >secret/sub/found
		try() { rm -rf v; mkdir -p v/deep/sub; box run --name mine -v "$DIR/v:/a" -v "$DIR/v/deep/sub:/b" "$ROOTFS" sh -c "$1; cat /b/found"
			for command in "start -a mine" "cp mine:/b/found copy" "cp empty mine:/b"; do box $command; echo $?; done; box rm mine; cat copy; }
		try "cd /a/deep; rmdir sub || mv sub old; ln -s $DIR/secret sub"; try "cd /a/deep; mv sub old; ln -s ../../secret sub"; try "cd /a; mv deep old; ln -s ../secret deep"
		find secret | sort'
	local error="box: mount $DIR/v/deep/sub at /b: there is a symlink in its path, which box follows only when it makes the container" try none
	none="cat: can't open '/b/found': No such file or directory" try="$none"$'\n'"$error"$'\n125\n'"$error"$'\n125\n'"$error"$'\n125\nmine\ncat: copy: No such file or directory\n'
	output_is "$try$try${try}secret
secret/found
secret/sub
secret/sub/found" "see open_settled in path.c"
}

@test "no symlink that a container makes puts another folder in place of the one that is its image" {
	life 'mkdir all; cp -a "$ROOTFS" all/image; cp -a "$ROOTFS" other; echo FOUND >other/found
		box run --name mine -v "$DIR/all:/a" all/image sh -c "cat /found; mv /a/image /a/old; ln -s ../other /a/image"
		box start -a mine; echo $?; box cp mine:/found copy; echo $?; box diff mine; echo $?; box commit mine out.tar; echo $?; ls'
	[[ $output == *$'\n125\n'*$'\n125\n'*$'\n125\n'*$'\n125\nall\nonly-on-the-host\nother\nplain' && $(grep -c "all/image: Too many levels of symbolic links$" <<<"$output") == 4 ]] ||
		report "expected four refusals, and nothing of the other folder" "see open_settled in path.c"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "a volume stays where the symlink in its name led when the container was made" {
	life 'mkdir one two "a:b,c"; echo 1 >one/f; echo 2 >two/f; echo 3 >a:b,c/f; ln -s one now; ln -s a:b,c odd; cd a:b,c
		box run --name mine -v ../now:/n -v ./:/here:ro -v "$DIR/odd:/o" -v ../now/f:/f "$ROOTFS" sh -c "cat /n/f /here/f /o/f /f"; cd "$DIR"
		rm now; ln -s two now; box start -a mine; box update --pids-limit 30 mine; box start -a mine; box cp mine:/n/f -|tar xO'
	output_is $'1\n3\n3\n1\n1\n3\n3\n1\nmine\n1\n3\n3\n1\n1' "see find_source in options.c"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "no command on a container works in the folder where the container was made" {
	life 'mkdir made made/v here; echo v >made/v/f; (cd made && box run --name mine -v ./v:/v "$ROOTFS" sh -c "cat /v/new"); cd here; echo f >f.txt; mkdir v
		box cp f.txt mine:/x; box cp mine:/x got; cat got; box cp mine:/v/f vf; cat vf; box commit mine out.tar >/dev/null; box diff mine; box update --pids-limit 30 mine
		box cp f.txt mine:/v/new; box start -a mine; echo *; echo v/* ../made/* ../made/v/*'
	output_is "cat: can't open '/v/new': No such file or directory
f
v
A /x
mine
f
f.txt got out.tar v vf
v/* ../made/v ../made/v/f ../made/v/new" "see options_load"
}

# bats test_tags=bare
@test "a device of box-oci in a volume gets its owner and mode by descriptor: what somebody puts in its place meanwhile is left alone" {
	setup_bundle
	command_is stat -c '%A %u %g %t' /data/null /data/fifo
	configure "c['mounts'].append({'destination': '/data', 'type': 'bind', 'source': '$DIR/data', 'options': ['bind']})" \
		"linux['devices'] = [{'path': '/data/null', 'type': 'c', 'major': 1, 'minor': 3, 'fileMode': 0o640, 'uid': 7, 'gid': 8}, {'path': '/data/fifo', 'type': 'p', 'fileMode': 0o622, 'uid': 9}]"
	oci_script 'mkdir ../data; echo mine >../secret; chmod 600 ../secret; cd ../data
		swap() { rm -f ../trace "$DIR"/data/*; strace -f -qq -o ../trace -e trace=mknodat -e inject=mknodat:signal=STOP:when=$1 "$OCI" --root "$STATE" run -b "$BUNDLE" test </dev/null & until_true grep -qs "stopped by SIGSTOP" ../trace
			[[ -e $2 ]] && rm $2 && ln $3 ../secret $2; kill -CONT $(sed -n "s/ .*stopped by SIGSTOP.*//p" ../trace); wait $!; }
		for link in -s -T; do swap 1 null $link; swap 2 fifo $link; done; stat -c "%a %u %g" ../secret; rm *; oci run -b "$BUNDLE" test'
	output_is "box-oci: make /data/null: File exists
box-oci: make /data/fifo: File exists
box-oci: make /data/null: File exists
box-oci: make /data/fifo: File exists
600 0 0
crw-r----- 7 8 1
prw--w--w- 9 0 0" "see chown_node in dev.c"
}

@test "box: a tmpfs that is read-only in the end has room for what is mounted below it" {
	life 'mkdir v; echo v >v/f; box run --rm --tmpfs /foo:ro -v ./v:/foo/bar -v ./v/f:/foo/file --tmpfs /foo/t -w /foo/w/x "$ROOTFS" sh -c "pwd; cat /foo/bar/f /foo/file; touch /foo/t/new /foo/bar/new; touch /foo/new; rmdir /foo/w/x"'
	output_is "/foo/w/x
v
v
touch: /foo/new: Read-only file system
rmdir: '/foo/w/x': Read-only file system" "see is_late in mounts.c"
}

@test "box-oci: a tmpfs that is read-only in the end has room for mounts, devices, the terminal's file and the working folder" {
	setup_bundle
	mkdir "$DIR/v"
	command_is sh -c 'ls -d /foo/* "$PWD"; touch /foo/bar/new; for f in /foo /dev /rro /dev/shm; do touch $f/new; done; echo 1 >/dev/null; ls /dev | xargs'
	configure "next(m for m in c['mounts'] if m['destination'] == '/dev')['options'] += ['ro']" "process['cwd'] = '/foo/w'" \
		"linux['devices'] = [{'path': '/foo/null', 'type': 'c', 'major': 1, 'minor': 3}]" "c['mounts'] += [{'destination': '/foo', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['ro', 'mode=755']},
			{'destination': '/foo/bar', 'type': 'bind', 'source': '$DIR/v', 'options': ['bind']}, {'destination': '/rro', 'type': 'tmpfs', 'source': 'tmpfs', 'options': ['rro']}]"
	oci_run
	output_is $'/foo/bar\n/foo/null\n/foo/w\n/foo/w\nfd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero' "see is_late in mounts.c" || return
	[[ $(grep -c ': Read-only file system$' <<<"$stderr") == 3 ]] || report "expected /foo, /dev and /rro to be read-only" "see restrict_mounts" || return
	configure "process['terminal'] = True"
	host_script 'script -qc "$1 --root $2 run -b bundle test" /dev/null </dev/null' "$OCI" "$STATE"
	output_has "console fd full" "see make_inside in init.c: the terminal's file comes first"
}

@test "what is missing where a symlink of the image leads is made there, below the root" {
	life 'mkdir v secret; echo v >v/f; rm -rf "$ROOTFS/run"; mkdir -p "$ROOTFS/var"; cd "$ROOTFS"; ln -s /run var/run; ln -s ../gone/./deep/ var/there; ln -s var/there twice; ln -s "../../../..$DIR/secret/new" evil; ln -s round round; cd "$DIR"
		box run --rm -v ./v:/var/run/x -v ./v:/twice/y -v ./v:/evil --tmpfs /var/run/tmp -w /var/there/w "$ROOTFS" sh -c "pwd; cat /run/x/f /gone/deep/y/f /evil/f; ls -d /run/tmp"
		box run --rm -v ./v:/round/x "$ROOTFS" true; echo $?; find secret; [[ ! -e $ROOTFS/run ]] || echo made'
	output_is $'/gone/deep/w\nv\nv\nv\n/run/tmp\nbox: mount at /round/x: Too many levels of symbolic links\n125\nsecret' "see make_path in rootfs.c"
	setup_bundle
	ln -sfn /run "$BUNDLE/rootfs/var/run"; rm -rf "$BUNDLE/rootfs/run"
	configure "c['mounts'].append({'destination': '/var/run/x', 'type': 'tmpfs', 'source': 'tmpfs'})"
	oci_run ls -d /run/x
	output_is /run/x "see make_path in rootfs.c"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "a name that leads by a link of /proc to what has no such name here is refused: no other place of that name is taken" {
	setup_bundle
	life 'mkdir -p all/v; cp -a bundle all/bundle; cp -a bundle/rootfs all/image; echo here >all/v/f; cp all/v/f all/image/f
		unshare -m sh -c "mount -t tmpfs none all && mkdir all/v all/image all/bundle all/data && echo there >all/v/f && cd all/v && touch \"$DIR/ready\" && exec sleep 1000" & there=/proc/$!; until_true eval "[[ -e ready ]]"
		for place in root$DIR/all/v cwd cwd/../v; do box run --rm -v "$there/$place:/v" bundle/rootfs cat /v/f; echo $?; done
		box run --rm "$there/root$DIR/all/image" cat /f; echo $?; box --data "$there/root$DIR/all/data" ps; echo $?; "$1" --root "$2" create -b "$there/root$DIR/all/bundle" test >out 2>&1; echo $?; cat out; "$1" --root "$2" delete -f test
		cd all/v; box run --rm -v /proc/self/cwd:/v -v /proc/$$/root/$DIR/all/v/f:/g "$DIR/bundle/rootfs" cat /v/f /g; kill $!' "$OCI" "$STATE"
	[[ $(grep -A 1 ": a link of /proc leads to a place that has no name here$" <<<"$output" | grep -cx 125) == 5 && $output == *$'\n1\nbox-oci: the bundle /proc/'*$' no name here\nhere\nhere' ]] ||
		report "expected six refusals, and two lines of the file here" "see real_path in path.c"
}
