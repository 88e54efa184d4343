#!/usr/bin/env bats
# final's manual page, completion and installation: that they are true to the program. Needs root, as
# examples are run.

bats_require_minimum_version 1.5.0

setup_file() {
	REPO=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export REPO BOX=$REPO/final/box MAN=$REPO/final/man/box.1 COMPLETION=$REPO/final/man/box.bash-completion
	[[ $EUID == 0 ]] || fail "the tests need root: sudo bats ..." || return
	make -s -C "$REPO" final rootfs
}

setup() {
	export BOX_DATA=$BATS_TEST_TMPDIR/data BOX_ROOT=$BATS_TEST_TMPDIR/run
	cd "$BATS_TEST_TMPDIR" || return
}

fail() {
	printf '%s\n' "$@"
	return 1
}

# --- what the program, the page and the completion say ---

# "--name", or "--name VALUE" where it takes one, a line each; with its letter "-v --volume VALUE".
options_of_help() {
	sed -nE 's/^  (-(.),|   ) --([a-z-]+)( ([^ ]+))? .*/\2 \3 \5/p' | while IFS=' ' read -r first second third; do
		# Without a letter the name comes first.
		if [[ ${#first} == 1 ]]; then echo "-$first --$second${third:+ VALUE}"; else echo "--$first${second:+ VALUE}"; fi
	done | sort
}

options_of_page() { # options_of_page SECTION: the same
	awk -v section=".Ss $1" '/^\.S[sh] /{ inside = $0 == section } inside' "$MAN" |
		sed -nE 's/^\.It Fl ([a-z])$/-\1/p; s/^\.It Fl (([a-zA-Z]) , Fl )?-([a-z-]+)( (Ar|Cm) .*)?$/\2 --\3\4/p' |
		sed -E 's/^ //; s/^([a-zA-Z]) --/-\1 --/; s/ (Ar|Cm) .*/ VALUE/' | sort
}

# complete WORD...: what the completion offers for the last one, a line each.
complete_words() {
	# shellcheck disable=SC2016 # expanded by that shell
	bash --norc -i -c '
		source "$0"
		complete -p box >/dev/null || exit
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE=$* COMP_POINT=${#COMP_LINE}
		_box
		printf "%s\n" "${COMPREPLY[@]}"' "$COMPLETION" "$@" 2>/dev/null
}

# press KEYS: the words that `box` gets when these keys and then Enter are typed into an interactive bash.
press() {
	# The completion itself asks for images and containers.
	cat >rc <<-END
		PATH=$REPO/final:\$PATH
		source $COMPLETION
		box() {
			case \$1 in images | ps) command box "\$@" && return ;; esac
			printf '<%s>' "\$@" >$PWD/words
			exit
		}
	END
	rm -f words
	printf '%b\n' "$1" | timeout 60 script -qec "bash --noprofile --rcfile $PWD/rc -i" /dev/null >screen 2>&1 3>&- || true
	[[ -e words ]] || fail "$1: nothing was run; on the screen:" "$(cat -v screen)" || return
	[[ $(<words) == "$2" ]] || fail "$1 gives" "  $(<words)" "and not" "  $2"
}

@test "the manual page has the options of box run, and no others" {
	diff <("$BOX" run --help | options_of_help) <(options_of_page 'box run')
}

@test "the manual page has the options before the command, and no others" {
	local options
	options=$("$BOX" --help | sed -n '/^Options:/,/^$/p' | grep -oE -- '--[a-z-]+( [A-Z]+)?' | sed 's/ .*/ VALUE/' | sort)
	diff - <(options_of_page 'Options before the command') <<<"$options"
}

@test "the manual page has the commands, and no others" {
	diff <("$BOX" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort) \
		<(sed -n '/^\.Sh SYN/,/^\.Sh DESC/s/^\.Cm //p' "$MAN" | sort -u)
}

# Each option of a command's usage, "-a" or "--format", a line each; --help is every one's.
options_of_usage() { "$BOX" "$1" --help | head -n 1 | grep -oE -- '\[-[a-z-]+' | tr -d '[' | sort; }

@test "the manual page and the completion have the options of the other commands, and no others" {
	local command option word page
	for command in $("$BOX" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -vxE 'run|help'); do
		page=$(options_of_page "box $command" | sed 's/ VALUE//' | tr ' ' '\n' | sort)
		diff <({ echo --help; echo "$page"; } | grep . | sort) <(complete_words box "$command" - | sort) ||
			fail "box $command: the page (<) and the completion (>)"
		for option in $(options_of_usage "$command"); do
			grep -qxe "$option" <<<"$page" || fail "box $command $option: not in the page"
		done
		for option in $page; do
			word=$("$BOX" "$command" "$option" 1 2>&1 </dev/null || true)
			[[ $word != *"unknown option"* ]] || fail "box $command $option: not an option: $word"
		done
	done
}

@test "what the manual page says that box does not have, it does not have" {
	local missing word
	missing=$(sed -n '/^\.Sh DIFF/,/^\.Sh SEC/p' "$MAN" | sed -nE '/(There is |; )no$/,/[.:]$/s/^\.(Cm|Fl) ([^ .:]+).*/\1 \2/p')
	[[ $missing == *"Cm build"*"Fl p"*"Fl -device"* ]] || fail "found in the page:" "$missing"
	while read -r kind word; do
		[[ $kind == Cm ]] || word="run -$word x"
		# shellcheck disable=SC2086 # words
		word=$("$BOX" $word 2>&1 </dev/null || true)
		[[ $word == *"no such command"* || $word == *"does not have this option"* ]] || fail "$kind: $word"
	done < <(grep -v 'Fl -privileged' <<<"$missing")
}

@test "the manual page has the paths that are masked or read-only" {
	local path paths
	paths=$(sed -n '/^static const char \*const \(masked\|constant\)\[\]/,/;$/p' "$REPO/final/engine/make-spec.c" | grep -o '"[^"]*"' | tr -d '"')
	(($(wc -l <<<"$paths") > 15))
	for path in $paths; do
		sed -n '/^\.Sh ISOLATION/,/^\.Sh SIGNALS/p' "$MAN" | grep -qE "[ ]$path( |$)" || fail "not in the page: $path"
	done
}

@test "the manual page's examples run as they are written" {
	cp -a "$REPO/rootfs" "$REPO/rootfs.tar.gz" .
	{
		echo set -e
		# The last ones are for a machine with Docker.
		sed -n '/^\.Sh EXAMPLES/,/^\.Sh DIFF/s/^\.Dl # //p' "$MAN" | sed 's/\\-/-/g; s/\\(aq/'\''/g' | grep -v debian.tar
		echo 'echo the end'
	} >script
	(($(wc -l <script) > 10))
	printf 'exit\n' | PATH=$REPO/final:$PATH timeout 300 script -qec "bash script" /dev/null >log 2>&1 3>&- || true
	grep -q '^the end' log || fail "the last thing printed was:" "$(tail -n 5 log)"
	grep -q 'uid=1000 gid=1000' log
	grep -q HELLO log
	[[ ! -e rootfs/new && ! $("$BOX" images -q) ]]
}

@test "the completion has the options of box run, and no others" {
	diff <("$BOX" run --help | options_of_help | sed 's/ VALUE//' | tr ' ' '\n' | sort) <(complete_words box run - | sort)
}

@test "the completion knows which options of box run take a value" {
	local option
	for option in $("$BOX" run --help | options_of_help | sed 's/^-. //; s/ VALUE/=/'); do
		# What follows an option without a value is another option; what follows one with a value is that.
		case $option in
		*=) [[ ! $(complete_words box run "${option%=}" -) ]] || fail "${option%=} takes a value" ;;
		*) [[ $(complete_words box run "$option" --net) == --network ]] || fail "$option takes none" ;;
		esac
	done
}

@test "the completion has the commands and the options before them" {
	diff <("$BOX" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort) <(complete_words box '' | sort)
	diff <("$BOX" --help | sed -n '/^Options:/,/^$/p' | grep -oE -- '--[a-z-]+' | sort) <(complete_words box -- | sort)
}

@test "the completion has the capabilities of the kernel's header, and box knows them" {
	local name names
	names=$(complete_words box run --cap-drop '' | grep -vx ALL)
	diff <(sed -nE 's/^#define CAP_([A-Z_]+)[[:blank:]]+[0-9]+$/\1/p' /usr/include/linux/capability.h | sort) <(sort <<<"$names")
	for name in $names; do
		"$BOX" run --cap-drop "$name" --help >/dev/null || fail "box does not know $name"
	done
}

@test "Tab completes commands, options and their values" {
	press 'box ru\t--netw\tno\t' '<run><--network><none>'
	press 'box run --network=ho\t' '<run><--network=host>'
	press 'box run -it --security-opt sec\t' '<run><-it><--security-opt><seccomp=unconfined>'
	press 'box run --cap-add NET_A\t' '<run><--cap-add><NET_ADMIN>'
	press 'box run --ulimit nof\t9' '<run><--ulimit><nofile=9>'
}

@test "Tab completes files and folders: volumes, images, archives" {
	mkdir -p folder/below && touch folder/below/file 'an archive.tar'
	press "box run -v $PWD/fol\tbel\t:/x:ro x" "<run><-v><$PWD/folder/below/:/x:ro><x>"
	press 'box run -m 1g ./fold\t' '<run><-m><1g><./folder/>'
	press 'box import an\t' '<import><an archive.tar>'
	press 'box run --env-file fol\tbel\tf\t' '<run><--env-file><folder/below/file>'
	press 'box --data fol\timages' '<--data><folder/images>'
}

@test "Tab completes the names of images, and nothing of the command in a container" {
	"$BOX" import "$REPO/rootfs.tar.gz" busybox
	press 'box run -it busy\tsh' '<run><-it><busybox><sh>'
	press 'box rmi bus\t' '<rmi><busybox>'
	"$BOX" run -d --rm --name web busybox sleep 600
	press 'box exec -it we\tps' '<exec><-it><web><ps>'
	press 'box stop -t 3 we\t' '<stop><-t><3><web>'
	"$BOX" kill web
	press 'box run busybox --netw\t' '<run><busybox><--netw>'
}

# --- installation ---

installed() { (cd "$1" && find . -type f -printf '%m %P\n' | sort -k 2); }

@test "make install and uninstall keep to DESTDIR and PREFIX" {
	make -s -C "$REPO" install DESTDIR="$PWD/to" PREFIX=/usr
	diff - <(installed to) <<-END
		755 usr/bin/box
		755 usr/bin/box-oci
		755 usr/libexec/box/box-seccomp
		755 usr/libexec/box/box-systemd
		755 usr/libexec/box/box-unpack
		644 usr/share/bash-completion/completions/box
		644 usr/share/man/man1/box.1
		644 usr/share/man/man8/box-oci.8
	END
	make -s -C "$REPO" uninstall DESTDIR="$PWD/to" PREFIX=/usr
	[[ ! $(installed to) && ! -e to/usr/libexec/box && -d to/usr/bin ]]
}

@test "an installed box runs, and finds its programs" {
	make -s -C "$REPO" install PREFIX="$PWD/usr"
	mkdir elsewhere
	cd elsewhere
	PATH=$BATS_TEST_TMPDIR/usr/bin:$PATH
	[[ $(box run "$REPO/rootfs.tar.gz" echo unpacked) == unpacked ]]
	# A set of capabilities whose filter is not built in.
	[[ $(box run --cap-add NET_ADMIN "$REPO/rootfs.tar.gz" echo filtered) == filtered ]]
	ln -s ../usr/bin/box link
	BOX_DATA=$BATS_TEST_TMPDIR/other run -0 ./link run --cap-drop KILL "$REPO/rootfs.tar.gz" true
}

@test "without the libraries, make says in one line what to install, and builds the steps" {
	local copy=$PWD/copy
	mkdir "$copy"
	cp -r "$REPO"/{Makefile,final,step0*} "$copy"
	rm -f "$copy"/final/*/*.[oad] "$copy"/final/box "$copy"/step0*/box
	run env PKG_CONFIG_LIBDIR=/nonexistent make -s -C "$copy"
	[[ $status != 0 && $output == *libarchive*"install"*libarchive-dev*"make steps"* ]] || fail "$output"
	(($(grep -vc '^make' <<<"$output") == 1)) || fail "$output"
	rm -f "$copy"/step0*/box
	PKG_CONFIG_LIBDIR=/nonexistent make -s -C "$copy" steps
	[[ -x $(echo "$copy"/step06-*/box) ]]
}
