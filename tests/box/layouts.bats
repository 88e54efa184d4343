# Which image of a layout is taken: names, platforms, indexes in indexes.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/images

# The images 1 and 2, each of one file, and of Go's name of this machine; $other is for another one.
setup() {
	setup_host
	machine=$("$BOX" --version >/dev/null; case $(uname -m) in x86_64) echo amd64 ;; aarch64) echo arm64 ;; *) uname -m ;; esac)
	layouts="for number in '12':
    oci('image', tar(entry(number, number)), architecture='$machine')
oci('image', tar(entry('other', '')), architecture='s390x')
one, two, other = (item('image', number) for number in range(3))
"
}

# is NUMBER CODE: the image that an index made by CODE gives.
is() {
	rm -rf "$DIR/image"
	py "$layouts$2"
	import image
	[[ -e $(layers "$id")/$1 ]] || fail "expected image $1, and it has: $(ls "$(layers "$id")")" "$2"
}

# not CODE WORD: there is no such image.
not() {
	rm -rf "$DIR/image"
	py "$layouts$1"
	box_exec import image
	refused "$2" "$1"
}

@test "several names of one image are one image" {
	is 1 "index('image', one | {'annotations': named('foo:1')}, one | {'annotations': named('foo:2')})"
	first=$id
	for name in foo:1 foo:2 1; do
		import "image:$name"
		[[ $id == "$first" ]] || fail "$name is another image"
	done
	is 1 "index('image', nested('image', one, other, annotations=named('a')), one | {'annotations': named('b')})"
	is 1 "index('image', nested('image', one), nested('image', nested('image', one), other))"
	is 1 "index('image', one | {'platform': None}, one | {'platform': {'os': 'linux', 'architecture': '$machine'}})"
	not "index('image', one | {'annotations': named('foo:1')}, two | {'annotations': named('foo:2')})" "several images: FILE:TAG chooses one (foo:1, foo:2)"
	not "index('image', nested('image', one), nested('image', two))" "several images"
}

@test "one image of docker save that has several names, in one item or in several, is one image" {
	for names in "[['a:1', 'a:2']]" "[['a:1'], ['a:2']]" "[['a:1'], ['a:1', 'b:1'], None]"; do
		rm -rf "$BOX_DATA"
		py "docker('docker.tar', tar(entry('f', '')))
with tarfile.open('docker.tar') as old, tarfile.open('named.tar', 'w') as new:
	for info in old:
		data = old.extractfile(info).read()
		if info.name == 'manifest.json':
			first = json.loads(data)[0]
			data = json.dumps([first | {'RepoTags': names} for names in $names]).encode()
			info.size = len(data)
		new.addfile(info, io.BytesIO(data))"
		import named.tar
		import named.tar:a:1
		import named.tar:1
	done
}

@test "the image for this machine is taken, though an index does not say for which each one is" {
	is 1 "index('image', other, one)"
	is 1 "index('image', *(i | {'platform': None} for i in (other, one)))"
	is 1 "index('image', nested('image', *(i | {'platform': None} for i in (other, one))))"
	is 1 "index('image', one, one | {'artifactType': 'application/vnd.example', 'digest': two['digest']})"
	is 1 "index('image', one | {'platform': {'os': 'linux'}})"
	not "index('image', other | {'platform': None})" "an image for s390x, and this machine is $machine"
	not "index('image', one | {'platform': {'os': 'windows', 'architecture': '$machine'}})" "no image for linux/$machine"
}

@test "of a machine's variants, the one is taken that all of them can run" {
	platform="{'os': 'linux', 'architecture': '$machine', 'variant'"
	is 2 "index('image', nested('image', one | {'platform': $platform: 'v9'}}, two))"
	is 2 "index('image', one | {'platform': $platform: 'v9'}}, two)"
	[[ $machine == amd64 ]] && first=v1 || first=v8
	is 2 "index('image', nested('image', one | {'platform': $platform: 'v9'}}, two | {'platform': $platform: '$first'}}))"
	is 1 "index('image', nested('image', one | {'platform': $platform: 'v9'}}, other))"
}

@test "an image whose index leads to very many files is an error, not a long wait" {
	for items in "nested('image', *[nested('image', *[nested('image', *[nested('image')] * 2000)] * 2000)] * 2000)" "*[nested('image')] * 2000"; do
		py "$layouts"'write("image/index.json", b"{}"); index("image", '"$items)"
		run_on_host timeout -s KILL 100 "$BOX" import image
		refused "image: more than 1000 manifests and configurations" "$items: count what is read" || return
	done
	# Few files, but large ones, which may take a second each.
	py "text = json.dumps({'manifests': [], 'x': 'x' * 4000000}).encode(); write('image/blobs/sha256/' + sha256(text), text)
index('image', *[{'digest': 'sha256:' + sha256(text)}] * 999)"
	run_on_host timeout -s KILL 100 "$BOX" import image
	refused "or 8 MiB of them" "count their bytes, too" || return
	py "write('docker.tar', tar(entry('c', '{\"architecture\": \"s390x\"}'), entry('manifest.json', json.dumps([{'Config': 'c', 'Layers': []}] * 2000))))"
	box_exec import docker.tar
	refused "docker.tar: more than 1000 manifests and configurations" "count the configurations of docker save, too"
}

@test "a signal ends the search for an image in an index" {
	py "oci('image', architecture='$machine')"
	for signal in INT TERM HUP; do
		run_on_host env --default-signal="$signal" --block-signal="$signal" bash -c 'kill -"$1" $$; exec "$BOX" import image' - "$signal"
		refused "image: interrupted" "$signal waits: each file that is read asks for it" || return
	done
}

@test "a machine is known by all its names" {
	case $machine in
	amd64) names="amd64 AMD64 x86_64 x86-64" ;;
	arm64) names="arm64 ARM64 aarch64" ;;
	*) names=$machine ;;
	esac
	for name in $names; do
		rm -rf "$DIR/image"
		py "oci('image', tar(entry('f', '')), architecture='$name')"
		import image
	done
	for name in ppc64 mips i386 x86_64x; do
		rm -rf "$DIR/image"
		py "oci('image', tar(entry('f', '')), architecture='$name')
index('image', item('image', platform=None))"
		box_exec import image
		refused "an image for $name, and this machine is $machine" "it is another one"
	done
}

@test "an image without layers runs what a volume holds" {
	for image in image docker.tar; do
		rm -rf "$BOX_DATA"
		py "oci('image', config={'Cmd': ['/bin/echo', 'ran']}) or docker('docker.tar', config={'Cmd': ['/bin/echo', 'ran']})"
		in_image -v "$ROOTFS/bin:/bin:ro" "./$image"
		output_is ran "$image: box's own folders are there, and the volume"
	done
	import docker.tar none
	box_exec images
	output_has " 0 B " "box images lists it"
	host_script '"$BOX" run --name c -v "$ROOTFS/bin:/bin:ro" none touch /made; "$BOX" diff c; "$BOX" commit c c.tar >/dev/null && "$BOX" run --rm -v "$ROOTFS/bin:/bin:ro" ./c.tar ls -d /made; "$BOX" rm c >/dev/null'
	output_has "A /made"$'\n'"/made" "diff and commit know it"
	py "write('image.json', b'x'); index('image', item('image') | {})
manifest = json.dumps({'schemaVersion': 2, 'config': {}}).encode()
write('image/blobs/sha256/' + sha256(manifest), manifest)
index('image', {'digest': 'sha256:' + sha256(manifest)})"
	box_exec import image
	refused "" "a manifest without a list of layers is none"
}
