# final: what box-oci gives its processes, and where it reads that.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154 # scripts for the host; variables of helper.bash
load helper
load oci

setup() {
	setup_host
	setup_bundle
}

@test "of variables of one name the last one counts, and an empty HOME is the user's" {
	configure 'process["env"] = ["ONE=two", "ONEMORE=1", "HOME=/tmp", "ONE=", "PATH=/bin", "HOME="]'
	command_is env
	echo '{"args": ["env"], "cwd": "/", "env": ["HOME=", "PATH=/sbin", "TWO=", "TWO=2", "PATH=/bin"]}' >"$DIR/process.json"
	oci_script 'oci run one; create up; echo exec; oci exec -p "$DIR/process.json" up; oci exec -e HOME= -e ONE=three up env; oci delete -f up'
	output_is $'ONEMORE=1\nONE=\nPATH=/bin\nHOME=/root\nexec\nHOME=/root\nTWO=2\nPATH=/bin\nONEMORE=1\nONE=three\nPATH=/bin\nHOME=/root' \
		"see remove_repeated and set_home"
}
