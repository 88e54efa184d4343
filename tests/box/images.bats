# Images. Those of the tests are written by archive.py, and one set by the tools people use.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/images

# attributes FILE: the names of its extended attributes.
attributes() { py "import sys; print(*sorted(os.listxattr('$(realpath "$1")')))"; }

# no_leftovers: nothing of an import that failed.
no_leftovers() {
	local left
	left=$(find "$BOX_DATA"/{layers,images,files,names,tmp} -mindepth 1)
	[[ ! $left ]] || fail "left in the store:" "$left"
}

# fails_with FILE TEXT: a file that cannot be imported, in one line that names it, and leaves nothing.
fails_with() {
	box_exec import "$1"
	refused "$2" "an archive that is wrong is an error" || return
	[[ $stderr == "box: $1: "* ]] || report "expected the archive's name" "name it" || return
	no_leftovers
}

# --- root filesystems ---

@test "an archive of a root filesystem is an image, in any format and compression" {
	for format in ustar pax gnutar cpio newc zip 7zip; do
		bsdtar -C "$ROOTFS" -cf "$DIR/a.$format" --format "$format" bin etc || fail "install libarchive-tools"
		in_image "./a.$format" sh -c 'echo $((6 * 7))'
		output_is 42 "a.$format: libarchive reads it"
	done
	for filter in gzip bzip2 xz zstd lz4 lzma compress; do
		bsdtar -C "$ROOTFS" -cf "$DIR/a.$filter" "--$filter" bin etc
		in_image "./a.$filter" sh -c 'echo $((6 * 7))'
		output_is 42 "a.$filter: libarchive decompresses it"
	done
}

@test "an archive is unpacked once" {
	imports "entry('a', 'A')"
	touch "$layer/mark"
	[[ $(stat -c %a "$BOX_DATA") == 700 ]] || fail "what images hold is for root alone"
	host_script 'strace -f -o trace "$BOX" import a.tar; grep -c box-unpack trace'
	[[ ${lines[0]:-$output} == "$id"$'\n'0 || $output == *0 ]] || report "expected no box-unpack" "the file is known by its stat"
	[[ -e $layer/mark ]] || fail "it was unpacked again"
	py "write('a.tar', tar(entry('b', 'B')))"
	import a.tar
	[[ -e $layer/b ]] || fail "another file under the same name is another image"
}

# With root alone: a user has not so many IDs.
# bats test_tags=root
@test "a file keeps its owner, mode, time, attributes and links" {
	imports "entry('./', mode=0o711, uid=3, gid=4),
		entry('d/', mode=0o2751, uid=1, gid=2, mtime=1e9), entry('d/f', 'data', mode=0o4755, uid=70000, gid=5, mtime=1e9,
		xattrs={'user.a': 'b', 'security.capability': '\x01\x00\x00\x02\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00'}),
		hardlink('d/h', './d/f'), symlink('s', '/d/f'), entry('fifo', type=tarfile.FIFOTYPE)"
	cd "$layer"
	[[ $(stat -c '%A %u %g' .; stat -c '%A %u %g %Y' d d/f) == "drwx--x--x 3 4
drwxr-s--x 1 2 1000000000
-rwsr-xr-x 70000 5 1000000000" ]] || fail "$(stat -c '%n %A %u %g %Y' . d d/f)"
	[[ d/f -ef d/h && $(readlink s) == /d/f && -p fifo && $(<d/h) == data ]] || fail "$(ls -l . d)"
	[[ $(attributes d/f) == "security.capability user.a" ]] || fail "its attributes: $(attributes d/f)"
}

@test "attributes that would rule the overlay are dropped" {
	imports "entry('d/', xattrs={'trusted.overlay.opaque': 'y', 'trusted.a': 'b', 'user.a': 'b', 'security.selinux': 'x', 'user.overlay.opaque': 'y'})"
	[[ $(attributes "$layer/d") == user.a ]] || fail "its attributes: $(attributes "$layer/d")"
}

@test "no name of an archive leads out of its folder" {
	host mkdir outside
	for target in "$DIR/outside" "../../../../../../../..$DIR/outside"; do
		py "write('a.tar', tar(symlink('out', '$target'), entry('out/through', 'x')))"
		fails_with a.tar "out/through"
	done
	[[ ! $(ls -A "$DIR/outside") ]] || fail "written outside of the image: $(ls "$DIR/outside")"
	imports "entry('/absolute', 'x'), symlink('passwd', '/etc/passwd'), hardlink('h', '/passwd')"
	[[ -e $layer/absolute && -L $layer/h ]] || fail "a leading / is the image's"
	rm -rf "$BOX_DATA"
	py "write('b.tar', tar(entry('../b', 'x')))"
	fails_with b.tar "Path contains '..'"
	py "write('c.tar', tar(entry('x', 'x'), hardlink('h', '../../../../../../etc/passwd')))"
	fails_with c.tar ".."
	py "write('d.tar', tar(hardlink('h', '/etc/passwd')))"
	fails_with d.tar "h: "
}

@test "an honest image's symlinks are followed" {
	imports "entry('usr/lib/', ''), symlink('lib', 'usr/lib'), entry('lib/a', 'A'), symlink('abs', '/usr/lib'), entry('abs/b', 'B')"
	[[ -L $layer/lib && $(<"$layer/usr/lib/a") == A && $(<"$layer/usr/lib/b") == B ]] || fail "$(ls -lR "$layer")"
}

@test "device nodes are left out, with one warning" {
	imports "entry('dev/null', type=tarfile.CHRTYPE, devmajor=1, devminor=3), entry('dev/sda', type=tarfile.BLKTYPE, devmajor=8),
		entry('dev/zero', type=tarfile.CHRTYPE), entry('file', 'x')"
	[[ ! -e $layer/dev/null && ! -e $layer/dev/zero && -e $layer/file ]] || fail "a device node of the archive"
	[[ $stderr == "box: a.tar: device nodes and sockets left out: 3, the first dev/null" ]] || report "expected a warning" "count them"
}

@test "names that are not UTF-8, and those that are, stay as they are" {
	imports "entry('caf\udce9', '1'), entry('caf\u00e9', '2'), entry('\u65e5\u672c' * 40, '3')"
	[[ $(<"$layer"/$'caf\xe9') == 1 && $(<"$layer"/café) == 2 ]] || fail "$(ls -b "$layer")"
	[[ $(find "$layer" -type f | wc -l) == 3 && ! $stderr ]] || report "expected no warning" "setlocale before the chroot"
}

@test "the later of two entries with one name wins" {
	imports "entry('a', 'file'), entry('a/', mode=0o700), entry('a/b', 'x'), entry('c/d/e', 'x'), entry('c', 'file'),
		symlink('l', 'c'), entry('l', 'file'), entry('t/', ''), symlink('s', 't'), entry('s/', ''), entry('f', '1'), entry('f', '22')"
	[[ -d $layer/a && -e $layer/a/b && $(<"$layer/c") == file && ! -L $layer/l && ! -L $layer/s && $(<"$layer/f") == 22 ]] ||
		fail "$(ls -lR "$layer")"
	[[ $(stat -c %a "$layer/c") == 644 ]] || fail "a folder's mode was given to the file in its place"
}

@test "a hundred thousand files are unpacked" {
	py "write('a.tar', tar(*(entry(f'{n % 100}/{n}') for n in range(100000))))"
	import a.tar
	[[ $(find "$layer" -type f | wc -l) == 100000 ]] || fail "$(find "$layer" -type f | wc -l) files"
}

@test "a root filesystem's files named as whiteouts are files" {
	imports "entry('.wh.a', 'x'), entry('d/.wh..wh..opq', 'x')"
	[[ -f $layer/.wh.a && -f $layer/d/.wh..wh..opq ]] || fail "$(ls -laR "$layer")"
}

@test "--max-size bounds what is unpacked, but not holes" {
	py "write('big.tar', tar(entry('big', 'x' * 3000000)))"
	box_exec --max-size 2m import big.tar
	refused "big: more than --max-size, 2097152 bytes" "count what is written"
	no_leftovers
	host truncate -s 1T "$DIR/sparse"
	host tar -cSf sparse.tar sparse
	box_exec --max-size 1m import sparse.tar
	status_is 0 "a hole costs nothing"
	[[ $(stat -c %s "$BOX_DATA/layers/${output:0:32}-root/sparse") == 1099511627776 ]] || fail "its size is wrong"
	(($(du -s "$BOX_DATA" | cut -f 1) < 1000)) || fail "the hole was filled"
	box_exec --max-size none import big.tar
	refused "none" "not a size"
	BOX_MAX_SIZE=none box_exec ps
	status_is 0 "only what unpacks something asks how much that may be"
}

# --- what is wrong ---

@test "a truncated archive is an error" {
	py "write('a.tar', tar(entry('a', 'x' * 5000), entry('b', 'y' * 5000)))"
	for size in 700 6000 6144 11264; do
		head -c "$size" "$DIR/a.tar" >"$DIR/b.tar"
		fails_with b.tar ""
	done
	for filter in gzip bzip2 xz zstd lz4; do
		bsdtar -cf "$DIR/c" "--$filter" -C "$ROOTFS" bin
		head -c -9 "$DIR/c" >"$DIR/d"
		fails_with d ""
	done
	(cd "$ROOTFS" && bsdtar -cf "$DIR/e" --format zip bin)
	head -c -100 "$DIR/e" >"$DIR/f"
	fails_with f ""
}

@test "one wrong bit is an error" {
	# Stored, not deflated: nothing but the checksum tells.
	py "data = bytearray(gzip.compress(tar(entry('a', 'x' * 100)), 0)); data[700] ^= 1; write('a.gz', data)"
	fails_with a.gz "gzip"
	for filter in xz bzip2 zstd lz4; do
		py "import subprocess; data = bytearray(subprocess.run(['bsdtar', '-cf', '-', '--$filter', '-C', '$ROOTFS', 'bin'],
			capture_output=True).stdout); data[len(data) // 2] ^= 4; write('a', data)"
		[[ $filter == zstd ]] || fails_with a "" || fail "$filter" # has no checksum when libarchive writes it
	done
	py "data = bytearray(tar(entry('a', 'x' * 100), entry('b', ''))); data[1024 + 10] ^= 1; write('a.tar', data)"
	fails_with a.tar "a"
}

@test "a gzip of several members is read to its end" {
	py "data = tar(entry('a', 'x' * 1000), entry('b', 'y')); write('a.gz', gzip.compress(data[:700]) + gzip.compress(data[700:]))"
	import a.gz
	[[ $(<"$layer/b") == y ]] || fail "the second member was not read"
	rm -rf "$BOX_DATA"
	py "data = bytearray(open('a.gz', 'rb').read()); data[-3] ^= 1; write('b.gz', data)"
	fails_with b.gz "gzip"
}

@test "what is no archive is an error" {
	host_script ': >empty; echo text >text; mkfifo fifo; head -c 10240 /dev/zero >zeros; gzip -k empty; head -c 100000 /dev/urandom >noise'
	fails_with empty "an empty file"
	fails_with empty.gz ""
	fails_with text "Unrecognized archive format"
	fails_with noise ""
	fails_with zeros "no files in it"
	fails_with fifo "neither a file nor a folder"
	fails_with ./missing "No such file"
	fails_with dir/missing "No such file"
}

@test "data behind a file's end, and a root that is no folder, are errors that say so" {
	py "data = '2\\n0\\n1\\n5000\\n1\\n'.ljust(512, '\\0') + 'xx'
write('end.tar', tar(entry('GNUSparseFile.0/f', data, pax_headers={'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'f', 'GNU.sparse.realsize': '100'})))
write('root.tar', tar(entry('a', 'x'), entry('.', 'x'))); write('link.tar', tar(entry('a', 'x'), symlink('./', 'a')))"
	for case in "end.tar: f: it has data behind its end" "root.tar: .: Is a directory" "link.tar: .: Is a directory"; do
		box_exec import "${case%%:*}"
		refused "$case" "see write_entry and extract" || return
	done
}

@test "a store that cannot be made is an error" {
	py "write('a.tar', tar(entry('a', 'x')))"
	host touch data
	box_exec --data "$DIR/data" import a.tar
	refused "$DIR/data" "name the store"
	box_exec --data "$DIR/data/below" images
	refused "$DIR/data" "name the store"
}

# --- images ---

TWO_LAYERS="base = tar(entry('./', mode=0o755), entry('a', 'A'), entry('d/', ''), entry('d/old', 'x'), entry('gone/', ''), entry('gone/x', 'x'))
top = tar(entry('.wh.a', ''), entry('d/', ''), entry('d/.wh..wh..opq', ''), entry('d/new', 'y'), entry('.wh.gone', ''))"

# What an overlay of an image's layers shows.
shows() {
	local lower
	lower=$(layers "$1" | paste -sd :)
	host mkdir -p merged "$BOX_DATA/empty"
	host_script "mount -t overlay overlay -o ${ROOTLESS:+userxattr,}lowerdir=$BOX_DATA/empty:$lower merged && cd merged && find . -mindepth 1 | sort && cd .. && umount merged"
	rmdir "$BOX_DATA/empty"
}

@test "an OCI image is a folder or an archive, with its configuration" {
	py "$TWO_LAYERS
oci('image', base, top, config={'Cmd': ['/bin/sh'], 'Env': ['A=b']})"
	import image
	first=$id
	shows "$id"
	output_is $'./d\n./d/new' "whiteouts hide what is below them"
	bsdtar -cf "$DIR/image.tar" -C "$DIR/image" .
	import image.tar
	[[ $id == "$first" ]] || fail "the same image has the same ID"
	[[ $(find "$BOX_DATA/layers" -mindepth 1 -maxdepth 1 -type d | wc -l) == 2 ]] || fail "layers are shared"
	[[ $(<"$BOX_DATA/images/$id.json") == *'"Cmd":["/bin/sh"]'*'A=b'* ]] || fail "$(<"$BOX_DATA/images/$id.json")"
}

@test "an image of docker save is read, old and new" {
	for old in True False; do
		for compress in bytes gzip.compress; do
			py "$TWO_LAYERS
docker('image.tar', base, top, base, top, old=$old, compress=$compress)"
			import image.tar
			shows "$id"
			output_is $'./d\n./d/new' "old=$old compress=$compress"
		done
	done
}

@test "images of skopeo and umoci are read" {
	command -v skopeo umoci >/dev/null || fail "install skopeo and umoci"
	(
		cd "$DIR" || exit
		exec >/dev/null 2>&1 3>&-
		umoci init --layout u && umoci new --image u:t && umoci insert --image u:t "$ROOTFS/bin" /bin &&
			umoci insert --image u:t dir/x /etc || true
		umoci insert --image u:t plain /d/plain && umoci unpack --image u:t b && rm b/rootfs/d/plain &&
			umoci repack --image u:t b && umoci config --image u:t --config.cmd /bin/pwd --config.workingdir /d &&
			skopeo copy oci:u:t oci-archive:oci.tar:foo:v1 && skopeo copy oci:u:t docker-archive:docker.tar:foo:v1
	) || fail "umoci or skopeo has failed"
	for image in ./u ./u:t ./oci.tar ./docker.tar ./docker.tar:foo:v1 ./docker.tar:v1; do
		in_image "$image"
		output_is /d "$image: its working folder and command"
		in_image "$image" ls /d
		output_is "" "$image: a later layer has removed a file"
	done
}

@test "a layer of docker save whose digest is not the one the image gives is an error" {
	py "$TWO_LAYERS
docker('docker.tar', base, top)
data = open('docker.tar', 'rb').read().replace(b'x' + bytes(511), b'z' + bytes(511))
write('docker.tar', data)"
	box_exec import docker.tar
	refused "SHA-256" "compare the digest of each layer"
	no_leftovers
}

@test "an OCI layer, manifest or configuration that was changed is an error" {
	for blob in layer manifest config; do
		rm -rf "$DIR/image"
		py "$TWO_LAYERS
oci('image', base, compress=lambda data: data)
names = {'layer': sha256(base), 'config': sha256(configuration([base], {}, 'amd64'))}
names['manifest'] = json.load(open('image/index.json'))['manifests'][0]['digest'][7:]
name = 'image/blobs/sha256/' + names['$blob']
data = open(name, 'rb').read()
write(name, data.replace(b'A' + bytes(511), b'B' + bytes(511)) if '$blob' == 'layer' else data + b' ')"
		fails_with image "SHA-256"
	done
}

@test "an image for another machine is an error, of several the right one is taken" {
	py "oci('image', tar(entry('a', 'x')), architecture='s390x')"
	fails_with image "no image for linux/"
	py "oci('nested', tar(entry('a', 'x')), nest=True)"
	import nested
}

@test "of several images in one file, FILE:TAG takes one" {
	py "oci('image', tar(entry('a', '1')), name='one'); oci('image', tar(entry('a', '2')), name='two')"
	fails_with image "several images: FILE:TAG chooses one (one, two)"
	box_exec import image:three
	refused "no image three for linux/amd64 (there are: one, two)" "say which there are"
	import image:two
	[[ $(<"$(layers "$id")/a") == 2 ]] || fail "the wrong one"
	import image:one
	[[ $(<"$(layers "$id")/a") == 1 ]] || fail "the wrong one"
}

@test "whiteouts hide the layers below them, and only those" {
	py "base = tar(entry('a', 'x'), entry('d/', ''), entry('d/x', 'x'), entry('e/', ''), entry('e/x', 'x'), entry('f', 'x'))
top = tar(entry('.wh.d', ''), entry('d/', ''), entry('d/y', 'y'), entry('e/', ''), entry('e/y', 'y'), entry('.wh.e', ''),
	entry('f', 'new'), entry('.wh.f', ''), entry('.wh..wh.plnk/', ''), entry('new/.wh..wh..opq', ''), entry('.wh.never', ''))
oci('image', base, top)"
	import image
	shows "$id"
	output_is $'./a\n./d\n./d/y\n./e\n./e/y\n./f\n./new' "what a layer has itself stays"
	for name in .wh. .wh.. .wh...; do
		rm -rf "$BOX_DATA"
		py "oci('$name', tar(entry('d/$name', '')))"
		fails_with "$name" "not a whiteout's name"
	done
}

@test "the names in a hostile image lead nowhere" {
	host_script 'echo "{}" >outside.json; mkdir -p image; ln -s "$DIR/outside.json" image/index.json; : >image/oci-layout'
	box_exec import image
	status_is 125 "index.json is a symlink to a file of the host"
	for file in ../../../etc/passwd /etc/passwd "$DIR/$MARKER" missing .; do
		rm -rf "$BOX_DATA"
		py "import json
write('image.tar', tar(entry('manifest.json', json.dumps([{'Config': 'c.json', 'Layers': ['$file']}])),
	entry('c.json', configuration([b''], {}, 'amd64').decode())))"
		fails_with image.tar "layer 1 of 1"
	done
}

@test "JSON of a few bytes a value does not fill the memory" {
	for value in '{}' '\"\"'; do
		py "n = (4 << 20) // 3 - 100
write('image.tar', tar(entry('oci-layout', '{}'), entry('index.json', '{\"manifests\": [' + '$value,' * n + '1]}')))"
		fails_with image.tar "index.json: it takes more than 40 MiB of memory"
	done
}

@test "hostile JSON is an error, or ignored" {
	for json in '' '{' '[]' '[[]]' '[{"Config": 1, "Layers": 2}]' '[{"Config": "c", "Layers": ["l"]}]' \
		'[{"Config": "manifest.json", "Layers": [1]}]' "$(printf '[%.0s' {1..5000})"; do
		rm -rf "$BOX_DATA"
		printf %s "$json" >"$DIR/json"
		py "write('image.tar', tar(entry('manifest.json', open('json').read()), entry('a', 'x')))"
		box_exec import image.tar
		[[ $status == 0 || $status == 125 ]] || report "status $status for $json" "a type was not checked" || return
	done
	py "oci('image', tar(entry('a', 'x')), config={'Cmd': 'sh', 'Env': [1, 'A=b', None], 'User': 7, 'WorkingDir': [], 'Entrypoint': {}})"
	import image
	in_image image /missing
	status_is 127 "its configuration is nonsense, but it is an image"
}

# --- the store ---

@test "two boxes may import one file at once" {
	bsdtar -czf "$DIR/a.tgz" -C "$ROOTFS" bin
	host_script 'for i in 1 2 3 4; do "$BOX" import a.tgz & done; wait; find "$BOX_DATA/tmp" -mindepth 1; "$BOX" images -q | wc -l'
	[[ $(sort -u <<<"$output" | wc -l) == 2 && $output == *$'\n'1 ]] || report "expected one ID four times" "the second waits"
}

# interrupted SIGNAL: what comes of an import of a.tar that gets it while it unpacks. It may be faster.
interrupted='interrupted() { local _; for _ in {1..10}; do env --default-signal "$BOX" import a.tar >/dev/null &
		until_true eval "ended $! || compgen -G \"$BOX_DATA/tmp/*/0/100\" >/dev/null"; kill -$1 $!; wait $! || return; "$BOX" rmi $("$BOX" images -q); done; }
	'

@test "a box that is killed while it unpacks leaves nothing half, and the next one cleans up" {
	py "write('a.tar', tar(*(entry(str(n), 'x' * 1000) for n in range(30000))))"
	host_script "$interrupted"'interrupted KILL; until_true eval "! pgrep -x box-unpack"; pgrep -x box-unpack; ls "$BOX_DATA"/layers "$BOX_DATA"/images'
	output_lacks box-unpack "box-unpack dies with box"
	[[ ! $(find "$BOX_DATA"/{layers,images} -mindepth 1) ]] || report "expected no layer" "rename at the end"
	import a.tar
	[[ $(find "$layer" -type f | wc -l) == 30000 && ! $(ls -A "$BOX_DATA/tmp") ]] || fail "half of it, or: $(ls -A "$BOX_DATA/tmp")"
}

@test "SIGINT and SIGTERM end an import, which cleans up" {
	py "write('a.tar', tar(*(entry(str(n), 'x' * 1000) for n in range(30000))))"
	for signal in INT TERM; do
		host_script "$interrupted"'interrupted "$1"; echo $?' "$signal"
		output_has $((128 + $(kill -l $signal))) "it dies by the signal"
		no_leftovers
	done
}

@test "box images lists images, by name" {
	imports "entry('a', 'x' * 1500)"
	first=$id
	import a.tar "one"
	import a.tar "two:v1"
	box_exec images
	[[ $output == "IMAGE ID "*"NAME "*"SIZE "*"LAYERS "*"CREATED "*SOURCE$'\n'* ]] || report "expected a table" "see docker images"
	[[ $(grep -c "^${first:0:12} .* 1.5 kB .*a.tar\$" <<<"$output") == 2 ]] || report "expected a line for each name" "as docker does"
	box_exec images -q
	output_is "${first:0:12}" "-q prints IDs alone, once"
	box_exec import a.tar ../x
	refused "../x" "a name is no path"
}

@test "an image is run by its name or the first digits of its ID" {
	import "$REPO/rootfs.tar.gz" small
	for name in small "$id" "${id:0:12}" "${id:0:4}" "sha256:$id"; do
		in_image "$name" echo ran
		output_is ran "$name"
	done
	in_image "${id:0:3}" true
	refused "no such image" "at least 4 digits"
}

@test "box rmi removes an image, and the layers no other image has" {
	py "base = tar(entry('a', 'x')); oci('one', base, tar(entry('b', 'y'))); oci('two', base, tar(entry('c', 'z')))"
	import one
	one=$id
	import two second
	box_exec rmi "$one"
	status_is 0 "rmi"
	[[ $(find "$BOX_DATA/layers" -mindepth 1 -type f | sed 's|.*/||' | sort | paste -sd ' ') == "a c" ]] || fail "$(find "$BOX_DATA/layers")"
	import one
	[[ $id == "$one" ]] || fail "imported again"
	box_exec rmi "${one:0:8}" second
	status_is 0 "rmi by ID and by name"
	no_leftovers
	box_exec rmi second
	refused "second: no such image" "say so"
}

@test "box rmi of one of two names removes the name alone" {
	imports "entry('a', 'x')"
	import a.tar one
	import a.tar two
	box_exec rmi one
	box_exec images
	output_has two "the other name stays"
	[[ -e $layer/a ]] || fail "the image stays"
	box_exec rmi two
	no_leftovers
}

@test "an image that a container uses is not removed" {
	import "$REPO/rootfs.tar.gz" small
	host_script '"$BOX" run --rm small sleep 1000 & until_true running $!; "$BOX" rmi small; echo $?; kill -TERM $!; wait $!; "$BOX" rmi small; echo $?'
	[[ $output == *"uses it"*125*$'\n'0 ]] || report "expected one refusal" "see containers/*/image"
}

@test "closed standard files, and a full disk for the output, are no trap" {
	py "write('a.tar', tar(entry('a', 'x')))"
	host_script '"$BOX" import a.tar <&- >&- 2>&-; echo $?; "$BOX" images >/dev/full; echo $?; "$BOX" --help >/dev/full; echo $?'
	[[ $output == 125$'\n'box:*$'\n'125$'\n'box:*$'\n'125 || $output == 0$'\n'box:*$'\n'125$'\n'box:*$'\n'125 ]] ||
		report "expected 0, 125, 125" "fflush can fail"
}

@test "an unknown command or option is an error that says where to look" {
	box_exec nonsense
	refused "nonsense: no such command: see box --help" "125"
	box_exec --nonsense
	refused "--nonsense" "125"
	box_exec
	refused "no command" "125"
	box_exec rmi
	refused "usage: box rmi IMAGE..." "125"
	box_exec import --help
	output_has "Usage: box import" "--help of a command"
	box_exec --version
	output_has "box " "its version"
}

@test "an image with very many variables is an error, not a long wait" {
	py "oci('image', tar(entry('a', 'x')), config={'Cmd': ['/a'], 'Env': ['V%d=x' % i for i in range(4097)]})"
	in_image ./image
	refused "more than 4096 variables" "see set_environment"
}

@test "on a terminal, unpacking shows how far it is, and how fast" {
	host_script 'head -c 20m /dev/urandom >file; tar -cf a.tar file; script -qec "$BOX import a.tar" /dev/null
		echo; tar -cf b.tar file; "$BOX" import b.tar'
	[[ $output =~ 'a.tar ['#+\.*']'.*' of 21 MB, '.*'/s' ]] || report "expected a bar, bytes and a rate" "see draw_progress"
	output_lacks 'b.tar [' "a log is no terminal"
}

# With root alone: the program that stands for box in these tests has a home.
# bats test_tags=root
@test "without a home box says where it wants to keep files, and anyone may ask for help" {
	host_script 'cp -r "${BOX%/*}" /tmp/box-for-all-$$ && chmod 755 /tmp/box-for-all-$$; box=/tmp/box-for-all-$$/box
		for arguments in images "run --rm rootfs true" "exec web true" "rm web"; do
			env -u HOME -u BOX_DATA -u BOX_ROOT -u XDG_DATA_HOME -u XDG_RUNTIME_DIR setpriv --reuid 65534 --regid 65534 --clear-groups "$box" $arguments; echo $?
		done
		setpriv --reuid 65534 --regid 65534 --clear-groups "$box" --help | head -n 1; rm -rf /tmp/box-for-all-$$'
	[[ $(grep -A 1 "HOME says where to keep files: see --data and --root$" <<<"$output" | grep -cx 125) == 4 ]] || report "expected four refusals" "say how" || return
	output_has "Usage: box" "help needs no home"
}

@test "the image's /etc/passwd is not a file of the kernel, by a symlink" {
	ln -sf /proc/self/pagemap "$ROOTFS/etc/passwd"
	OPTIONS=(-u somebody)
	box_run "$ROOTFS" true
	refused "the image's /etc/passwd" "see open_file in user.c"
}
