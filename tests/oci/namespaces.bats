# Namespaces that config.json names by a path, for box-oci: what is set of them is never the host's; and exec.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

# joins PATH: the container's network, IPC and UTS namespaces are those of the folder PATH.
joins() {
	configure "linux['namespaces'] = [{'type': t} for t in ['mount', 'pid', 'cgroup']] + [{'type': t, 'path': '$1/' + f} for t, f in [('network', 'net'), ('ipc', 'ipc'), ('uts', 'uts')]]" \
		'c.pop("hostname", None)' 'c.pop("domainname", None)' 'linux["sysctl"] = {}'
}

# Runs SCRIPT on a host whose network, IPC and UTS namespaces, those of its first process too, are the test's own;
# `state` prints what it has of them.
on_canary() {
	cat >"$DIR/script" <<-END
		hostname canary
		state() { hostname; cat /proc/sys/net/ipv4/ip_default_ttl /proc/sys/kernel/msgmax /proc/sys/kernel/domainname; }
		$1
	END
	oci_script 'export -f oci; unshare --net --ipc --uts --pid --fork --mount --mount-proc bash "$DIR/script"'
}

@test "what would be set of a namespace that is the host's is refused, by whatever name it is joined" {
	local path kind what statement
	mkdir -p "$DIR/names" && touch "$DIR/names"/{net,ipc,uts}
	while IFS='|' read -r kind what statement; do
		for path in /proc/self/ns /proc/1/ns "$DIR/names"; do
			joins "$path"
			configure "$statement"
			on_canary 'for n in net ipc uts; do mount --bind /proc/self/ns/$n "$DIR/names/$n"; done
				before=$(state); oci run test </dev/null; [[ $(state) == "$before" ]] && echo as before; ls "$STATE"'
			output_is "box-oci: $what: the namespace $path/$kind is the host's"$'\nas before' "see check_joined" || return
		done
	done <<-'END'
		net|net/ipv4/ip_default_ttl|linux["sysctl"] = {"net.ipv4.ip_default_ttl": "77"}
		ipc|kernel/msgmax|linux["sysctl"] = {"kernel.msgmax": "7777"}
		uts|kernel/domainname|linux["sysctl"] = {"kernel/domainname": "other"}
		uts|hostname|c["hostname"] = "other"
		uts|domainname|c["domainname"] = "other"
	END
}

@test "the namespaces of the first process are the host's, also where box-oci has others" {
	joins /proc/1/ns
	configure 'linux["sysctl"] = {"net.ipv4.ip_default_ttl": "77"}'
	on_canary 'unshare --net --ipc --uts bash -c "oci run test"; cat /proc/sys/net/ipv4/ip_default_ttl'
	output_is $'box-oci: net/ipv4/ip_default_ttl: the namespace /proc/1/ns/net is the host\'s\n64' "see is_hosts"
}

@test "a namespace of the host can be joined, and one of another process be set" {
	joins /proc/self/ns
	command_is hostname
	on_canary 'oci run test'
	output_is canary "what sets nothing is not refused: see check_joined"
	joins /proc/OTHER/ns
	configure 'linux["sysctl"] = {"net.ipv4.ip_default_ttl": "77", "kernel/msgmax": "7777"}' 'c["hostname"] = c["domainname"] = "other"'
	on_canary 'unshare --net --ipc --uts sleep 1000 & other=$!; until [[ ! /proc/$other/ns/uts -ef /proc/self/ns/uts && $(cat /proc/$other/comm) == sleep ]]; do sleep 0.01; done
		sed -i "s/OTHER/$other/g" config.json; oci run test; export -f state; nsenter -n -i -u -t $other bash -c state; kill $other; hostname'
	output_is $'other\nother\n77\n7777\nother\ncanary' "see check_joined"
}

@test "exec has the container's clocks: those of a new time namespace, and of one of a path" {
	command_is sleep 1000
	configure 'linux["namespaces"].append({"type": "time"})' 'linux["timeOffsets"] = {"boottime": {"secs": 1000000}}'
	oci_script 'days() { oci exec test sh -c "cut -d . -f 1 /proc/uptime; readlink /proc/self/ns/time"; readlink /proc/$1/ns/time; }
		oci create test </dev/null >out; oci start test; pid=$(oci state test | sed -n "s/.*\"pid\": \([0-9]*\).*/\1/p"); days $pid
		sed -i "s#{\"type\": \"time\"}#{\"type\": \"time\", \"path\": \"/proc/$pid/ns/time\"}#; s#\"timeOffsets\": {[^}]*}}#\"timeOffsets\": {}#" config.json
		oci create other </dev/null >out; cat out; oci start other
		oci exec other sh -c "cut -d . -f 1 /proc/uptime; readlink /proc/self/ns/time"; oci delete -f other; oci delete -f test'
	local -a lines
	mapfile -t lines <<<"$output"
	[[ ${lines[1]} == time:* && ${lines[1]} == "${lines[2]}" && ${lines[4]} == "${lines[1]}" && ${#lines[@]} == 5 ]] ||
		report "expected that each process is in the container's time namespace" "see namespaces_extra" || return
	((lines[0] > 1000000 && lines[3] > 1000000)) || report "expected more than a million seconds" "see namespaces_extra"
}

@test "an empty hostname or domainname is none, with a UTS namespace or without" {
	configure 'c["hostname"] = c["domainname"] = ""'
	command_is hostname
	oci_script 'oci run test; hostname'
	[[ ${output%$'\n'*} == "${output#*$'\n'}" && $output == *$'\n'* ]] || report "expected the host's name twice" "see read_name" || return
	configure 'linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "uts"]'
	oci_script 'oci run test; hostname'
	[[ ${output%$'\n'*} == "${output#*$'\n'}" && $output == *$'\n'* ]] || report "expected the host's name twice" "see read_name"
}

@test "kill KILL ends what has outlived the first process, where PIDs are the host's" {
	configure 'linux["namespaces"] = [n for n in linux["namespaces"] if n["type"] != "pid"]' 'process["args"] = ["sh", "-c", "sleep 1000 & echo $! >/tmp/pid"]' 'c["root"]["readonly"] = False'
	oci_script 'create test; oci start test; until_true is test stopped; pid=$(<rootfs/tmp/pid); oci kill test TERM; kill -0 $pid && echo lives
		oci kill test KILL; until_true bash -c "! kill -0 $pid 2>/dev/null || grep -q ^State:.Z /proc/$pid/status"; echo dead; oci kill test KILL; oci delete test'
	output_is $'box-oci: container not running\nlives\ndead\nbox-oci: container not running' "see is_over"
}

@test "a sysctl is named with dots or slashes, and the other one is a part of a name" {
	configure 'linux["sysctl"] = {"net/ipv4/ip_forward": "1", "net.ipv4.ip_default_ttl": "77", "net/ipv4/conf/lo/forwarding": "0", "net.ipv4.conf.lo.rp_filter": "1", "kernel/msgmax": "7777", "fs/mqueue/msg_max": "7"}'
	oci_run sh -c 'cd /proc/sys; cat net/ipv4/ip_forward net/ipv4/ip_default_ttl net/ipv4/conf/lo/forwarding kernel/msgmax fs/mqueue/msg_max'
	output_is $'1\n77\n0\n7777\n7' "see sysctl_path"
	# No interface is called so: but its name is the kernel's to know.
	local name
	for name in net/ipv4/conf/a.b/forwarding net.ipv4.conf.a/b.forwarding; do
		configure "linux['sysctl'] = {'$name': '1'}"
		config_fails "sysctl net/ipv4/conf/a.b/forwarding: No such file or directory"
	done
	for name in net/../kernel/panic net.//.kernel.panic net..ipv4 /net/ipv4/ip_forward net/ net/./x ''; do
		configure "linux['sysctl'] = {'$name': '1'}"
		config_fails "config.json: linux.sysctl.$name: not a sysctl"
	done
}

@test "a bundle without a mount namespace is refused: its mounts would be the host's" {
	configure "linux['namespaces'] = [n for n in linux['namespaces'] if n['type'] != 'mount']"
	config_fails "config.json: linux.namespaces: no mount namespace: the container's mounts would be the host's"
	configure "del linux['namespaces']"
	config_fails "config.json: linux.namespaces: no mount namespace: the container's mounts would be the host's"
}
