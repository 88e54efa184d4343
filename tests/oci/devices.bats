# Which devices a container of box-oci can open, whatever nodes it makes: the cgroup's device controller decides.
#
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

# A block device on a file of the test's own, which begins with the secret S. The kernel takes it away when the
# descriptor is closed, however the test ends.
setup() {
	setup_host
	setup_bundle
	echo S >"$DIR/disk" && truncate -s 1M "$DIR/disk"
	local disk
	disk=$(losetup -f --show "$DIR/disk")
	exec {DISK}<"$disk"
	losetup -d "$disk"
	MINOR=$((0x$(stat -c %T "$disk")))
	configure 'process["capabilities"] = {k: ["CAP_MKNOD"] for k in ["bounding", "effective", "permitted"]}' 'c["root"]["readonly"] = False'
}

LOOK='[ -e /mine ] || mknod /mine b 7 $0; head -c 1 /mine 2>/dev/null; head -c 2 /dev/zero | wc -c; echo >/dev/null'

# opens TEXT HINT: the container reads TEXT from the device that it made a node of; what every container has works.
opens() {
	oci_run sh -c "$LOOK" "$MINOR"
	output_is "${1}2" "$2"
}

# rules_are RULE...: those of config.json, each "allow|deny TYPE MAJOR MINOR ACCESS", with - for what is not said.
rules_are() {
	configure 'linux["resources"] = {"devices": []}'
	local rule
	for rule; do
		# shellcheck disable=SC2086 # its words
		configure "r = '$rule'.split(); linux['resources']['devices'].append({'allow': r[0] == 'allow', 'type': r[1], 'access': r[4], **{k: int(v) for k, v in zip(['major', 'minor'], r[2:4]) if v != '-'}})"
	done
}

@test "without a rule, a container opens no device but those that every container has" {
	configure 'del linux["resources"]'
	opens "" "without linux.resources: see read_cgroup and read_rules"
	configure 'linux["resources"] = {"pids": {"limit": 50}}'
	opens "" "without linux.resources.devices: see read_rules"
	configure 'linux["resources"]["devices"] = []'
	opens "" "an empty list: see read_rules"
}

@test "rules that only allow leave all else denied" {
	rules_are "allow c 10 200 rwm"
	opens "" "a cgroup of v1 begins with the rules above it: see read_rules"
	rules_are "allow b 7 $MINOR r"
	opens S "what is allowed is: see devices_control"
	rules_are "allow a - - r"
	opens S "see is_all in device-rules.c"
	oci_run sh -c "[ -e /mine ] || mknod /mine b 7 $MINOR; echo X >/mine"
	[[ $stderr == *"Operation not permitted"* && $(head -c 1 "$DIR/disk") == S ]] ||
		report "expected that the device cannot be written" "v1's \"a\" has no kind of access: see is_all in device-rules.c"
}

@test "exec and update open no device that the container cannot open" {
	configure 'del linux["resources"]'
	command_is sleep 1000
	echo '{"devices": [{"allow": true, "access": "rwm"}], "pids": {"limit": 44}}' >"$BUNDLE/limits"
	oci_script "look() { oci exec test sh -c '$LOOK' $MINOR; }"'
		create test; oci start test; look; oci update -r limits test; look; oci update --pids-limit 33 test; look; oci delete -f test'
	output_is $'2\n2\n2' "see oci_command_update"
}

@test "a rule takes a part of what another one allows away, or is refused" {
	local rules=("deny a - - rwm" "allow b 7 - rwm" "deny b 7 $MINOR rwm")
	rules_are "${rules[@]}"
	if oci_run sh -c "$LOOK" "$MINOR" && [[ $output ]]; then
		output_is 2 "see attach_program"
	else
		[[ $stderr == *"linux.resources.devices[1]: cgroup v1 cannot make an exception to it"* ]] ||
			report "expected that the rule is refused" "v1 leaves all allowed, and says nothing: see check_exception"
	fi
	rules_are "${rules[1]}" "deny b 7 - rwm"
	opens "" "see devices_control"
	rules_are "allow a - - rwm" "deny b 7 $MINOR rwm"
	opens "" "see devices_control"
}
