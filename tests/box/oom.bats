# A limit of memory that is too low for a container to start is named.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load ../lib/helper
load ../lib/life
load ../lib/oci

@test "a limit of memory that lets nothing start is what the error names: run, create and start, box-oci" {
	host_script 'for size in 1 1k 16k; do "$BOX" run --rm -m $size "$ROOTFS" true; echo $?; done
		"$BOX" run -d --name c -m 1k "$ROOTFS" true; echo $?; "$BOX" start c; echo $?; "$BOX" rm c >/dev/null'
	[[ $(grep -c '^box: the memory limit of the container is too low: ' <<<"$output") == 5 && $(grep -cx 125 <<<"$output") == 5 ]] ||
		report "expected five errors that name the limit of memory" "see is_dead in container.c"
	setup_bundle
	configure 'linux["resources"] = {"memory": {"limit": 4096}}'
	oci_script 'oci run test'
	output_has 'box-oci: the memory limit of the container is too low: ' "see is_dead in container.c"
}
