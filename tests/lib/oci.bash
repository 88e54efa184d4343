# What tests of box-oci share: a bundle in $DIR/bundle, its containers' state in $STATE.

# shellcheck disable=SC2034,SC2154 # variables of helper.bash

OCI=${OCI:-$REPO/final/box-oci}

# Engines clear the environment, which a build with sanitizers needs. Unlike box, box-oci has no leaks.
if [[ ${ASAN_OPTIONS:-} ]]; then
	mkdir -p "$BATS_RUN_TMPDIR/sanitized"
	printf '#!/bin/sh\nASAN_OPTIONS=%q UBSAN_OPTIONS=%q exec %q "$@"\n' "${ASAN_OPTIONS/detect_leaks=0/detect_leaks=1}" "${UBSAN_OPTIONS:-}" \
		"$REPO/final/box-oci" >"$BATS_RUN_TMPDIR/sanitized/box-oci"
	chmod +x "$BATS_RUN_TMPDIR/sanitized/box-oci"
	OCI=$BATS_RUN_TMPDIR/sanitized/box-oci
fi

setup_bundle() {
	STATE=$BATS_TEST_TMPDIR/oci BUNDLE=$DIR/bundle
	mkdir "$BUNDLE"
	mv "$ROOTFS" "$BUNDLE/rootfs"
	rm "$BUNDLE"/rootfs/dev/*
	"$OCI" spec -b "$BUNDLE"
	configure 'process["terminal"] = False' "[n for n in linux['namespaces'] if n['type'] == 'cgroup'] or linux['namespaces'].append({'type': 'cgroup'})"
}

# What an engine leaves of its cgroups' parents, unless another one uses them.
remove_parents() {
	local folder
	for folder in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
		rmdir "$folder/conmon" "$folder" 2>/dev/null || :
	done
}

# Changes config.json by statements of Python, which know c, process and linux.
configure() {
	python "$WITH_CONFIG"'
for statement in sys.argv[2:]:
    exec(statement)
'"$WRITE_CONFIG" "$BUNDLE/config.json" "$@"
}

# The command of the container's process.
command_is() { python "$WITH_CONFIG process['args'] = sys.argv[2:]; $WRITE_CONFIG" "$BUNDLE/config.json" "$@"; }

WITH_PYTHON=yes
WITH_CONFIG='c = json.load(open(sys.argv[1])); process, linux = c["process"], c["linux"];'
WRITE_CONFIG='json.dump(c, open(sys.argv[1], "w"))'

# A script on the test's host, where `oci COMMAND...` is box-oci, and $NAME is $OWN_CGROUP. See UNTIL_TRUE.
oci_script() {
	run_on_host env OCI="$OCI" STATE="$STATE" BUNDLE="$BUNDLE" DIR="$DIR" NAME="$OWN_CGROUP" bash -c "
		exec 2>&1
		cd \"\$BUNDLE\"
		oci() { \"\$OCI\" --root \"\$STATE\" \"\$@\"; }
		$UNTIL_TRUE
		is() { [[ \$(oci state \"\$1\") == *'\"status\": \"'\"\$2\"'\"'* ]]; }
		create() { oci create \"\$@\" >out </dev/null; }
		$1"
}

# A container that runs COMMAND in the foreground; sets $status, $output and $stderr.
oci_run() {
	(($# == 0)) || command_is "$@"
	run_on_host "$OCI" --root "$STATE" run -b "$BUNDLE" test
}

# config_fails TEXT: create and run refuse the bundle, by one line that has TEXT, and nothing is made.
config_fails() {
	run_on_host "$OCI" --root "$STATE" create -b "$BUNDLE" test
	status_is 1 "see value_bad"
	[[ $stderr == *"$1"* && $stderr != *$'\n'* ]] || report "expected one line with '$1'" "name the JSON path" || return
	[[ ! $(ls "$STATE" 2>/dev/null) ]] || report "something is left in $STATE" "read all of it first"
}
