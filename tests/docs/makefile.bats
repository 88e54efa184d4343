# The Makefile's targets in a checkout, and for a PREFIX, whose path has any character that a path may have.
# shellcheck disable=SC2016,SC2154 # scripts for a namespace; variables of bats
bats_require_minimum_version 1.8.0

setup_file() {
	[[ $EUID == 0 ]] || { echo "the tests need root: sudo bats ..." >&2 && return 1; }
	make -s -C "$BATS_TEST_DIRNAME/../.." all rootfs
}

# What the shell, make or the kernel's list of mounts takes for more than a letter.
names=('words 2 3' $'it\'s  a\ttab "quoted" $HOME $(touch ran) `touch ran` back\\slash\\040 #1;&*')

# checkout NAME: sets $checkout, a copy of this one below a folder of that name.
checkout() {
	checkout=$BATS_TEST_TMPDIR/$1/checkout
	mkdir -p "$checkout/tests/lib"
	cp -a "$BATS_TEST_DIRNAME"/../../{Makefile,final,step*} "$checkout"
	cp "$BATS_TEST_DIRNAME/../lib/remove" "$checkout/tests/lib"
}

fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# mounted PLACE COMMAND...: in $checkout, with a folder of the host, $BATS_TEST_TMPDIR/host, mounted at PLACE.
mounted() {
	mkdir -p "$BATS_TEST_TMPDIR/host" "$checkout/$1"
	echo precious >"$BATS_TEST_TMPDIR/host/file"
	run unshare --mount --propagation private sh -c 'cd "$1" && mount --bind "$2" "$3" && shift 3 && exec "$@"' - \
		"$checkout" "$BATS_TEST_TMPDIR/host" "$@"
	[[ $(cat "$BATS_TEST_TMPDIR/host/file") == precious ]] || fail "the host's file is gone" "$output" || return
	[[ $status != 0 && $output == *mounted* ]] || fail "expected a refusal that says what is mounted" "$output"
}

@test "make clean and make rootfs refuse to empty what is mounted below the folders that they remove" {
	for name in "${names[@]}"; do
		checkout "$name"
		for place in rootfs 'rootfs/a b/$c'; do
			mounted "$place" make clean
			rm -f "$checkout/rootfs/bin/busybox" # so that rootfs is made anew
			mounted "$place" make rootfs
		done
		mounted site make clean
		mounted bench/disk make clean
		rm -rf --one-file-system "${BATS_TEST_TMPDIR:?}/$name"
	done
}

@test "make clean refuses the same where make was started through a symlink" {
	checkout "two words"
	ln -s "$checkout" "$BATS_TEST_TMPDIR/link"
	mounted rootfs/mnt make -C "$BATS_TEST_TMPDIR/link" clean
	mounted rootfs/mnt sh -c 'cd "$1" && make clean' - "$BATS_TEST_TMPDIR/link"
}

@test "make clean removes a symlink rootfs, and not what it leads to" {
	checkout "two words"
	mkdir "$BATS_TEST_TMPDIR/elsewhere"
	echo precious >"$BATS_TEST_TMPDIR/elsewhere/file"
	ln -s "$BATS_TEST_TMPDIR/elsewhere" "$checkout/rootfs"
	make -C "$checkout" clean
	[[ ! -L $checkout/rootfs ]] || fail "rootfs is still there"
	[[ -e $BATS_TEST_TMPDIR/elsewhere/file ]] || fail "the file is gone"
}

@test "make rootfs and make clean work in a checkout of any name" {
	for name in "${names[@]}"; do
		checkout "$name"
		run -0 make -C "$checkout" rootfs "BUSYBOX=$(command -v busybox)"
		[[ -x $checkout/rootfs/bin/busybox && -s $checkout/rootfs.tar.gz ]] || fail "no root filesystem in $checkout" "$output"
		run -0 make -C "$checkout" clean
		[[ ! -e $checkout/rootfs && ! -e $checkout/final/box && -e $checkout/final/engine/box.c ]] || fail "not clean: $checkout" "$output"
		[[ ! $(find "$BATS_TEST_TMPDIR" -name ran) ]] || fail "the shell has run a part of '$name'" "$output"
		rm -rf --one-file-system "${BATS_TEST_TMPDIR:?}/$name"
	done
}

@test "make rootfs makes files for all users, whatever the umask" {
	checkout here
	(umask 077 && make -s -C "$checkout" rootfs) || fail "make rootfs failed" || return
	run sh -c 'tar -tvzf "$1/rootfs.tar.gz" | grep -vE "^(l|[d-]rwxr.xr.x|-rw-r--r--|drwxrwxrwt)"' - "$checkout"
	[[ ! $output ]] || fail "not for all users:" "$output"
	[[ $(stat -c %a "$checkout"/rootfs{,/bin/busybox}) == $'755\n755' ]] || fail "modes:" "$(ls -ld "$checkout"/rootfs{,/bin/busybox})"
}

@test "make install and make uninstall take a PREFIX, a DESTDIR and a BUSYBOX of any name" {
	checkout plain
	for name in "${names[@]}"; do
		local place=$BATS_TEST_TMPDIR/places/$name
		mkdir -p "$place/own tools"
		# What the parts of the name would be, if the shell took the name apart.
		echo precious | tee "$BATS_TEST_TMPDIR/places/${name%%[ 	]*}.file" "$place/own" "$place/bin" >"$place/tools"
		find "$BATS_TEST_TMPDIR/places" | sort >"$BATS_TEST_TMPDIR/before"
		for variables in "PREFIX=$place/own tools" "DESTDIR=$place/own tools"; do
			run -0 env -C "$checkout" "$variables" make install
			find "$place/own tools" -path '*/bin/box-oci' | grep -q . || fail "nothing is installed below $place" "$output"
			run -0 env -C "$checkout" "$variables" make uninstall
			[[ ! $(find "$place/own tools" ! -type d) ]] || fail "not all is gone again" "$output"
			find "$place/own tools" -mindepth 1 -delete
			find "$BATS_TEST_TMPDIR/places" | sort | diff "$BATS_TEST_TMPDIR/before" - || fail "other files have changed" "$output"
			# On make's own command line $ is written $$.
			run -0 make -C "$checkout" install "${variables//\$/\$\$}"
			find "$place/own tools" -path '*/bin/box-oci' | grep -q . || fail "nothing is installed below $place" "$output"
			run -0 make -C "$checkout" uninstall "${variables//\$/\$\$}"
			[[ ! $(find "$place/own tools" ! -type d) ]] || fail "not all is gone again" "$output"
			find "$place/own tools" -mindepth 1 -delete
			find "$BATS_TEST_TMPDIR/places" | sort | diff "$BATS_TEST_TMPDIR/before" - || fail "other files have changed" "$output"
		done
		mkdir "$place/own tools/bin"
		cp "$(command -v busybox)" "$place/own tools/bin"
		rm -rf "$checkout/rootfs" "$checkout/rootfs.tar.gz"
		run -0 env -C "$checkout" "BUSYBOX=$place/own tools/bin/busybox" make rootfs
		[[ ! $(find "$BATS_TEST_TMPDIR" -name ran) ]] || fail "the shell has run a part of '$name'" "$output"
		rm -rf "$BATS_TEST_TMPDIR/places"
	done
}

@test "make doctor finds here what the tests need, and names the package of a program that is missing" {
	run make -s -C "$BATS_TEST_DIRNAME/../.." doctor
	[[ $status == 0 && $output != *$'\n'NO* ]] || fail "make doctor misses something on a machine that runs the tests" "$output" || return
	mkdir "$BATS_TEST_TMPDIR/bin"
	# shellcheck disable=SC2086 # a folder each
	find ${PATH//:/ } -maxdepth 1 ! -name umoci ! -type d 2>/dev/null | tac | xargs ln -sft "$BATS_TEST_TMPDIR/bin"
	run env PATH="$BATS_TEST_TMPDIR/bin" "$BATS_TEST_DIRNAME/../doctor"
	[[ $status == 1 && $(grep ^NO <<<"$output") == "NO    umoci: final's tests need it, nothing else does: install umoci" ]] ||
		fail "expected that umoci is missing, and nothing else" "$output"
}
