# How much an archive may take, of the disk and of memory.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/images

# nothing_kept: no layer, image or half of one.
nothing_kept() {
	local left
	left=$(find "$BOX_DATA"/{layers,images,files,names,tmp} -mindepth 1)
	[[ ! $left ]] || fail "left in the store:" "$left"
}

# unpacker SCRIPT: $DIR/bin/box, whose box-unpack is SCRIPT, in which $unpack is the true one.
unpacker() {
	mkdir -p "$DIR/bin"
	cp "$BOX" "$DIR/bin/box"
	printf '%s\n' '#!/bin/bash' "unpack=${BOX%/*}/box-unpack" "$1" >"$DIR/bin/box-unpack"
	chmod +x "$DIR/bin/box-unpack"
}

# FITS: for scripts: no archive or layout a-* fits into the size $1, all do into $2.
FITS='for a in a-*; do "$BOX" --max-size "$1" import "$a"; echo "$? $a"
	[[ ! $(find "$BOX_DATA"/{layers,images,files,names,tmp} -mindepth 1) ]] || echo "$a: something was left"
	"$BOX" --max-size "$2" import "$a" >/dev/null || echo "$a: $2 is not enough"
	rm -rf "$BOX_DATA"; done'

# fits_in SIZE BYTES ENOUGH
fits_in() {
	host_script "$FITS" "$1" "$3"
	local names=("$DIR"/a-*) expected=
	for name in "${names[@]##*/}"; do expected+="box: $name*: more than --max-size, $2 bytes, *"$'\n'"125 $name"$'\n'; done
	# shellcheck disable=SC2053 # a pattern
	[[ $output == ${expected%$'\n'} ]] || report "expected that ${names[*]##*/} do not fit in $1, but in $3" "count names, links, folders, attributes"
}

@test "--max-size bounds files without data, too: names, folders, links and attributes" {
	py "kinds = {'file': lambda n: entry(n, ''), 'folder': lambda n: entry(n + '/'), 'symlink': lambda n: symlink(n, 'x' * 4000),
	'link': lambda n: hardlink(n, 'first'), 'again': lambda n: entry('first', ''), 'deep': lambda n: entry(n + '/d' * 5 + '/'),
	'xattr': lambda n: entry(n, '', xattrs={'user.a': 'x' * 3000})}
for kind, make in kinds.items(): write('a-' + kind, gzip.compress(tar(entry('first', ''), *(make(str(n)) for n in range(300))), 1))"
	fits_in 1m 1048576 2g
}

@test "--max-size bounds the folders on the way to files, too" {
	# In layers: where a symlink of a lower one leads to folders that are missing, and where the overlay copies folders of a lower one.
	py "write('a-tar', tar(*(entry('/'.join(['%d' % n] + ['d'] * 100 + ['f']), '') for n in range(5))))
oci('a-links', tar(symlink('s', '/'.join(['d'] * 500))), tar(entry('s/f', '')), compress=bytes)
oci('a-copies', tar(*(entry('d/' * n, '') for n in range(1, 200))), *(tar(entry('d/' * 199 + '%d' % n, '')) for n in range(5)), compress=bytes)"
	fits_in 1500k "*" 1g
}

@test "--max-size bounds the pieces of sparse files, each of which takes whole blocks" {
	py "def sparse(pieces):
    data = ''.join('%d\\n' % n for n in (len(pieces), *(n for piece in pieces for n in piece)))
    data = data.ljust(-(-len(data) // 512) * 512, '\\0') + 'x' * sum(size for at, size in pieces)
    return entry('GNUSparseFile.0/f', data, pax_headers={'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'f',
                 'GNU.sparse.realsize': str(100 << 20)})
write('a-bytes', tar(sparse([(n << 16, 1) for n in range(300)])))
write('a-ends', tar(sparse([((n << 16) - 1, 2) for n in range(1, 150)])))"
	fits_in 1m 1048576 1300k
}

@test "--max-size bounds the copy of an archive that is not read in order, while it is there" {
	py "oci('.', tar(entry('f', 'x' * 500000)), compress=bytes)"
	for format in zip 7zip iso9660; do
		# The copy and what is in it take a megabyte, what is in it and the layer, too.
		host_script 'options=; case $1 in zip|7zip) options="--options compression=store" ;; esac
			bsdtar -cf "a-$1" --format "$1" $options index.json oci-layout blobs' "$format"
		status_is 0 "needs bsdtar"
	done
	fits_in 900k "*" 1400k
}

# bats test_tags=bare
@test "an archive is unpacked whatever the caller's limits of a stack and of memory" {
	py "write('a.tar', tar(entry('a', 'x'))); write('a.tgz', gz(tar(entry('b', 'x'))))"
	for limit in "s 1048576" "s unlimited" "s 256" "v 300000"; do
		host_script 'ulimit "-$1" "$2" && "$BOX" import a.tar && "$BOX" import a.tgz && rm -rf "$BOX_DATA"' "${limit% *}" "${limit#* }"
		status_is 0 "ulimit -$limit: a thread's stack has a size of its own, and nobody may raise a limit of memory" || return
	done
}

# With root alone: a copy of box's program is made by root.
# bats test_tags=root
@test "--max-size, and the number of files, hold for all layers together" {
	unpacker 'echo "$@" >>"${0%/*}/log"; exec "$unpack" "$@"'
	py "oci('image', *(tar(entry('%d' % n, 'x' * 1000), entry('l%d' % n, '')) for n in range(3)), compress=bytes)"
	host_script 'bin/box --max-size 1m import image'
	status_is 0 "all of it fits"
	python3 -c 'import sys
lines = [line.split() for line in open(sys.argv[1])]
sizes, entries = ([int(line[i]) for line in lines] for i in (2, 3))
assert sizes[0] == 1 << 20 and all(a - b == 2 * 4096 + 1000 + 3 for a, b in zip(sizes, sizes[1:])), sizes
assert entries[0] == 10000000 and all(a - b == 2 for a, b in zip(entries, entries[1:])), entries' "$DIR/bin/log" ||
		fail "what is left for the next layer:" "$(<"$DIR/bin/log")"
	rm -rf "$BOX_DATA"
	box_exec --max-size 20k import image
	refused "layer 3 of 3: " "two layers of 9 kB fit, the third does not"
	nothing_kept
	unpacker 'exec "$unpack" "${@:1:3}" 1'
	host_script 'bin/box import image'
	output_has "more than 1 files" "see count_entry"
}

# xz_with DICTIONARY: a.xz, whose decoder is told to need that much: N is 2 or 3 << (N / 2 + 11) bytes.
xz_with() {
	py "import lzma, zlib
data = bytearray(lzma.compress(tar(entry('a', 'x' * 1000))))
data[16] = $1
data[20:24] = zlib.crc32(data[12:20]).to_bytes(4, 'little')
write('a.xz', data)"
}

# bats test_tags=bare
@test "a decoder gets no more than 512 MiB of memory, and the error says so" {
	xz_with 30 # 128 MiB, twice that of xz -9
	box_exec import a.xz
	status_is 0 "a large dictionary is fine"
	rm -rf "$BOX_DATA"
	for dictionary in 35 36 40; do # 768 MiB, 1 GiB, 4 GiB
		xz_with "$dictionary"
		box_exec import a.xz
		refused "it takes more than 512 MiB of memory" "$dictionary: see limit_memory" || return
		nothing_kept || return
	done
	py "import zlib
body = tar(entry('a', 'x'))
write('a.zst', b'\x28\xb5\x2f\xfd' + bytes([0, 21 << 3]) + (1 | len(body) << 3).to_bytes(3, 'little') + body)"
	box_exec import a.zst
	refused "emory" "a window of 2 GiB"
}
