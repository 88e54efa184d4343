# The plainest command of a stage: when box itself cannot run it, no other test says more. tests/suite runs it first.
load helper

# What box has left is other tests' business, if these can look.
teardown() {
	local failed=0
	[[ ! ${HOST:-} || ! -d /proc/$HOST ]] || host_has_its_root || failed=1
	[[ ! ${HOST:-} ]] || end_host
	return $failed
}

# Runs it on the test's host. If box fails, its message and the hint that fits it are the whole report.
plainest() {
	local patience=${PATIENCE:-30} command=(run "${RUN[@]}") shown="box run"
	at_least 03 && command+=("$ROOTFS") && shown+=" ROOTFS"
	run_on_host timeout -k 1 "$patience" "$BOX" "${command[@]}" true </dev/null
	case $status in
	124 | 125 | 126 | 127 | 137) ;;
	*) ((status < 128)) && return ;; # the tests say more
	esac
	say "the plainest command does not run: $shown true" "  exit status: $status"
	[[ ! $output$stderr ]] || say "  ${output:+$output$'\n'}$stderr"
	fail "hint: $(plainest_hint)"
}

# What is forgotten most often, by box's message: of the kernel's errors most have few causes here.
plainest_hint() {
	local pipe='' filter=''
	! at_least 12 || at_least final || pipe=" Is the pipe's writing end closed in box before box reads, and close-on-exec in the command?"
	! at_least 10 || at_least final || filter=" Or is a jump of the filter too short, so that it refuses every call, exit, too?"
	case $status in
	124 | 137) # of timeout: by SIGTERM, and by SIGKILL
		echo "box does not end: does it wait for the command, and for nothing else?$pipe after $patience seconds it was stopped" && return
		;;
	159) echo "status 159 is 128 + SIGSYS: $KILLED_BY_THE_FILTER" && return ;;
	134) echo "box was killed by signal 6, which abort(3) sends: does it write behind the end of what calloc(3) gave it?" && return ;;
	13[0-9] | 14[0-9] | 15[0-9]) echo "box was killed by signal $((status - 128)), see kill -l: does it use a pointer that is none?$filter" && return ;;
	esac
	case $stderr in
	*pivot_root*"Invalid argument"* | *pivot_root*busy*)
		if host mount --make-rprivate / && run_on_host timeout -k 1 "$patience" "$BOX" "${command[@]}" true && [[ $status == 0 ]]; then
			echo "pivot_root refuses mounts that are shared with other namespaces: make all mounts private first, see MS_REC and MS_PRIVATE"
		elif at_least 07 && ! at_least final; then
			echo "pivot_root wants . to be a mount: enter the overlay by chdir(2) when it is mounted"
		else
			echo "pivot_root wants ROOTFS to be a mount, so it is bound onto itself, and then entered: see MS_BIND, and chdir(2)"
		fi
		;;
	*umount*busy*) echo "the old root has mounts below it, and is in use: see MNT_DETACH in umount2(2)" ;;
	*umount*"Invalid argument"*) echo 'only a mount can be unmounted: after pivot_root(".", ".") the old root is "."' ;;
	*wait*"No child"*) echo "the child ended without SIGCHLD, so waitpid(2) does not know it: set exit_signal in the struct clone_args" ;;
	*clone*"Invalid argument"*) echo "clone3 takes a struct clone_args that is zero but for what is set, its size, and flags that go together" ;;
	*hide*"No such file"*) echo "what hides a file is /dev/null, which is one of the volumes: cover when they are attached" ;;
	*/proc*"No such file"*) echo "mount /proc when ROOTFS is the root, where its folder proc is" ;;
	*/proc*"No such device"*) echo 'the type of the file system is "proc"' ;;
	*/proc*busy*) echo "is a /proc mounted there already, or twice?" ;;
	*filter*"Permission denied"*) echo "without CAP_SYS_ADMIN only a process with no_new_privs may install a filter: do it before capset takes that capability away" ;;
	*filter*"Invalid argument"*) echo "a jump leads behind the end of the filter: count the instructions that each jump leaves out" ;;
	*capset*) echo "capset(2) wants the effective capabilities among the permitted ones: set both" ;;
	*"volume /dev/"*"Permission denied"*) echo "the devices are bound into the tmpfs on /dev: is it mounted before?" ;;
	*cross-device*) echo "linkat(2) must give a name to the file, not to the link below /proc/self/fd: AT_SYMLINK_FOLLOW" ;;
	*"Bad file descriptor"*) echo "close_range(2) has closed what is used afterwards" ;;
	*"Operation not permitted"* | *"Function not implemented"*) echo "may root make namespaces here? see make doctor" ;;
	*true*) echo "the command follows ${shown#box } in argv: is it looked for in the root filesystem, and where PATH says? see execvp(3)" ;;
	*) echo "the message says which call has failed, and why: see ERRORS in its manual page" ;;
	esac
}

@test "box runs the plainest command" { plainest; }
