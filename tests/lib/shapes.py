"""Layers that mean what lies in those below them, for box/layers.bats."""
import copy
import stat

from archive import *

BASE = [
    entry("tmp/", mode=0o1777, uid=3, gid=4, mtime=1e9, xattrs={"user.a": "b"}),
    entry("usr/", mode=0o711, mtime=1e9),
    entry("usr/lib/", mode=0o750, uid=5, mtime=1e9),
    entry("usr/lib/old", "old", mode=0o640, uid=7, mtime=1e9, xattrs={"user.c": "d"}),
    hardlink("usr/lib/twin", "usr/lib/old"),
    symlink("lib", "usr/lib"),
    symlink("abs", "/usr/lib"),
    symlink("one", "two"),
    symlink("two", "usr/../three"),
    symlink("three", "/usr/./lib"),
    symlink("out", "../../../usr/lib"),
    entry("file", "file", mtime=1e9),
    entry("d/", mode=0o700, uid=9, mtime=1e9),
    entry("d/x", "x", mtime=1e9),
    entry("d/e/", mode=0o700, uid=9, mtime=1e9),
    entry("d/e/y", "y", mtime=1e9),
]

SHAPES = {
    "a file alone in a folder": [BASE, [entry("tmp/f", "f")]],
    "parents three deep": [BASE, [entry("d/e/new", "1"), entry("n/e/w/f", "2")]],
    "a symlink to a folder": [BASE, [entry("lib/g", "g")]],
    "an absolute symlink": [BASE, [entry("abs/g", "g"), entry("abs/h/", mode=0o700), entry("abs/h/i", "i")]],
    "a chain of symlinks": [BASE, [entry("one/g", "g")]],
    "a symlink out of the root": [BASE, [entry("out/g", "g")]],
    "a symlink to nothing": [[symlink("s", "not/there")], [entry("s/f", "f")]],
    "a folder named in place of a symlink": [BASE, [entry("lib/"), entry("lib/g", "g")]],
    "a hard link to a lower layer's file": [BASE, [hardlink("h", "usr/lib/old"), hardlink("tmp/i", "lib/twin")]],
    "a hard link to a hard link": [BASE, [hardlink("h", "usr/lib/old")], [hardlink("i", "h")]],
    "a hard link, its target gone": [BASE, [hardlink("h", "usr/lib/old"), entry("usr/lib/.wh.old")]],
    "a folder becomes a file": [BASE, [entry("d", "now a file")]],
    "a folder in a folder becomes a file": [BASE, [entry("d/e", "now a file")]],
    "a file becomes a folder": [BASE, [entry("d/x/"), entry("d/x/z", "z")]],
    "a file of a symlinked folder is replaced": [BASE, [entry("lib/old", "new")]],
    "a symlink is replaced by a file": [BASE, [entry("lib", "file")]],
    "a file becomes a symlink": [BASE, [symlink("lib/old", "twin")]],
    "a folder becomes a symlink": [BASE, [symlink("d", "tmp")], [entry("d/f", "f")]],
    "whiteout": [BASE, [entry("d/.wh.x")]],
    "whiteout of a folder": [BASE, [entry("d/.wh.e")]],
    "whiteout of all of a folder": [BASE, [entry("d/.wh.e"), entry("d/.wh.x")]],
    "whiteout of nothing": [BASE, [entry("d/.wh.none"), entry("d/e/.wh.none")]],
    "whiteout through a symlink": [BASE, [entry("lib/.wh.old")]],
    "whiteout through a chain": [BASE, [entry("one/.wh.old")]],
    "whiteout of a symlink": [BASE, [entry(".wh.lib"), entry("usr/lib/g", "g")]],
    "whiteout, then new": [BASE, [entry("d/.wh.e"), entry("d/e/new", "new")]],
    "new, then whiteout": [BASE, [entry("d/e/new", "new"), entry("d/.wh.e")]],
    "whiteout, then a file in place of a folder": [BASE, [entry("d/.wh.e"), entry("d/e", "file")]],
    "opaque": [BASE, [entry("d/.wh..wh..opq"), entry("d/new", "new")]],
    "new, then opaque": [BASE, [entry("d/new", "new"), entry("d/e/z", "z"), entry("d/.wh..wh..opq")]],
    "opaque through a symlink": [BASE, [entry("lib/.wh..wh..opq"), entry("lib/new", "new")]],
    "three layers": [BASE, [entry("d/e/a", "a"), entry("lib/.wh.old")], [entry("d/e/b", "b"), entry("lib/old", "back")]],
    "over a layer by itself": [BASE, [entry("d/", mode=0o755, uid=1), entry("d/.wh.x")], [entry("d/b", "b")]],
    "a layer twice": [BASE, [entry("d/", mode=0o755, uid=1), entry("d/b", "1")], [entry("d/b", "2")],
                      [entry("d/", mode=0o755, uid=1), entry("d/b", "1")], [entry("d/c", "c")]],
    "its folders named later": [[entry("a/b", "b"), entry("a/", mode=0o700, uid=4)], [entry("a/c", "c")]],
    "all by itself": [BASE, [entry("d/", mode=0o755, uid=1), entry("d/.wh.e"), entry("d/e/"), entry("d/e/n", "n")]],
}


# These are images of their own; the others are in one, a folder each.
ALONE = ["a symlink out of the root", "a folder named in place of a symlink", "over a layer by itself", "a layer twice",
         "all by itself"]


def below(folder, entries):
    moved = []
    for info, data in entries:
        info = copy.copy(info)
        info.name = f"{folder}/{info.name}"
        if info.type == tarfile.LNKTYPE or info.linkname.startswith("/"):
            info.linkname = f"{'/' * info.linkname.startswith('/')}{folder}/{info.linkname.lstrip('/')}"
        moved.append((info, data))
    return moved


def make():
    """The images, in the folders "0", "1" and so on."""
    together = [[], [], []]
    for name, layers in SHAPES.items():
        folder = name.replace(" ", "-")
        if name not in ALONE:
            together[0].append(entry(folder + "/", mtime=1e9))
            for number, layer in enumerate(layers):
                together[number] += below(folder, layer)
    for number, layers in enumerate([together] + [SHAPES[name] for name in ALONE]):
        oci(str(number), *(tar(*layer) for layer in layers), compress=bytes, name="it")


def describe(top):
    """What is below TOP: type, mode, owner, links, old times, attributes, contents."""
    found = {}
    for folder, folders, files in os.walk(top):
        for path in (os.path.join(folder, name) for name in folders + files):
            st = os.lstat(path)
            line = [stat.filemode(st.st_mode), st.st_uid, st.st_gid, int(st.st_mtime) if st.st_mtime < 1.5e9 else "new"]
            if stat.S_ISLNK(st.st_mode):
                line[3:] = [os.readlink(path)]
            else:
                line += [(key, os.getxattr(path, key)) for key in sorted(os.listxattr(path)) if key.startswith("user.")]
            if stat.S_ISREG(st.st_mode):
                line.append(open(path, encoding="utf-8").read())
            found[os.path.relpath(path, top)] = line
    return found


def compare(mine, theirs):
    """Prints where two folders are not the same. umoci gives some folders that a whiteout is in a new time: not box."""
    mine, theirs = describe(mine), describe(theirs)
    for path in sorted(mine.keys() | theirs.keys()):
        one, other = mine.get(path), theirs.get(path)
        if one and other and other[3] == "new" and one[0][0] == "d":
            one[3] = "new"
        if one != other:
            print(f"{path}: expected {other}, got {one}")
