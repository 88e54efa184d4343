# The options of box run, with Docker's meaning. Volumes and limits are tested in step05 and step06.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper

add_users() { # of the image
	cat >>"$ROOTFS/etc/passwd" <<-'END'
		ann:x:1000:100:Ann:/home/ann:/bin/sh
		7:x:1007:100::/home/seven:/bin/sh
	END
	cat >>"$ROOTFS/etc/group" <<-'END'
		users:x:100:
		wheel:x:10:root,ann
		audio:x:29:ann
	END
}

program() { # program MODE C-SOURCE: compiles it as /program of the image
	cc -static -x c -o "$ROOTFS/program" - <<<"$2" || fail "hint: is a static C library installed? libc6-dev"
	chmod "$1" "$ROOTFS/program"
}

# --- environment ---

@test "-e sets a variable, and the last of several counts" {
	OPTIONS=(-e A=1 --env B=two\ words -e A=3 --env=EMPTY= -e PATH=/bin -e HOME=/here)
	box sh -c 'echo "$A,$B,${EMPTY-unset},$PATH,$HOME"'
	output_is '3,two words,,/bin,/here' "see add_env"
}

@test "-e NAME passes the caller's variable on, if there is one" {
	OPTIONS=(-e COLOUR -e NO_SUCH_VARIABLE)
	host_script 'COLOUR=green box sh -c "echo \$COLOUR; env | grep -c NO_SUCH"'
	output_is $'green\n0' "see add_env"
}

@test "--env-file sets a variable for each line, and -e goes before it" {
	printf '# comment\n\nA=1\n  B=two words  \r\nCOLOUR\nC="quoted"\nA=2\nD=file' >"$DIR/env"
	OPTIONS=(-e D=option --env-file env)
	host_script 'COLOUR=green box sh -c "echo \"\$A,\$B,\$COLOUR,\$C,\$D\""'
	output_is '2,two words  ,green,"quoted",option' "see add_env_file"
}

@test "--env-file: a byte order mark belongs to no name, and a name with a blank in it is an error by line" {
	printf '\xef\xbb\xbfA=1\n B=\xef\xbb\xbf2 \r\n' >"$DIR/marked"
	printf '\xef\xbb\xbf# A\n\nC=3 4\n' >"$DIR/comment"
	OPTIONS=(--env-file marked --env-file comment)
	box sh -c 'env | grep ^[ABC]='
	[[ $(sort <<<"$output") == $'A=1\nB=\xef\xbb\xbf2 \nC=3 4' ]] || report "expected A, B and C" "see add_env_file" || return
	local line
	for line in 'export A=secret' 'A =secret' $'A\tB' 'A '; do
		printf '\xef\xbb\xbfC=3\n\n  %s\n' "$line" >"$DIR/bad"
		OPTIONS=(--env-file bad)
		box true
		line=${line%%=*}
		refused "--env-file: bad: line 3: ${line/$'\t'/?}: a variable's name cannot contain a blank" "see add_env_line" || return
		[[ $stderr != *secret* ]] || fail "what follows the = may be a secret" || return
	done
}

@test "a variable without a name, or a file that is not there, is an error that names it" {
	for value in =x ""; do
		OPTIONS=(-e "$value")
		box true
		refused --env "a name must come before ="
	done
	OPTIONS=(--env-file no-such-file)
	box true
	refused "--env-file: no-such-file" "say which file, and why"
	OPTIONS=(--env-file .)
	box true
	refused --env-file "a folder is no file"
}

# --- who and where ---

@test "-w is made where it is missing, and the command starts there" {
	OPTIONS=(-w /new/folder)
	box pwd
	output_is /new/folder "see enter_folder"
	OPTIONS=(--workdir=/tmp)
	box pwd
	output_is /tmp "see enter_folder"
}

@test "-w that is relative, or a file, or of the host is an error" {
	for folder in relative ""; do
		OPTIONS=(-w "$folder")
		box true
		refused work "say which folder, and why"
	done
	OPTIONS=(-w /only-in-the-rootfs)
	box true
	refused /only-in-the-rootfs "say which folder, and why"
	for fd in 7 8 9; do
		OPTIONS=(-w "/proc/self/fd/$fd")
		host_script 'box cat "$MARKER" 9<"$DIR" 8<"$DIR" 7<"$DIR"'
		status_is 125 "no descriptor may lead there: CVE-2024-21626"
		output_lacks "$MARKER" "no descriptor may lead there: CVE-2024-21626"
	done
}

@test "-u takes numbers, which the image need not know" {
	OPTIONS=(-u 1234)
	box sh -c 'id -u; id -G; echo $HOME'
	output_is $'1234\n0\n/' "see user_find"
	OPTIONS=(-u 1234:567)
	box sh -c 'id -u; id -G'
	output_is $'1234\n567' "see user_find"
}

@test "-u takes names of the image, with their groups and home" {
	add_users
	for user in ann 1000; do
		OPTIONS=(--user "$user")
		box sh -c 'id -u; id -G; echo $HOME'
		output_is $'1000\n100 10 29\n/home/ann' "see user_find"
	done
	OPTIONS=(-u ann:audio)
	box sh -c 'id -u; id -G'
	output_is $'1000\n29' "a group given is the only one, with Docker too"
	OPTIONS=(-u 7)
	box id -u
	output_is 7 "a number is an ID, whoever is named so (CVE-2016-3697)"
}

@test "root is in its groups of the image" {
	add_users
	box id -G
	output_is "0 10" "see find_memberships"
}

@test "-u with a user or group that the image does not know is an error that names it" {
	for user in nobody nobody:0 -1 4294967295 99999999999; do
		OPTIONS=(-u "$user")
		box true
		refused "user ${user%:0}: " "see user_find"
	done
	OPTIONS=(-u 0:no-such-group)
	box true
	refused "group no-such-group: " "see user_find"
}

@test "another user than root has no capabilities" {
	OPTIONS=(-u 1000)
	box sh -c 'grep -E "^Cap(Prm|Eff|Inh|Amb)" /proc/self/status | cut -f 2 | sort -u; cat /proc/1/environ | wc -c; touch /new'
	[[ $output == 0000000000000000$'\n'[1-9]* ]] || report "expected empty sets" "see set_privileges"
	[[ $stderr == *"Permission denied"* ]] || report "expected that / cannot be written" "/ belongs to root"
}

@test "capabilities go by the user's number, not by its name, with --init, too" {
	echo 'toor:x:0:0::/:/bin/sh' >>"$ROOTFS/etc/passwd"
	sed -i 's/^root:x:0/root:x:1000/' "$ROOTFS/etc/passwd"
	for user in toor root; do
		OPTIONS=(--init -u "$user")
		box sh -c 'id -u; grep -h CapEff /proc/1/status /proc/self/status | sort -u | cut -f 2'
		[[ $user == root ]] || output_is $'0\n00000000a80425fb' "see drop_privileges"
		[[ $user == toor ]] || output_is $'1000\n0000000000000000' "see drop_privileges"
	done
}

@test "-h names the container, for programs and in /etc/hostname" {
	for option in "-h mine" "--hostname mine" --hostname=mine -hmine; do
		read -ra OPTIONS <<<"$option"
		box sh -c 'hostname; cat /etc/hostname; echo $HOSTNAME'
		output_is $'mine\nmine\nmine' "see make_spec"
	done
	OPTIONS=(-h "$(printf 'a%.0s' {1..65})")
	box true
	refused aaaaa "the kernel takes 64 letters"
}

@test "--entrypoint is the program, and what follows the image its arguments" {
	OPTIONS=(--entrypoint echo)
	box two words
	output_is "two words" "see set_command"
	OPTIONS=(--entrypoint "")
	box echo mine
	output_is mine "an empty one means none, as with Docker"
	OPTIONS=(--entrypoint "")
	box
	refused "no command" "an empty one means none, as with Docker"
}

# --- limits of a process, sizes ---

@test "--ulimit sets soft and hard limits" {
	OPTIONS=(--ulimit nofile=64:128 --ulimit core=0:0)
	box sh -c 'ulimit -n; ulimit -Hn; ulimit -c; ulimit -Hc'
	output_is $'64\n128\n0\n0' "see add_ulimit"
	# Without CAP_SYS_RESOURCE nobody can raise a hard limit: one that the caller has not.
	local unlimited
	unlimited=$(prlimit --noheadings -o RESOURCE,HARD | awk '$1 ~ /^(CORE|FSIZE|LOCKS)$/ && $2 == "unlimited" { print tolower($1); exit }')
	OPTIONS=(${unlimited:+"--ulimit=$unlimited=5:unlimited"})
	box grep -c ' 5  *unlimited ' /proc/self/limits
	output_is $((${#unlimited} > 0)) "see add_ulimit"
	OPTIONS=(--ulimit nofile=128:128 --ulimit core=0 --ulimit nofile=64)
	box sh -c 'ulimit -Hn; grep -c "Max core file size  *0  *0" /proc/self/limits'
	output_is $'64\n1' "the soft limit is the hard one, too, where that is not given; the last one counts"
	OPTIONS=(--ulimit nofile=99999999999)
	box true
	refused nofile "the kernel has the last word"
}

@test "--shm-size is the size of /dev/shm" {
	OPTIONS=(--shm-size 1m)
	box sh -c 'dd if=/dev/zero of=/dev/shm/file bs=1k count=2000 2>/dev/null; ls -l /dev/shm/file | tr -s " " | cut -d " " -f 5'
	output_is 1048576 "see set_mounts"
}

@test "--tmpfs takes options for the mount and for the file system" {
	cp "$REPO/rootfs/bin/busybox" "$DIR/busybox"
	OPTIONS=(--tmpfs "/small:size=1m,mode=700" --tmpfs /run:exec --tmpfs /fixed:ro --tmpfs /default -v "$DIR/busybox:/busybox")
	box sh -c 'df -k /small | tail -n 1 | tr -s " " | cut -d " " -f 2; stat -c %a /small; cp /busybox /run; /run/busybox echo runs
		cp /busybox /default; /default/busybox echo does not; touch /fixed/new'
	output_is $'1024\n700\nruns' "see add_tmpfs"
	[[ $stderr == *"/default/busybox: Permission denied"*"Read-only"* ]] ||
		report "expected that a tmpfs executes nothing, and that /fixed is read-only" "see add_tmpfs"
}

# With root alone: only root can make device nodes.
# bats test_tags=root
@test "--tmpfs /dev has the devices of a container" {
	for dev in /dev/ //./dev//.; do
		OPTIONS=(--tmpfs "$dev:size=1m" --tmpfs "$dev:size=2m")
		box sh -c 'echo x >/dev/null; head -c 1 /dev/zero | wc -c; df -k /dev | tail -n 1 | tr -s " " | cut -d " " -f 2; ls /dev/shm; mknod /dev/sda b 8 0; cat /dev/sda'
		output_is $'1\n2048' "$dev: see mount_node"
		[[ $stderr == *"/dev/shm: No such file"*"/dev/sda"*"Permission denied" ]] || report "expected no /dev/shm, and a disk that cannot be opened" "see mount_node" || return
	done
}

@test "--read-only: / cannot be written, volumes and what box mounts can" {
	mkdir "$DIR/src"
	OPTIONS=(--read-only -v "$DIR/src:/new/data" --tmpfs /tmp -w /new/work)
	box sh -c 'touch /file; touch /new/data/kept /tmp/file /dev/shm/file; cat /etc/hostname | wc -c; pwd'
	output_is $'13\n/new/work' "see restrict_rootfs"
	[[ $stderr == *"/file: Read-only file system" && -e $DIR/src/kept ]] || report "expected one refusal" "see restrict_rootfs"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "--cpuset-cpus is where the command runs" {
	OPTIONS=(--cpuset-cpus 0)
	box grep Cpus_allowed_list /proc/self/status
	output_is $'Cpus_allowed_list:\t0' "see hierarchy_limit in cgroup-limits.c"
	for cpus in 4095 x ""; do
		OPTIONS=(--cpuset-cpus "$cpus")
		box true
		refused cpuset "the kernel has the last word"
	done
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "--memory-swap needs --memory, and cannot be less" {
	OPTIONS=(--memory-swap 64m)
	box true
	refused swap "see make_cgroup"
	OPTIONS=(--memory 64m --memory-swap 32m)
	box true
	refused swap "see make_cgroup"
	OPTIONS=(--memory 64m --memory-swap -1)
	box true
	status_is 0 "-1 means no limit of swap"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "0 is no limit of memory, swap, processes and CPUs, and so is -1 of swap and processes" {
	while read -r options; do
		# shellcheck disable=SC2206 # words
		OPTIONS=($options)
		box sh -c 'for f in memory.max memory/memory.limit_in_bytes pids.max pids/pids.max; do cat /sys/fs/cgroup/$f 2>/dev/null; done; echo ran'
		status_is 0 "$options: as Docker; see read_size and set_pids_limit"
		grep -vqxE 'max|9223372036854771712|ran' <<<"$output" && report "$options: expected no limit" "see limit_memory"
	done <<-'END'
		-m 0
		-m 0 --memory-swap 0
		-m 0k --memory-swap -1
		--memory-swap 0
		--pids-limit 0
		--pids-limit -1
		--pids-limit 0 --cpus 0 -m 0
	END
	OPTIONS=(-m 64m --memory-swap 0)
	box true
	status_is 0 "it is as if it had not been given"
}

# With root alone: limits need a cgroup, which no user has here.
# bats test_tags=root
@test "a size has Docker's units, with b or ib after them or not" {
	host_script 'for size in 67108864 67108864b 65536k 65536KB 64m 64M 64mb 64MB 64Mi 64MiB 0.0625g 0.0625GiB; do "$BOX" run --name mine -m "$size" "$ROOTFS" true; "$BOX" inspect mine | sed -n "s/.*\"Memory\": \([0-9]*\),.*/\1/p"; "$BOX" rm mine >/dev/null; done | uniq -c
		for size in 64ib 64i 64mm 64bb 64mbb 64x "64 m" 64m\  " 64m" m mb 0.5 0.0001k -64m 9g9 9999p; do "$BOX" run --rm -m "$size" "$ROOTFS" true 2>&1; done | sed "s/.*: //" | sort | uniq -c'
	output_is $'     12 67108864\n     13 not a size such as 512m\n      3 out of range' "see read_size"
}

# --- PID 1 ---

@test "--init: the command is not PID 1, and its exit status is box's" {
	OPTIONS=(--init)
	box sh -c 'echo $$; exit 42'
	output_is 2 "see serve_as_init"
	status_is 42 "see serve_as_init"
	box sh -c 'kill -KILL $$'
	status_is 137 "see serve_as_init"
	box no-such-command
	status_is 127 "see serve_as_init"
	[[ $stderr == "box: no-such-command: No such file or directory" ]] || report "expected the cause" "see serve_as_init"
}

@test "--init: orphans are reaped" {
	OPTIONS=(--init)
	box sh -c 'for i in 1 2 3; do (sleep 0.1 & exec true); done
		for i in $(seq 100); do ps -o stat,args | grep -q "^Z\|^[A-Z]  *sleep" || break; sleep 0.05; done; ps -o stat,args | grep -c "^Z"'
	output_is 0 "PID 1 must wait for every child: see serve_as_init"
}

@test "--init: signals reach a command that need not handle them" {
	OPTIONS=(--init)
	host_script 'exec "${run[@]}" sleep 1000 & box=$!; until_true pgrep -f "^sleep 1000" >/dev/null
		kill -TERM $box; wait $box'
	status_is 143 "the command is no PID 1, so SIGTERM ends it: see serve_as_init"
	host_script 'exec "${run[@]}" sh -c "trap \"exit 3\" USR1; echo ready; while :; do sleep 0.05; done" >out & box=$!
		until_true grep -qs ready out; kill -USR1 $box; wait $box'
	status_is 3 "see serve_as_init"
}

@test "signals reach a PID 1 that waits for them, as small inits do" {
	program 755 '#include <signal.h>
		int main(void) { sigset_t all; int got; sigfillset(&all); sigprocmask(SIG_BLOCK, &all, 0);
			return sigwait(&all, &got) == 0 && got == SIGTERM ? 3 : 4; }'
	# The number of rt_sigtimedwait(2), in the first column.
	host_script 'waits() { grep -qsE "^(128|137) " "/proc/$(pgrep -P $box)/syscall"; }
		start /program; until_true waits || echo "does not wait"; kill -TERM $box; wait $box'
	output_lacks "does not wait" "the test itself: this machine has another number"
	status_is 3 "see waits_for_signal in container.c"
}

@test "--init: what PID 1 is called says nothing of the host" {
	OPTIONS=(--init -e SECRET=word -v "$DIR:/data")
	box sh -c 'tr "\0" " " </proc/1/cmdline; cat /proc/1/comm; cat /proc/1/environ 2>&1; ps -o args'
	output_has init "see process_rename"
	output_lacks "$BATS_TEST_TMPDIR" "see process_rename"
}

@test "--init: what the command leaves in the background ends with it" {
	OPTIONS=(--init)
	box sh -c 'setsid sleep 1234 >/dev/null 2>&1 & exit 42'
	status_is 42 "PID 1 ends with the command"
}

# --- network, names ---

@test "--network host is the host's network, --network none a lone one" {
	OPTIONS=(--network host)
	box sh -c 'readlink /proc/self/ns/net; cat /etc/resolv.conf'
	output_is "$(host sh -c 'readlink /proc/self/ns/net; cat /etc/resolv.conf 2>/dev/null')" "see spec->namespaces"
	OPTIONS=(--network=none)
	box readlink /proc/self/ns/net
	[[ $output != "$(host readlink /proc/self/ns/net)" ]] || report "expected another network" "see spec->namespaces"
	OPTIONS=(--network bridge)
	box true
	refused "--network: bridge" "none and host are known"
}

@test "--name is refused while another container has it" {
	OPTIONS=(--name mine)
	host_script 'start sleep 1000; box true; echo "status $?"; kill -TERM $box; wait $box; box true; echo "status $?"'
	output_has $'mine is in use by container ' "see check_name"
	output_has $'status 125\n' "see check_name"
	output_has $'status 0' "a name is free again when its container has ended"
}

@test "--name that is no name is an error that names it" {
	for name in -dash .dot _low 'two words' a/b ../x ünï "$(printf 'a%.0s' {1..300})"; do
		OPTIONS=(--name "$name")
		box true
		refused "name" "see is_name"
	done
	for name in a A.b_c-d 0; do
		OPTIONS=(--name "$name")
		box true
		status_is 0 "see is_name"
	done
}

# --- privileges ---

capabilities_are() { # capabilities_are HEX: of the command, with $OPTIONS
	box grep CapEff /proc/self/status
	output_is $'CapEff:\t'"$1" "see set_privileges"
}

@test "--cap-drop takes capabilities away, --cap-add gives them" {
	OPTIONS=(--cap-drop CHOWN) && capabilities_are 00000000a80425fa
	OPTIONS=(--cap-add NET_ADMIN --cap-add=cap_sys_time) && capabilities_are 00000000aa0435fb
	OPTIONS=(--cap-drop ALL) && capabilities_are 0000000000000000
	OPTIONS=(--cap-drop all --cap-add chown) && capabilities_are 0000000000000001
	OPTIONS=(--cap-add CHOWN --cap-drop ALL) && capabilities_are 0000000000000001
	box chown 1:1 /only-in-the-rootfs
	status_is 0 "the command has CHOWN"
	box chroot / true
	status_is 1 "the command does not have SYS_CHROOT"
	for option in --cap-add --cap-drop; do
		OPTIONS=("$option" NO_SUCH)
		box true
		refused "$option: capability NO_SUCH" "see capabilities_change"
	done
}

@test "--cap-add opens the system calls that a capability is for" {
	box unshare -m true
	status_is 1 "without SYS_ADMIN it is refused"
	OPTIONS=(--cap-add SYS_ADMIN)
	box unshare -m true
	status_is 0 "see answer_to in seccomp-tree.c"
}

@test "--security-opt: no filter of system calls, no new privileges" {
	OPTIONS=(--security-opt seccomp=unconfined)
	box grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
	output_is $'NoNewPrivs:\t0\nSeccomp:\t0' "see set_security"
	for option in no-new-privileges no-new-privileges=true; do
		OPTIONS=(--security-opt "$option")
		box grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status
		output_is $'NoNewPrivs:\t1\nSeccomp:\t2' "see set_security"
	done
	OPTIONS=(--security-opt no-new-privileges --security-opt no-new-privileges=false)
	box grep NoNewPrivs /proc/self/status
	output_is $'NoNewPrivs:\t0' "the last one counts"
	OPTIONS=(--security-opt apparmor=x)
	box true
	refused "--security-opt: apparmor=x" "see set_security"
}

@test "a set-user-ID program gives no privileges with no-new-privileges" {
	program 4755 '#include <unistd.h>
		int main(void) { return geteuid() == 0; }'
	OPTIONS=(-u 1000)
	box /program
	status_is 1 "it has, without it"
	OPTIONS=(-u 1000 --security-opt no-new-privileges)
	box /program
	status_is 0 "see drop_privileges"
}

# With root alone: only root can make device nodes.
# bats test_tags=root
@test "--privileged: all capabilities and system calls, and nothing hidden" {
	mknod "$ROOTFS/zero" c 1 5
	OPTIONS=(--privileged)
	box sh -c 'grep -E "^(CapEff|Seccomp):" /proc/self/status; mount -t tmpfs none /tmp && echo mounted
		head -c 1 /zero | wc -c; mknod /tmp/zero c 1 5; head -c 1 /tmp/zero | wc -c; grep -c " /proc/" /proc/mounts'
	[[ $output == "$(host grep CapEff /proc/self/status)"$'\nSeccomp:\t0\nmounted\n1\n1\n0' ]] ||
		report "expected the host's capabilities, and no limits" "see set_privileges"
}

# --- how options are written ---

@test "letters may be combined, and long options take = or a word" {
	OPTIONS=(-ie A=1 --hostname=a -w/tmp --env B=2)
	host_script 'echo typed | box sh -c "cat; hostname; pwd; echo \$A \$B"'
	output_is $'typed\na\n/tmp\n1 2' "see options_parse"
}

@test "--rm is taken, as each container is removed at its end" {
	OPTIONS=(--rm)
	box echo ran
	output_is ran "see options_parse"
}

@test "an option that lacks its value, or has one too many, is an error that names it" {
	for option in -e -u -w -h -m -v --cap-add --entrypoint --env-file --hostname --name --network --shm-size --ulimit; do
		box_run "$option"
		refused "$option" "see next_flag"
	done 2>&1
	OPTIONS=(--init=3)
	box true
	refused --init "see next_flag"
	OPTIONS=(-iz)
	box true
	refused "-z" "see next_flag"
}

# With root alone: box-oci is for root here.
# bats test_tags=root
@test "options are matched whole, in every command: the beginning of one is none" {
	while read -r option; do
		# shellcheck disable=SC2086 # words
		run_on_host "${BOX%/*}"/$option 1 x y
		option=${option##* }
		[[ $status -gt 0 && $stderr == "box"*": ${option%=*}: "*"; see box"*" --help" ]] ||
			report "expected a message that $option is no option" "see next_flag: getopt_long(3) takes --pid for --pids-limit"
	done <<-'END'
		box run --pid
		box run --pid=host
		box run -i --priv
		box run --mem
		box exec --work
		box ps --form
		box logs --foll
		box stats --no-s
		box cp --arch
		box start --att
		box stop --tim
		box kill --sig
		box update --cpu
		box rm --forc
		box prune --al
		box images --qui
		box --dat
		box-oci create --pid
		box-oci create --no-p
		box-oci exec --no-new
		box-oci kill x --al
		box-oci list --for
		box-oci update x --mem
		box-oci --log-f
	END
}

@test "an option of Docker's that box has not is named as such, and one that nobody has is unknown" {
	while read -r command option; do
		# shellcheck disable=SC2086 # words
		box_exec "$command" $option x y
		refused "${option%%[= ]*}: box $command does not have this option of Docker's" "see docker in flags.c"
	done <<-'END'
		run --pid host
		run --pid=host
		run -p 80:80
		run --add-host a:1.2.3.4
		run -l a=b
		exec --env-file x
		ps -f name=x
		logs --since 1h
		inspect --format {{.ID}}
		update --restart always
		rm -v
		images --digests
		rmi -f
	END
	box_run -idp 80:80 "$ROOTFS" true
	refused "-p: box run does not have" "a letter may come after others"
	box_exec ps -a x
	refused "x: box ps takes no names" "see command_ps"
	for option in --no-such --pidx --dd --add-hos -z -K; do
		box_run "$option" "$ROOTFS" true
		refused "$option: unknown option; see box run --help" "see refuse in flags.c"
	done
}

@test "a bad value is an error that names the option" {
	while read -r option value; do
		OPTIONS=("$option" "$value")
		box true
		refused "$option: $value" "see options.c"
	done <<-'END'
		--shm-size 0
		--shm-size lots
		--shm-size 1e3
		--memory-swap -2
		--ulimit nofile
		--ulimit nofile=
		--ulimit no-such=1
		--ulimit nofile=2:1
		--ulimit nofile=1:2:3
		--ulimit nofile=x
		--cpus 9999
		--cpus 1,5
		--network
		--hostname
		--name
		--user
	END
}

@test "a user other than root can open /dev/stdout, also where it is a pipe" {
	OPTIONS=(-u 1000)
	host_script 'box sh -c "echo out >/dev/stdout; echo err >/dev/stderr" | cat'
	[[ $(sort <<<"$output") == $'err\nout' ]] || report "expected both" "see chown_stdio"
}

@test "a symlink of the image that leads nowhere yet is followed by a file" {
	ln -sf ../run/resolve/stub "$ROOTFS/etc/resolv.conf"
	ln -s loop "$ROOTFS/etc/loop"
	echo here >"$DIR/file"
	OPTIONS=(-v "$DIR/file:/etc/resolv.conf")
	box cat /run/resolve/stub /etc/resolv.conf
	output_is $'here\nhere' "see make_path"
	OPTIONS=(-v "$DIR/file:/etc/loop")
	box true
	refused "Too many levels of symbolic links" "see make_path"
}
