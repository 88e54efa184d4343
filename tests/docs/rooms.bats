# The rooms of final/: which file may need which.
# shellcheck disable=SC2016,SC2034 # code spans; for helper.bash
STEP=final
load ../lib/helper

setup() { TREE=$BATS_TEST_TMPDIR/final; }
teardown() { :; }

# As final/ is built, with a file for each pair ROOM/FILE=FUNCTION[,NEEDED...].
tree() {
	local pair file function needed name
	for pair; do
		file=${pair%%=*} needed=${pair#*=}
		function=${needed%%,*} needed=${needed#"$function"}
		mkdir -p "$TREE/${file%/*}"
		{
			for name in ${needed//,/ }; do echo "void $name(void);"; done
			echo "void $function(void); void $function(void) {"
			for name in ${needed//,/ }; do echo "$name();"; done
			echo "}"
		} | cc -x c -c -o "$TREE/$file.o" -
	done
	run "$REPO/tests/docs/rooms" "$(realpath --relative-to "$REPO" "$TREE")"
}

@test "no file of final needs one of a room that is not below its own, and none needs itself in a circle" {
	run "$REPO/tests/docs/rooms"
	[[ $status == 0 && ! $output ]] || fail "expected nothing:" "$output" "hint: see CONTRIBUTING.md, \"The rooms\""
}

@test "box has nothing of oci in it, and box-oci nothing of image and engine" {
	local name
	for name in oci_read container_create; do
		[[ $(nm "$REPO/final/box-oci") =~ \ T\ $name ]] || fail "box-oci has no $name: is it stripped?"
	done
	[[ ! $(nm "$REPO/final/box") =~ \ T\ oci_ ]] || fail "box has functions of oci/"
	for name in store_open image_get options_parse state_read; do
		[[ ! $(nm "$REPO/final/box-oci") =~ \ T\ $name ]] || fail "box-oci has $name"
		[[ $(nm "$REPO/final/box") =~ \ T\ $name ]] || fail "box has no $name: it is called otherwise now?"
	done
}

@test "a need of a room above is found, and named; one of a room below is none" {
	tree base/a=a core/b=b,a image/c=c,a engine/d=d,a,b,c oci/e=e,b helpers/f=f,a
	[[ $status == 0 && ! $output ]] || fail "expected nothing:" "$output" || return
	tree base/a=a,b
	[[ $status == 1 && $output == "base/a.c needs b of core/b.c: core is not below base"* ]] || fail "not found:" "$output" || return
	tree base/a=a oci/e=e,c
	[[ $status == 1 && $output == "oci/e.c needs c of image/c.c: image is not below oci" ]] || fail "not found:" "$output" || return
}

@test "a circle of files is found, and told function by function" {
	tree base/a=a core/b=b,g core/g=g,h core/h=h,b image/c=c engine/d=d oci/e=e helpers/f=f
	[[ $status == 1 && $output == "these files need each other, in a circle:
  core/b.c needs g of core/g.c
  core/g.c needs h of core/h.c
  core/h.c needs b of core/b.c" ]] || fail "not found:" "$output"
}

@test "no function of final is longer than 50 lines, no file than 600, and no header but core/spec.h than 200" {
	local long
	long=$(awk '
		FNR == 1 { name = begin = "" }
		/^[a-zA-Z_].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
		/^\{$/ { begin = FNR }
		/^}$/ && begin { if (FNR - begin >= 50) print FILENAME ": " name "() has " FNR - begin + 1 " lines, 50 at most"; begin = "" }
		FILENAME ~ /\.h$/ ? FNR == 201 && FILENAME !~ /\/spec\.h$/ : FNR == 601 { print FILENAME ": more than " FNR - 1 " lines" }
	' "$REPO"/final/{base,core,image,engine,oci,helpers}/*.[ch])
	[[ ! $long ]] || fail "$long" "hint: a function is divided into two, a file by its jobs: see CONTRIBUTING.md, \"The rooms\""
}

# Whether FUNCTION is defined in FILE of final/.
defines() { # defines FILE FUNCTION
	grep -qE "^([a-z_].*[ *])?$2\\(" "$REPO/final/$1"
}

@test "the table of chapter 15 has each function of step 14, and the file where the one is that it became" {
	local yours ours file name wrong='' table
	table=$(sed -n '/^Which file is my step now/,/^Besides these/p' "$REPO/TUTORIAL.md" | grep '^|')
	while IFS='|' read -r _ _ yours ours file _; do
		for name in ${yours//[\`,]/ }; do defines step14-rootless/box.c "$name" || wrong+="$name is no function of step 14"$'\n'; done
		for name in ${ours//[\`,]/ }; do defines "$(tr -d '` ' <<<"$file")" "$name" || wrong+="$file has no $name"$'\n'; done
	done < <(tail -n +3 <<<"$table")
	while read -r name; do
		[[ $table == *"\`$name\`"* ]] || wrong+="the table lacks $name of step 14"$'\n'
	done < <(grep -oP '^[a-z_].*?\K\w+(?=\([^;]*\)$)' "$REPO/final/step14-rootless/box.c")
	[[ ! $wrong ]] || fail "$wrong"
}

@test "the functions that chapter 15 names are in final/, or in a solution of its changes" {
	local names name wrong=''
	names=$(sed -n '/^## 15: /,/^## Appendix/p' "$REPO/TUTORIAL.md" | sed '/^```/,/^```/d' | grep -oP '`\K[a-z]+(_[a-z]+)+(?=`)' | sort -u)
	(($(wc -l <<<"$names") > 40)) || fail "found too few:" "$names" || return
	for name in $names; do
		grep -qrE "^([a-z_].*[ *]|\+[a-z].*[ *])?$name\(" "$REPO"/final/*/*.[ch] "$REPO/tests/tutorial/solutions" ||
			grep -qrwE "(struct|enum) $name|SYS_$name|$name\(" "$REPO"/final/*/*.[ch] || wrong+="$name"$'\n'
	done
	[[ ! $wrong ]] || fail "chapter 15 names what is called otherwise now:" "$wrong"
}

@test "final/READING names files that are there, all of core/, and functions of step 14" {
	local file names name wrong='' words
	for file in "$REPO"/final/core/*.c; do
		[[ $(<"$REPO/final/READING") == *"core/${file##*/} "* || ${file##*/} == channel.c ]] || wrong+="READING lacks core/${file##*/}"$'\n' # the header is there
	done
	while read -r file words; do
		[[ $file != */*.[ch] || -e $REPO/final/$file ]] || wrong+="$file is not there"$'\n'
		[[ $file == core/*.c ]] || continue
		names=$(sed -n 's/.*  \([a-z_, ]*\)$/\1/p' <<<"$words")
		for name in ${names//,/ }; do
			[[ $name != *_* ]] || defines step14-rootless/box.c "$name" || wrong+="$name is no function of step 14"$'\n'
		done
	done <"$REPO/final/READING"
	[[ ! $wrong ]] || fail "$wrong"
}
