# box run --userns: containers of root's with users of their own.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life

WITH_PYTHON=yes

# The first ID of the host that container $1 has; and whose the files $2... of its upper folder are on the disk.
IDS='first() { box inspect "$1" | sed -n "s/.*\"UsernsMode\": \"\([0-9]*\):65536\".*/\1/p"; }
	upper() { local id; id=$(box inspect "$1" | sed -n "s/.*\"Id\": \"\(.*\)\",/\1/p"); (cd "$BOX_DATA/containers/$id/upper" && stat -c "%n %u:%g" "${@:2}"); }
	is_of_auto() { (($1 >= 1879048192 && $1 < 2147352576 && $1 % 65536 == 0)) || echo "$1 is not the first of a range of auto"; }
	owned() { mkdir i && tar -C "$ROOTFS" -cf - ./bin ./etc/passwd | tar -C i -xf - && mkdir i/full && touch i/full/{root,www,user} && chown 33:34 i/full/www && chown 1000:1000 i/full/user; }
	'

# bats test_tags=root
@test "with --userns auto root in the box is a user without files or rights on the host" {
	life "$IDS"'box run -d --name mine --userns auto "$ROOTFS" sleep 1000 >/dev/null; is_of_auto "$(first mine)"
		box exec mine id -u; for map in uid_map gid_map; do box exec mine cat /proc/1/$map | tr -s " " | sed "s/$(first mine)/FIRST/"; done
		[[ $(stat -c %u:%g /proc/$(pid_of mine)) == $(first mine):$(first mine) ]] && echo "the same on the host"
		[[ ! $(box exec mine readlink /proc/1/ns/user) -ef /proc/self/ns/user ]] && box top mine | grep -c "$(first mine)"'
	output_is $'0\n 0 FIRST 65536\n 0 FIRST 65536\nthe same on the host\n1' "see set_users in make-spec.c"
}

# bats test_tags=root
@test "with --userns the image's files have their owners in the box, and new ones are unshifted on the disk" {
	life "$IDS"'owned; tar -C i -cf i.tar .; box run --name mine --userns auto i.tar sh -c "stat -c %u:%g /full/*; touch /new /full/user; chown 7:8 /new; rm -r /full; mkdir /full; touch /full/mine; ls /full; rm -f /bin/false"
		upper mine new full/mine; [[ $(stat -c %t:%T "$BOX_DATA"/containers/*/upper/bin/false) == 0:0 ]] && echo a whiteout; box start -a mine; box diff mine | grep -v bin
		box commit mine new.tar >/dev/null; box run --rm new.tar sh -c "stat -c %n:%u:%g /new /full/*"'
	output_is $'0:0\n1000:1000\n33:34\nmine\nnew 7:8\nfull/mine 0:0\na whiteout\n0:0\nmine\nC /full\nA /full/mine\nD /full/root\nD /full/user\nD /full/www\nA /new\n/new:7:8\n/full/mine:0:0' \
		"see make_overlay in mapped.c: the overlay is the machine's, of ID-mapped layers"
}

# bats test_tags=root
@test "a folder as an image, and one below the store, have their owners with --userns" {
	life "$IDS"'owned; box run --rm --userns auto i stat -c %u:%g /full/user /full/www; stat -c %u:%g i/full/user
		mkdir -p "$BOX_DATA/layers/i" && cp -a i "$BOX_DATA/layers/"; box run --rm --userns auto "$BOX_DATA/layers/i" stat -c %u:%g /full/user; rm -r "$BOX_DATA/layers/i"'
	output_is $'1000:1000\n33:34\n1000:1000\n1000:1000' "see set_users in make-spec.c, and cover in mapped.c"
}

# bats test_tags=root
@test "containers with --userns auto have ranges of their own, also those that start at once, and keep them" {
	life "$IDS"'for i in 1 2 3 4 5 6 7 8 9 10; do box run --name c$i --userns auto "$ROOTFS" cat /proc/self/uid_map >map$i & done; wait
		cat map* | sort -u | wc -l; for i in 1 2 3 4 5 6 7 8 9 10; do is_of_auto "$(first c$i)"; done
		box start -a c3 | diff - map3 && box start -a c3 | diff - map3 && echo kept'
	output_is $'10\nkept' "see ranges_claim: one box after the other, and what it adds to the options"
}

# bats test_tags=root
@test "a range of --userns auto is taken by another container only when its own is removed" {
	life "$IDS"'box run --name mine --userns auto "$ROOTFS" true; box run --name fixed --userns 500000:65536 "$ROOTFS" true; ls "$BOX_DATA"/containers/*/users | wc -l; first mine'
	local own=${output##*$'\n'}
	[[ $output == $'1\n'* ]] || report "expected one container with a range of auto" "see ranges_claim" || return
	# folders of containers that are not there have all others but eight, of which a search finds the same one first
	python '
os.chdir(sys.argv[1])
for i in range(4094):
	os.mkdir("%064d" % i)
	first = 1879048192 + 65536 * i
	if not 2000 <= i < 2008 and first != int(sys.argv[2]): os.symlink(str(first), "%064d/users" % i)
os.mkdir("%064d" % 4094)
os.symlink("1879048191", "%064d/users" % 4094) # of none of these ranges, but its end is' "$BOX_DATA/containers" "$own"
	life "$IDS"'for i in 1 2 3 4 5 6 7 8; do box run --userns auto "$ROOTFS" cat /proc/self/uid_map >map$i & done; wait; cat map* | sort -u | wc -l
		box run --name other --userns auto "$ROOTFS" true; echo $?; box rm mine >/dev/null
		box run --name other --userns auto "$ROOTFS" true; echo $?; first other; rm -r "$BOX_DATA"/containers/0000000000*'
	output_is $'8\nbox: --userns auto: 4094 containers have all ranges\n125\n0\n'"$own" "see ranges_claim, one box after the other, and find_taken"
}

# bats test_tags=root
@test "a new container does not get the range of the one that was removed just before" {
	life "$IDS"'for i in 1 2 3 4; do box run --rm --userns auto "$ROOTFS" cat /proc/self/uid_map; done | sort -u | wc -l'
	[[ $output -gt 1 ]] || report "expected more than one range" "the search begins at a random place: see claim_one"
}

# bats test_tags=root
@test "with --userns root in the box has no right to root's files in a volume, and to its own ones all" {
	life "$IDS"'mkdir v && echo secret >v/secret && chmod 600 v/secret && echo open >v/open && mkdir v/own && chown 500000 v/own && chmod 700 v/own
		box run --rm --userns 500000:65536 -v v:/v "$ROOTFS" sh -c "cat /v/secret; cat /v/open; chown 0 /v/open; chmod 777 /v/secret; rm -f /v/open; stat -c %u:%g /v/open; touch /v/own/new; chown 5:6 /v/own/new; rm -rf /v/secret" 2>&1 | sed "s/: .*: /: /"
		stat -c %u:%g:%a v/own/new v/secret; mkdir -m 700 theirs && chown 4321 theirs && mkdir theirs/sub && echo seen >theirs/sub/f
		box run --name mine --userns auto -v theirs/sub:/v "$ROOTFS" cat /v/f; mv theirs/sub theirs/moved; ln -s moved theirs/sub; box start -a mine 2>&1 | grep -o "there is a symlink in its path"
		mkdir -m 700 theirs/data && cp -a "$ROOTFS" theirs/image
		BOX_DATA=$PWD/theirs/data box run --rm --userns auto theirs/image sh -c "touch /new; cat /new /../only-in-the-rootfs; ls /..$PWD"'
	output_is $'cat: Permission denied\nopen\nchown: Operation not permitted\nchmod: Operation not permitted\nrm: Permission denied\n65534:65534\nrm: Permission denied\n500005:500006:644\n0:0:600\nseen\nthere is a symlink in its path\nrootfs\n'"ls: /..$DIR: No such file or directory" \
		"see set_users and by_box in make-spec.c, mapped_send, and mount_given in rootfs.c"
}

# bats test_tags=root
@test "box exec and box cp work in a container with --userns, as they do otherwise" {
	life "$IDS"'echo one >f && chown 33:34 f; mkdir d && cp -a f d; box run -d --name mine --userns auto --tmpfs /t "$ROOTFS" sleep 1000 >/dev/null
		copies() { box cp f mine:/f1 && box cp -a f mine:/f2 && box cp d mine:/d && tar -cf - d | box cp - mine:/etc && box cp mine:/f1 f1 && box cp -a mine:/f2 f2 && box cp mine:/etc/d - | tar tvf - --numeric-owner | sed -n "s,.* \([0-9]*/[0-9]*\) .* \(.*\),\2 \1,p"
			stat -c "%n %u:%g" f1 f2; rm f1 f2; upper mine f1 f2 d/f etc/d/f; }
		copies; box cp f mine:/t/f; box exec mine stat -c "%n %u:%g" /f1 /f2 /t/f; box exec -u 5:6 mine sh -c "id -u; echo out >/dev/stdout"
		box stop -t 0 mine >/dev/null; box run --rm --name no -i "$ROOTFS" true; copies'
	local copies=$'d/ 0/0\nd/f 33/34\nf1 0:0\nf2 33:34\nf1 0:0\nf2 33:34\nd/f 0:0\netc/d/f 33:34'
	output_is "$copies"$'\n/f1 0:0\n/f2 33:34\n/t/f 0:0\n5\nout\n'"$copies" "see enter_users in unpack.c, and container_mount"
}

# bats test_tags=root
@test "with --userns what box makes in the box belongs to its root: /dev, terminals, pipes and /etc/hosts" {
	life 'run() { box run --rm --userns auto "$@"; }
		run -i "$ROOTFS" sh -c "find /dev /etc/hosts /etc/hostname -maxdepth 1 ! -user 0 ! -path \"/dev/[a-z]*\"; find /dev/shm /dev/pts /dev/core -maxdepth 0 ! -user 0; echo more >>/etc/hosts; echo n >/dev/null; cat /dev/stdin; echo err >/dev/stderr" <<<in
		run -u 1000 -i "$ROOTFS" sh -c "cat /dev/stdin; echo out >/dev/stdout; id -u" <<<in
		run --userns 3000:5 -it "$ROOTFS" true </dev/null; script -qec "\"$BOX\" run --rm --userns auto -u 7 -t \"$ROOTFS\" sh -c \"stat -c %u:%g /dev/pts/0; echo x >/dev/tty\"" /dev/null </dev/null | tr -d "\r"
		script -qec "\"$BOX\" run --rm --userns 3000:5 -t \"$ROOTFS\" stat -c %u:%g /dev/pts/0" /dev/null </dev/null | tr -d "\r"'
	output_is $'in\nerr\nin\nout\n1000\nbox: -t with -i: stdin is not a terminal\n7:5\nx\n0:0' "see make_pipes, chown_stdio, and set_mounts in make-spec.c"
}

# bats test_tags=root
@test "--privileged, --init, --network host, limits, --read-only and --tmpfs work with --userns" {
	life 'run() { box run --rm --userns auto "$@"; }
		run --privileged "$ROOTFS" sh -c "mkdir /m; mount -t tmpfs x /m && echo mounts; mknod /sda b 8 0 2>/dev/null || echo no nodes; mount -o remount,rw /sys 2>/dev/null || echo no sys"
		run --init "$ROOTFS" sh -c "cat /proc/1/comm; id -u"
		[[ $(run --network host "$ROOTFS" ls /sys/class/net) == $(ls /sys/class/net) ]] && echo "the same cards"
		run --network host "$ROOTFS" ip link set lo mtu 5000 2>/dev/null || echo no rights to them
		run -m 20m "$ROOTFS" sh -c "x=\$(yes | head -c 60000000)"; echo $?
		run --pids-limit 5 "$ROOTFS" sh -c "sleep 9 & sleep 9 & sleep 9 & sleep 9 & sleep 9 & sleep 9 &" 2>&1 | grep -o "can.t fork"
		run --read-only --tmpfs /t:uid=5 "$ROOTFS" sh -c "touch /x 2>/dev/null || echo read-only; stat -c %u /t; touch /t/f && echo fine"'
	output_is $'mounts\nno nodes\nno sys\ninit\n0\nthe same cards\nno rights to them\n137\ncan\'t fork\nread-only\n5\nfine' "see set_mounts in make-spec.c: what the machine's root alone may do"
}

# bats test_tags=root
@test "with --userns no device node of an image or a volume works, not even with --privileged" {
	life 'mkdir i v && tar -C "$ROOTFS" -cf - ./bin ./etc/passwd | tar -C i -xf - && mknod -m 666 i/node c 1 5 && mknod -m 666 v/node c 1 5
		box run --rm --userns auto --privileged -v v:/v i sh -c "head -c 1 /node >/x; head -c 1 /v/node" 2>&1 | sed "s/.*: //"'
	output_is $'Permission denied\nPermission denied' "see MOUNT_ATTR_NODEV in make-spec.c"
}

# bats test_tags=root
@test "--userns UID:COUNT gives these IDs, and other values are errors" {
	life 'run() { box run --rm --userns "$1" "$ROOTFS" cat /proc/self/gid_map | tr -s " "; }
		run 500000:70000; run 1000:1; run 4294967294:1; run 2147352576:1; run host | tail -n 1 | cut -c 1-10
		for value in "" x 1 1: :1 0:5 1:0 2:4294967294 4294967295:1 -1:5 " 1:2" 1:2:3 auto:1 1879048192:65536 1879048191:2 2147352575:1; do run "$value"; done
		box run --rm --userns 1000:1 -u 1 "$ROOTFS" true'
	output_is $' 0 500000 70000\n 0 1000 1\n 0 4294967294 1\n 0 2147352576 1\n 0 0 42949\nbox: --userns: : host, auto and UID:COUNT are known
box: --userns: x: host, auto and UID:COUNT are known
box: --userns: 1: host, auto and UID:COUNT are known
box: --userns: 1:: not UID:COUNT, a first ID of the host and how many of them
box: --userns: :1: not UID:COUNT, a first ID of the host and how many of them
box: --userns: 0:5: 0 is root of the host; see --userns host
box: --userns: 1:0: not UID:COUNT, a first ID of the host and how many of them
box: --userns: 2:4294967294: not UID:COUNT, a first ID of the host and how many of them
box: --userns: 4294967295:1: not UID:COUNT, a first ID of the host and how many of them
box: --userns: -1:5: not UID:COUNT, a first ID of the host and how many of them
box: --userns:  1:2: not UID:COUNT, a first ID of the host and how many of them
box: --userns: 1:2:3: not UID:COUNT, a first ID of the host and how many of them
box: --userns: auto:1: not UID:COUNT, a first ID of the host and how many of them
box: --userns: 1879048192:65536: the IDs from 1879048192 to 2147352575 are for --userns auto
box: --userns: 1879048191:2: the IDs from 1879048192 to 2147352575 are for --userns auto
box: --userns: 2147352575:1: the IDs from 1879048192 to 2147352575 are for --userns auto
box: user 1: not one of the user namespace\'s, see subuid(5)' "see set_userns in ranges.c"
}

# bats test_tags=root
@test "where the store's file system has no ID-mapped mounts, --userns says so" {
	life 'mkdir low up work over && mount -t overlay -o lowerdir=low,upperdir=up,workdir=work over over && cp -a "$ROOTFS" over/image
		box run --rm --userns auto over/image true; echo $?; umount over; box ps -aq'
	output_has "over/image: its file system has no ID-mapped mounts"$'\n125' "see map_owners in mapped.c" || return
	[[ $output == *125 ]] || report "expected no container" "see run_image"
}

@test "an ordinary user who asks for --userns is told why there is none, and host is no other" {
	[[ ${ROOTLESS:-} ]] || { setpriv --help >/dev/null && OPTIONS=(unshare -r); }
	run_on_host "${OPTIONS[@]}" "$BOX" run --rm --userns auto "$ROOTFS" true
	refused "--userns: this takes root of the machine; containers of other users are in a user namespace" "see ranges_claim" || return
	run_on_host "${OPTIONS[@]}" "$BOX" run --rm --userns host "$ROOTFS" echo fine
	output_is fine "see set_userns"
}
