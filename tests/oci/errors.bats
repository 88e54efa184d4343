# box-oci: what is wrong in config.json is refused by one line that names the path, and nothing is made.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/oci

setup() {
	setup_host
	setup_bundle
}

@test "errors in config.json name the JSON path" {
	while IFS='|' read -r statement text; do
		cp "$BUNDLE/config.json" "$DIR/good"
		configure "$statement"
		config_fails "config.json: $text" || fail "for: $statement"
		cp "$DIR/good" "$BUNDLE/config.json"
	done <<-'EOF'
		del process["args"]|process.args: missing
		process["args"] = []|process.args: empty
		process["args"] = ["a", 1]|process.args[1]: not a string
		process["cwd"] = "tmp"|process.cwd: not an absolute path
		process["env"] = ["A"]|process.env[0]: not NAME=VALUE
		process["user"]["uid"] = "0"|process.user.uid: not a number
		process["user"]["additionalGids"] = [-1]|process.user.additionalGids[0]: not a group's number
		process["rlimits"][0]["type"] = "RLIMIT_X"|process.rlimits[0].type: unknown
		process["apparmorProfile"] = "x"|process.apparmorProfile: labels are not supported
		del c["root"]|root: missing
		del c["ociVersion"]|ociVersion: missing
		c["ociVersion"] = "2.0.0"|ociVersion: not a version 1
		c["mounts"][1]["destination"] = 5|mounts[1].destination: not a string
		c["mounts"][1]["options"] = ["bind", "idmap=uids=0-1-10"]|mounts[1].options[1]: not of the specification
		c["mounts"][1]["options"] = ["idmap"]|mounts[1]: ID mappings are of bind mounts alone
		c["mounts"][1] = {"destination": "/v", "source": "/", "options": ["rbind", "ridmap"]}|mounts[1]: no ID mappings, of its own or a user namespace
		c["mounts"][1] = {"destination": "/v", "source": "/", "options": ["bind"], "gidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}|mounts[1].uidMappings: missing
		c["hooks"] = {"poststop": [{"path": "x"}]}|hooks.poststop[0].path: not an absolute path
		linux["namespaces"].append({"type": "x"})|linux.namespaces[6].type: "x" is unknown
		linux["namespaces"].append({"type": "pid"})|linux.namespaces[6].type: is there twice
		linux["uidMappings"] = linux["gidMappings"] = [{"containerID": 0, "hostID": 1, "size": 1}]|linux.uidMappings: without a user namespace
		linux["cgroupsPath"] = "/a/../b"|linux.cgroupsPath: has "." or ".."
		linux["cgroupsPath"] = "a.slice:b:c"|linux.cgroupsPath: systemd's form needs --systemd-cgroup
		linux["cgroupsPath"] = "a.slice:b"|linux.cgroupsPath: not of systemd's form, NAME.slice:PREFIX:NAME
		linux["cgroupsPath"] = "a:b:c"|linux.cgroupsPath: not of systemd's form, NAME.slice:PREFIX:NAME
		linux["cgroupsPath"] = ":b:../c"|linux.cgroupsPath: not of systemd's form, NAME.slice:PREFIX:NAME
		linux["cgroupsPath"] = ":b:c.slice"|linux.cgroupsPath: a slice is not supported, only a scope in one
		linux["resources"]["devices"][0]["access"] = "x"|linux.resources.devices[0].access: other letters
		linux["resources"]["pids"] = {"limit": 1.5}|linux.resources.pids.limit: not a whole number
		linux["resources"]["rdma"] = {"a": {}}|linux.resources.rdma.a: neither hcaHandles nor hcaObjects
		linux["resources"]["network"] = {"priorities": [{"priority": 5}]}|linux.resources.network.priorities[0].name: missing
		linux["sysctl"] = {"kernel.panic": "1"}|linux.sysctl.kernel.panic: no namespace keeps it from the host
		linux["seccomp"] = {"defaultAction": "X"}|linux.seccomp.defaultAction: "X" is unknown
		linux["maskedPaths"] = ["proc"]|linux.maskedPaths[0]: not an absolute path
		linux["intelRdt"] = {}|linux.intelRdt: not supported
		linux["personality"] = {"domain": "BSD"}|linux.personality.domain: "BSD" is unknown
		linux["personality"] = {"domain": "LINUX", "flags": ["X"]}|linux.personality.flags: the specification has none
	EOF
}

@test "thousands of wrong config.json are refused by one line, or run" {
	# Not on the test's host, as that lasts for a minute; it starts nothing. Where all is slow, some of them.
	local step=${ASAN_OPTIONS:+11}
	kill -KILL "$HOST"
	HOST=
	((!THROWAWAY)) || step=97
	# On a read-only mount box-oci need not protect its own file, and starts in half the time.
	FUZZ_STEP=$step unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec python3 "$2" "$3" "$4"' - \
		"$REPO/final" "$REPO/tests/lib/variants.py" "$OCI" "$BUNDLE"
}
