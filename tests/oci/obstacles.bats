# What the image or the host has in the way of box-oci is refused, or gone round: nothing waits for it.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

# What takes longer hangs.
LIMITED='limited() { timeout -s KILL 20 "$OCI" --root "$STATE" "$@" </dev/null; }'

@test "what an image has as /dev/console is covered by the terminal, and not opened" {
	configure 'process["terminal"] = True' 'c["mounts"] = [m for m in c["mounts"] if m["destination"] != "/dev"]' 'c["root"]["readonly"] = False'
	command_is sh -c 'test -t 0 && echo >/dev/console covered'
	oci_script "$LIMITED"'
		cd rootfs/dev; mkdir -p pts shm mqueue
		for make in ":" "touch console" "mkfifo console" "mknod console c 10 255" "ln -s ../tmp/away console" "mkdir console"; do
			rm -rf console; $make; limited run -b "$BUNDLE" test | tr -d "\r"; limited delete -f test
		done; ls ../tmp'
	output_is $'covered\ncovered\ncovered\ncovered
box-oci: mount /dev/console: Too many levels of symbolic links\nbox-oci: mount /dev/console: Is a directory' "see open_console in tty.c"
}

@test "a root whose /proc or /sys is a symlink is refused" {
	local name link
	mkdir "$BUNDLE/rootfs/elsewhere"
	for name in proc sys; do
		rm -rf "$BUNDLE/rootfs/$name"
		for link in elsewhere /elsewhere missing ../../..; do
			ln -sfn "$link" "$BUNDLE/rootfs/$name"
			config_fails "mount at /$name: a symlink of the image, not a folder" || return
		done
		configure "[m.update(destination='/$name/.') for m in c['mounts'] if m['destination'] == '/$name']"
		config_fails "mount at /$name/.: a symlink of the image, not a folder" || return
		rm "$BUNDLE/rootfs/$name" && mkdir "$BUNDLE/rootfs/$name"
	done
	oci_run ls /elsewhere
	status_is 0 "see refuse_symlink in mounts.c"
	output_is "" "see refuse_symlink in mounts.c"
}

@test "create in a cgroup that is frozen, or below one, is refused; so is exec" {
	configure "linux['cgroupsPath'] = '/$OWN_CGROUP/inner'"
	command_is sleep 1000
	oci_script "$LIMITED"'
		frozen() { if [[ $file == cgroup.freeze ]]; then grep -q "frozen 1" "$top/$NAME/inner/cgroup.events"; else grep -q FROZEN "$top/$NAME/inner/$file"; fi; }
		look() { sed "s#cgroup .* is#cgroup is#"; }
		for top in $(findmnt -nt cgroup2 -o TARGET | head -n 1) $(findmnt -nt cgroup -O freezer -o TARGET | head -n 1); do
			file=cgroup.freeze stop=1 go=0; [[ $(stat -fc %T "$top") == cgroup2fs ]] || file=freezer.state stop=FROZEN go=THAWED
			mkdir -p "$top/$NAME/inner"
			for folder in "$top/$NAME" "$top/$NAME/inner"; do
				echo $stop >"$folder/$file"; limited create test 2>&1 | look; { echo $go >"$folder/$file"; } 2>/dev/null
				ls "$STATE"; limited delete -f test; mkdir -p "$top/$NAME/inner"
			done
			limited create test; limited start test
			echo $stop >"$top/$NAME/$file"; until_true frozen; limited exec test echo ran 2>&1 | look; echo $go >"$top/$NAME/$file"
			limited exec test echo runs; limited delete -f test
		done
		for d in /sys/fs/cgroup{,/*}/$NAME; do [ ! -d $d ] || { [ ! -d $d/inner ] || rmdir $d/inner; rmdir $d; }; done'
	local line=$'box-oci: the cgroup is frozen, or one above it'
	local each=$line$'\n'$line$'\n'$line$'\nruns'
	[[ $output == "$each" || $output == "$each"$'\n'"$each" ]] || report "expected, of each freezer:
$each" "see cgroup_check_runs"
}

@test "a log that cannot be written is an error of every command; an empty name is none" {
	local log
	mkdir "$DIR/folder"
	oci_script 'for log in "$DIR/none/log" "$DIR/folder"; do oci --log "$log" list; echo $?; oci --log "$log" create test; echo $?; done; ls "$STATE" 2>&1
		oci --log "" list; oci --log "$DIR/log" state none; wc -l <"$DIR/log"'
	output_is "box-oci: --log $DIR/none/log: No such file or directory
1
box-oci: --log $DIR/none/log: No such file or directory
1
box-oci: --log $DIR/folder: Is a directory
1
box-oci: --log $DIR/folder: Is a directory
1
ls: cannot access '$STATE': No such file or directory
ID          PID         STATUS      BUNDLE      CREATED     OWNER
box-oci: container does not exist: none
1" "see check_log"
}

@test "a mount at a relative name is one below the root, and that is said" {
	configure 'c["mounts"].append({"destination": "tmp/inner/..", "type": "tmpfs", "source": "tmpfs"})'
	oci_run grep -c " /tmp tmpfs" /proc/mounts
	output_is 1 "see read_target"
	[[ $stderr == "box-oci: config.json: mounts["*"].destination: not an absolute path: taken from the root"* ]] || report "expected a warning" "see read_target"
}

@test "a terminal whose output goes to a pipe adds no carriage returns" {
	configure 'process["terminal"] = True'
	command_is printf '1\n2\n'
	oci_script 'oci run test </dev/null | od -An -c | tr -s " "
		sed -i "s#\"args\": \[[^]]*\]#\"args\": [\"sleep\", \"1000\"]#; s#\"terminal\": true#\"terminal\": false#" config.json
		create test; oci start test; oci exec -t test printf "3\n" </dev/null | od -An -c | tr -s " "; oci delete -f test'
	output_is $' 1 \\n 2 \\n\n 3 \\n' "see keep_newlines"
}

@test "an option with an empty value is as one that was not given, as with runc" {
	command_is sleep 1000
	oci_script 'oci --log "" create --bundle "" --pid-file "" --console-socket "" test >out </dev/null; cat out; oci start test
		oci exec --process "" --cwd "" --user "" --pid-file "" --console-socket "" test pwd; echo $?; oci update --resources "" --pids-limit 30 test; echo $?; oci delete -f test'
	output_is $'/\n0\n0' "see set_option in box-oci.c"
}

@test "where no cgroup is mounted the error says so, and names nothing that config.json has not" {
	configure "linux.pop('resources')" "c['mounts'] = [m for m in c['mounts'] if m['type'] != 'cgroup']"
	host_script 'cd bundle; unshare --mount --propagation private sh -c "umount -R /sys/fs/cgroup; exec \"\$@\"" - "$@"; echo $?' "$OCI" --root "$STATE" run test
	output_is $'box-oci: no cgroup hierarchy that controls devices is mounted: the container could open every device\n1' "see devices_control"
}

@test "a rootfs that is a symlink, or has one in its path, is refused" {
	mv "$BUNDLE/rootfs" "$DIR/other"
	command_is true
	oci_script 'try() { oci run test </dev/null; echo $?; oci list -q; }; ln -s ../other rootfs; try; ln -s .. up'
	output_is "box-oci: the root $BUNDLE/rootfs: a symlink is in its path"$'\n1' "see mount_bind in rootfs.c"
	configure 'c["root"]["path"] = "up/other"'
	oci_script 'try() { oci run test </dev/null; echo $?; oci list -q; }; try; mv ../other other; oci run -b . test; rm -r rootfs; mv other rootfs'
	output_has "box-oci: the root $BUNDLE/up/other: a symlink is in its path" "see mount_bind in rootfs.c"
	configure 'c["root"]["path"] = "rootfs/../rootfs/."'
	oci_script 'oci run test </dev/null; echo $?'
	output_is 0 "what has no symlink is as good as ever"
}

@test "tmpcopyup copies nothing of /proc or /sys, where a symlink of the image leads it there" {
	local folder
	configure 'c["mounts"].append({"destination": "/x", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup"]})'
	for folder in /proc/1/fd /sys/kernel; do # PID 1 is box-oci still, whose files are the host's
		ln -sfn "$folder" "$BUNDLE/rootfs/x"
		oci_run ls -l /x/
		[[ $stderr == "box-oci: mount at /x: not inside /proc or /sys" ]] || report "expected a refusal of $folder" "what is masked there later is read before: see resemble" || return
	done
	rm "$BUNDLE/rootfs/x"
	mkdir "$BUNDLE/rootfs/x"
	touch "$BUNDLE/rootfs/x/file"
	oci_run ls /x
	output_is file "see resemble"
}
