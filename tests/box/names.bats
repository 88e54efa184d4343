# What an image's name means. A folder that others can write, such as /tmp, is often the working
# folder: what lies there has any name, and must not be taken for an image that box knows.
# shellcheck disable=SC2016,SC2034,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/images

# plant NAME: a root filesystem in $DIR, in which each command says that it is the wrong one.
plant() {
	mkdir -p "$DIR/$1/bin"
	cp "$ROOTFS/bin/busybox" "$DIR/$1/bin/busybox"
	printf '#!/bin/busybox sh\necho planted\n' | tee "$DIR/$1/bin/echo" >"$DIR/$1/bin/cat"
	echo planted >"$DIR/$1/only-in-the-rootfs"
	chmod +x "$DIR/$1/bin/"*
}

@test "a stored container keeps its image, whatever lies in the working folder" {
	bsdtar -C "$ROOTFS" -czf "$DIR/a.tar.gz" .
	import a.tar.gz
	box_exec run --name web "$id" cat /only-in-the-rootfs
	output_is rootfs "a container of an image"
	plant "$id"
	plant "${id:0:12}"
	host_script 'box=("$BOX"); "${box[@]}" start -a web; "${box[@]}" diff web; echo new >f; "${box[@]}" cp f web:/f
		"${box[@]}" commit web out.tar >/dev/null; "${box[@]}" cp web:/only-in-the-rootfs - 2>/dev/null | tar -xO
		tar -tf out.tar >/dev/null && echo committed; "${box[@]}" rm web >/dev/null'
	output_lacks planted "see image_get_saved: what a container was made of is an ID, not a name"
	[[ $output == rootfs* && $output == *committed ]] || report "expected the container's own image" "see image_get_saved"
}

@test "exec finds the image of its container, whatever lies in the working folder" {
	bsdtar -C "$ROOTFS" -czf "$DIR/a.tar.gz" .
	import a.tar.gz
	plant "$id"
	host_script '"$BOX" run -d --name web '"$id"' sleep 1000 >/dev/null; "$BOX" exec web cat /only-in-the-rootfs; "$BOX" rm -f web >/dev/null'
	output_is rootfs "see image_get_saved"
}

@test "the name of an image, and its ID, come before a file or folder of this name" {
	bsdtar -C "$ROOTFS" -czf "$DIR/a.tar.gz" .
	import a.tar.gz small
	for name in small "$id" "${id:0:12}"; do
		plant "$name"
		in_image "$name" cat /only-in-the-rootfs
		output_is rootfs "$name: see image_get" || return
		in_image "./$name" cat /only-in-the-rootfs
		output_is planted "./$name: a slash makes it a folder of the host"
	done
}

@test "a container whose image is gone, or whose record is no ID, is not made of something else" {
	plant 0123
	box_exec run --name web "$ROOTFS" true
	sed -i "s|$ROOTFS|0123|" "$BOX_DATA"/containers/*/options
	host_script '"$BOX" start -a web; "$BOX" rm web >/dev/null'
	output_is "box: 0123: not the ID of an image" "see image_get_saved"
}
