# What box does to files of the host that its caller names: it replaces regular files alone.
# shellcheck disable=SC2016,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/oci

# files SCRIPT: as life, with `odd`, a folder with what is not to be replaced: all of it the test's own;
# `kept COMMAND...` runs COMMAND, prints what it says and its status, and says which of them it changed.
files() {
	life 'mkdir odd; mknod odd/null c 1 3; mkfifo odd/fifo; ln -s null odd/to-null; ln -s "$DIR/odd/fifo" odd/to-fifo
		perl -MIO::Socket::UNIX -e "IO::Socket::UNIX->new(Local => \"odd/socket\", Listen => 1)"
		see() { ls -A odd && stat -c "%n %F %i %t:%T %N" odd/*; }
		kept() { see >before; "$@"; echo $?; see | diff before - || echo "changed by $*"; rm before; }
		'"$1" "${@:2}"
}

@test "commit writes over no device, fifo or socket, nor over a symlink to one" {
	files 'sleeper --name mine >/dev/null; for f in odd/*; do kept box commit mine $f; done; status_of mine'
	output_is 'box: odd/fifo: neither a file nor a folder
125
box: odd/null: neither a file nor a folder
125
box: odd/socket: neither a file nor a folder
125
box: odd/to-fifo: neither a file nor a folder
125
box: odd/to-null: neither a file nor a folder
125
running' "see spot_find"
}

@test "cp writes over no device, fifo or socket of the host, by its name, its folder or in a tree" {
	files 'sleeper --name mine >/dev/null; box exec mine sh -c "mkdir /x; for f in null fifo socket to-null to-fifo; do echo bad >/x/\$f; done"
		for f in odd/*; do kept box cp mine:/x/fifo $f; done; for f in odd/*; do kept box cp mine:/x/${f#*/} odd; done
		for f in null fifo socket; do box exec mine sh -c "rm -rf /y; mkdir /y; echo bad >/y/$f"; kept box cp mine:/y/. odd; done
		box exec mine ln -s fifo /link; kept box cp mine:/link odd/null; kept box cp mine:/link odd/fifo' </dev/null
	[[ $(grep -c '^box: .*: neither a file nor a folder$' <<<"$output") == 15 && $(grep -c '^125$' <<<"$output") == 15 && $output != *changed* ]] ||
		report "expected each of 15 to be refused, and to be as it was" "see spot_find, and is_special in extract.c"
}

@test "cp writes over no device, fifo or socket of a container, running or not" {
	files 'sleeper --name mine -v ./odd:/odd >/dev/null; echo bad >null; try() { for f in odd/*; do kept box cp null mine:/$f; done; kept box cp null mine:/odd; kept box cp - mine:/odd < <(tar c null)
			tar c null | kept box cp - mine:/odd; }; try; box stop -t 0 mine; try'
	[[ $(grep -c '^box: .*: neither a file nor a folder$' <<<"$output") == 14 && $(grep -c '^125$' <<<"$output") == 16 && $output != *changed* ]] ||
		report "expected each of 16 to be refused, and to be as it was" "see spot_find, and is_special in extract.c"
}

@test "cp leaves a fifo that is there alone when it copies a tree with that again" {
	files 'mkdir tree; mkfifo tree/fifo; echo 1 >tree/one; sleeper --name mine >/dev/null; box cp tree mine:/tree; rm odd/*; mkfifo odd/fifo
		exec 7<>odd/fifo
		box cp mine:/tree/. odd; box cp mine:/tree/. odd; ls odd; [[ /proc/$$/fd/7 -ef odd/fifo ]] && echo "the same"'
	output_is 'fifo
one
the same' "see extract in extract.c"
}

# With root alone: only what has a cgroup can be paused.
# bats test_tags=root
@test "cp and commit follow symlinks to files, that are there or not, as a shell's > does" {
	files 'mkdir away; echo old >away/old; ln -s away/old link; ln -s link twice; ln -s "$DIR/away/new" dangling; ln -s loop loop; mkdir into; ln -s ../away/old into/f; ln -s /none/at/all nowhere
		sleeper --name mine >/dev/null; box exec mine sh -c "echo copy >/f"
		box cp mine:/f twice; cat away/old; echo old >away/old; box cp mine:/f dangling; cat away/new; rm away/new; box cp mine:/f into; cat away/old
		for f in loop nowhere; do box cp mine:/f $f; box commit mine $f; done
		box commit mine link >/dev/null && tar tf away/old | head -n 1; box commit mine dangling >/dev/null && tar tf away/new | head -n 1; find . -type l | LC_ALL=C sort; ls -A away'
	output_is 'copy
copy
copy
box: loop: Too many levels of symbolic links
box: loop: Too many levels of symbolic links
box: nowhere: No such file or directory
box: nowhere: No such file or directory
./
./
./dangling
./into/f
./link
./loop
./nowhere
./odd/to-fifo
./odd/to-null
./twice
new
old' "see follow in outfile.c"
}

@test "a link that somebody puts in the place of a new file meanwhile is replaced, and not followed" {
	life 'mkdir -m 1777 all; echo canary >secret; box run --name mine "$ROOTFS" sh -c "echo copy >/f"
		# Box is stopped when it has looked for a link, by its Nth openat(2) of the name.
		meanwhile() { strace -f -qq -o trace -e trace=openat -e inject=openat:signal=STOP:when=$1 -P all/out -P out "$BOX" "${@:2}" >/dev/null &
			until_true grep -qs "stopped by SIGSTOP" trace; grep -o "O_NOFOLLOW.*ENOENT" trace; ln -s ../secret all/out && kill -CONT $(sed -n "s/ .*stopped by.*//p" trace)
			wait $!; echo $?; head -c 7 secret; stat -c %F all/out; rm all/out trace; }
		meanwhile 3 cp mine:/f all/out; meanwhile 2 commit mine all/out'
	local line=$'O_NOFOLLOW|O_CLOEXEC|O_PATH) = -1 ENOENT\n0\ncanary\nregular file'
	output_is "$line"$'\n'"$line" "see spot_find in outfile.c"
}

@test "cp into a container follows a symlink to a file inside, and not out" {
	life 'mount -t tmpfs mnt /mnt; echo host >/mnt/secret; echo copy >f; sleeper --name mine >/dev/null; try() { for l in /abs /up /d/link /new; do box cp f mine:$l; done; box cp f mine:/d; }
		box exec mine sh -c "mkdir -p /mnt /d; echo old >/mnt/secret; ln -s /mnt/secret /abs; ln -s ../../../../mnt/secret /up; ln -s ../abs /d/link; ln -s /mnt/new /new; ln -s /mnt/two /d/f"
		try; box exec mine sh -c "for l in /abs /up /d/link /new /d/f; do readlink \$l; done | wc -l; cat /mnt/*"; cat /mnt/*; box stop -t 0 mine; box start mine; box exec mine rm -r /mnt; box stop -t 0 mine; try; box exec mine true
		box start mine; box exec mine ls /mnt; cat /mnt/*; umount /mnt'
	output_is '5
copy
copy
copy
host
mine
mine
mine
box: /abs: No such file or directory
box: /up: No such file or directory
box: /d/link: No such file or directory
box: /new: No such file or directory
box: /d/f: No such file or directory
box: container mine is not running
mine
ls: /mnt: No such file or directory
host' "see open_path: RESOLVE_IN_ROOT"
}

@test "--pid-file of box-oci replaces files alone, and opens no file that is there already" {
	files 'exit' || return
	setup_bundle
	command_is sleep 1000
	oci_script 'mkdir odd; mknod odd/null c 1 3; mkfifo odd/fifo; ln -s null odd/to-null; echo kept >pid.new; ln -s pid link; mkdir folder; see() { stat -c "%n %F %i" odd/*; }; see >before
		for f in odd/*; do oci run -d --pid-file $f test >/dev/null </dev/null; echo $?; oci delete -f test; done; see | diff before -; oci run -d --pid-file folder test >/dev/null </dev/null
		oci run -d --pid-file link test >/dev/null </dev/null; kill -0 $(<pid) && readlink link; cat pid.new; rm pid.new; stat -c %a pid
		for f in odd/*; do oci exec -d --pid-file $f test true >/dev/null </dev/null; echo $?; done; see | diff before -; oci delete -f test; ls -A odd'
	[[ $(grep -c 'neither a file nor a folder' <<<"$output") == 6 && $output == *'folder: a folder'*$'\npid\nkept\n644\n'*$'\nfifo\nnull\nto-null' ]] ||
		report "expected six refusals, and a file where the link leads" "see write_whole in oci-commands.c"
}
