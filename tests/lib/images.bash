# For the tests of images. Those are written by archive.py, and one set by the tools people use.
# shellcheck disable=SC2034,SC2154 # variables of helper.bash, and of the tests

# py CODE...: Python in $DIR, with the functions of archive.py.
py() {
	local folder=$PWD status=0
	cd "$DIR" || return
	python "from archive import *"$'\n'"$*" || status=$?
	cd "$folder" || return
	return $status
}

WITH_PYTHON=yes

# import FILE [NAME]: box import; sets $id, and $layer, the folder of a root filesystem's only layer.
import() {
	box_exec import "$@"
	status_is 0 "box import has to work" || return
	id=$output layer=$BOX_DATA/layers/${output:0:32}-root
}

# imports CODE: the archive of these entries is imported.
imports() { py "write('a.tar', tar($1))" && import a.tar; }

# layers NAME: the folders of an image's layers, the topmost first.
layers() {
	python '
for name in json.load(open(sys.argv[1]))["layers"]: print(name)' "$BOX_DATA/images/$1.json" | sed "s|^|$BOX_DATA/layers/|"
}

# in_image ARG...: what a container of an image gives.
in_image() { box_exec run --rm "$@"; }
