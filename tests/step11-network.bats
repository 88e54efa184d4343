# Step 11: the box has a network, IPC and a view of the cgroups of its own, and if asked, a cable to the host.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load lib/helper

setup() {
	setup_host
	at_least final || host sh -c '"$1" ip link set lo up && "$1" ip link add host0 type veth peer name host1' - "$REPO/rootfs/bin/busybox"
	! at_least final || OPTIONS=(--network none)
}

GATEWAY='gateway=$(ip route | sed -n "s/^default via \([0-9.]*\).*/\1/p")' # in the box
ADDRESS='ip addr show eth0 | grep -o 10.200.[0-9]*.[0-9]* | head -n 1'
INTERFACES='sed -n "s/^ *\(box\.[0-9a-f]*\):.*/\1/p" /proc/net/dev' # the host's

@test "the box has its loopback, and none of the host's interfaces" {
	box ls /sys/class/net
	output_is lo "is CLONE_NEWNET among the flags of clone3?"
	box readlink /proc/self/ns/net
	output_lacks "$(host readlink /proc/self/ns/net)" "is CLONE_NEWNET among the flags of clone3?"
}

@test "the loopback is up" {
	box sh -c 'nc -l -p 4321 -e echo through & until_up() { while ! nc 127.0.0.1 4321 </dev/null; do n=$((n + 1)); [ $n -lt 200 ] || exit; sleep 0.02; done 2>/dev/null; }; until_up; ls /sys/class/net'
	output_is $'through\nlo' "a new network has lo, which is down: see SIOCSIFFLAGS and IFF_UP in netdevice(7)"
}

@test "what listens on the host's loopback is not reached" {
	host_script 'nc=("${1}" nc); "${nc[@]}" -l -p 4322 -e echo secret & until_true grep -q ":10E2 " /proc/net/tcp*; box nc -w 2 127.0.0.1 4322 </dev/null; ended $! || echo untouched; kill $!' "$REPO/rootfs/bin/busybox"
	output_lacks secret "is CLONE_NEWNET among the flags of clone3?"
	output_has untouched "is CLONE_NEWNET among the flags of clone3?"
}

@test "the host's shared memory is not there" {
	host_script 'ipcmk -M 4096 >/dev/null; tail -n +2 /proc/sysvipc/shm | grep -c .; box sh -c "tail -n +2 /proc/sysvipc/shm | wc -l"; ipcrm --all=shm'
	[[ $output == [1-9]*$'\n'0 ]] || report "expected some on the host, and none in the box" "is CLONE_NEWIPC among the flags of clone3?"
}

@test "the box's own cgroup is / to it" {
	OPTIONS+=(--pids-limit 10 --memory 64m)
	box sed 's/.*://' /proc/self/cgroup
	[[ ! ${output//[$'/\n']/} && $output ]] || report "expected nothing but / behind each colon" "unshare(2) with CLONE_NEWCGROUP, when the child is in its cgroups: where a process is then, is / to it"
}

@test "root in the box cannot change its network" {
	box sh -c 'ip link set lo down; ip addr add 10.1.2.3/24 dev lo; ls /sys/class/net; ip addr | grep -c 10.1.2.3'
	output_is $'lo\n0' "no CAP_NET_ADMIN"
}

# final asks CNI plugins, pasta, or the host for a network.
# bats test_tags=steps
@test "--network veth: the box reaches the host" {
	OPTIONS=(--network veth)
	box sh -c "$GATEWAY"'; cd /sys/class/net && echo *; ping -c 1 -W 5 $gateway >/dev/null && echo reached'
	output_is $'eth0 lo\nreached' "a pair of interfaces, RTM_NEWLINK in rtnetlink(7), whose peer has a name and the PID of the child; an address and IFF_UP on both ends; a route, SIOCADDRT. The host end is in the host network: so is a socket made there. If box waits for an answer for ever, it has not asked for one: NLM_F_ACK"
}

# bats test_tags=steps
@test "--network veth: the host reaches the box" {
	OPTIONS=(--network veth)
	host_script 'start sh -c "'"$ADDRESS"' >address; touch ready; exec sleep 1000"; until_true ready
		address=$(cat /proc/$(pgrep -P $box)/cwd/address); "$1" ping -c 1 -W 5 $address >/dev/null && echo reached; kill -TERM $box; wait $box' "$REPO/rootfs/bin/busybox"
	output_has reached "an address and IFF_UP on both ends: the host's end is in the host's network, so is a socket made there"
}

# bats test_tags=steps
@test "--network veth: the host's route to the box is for its four addresses alone" {
	OPTIONS=(--network veth)
	host_script 'start sleep 1000; sed -n "s/^box\.//p" /proc/net/route | cut -f 8; kill -TERM $box; wait $box'
	output_is FCFFFFFF "without a netmask the host sends all of 10.0.0.0/8 to the box: see SIOCSIFNETMASK in netdevice(7)"
}

# In a user namespace the caller has no rights over the host's network.
# bats test_tags=steps
@test "--network veth: a pair that the kernel refuses to make is an error that says why" {
	OPTIONS=(--network veth)
	host_script 'unshare --user --map-root-user "${run[@]}" true'
	output_has "eth0: Operation not permitted" "the kernel answers by a struct nlmsgerr: its error is 0, or an error number with a minus sign"
}

# bats test_tags=steps
@test "--network veth: two boxes have addresses of their own" {
	OPTIONS=(--network veth)
	host_script 'start sh -c "'"$ADDRESS"' >address; touch ready; exec sleep 1000"; until_true ready
		cat /proc/$(pgrep -P $box)/cwd/address; box sh -c "'"$ADDRESS"'"; kill -TERM $box; wait $box'
	[[ $(sort -u <<<"$output" | grep -c '^10\.200\.[0-9]*\.[0-9]*$') == 2 ]] ||
		report "expected two addresses in 10.200.0.0/16" "make them of something that no two boxes share, such as the index of the host's interface"
}

# bats test_tags=steps
@test "--network veth: the pair goes with the box, also after SIGKILL" {
	OPTIONS=(--network veth)
	host_script 'interfaces() { '"$INTERFACES"'; }; none() { [[ ! $(interfaces) ]]; }
		box true && until_true none && echo gone; start sleep 1000; interfaces | wc -l; kill -KILL $box; wait $box; until_true none && echo gone'
	output_has $'gone\n1\n' "one interface on the host while the box runs"
	output_has $'1\n' "one interface on the host while the box runs"
	[[ $output == *gone ]] || report "expected that the interface goes" "one end must be in the box's network: both go with that"
}

@test "a --network that is not known is an error that names it" {
	OPTIONS=(--network none)
	box true
	status_is 0 "--network none is what box does by itself"
	OPTIONS=(--network nowhere)
	box true
	refused nowhere "say which, and what there is"
}

# bats test_tags=still
@test "still: box has no command but run" {
	box_exec ps
	refused ps "step 11 has no box ps"
}

# bats test_tags=still
@test "still: root in the box is root of the host's user 0" {
	box readlink /proc/self/ns/user
	[[ $output == "$(host readlink /proc/self/ns/user)" ]]
}
