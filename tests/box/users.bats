# Users and groups of the image's files, as people write them.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper

# users USER...: what a process of each has, a line each: user ID, group ID, all groups sorted, home; or the error.
users() {
	host_script 'for user; do "$BOX" run --rm -u "$user" "$ROOTFS" sh -c "echo \$(sed -n \"s/^[UG]id:.\([0-9]*\).*/\1/p; s/^Groups:.//p\" /proc/self/status) \$HOME" 2>&1; done' "$@"
}

@test "a line of /etc/passwd may end after the group: the user has it, and the home /" {
	printf 'app:x:1000:1000\nweb:x:1001:1002:Web\nhome:x:1003:1004::/srv\n' >"$ROOTFS/etc/passwd"
	printf 'more:x:7:app,web\n' >"$ROOTFS/etc/group"
	users app 1000 web 1001 home app:more 1000:5 0
	output_is $'1000 1000 7 1000 /\n1000 1000 7 1000 /\n1001 1002 7 1002 /\n1001 1002 7 1002 /\n1003 1004 1004 /srv\n1000 7 7 /\n1000 5 5 /\n0 0 0 /' "see next_entry"
}

@test "a line of /etc/passwd without a right ID is an error for its user, who never gets group 0 instead" {
	printf '%s\n' 'a:x:1000' 'b:x:1001:' 'c:x:1002:users' 'd:x:1003:-1' 'e:x: 1004:' $'f:x:1005:1005\r' 'g:x:1006x:' 'h:x:1007:4294967295' \
		>"$ROOTFS/etc/passwd"
	users a 1000 b 1001 c 1002 d 1003 1004 f 1005 g 1006 h 1007
	[[ $output != *' 0 '* && $(grep -c "^box: user .* in the image's /etc/passwd is no \(user\|group\) ID$" <<<"$output") == 15 ]] ||
		report "expected an error for each of 15" "see find_login"
	users 1000:3 b:4 root
	output_is $'1000 3 3 /\n1001 4 4 /\nbox: user root: not in the image\'s /etc/passwd' "with a group given, that of the line does not matter"
}

@test "a user may be in as many groups as the kernel allows, and one more is an error" {
	echo 'app:x:1000:0' >"$ROOTFS/etc/passwd"
	many() { seq 1 "$1" | sed 's/.*/g&:x:&:app/' >"$ROOTFS/etc/group"; }
	many 70
	OPTIONS=(-u app)
	box sh -c 'sed -n "s/^Groups:.//p" /proc/self/status | wc -w'
	output_is 71 "see add_group"
	many 65535
	box sh -c 'sed -n "s/^Groups:.//p" /proc/self/status | wc -w'
	output_is 65536 "NGROUPS_MAX"
	many 65536
	box true
	refused "user app: in more than 65536 groups" "NGROUPS_MAX"
}
