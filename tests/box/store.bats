# The store of images and layers, and who may put what into it.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/images

# twins KIND: two archives or layouts, good and evil, whose files have the same names and sizes. In each
# image is a file "a", with "good" or "evil" in it. The links good.file and evil.file lead to what differs.
twins() {
	py "import zipfile, shutil
def root(text): return tar(entry('./'), entry('a', text))
def zipped(text):
	file = io.BytesIO()
	with zipfile.ZipFile(file, 'w') as archive: archive.writestr('a', text)
	return file.getvalue()
def stored(data): return gzip.compress(data, 0, mtime=0)
makers = {
	'tar': lambda text: write(text, root(text)),
	'tar.gz': lambda text: write(text, stored(root(text))),
	'zip': lambda text: write(text, zipped(text)),
	'docker': lambda text: docker(text, root(text)),
	'layout': lambda text: oci(text, root(text), compress=bytes),
	'layout.gz': lambda text: oci(text, root(text), compress=stored),
}
for text in ('good', 'evil'):
	shutil.rmtree(text, ignore_errors=True)
	makers['$1'](text)
	blobs = f'{text}/blobs/sha256/'
	layers = [blobs + name for name in os.listdir(blobs) if b'ustar' in open(blobs + name, 'rb').read()] if os.path.isdir(text) else [text]
	if os.path.lexists(text + '.file'): os.unlink(text + '.file')
	os.symlink(layers[0], text + '.file')"
	# A page that is written to already is written to again without a trace in the file's times.
	echo 'import mmap, os, time
with open("good.file", "r+b") as file: mapping = mmap.mmap(file.fileno(), 0)
mapping[:] = mapping[:]
open("mapped", "w")
while not os.path.exists("go"): time.sleep(0.01)
with open("evil.file", "rb") as other: mapping[:] = other.read()
os.rename("go", "changed")' >"$DIR/attack.py"
}

# For scripts: a tmpfs with the twins. `attack` makes good evil when t/go is there.
ON_TMPFS='mkdir -p t; mount -t tmpfs tmpfs t; trap "kill \$attacker 2>/dev/null; wait; umount t" EXIT; cp -a good evil *.file *.py t
	attack() { (cd t; exec python3 attack.py) & attacker=$!; until_true test -e t/mapped; }'

# contents ID: what the image's file "a" has.
contents() { cat "$(layers "$1" | head -n 1)/a"; }

# With root alone: a copy of box's program is made by root.
# bats test_tags=root
@test "what is unpacked is what was hashed, whatever another user makes of the file meanwhile" {
	# A box whose box-unpack comes late: when it begins, box has read the file, which is then changed.
	mkdir "$DIR/bin"
	cp "$BOX" "$DIR/bin/box"
	printf '%s\n' '#!/bin/bash' "touch '$DIR/t/go'; until [[ -e '$DIR/t/changed' ]]; do sleep 0.01; done" \
		"exec '${BOX%/*}/box-unpack' \"\$@\"" >"$DIR/bin/box-unpack"
	chmod +x "$DIR/bin/box-unpack"
	for kind in tar tar.gz zip docker layout layout.gz; do
		rm -rf "$BOX_DATA" "$DIR/good" "$DIR/evil"
		twins "$kind"
		host_script "$ON_TMPFS"'; attack; bin/box import t/good'
		[[ ${#output} == 64 ]] || report "expected an ID for $kind" "the bytes that box has read are those of a good archive" || return
		[[ $(contents "$output") == good ]] || fail "$kind: the evil layer has the name of the good one" || return
	done
}

@test "a file that others can write is known by its contents, not by its times" {
	for kind in tar zip docker; do
		rm -rf "$BOX_DATA"
		twins "$kind"
		host_script "$ON_TMPFS"'; chown 65534 t/good; attack; "$BOX" import t/good
			touch t/go; wait $attacker; "$BOX" import t/good'
		[[ ${#output} == 129 ]] || report "expected two IDs for $kind" "both are archives" || return
		[[ $(contents "${output:0:64}") == good && $(contents "${output:65}") == evil ]] ||
			report "$kind: expected an image of each contents" "its owner can change it, and its times stay: who trusts those?" || return
	done
}

@test "a file that was another user's is known by its contents while that user can still write" {
	twins tar
	host_script "$ON_TMPFS"'; attack; "$BOX" import t/good; touch t/go; wait $attacker; "$BOX" import t/good'
	[[ ${#output} == 129 && $(contents "${output:0:64}") == good && $(contents "${output:65}") == evil ]] ||
		report "expected an image of each contents" "a lease tells whether someone has the file open to write"
}

@test "an unchanged file of another user is not unpacked again" {
	twins tar
	host_script 'chown 65534 good; "$BOX" import good; strace -f -o trace "$BOX" import good; grep -c "execve.*box-unpack" trace'
	[[ ${output:0:64} == "${output:65:64}" && $output == *$'\n'0 ]] || report "expected one ID, twice, and no box-unpack" "see find_known"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "a layer that nobody has verified is replaced, one of another digest is an error" {
	twins layout
	import good
	[[ $(contents "$id") == good ]] || fail "the first import"
	name=$(basename "$(layers "$id")")
	layer=$BOX_DATA/layers/$name
	echo evil >"$layer/a"
	py "os.removexattr('$layer', 'trusted.box.digest')"
	import good
	[[ $(contents "$id") == good ]] || fail "a layer of before box noted digests was taken for a verified one"
	# What begins with the same 32 digits can be made on purpose.
	layer=$BOX_DATA/layers/$name
	py "os.setxattr('$layer', 'trusted.box.digest', b'$name' + b'0' * 32)"
	rm "$BOX_DATA"/images/*
	box_exec import good
	refused "another layer has the name $name" "compare all digits"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "a layer that nobody has verified is never half removed, however often and wherever its replacement ends" {
	twins layout
	import good
	folder=$(layers "$id")
	echo old >"$folder/a"
	py "os.removexattr('$folder', 'trusted.box.digest')
os.makedirs('$folder-old/full')"
	# Killed or refused at each rename from the layer's first on: the old one is in the layers still.
	for when in 1 2 3; do
		for fault in signal=KILL error=EIO; do
			host_script 'strace -f -o trace -e trace=renameat,renameat2 -e inject=renameat,renameat2:$1:when=$2 "$BOX" import good; "$BOX" ps' "$fault" "$when"
			grep -rqx old "$folder"*/a || report "$fault at rename $when: the old layer is gone" "place the new one beside it, and exchange" || return
		done
	done
	import good
	[[ $(contents "$id") == good ]] || fail "the new one is in place"
	grep -rqx old "$folder"-old-*/a || fail "the old one is kept: $(ls "$BOX_DATA/layers")"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "a layer that was replaced stays while a container lives, and goes with the next rmi or prune" {
	twins layout
	import good
	folder=$(layers "$id")
	py "write('other.tar', tar(entry('o', '')))"
	host_script 'c=$("$BOX" run -d -v "$ROOTFS/bin":/bin:ro good sleep 1000); python3 -c "import os; os.removexattr(\"$1\", \"trusted.box.digest\")"
		{ "$BOX" import good; "$BOX" import other.tar o; } >/dev/null; "$BOX" rmi o; "$BOX" exec "$c" cat a
		"$BOX" rm -f "$c" >/dev/null; "$BOX" import other.tar o >/dev/null; "$BOX" rmi o' "$folder"
	output_is good "in use, under another name"
	[[ ! $(find "$BOX_DATA/layers" -name "*-old*") ]] || fail "of use to nobody: $(ls "$BOX_DATA/layers")"
}

@test "a container of a folder uses that folder, and no file or folder with a similar path" {
	host_script 'cp -a "$ROOTFS" r; mv r r:x; "$BOX" run --name c ./r:x echo good; mv r:x elsewhere; tar -C elsewhere -cf r .; "$BOX" start -a c
		echo $?; "$BOX" rm c'
	[[ $output == *good*"/r:x: No such file or directory"*125* ]] || report "expected an error that names the folder" "r is no image of the container's"
	[[ ! $(ls "$BOX_DATA/images") ]] || fail "r was imported, as FILE:TAG"
}

@test "a folder of a store that is a symlink or a mount is refused, and nothing of it is removed" {
	# What would be swept in each of them: half unpacked things, layers of no image, containers that have ended.
	host_script '"$BOX" ps -q; id=$(printf "a%.0s" {1..64}); for name in tmp layers images names files containers live base base/etc; do
		folder=$BOX_DATA/$name; mkdir -p "scratch/$id/upper/mine" "scratch/${id:32}/mine"; rm -rf "$BOX_DATA/base/etc/resolv.conf"
		for kind in symlink mount; do
			mv "$folder" old; ln -s "$DIR/scratch" "$folder"
			[[ $kind == symlink ]] || { rm "$folder"; mkdir "$folder"; mount --bind scratch "$folder"; }
			find scratch | sort >before; "$BOX" prune -a -f >>told 2>&1; echo $?
			find scratch | sort | diff before - || echo "$name has changed, a $kind"
			[[ $kind == symlink ]] && rm "$folder" || { umount "$folder"; rmdir "$folder"; }
			mv old "$folder"; done; done; sort -u told'
	local expected="" told=""
	for name in base etc containers files images layers live names tmp; do
		expected+=$'125\n125\n' told+="box: $BOX_DATA: $name is a symlink or a mount, and not a folder of the store"$'\n'
	done
	output_is "$expected$(sort <<<"${told%$'\n'}")" "see open_own_folder"
}

@test "a container or something half unpacked that is a symlink is not followed" {
	host_script '"$BOX" ps -q; id=$(printf "a%.0s" {1..64}); for kind in kept --rm; do for folder in containers tmp; do
		mkdir -p scratch/upper/mine scratch/work/mine; echo 0 >scratch/status; find scratch | sort >before
		ln -s "$DIR/scratch" "$BOX_DATA/$folder/$id"; ln -sf -- "$kind" "$BOX_DATA/live/$id"
		for command in ps "rm -f $id" "cp $id:/x ."; do "$BOX" $command >/dev/null 2>&1; done
		find scratch | sort | diff before - || echo "$folder/ID was followed"; rm -f "$BOX_DATA"/{"$folder",live}/$id; done; done'
	output_is "" "O_NOFOLLOW"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "of a store only what has a name as box gives is removed" {
	host_script '"$BOX" ps -q; mkdir -p "$BOX_DATA"/{tmp,layers,containers}/{thesis,$(printf "x%.0s" {1..64})}/{upper,work}; echo {} >"$BOX_DATA/names/x"
		mkdir "$BOX_DATA/tmp/$(printf "a%.0s" {1..64})" "$BOX_DATA/layers/$(printf "b%.0s" {1..32})-root"
		find "$BOX_DATA" | grep -v -e aaaa -e bbbb | sort >before; "$BOX" ps -q; "$BOX" prune -a -f >/dev/null; echo $?; find "$BOX_DATA" | sort | diff before -
		rm -r "$BOX_DATA"/{tmp,layers,containers}/{thesis,x*} "$BOX_DATA/names/x"'
	output_is 0 "see is_own_name: what box has left is gone, all else stays"
}

# With root alone: box-oci is for root here.
# bats test_tags=root
@test "--root is a folder that nobody else can write, as --data is, of box and of box-oci" {
	host_script 'mkdir -p root/x; chmod 755 root; chmod 700 root/x; oci=${BOX%/*}/box-oci
		try() { "$BOX" --root "$DIR/root" ps 2>&1; echo $?; "$oci" --root "$DIR/root" state x 2>&1; echo $?; }
		chmod 777 root; try; chmod 755 root; chown 65534 root; try; chown 0 root; "$BOX" --root "$DIR/root" ps -q
		chmod 1777 root; "$oci" --root "$DIR/root" list -q; chown 65534 root/x; "$oci" --root "$DIR/root" state x 2>&1'
	local open="$DIR/root: others may write into it" other="$DIR/root: it is another user's"
	output_is "box: $open"$'\n125\n'"box-oci: $open"$'\n1\n'"box: $other"$'\n125\n'"box-oci: $other"$'\n1\n'"box-oci: x: it is another user's" "see check_private, and check_owner"
}

# With root alone: root's script writes to the store.
# bats test_tags=root
@test "a container cannot keep rm from removing it by names that box uses itself" {
	host_script 'id=$("$BOX" run -d "$ROOTFS" true); "$BOX" wait $id >/dev/null; cd "$BOX_DATA/containers/$id/upper"
		deep=$(printf "d/%.0s" {1..40}); mkdir -p {1..20}/$deep; bash -c "mkdir -p .box-remove-\$\$-{0..20}/x; exec \"\$BOX\" rm $id" >/dev/null; echo $?; ls "$BOX_DATA/containers"'
	output_is 0 "the name must be one that cannot be guessed"
}

@test "the options of a stored container reach the disk before their name; with --rm nothing waits for it" {
	host_script 'traced() { strace -f -y -o trace -e trace=fsync,fdatasync,sync,syncfs,?rename,renameat,renameat2 "$@"; grep -o -e "[a-z]*sync.*" -e "rename.*options.new" trace; }
		traced "$BOX" run --rm --name mine "$ROOTFS" true | grep sync; traced "$BOX" run --name mine "$ROOTFS" true; echo; traced "$BOX" update -m 64m mine; "$BOX" rm mine >/dev/null'
	[[ $output == *fsync*options.new*rename*options.new*$'\n\n'*fsync*options.new*rename*options.new* ]] || report "expected fsync, then rename, of run and of update" "a power cut leaves a file of 0 bytes"
	[[ ! $(head -n 1 <<<"$output") == rename* && $(grep -c sync <<<"$output") == 2 ]] || report "expected no wait for the disk with --rm" "see options_save"
}
