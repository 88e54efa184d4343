"""Archives and images for the tests of final/, good and hostile ones, in the working folder."""

import gzip
import hashlib
import io
import json
import os
import tarfile


def entry(name, data="", **fields):
    """A file; a folder when NAME ends with "/"; what `type` says. xattrs={NAME: VALUE}."""
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
    info.mode = 0o755 if name.endswith("/") else 0o644
    info.pax_headers = {"SCHILY.xattr." + key: value for key, value in fields.pop("xattrs", {}).items()}
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data.encode()


def symlink(name, target):
    return entry(name, type=tarfile.SYMTYPE, linkname=target)


def hardlink(name, target):
    return entry(name, type=tarfile.LNKTYPE, linkname=target)


def tar(*entries):
    """The bytes of a tar archive. Names that are not UTF-8 are written as \\udcXX."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as archive:
        for info, data in entries:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def write(name, data):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "wb") as file:
        file.write(data)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def configuration(layers, config, architecture):
    return json.dumps({
        "architecture": architecture, "os": "linux", "created": "2024-05-06T07:08:09Z", "config": config,
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha256(layer) for layer in layers]},
    }).encode()


def gz(data):
    """The same bytes at any time: with the time in it, as is the default, a layer has another digest each second."""
    return gzip.compress(data, mtime=0)


def oci(folder, *layers, config={}, architecture="amd64", compress=gz, name=None, nest=False):
    """An OCI layout; several of them in one folder when it is called again."""

    def blob(data, kind, **more):
        digest = sha256(data)
        write(f"{folder}/blobs/sha256/{digest}", data)
        return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(data), **more}

    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob(configuration(layers, config, architecture), "config.v1+json"),
        "layers": [blob(compress(layer), "layer.v1.tar" + ("+gzip" if compress == gz else "")) for layer in layers],
    }).encode()
    found = blob(manifest, "manifest.v1+json", platform={"architecture": architecture, "os": "linux"})
    if nest:
        other = blob(b"{}", "manifest.v1+json", platform={"architecture": "unknown", "os": "unknown"})
        found = blob(json.dumps({"schemaVersion": 2, "manifests": [other, found]}).encode(), "index.v1+json")
    if name:
        found["annotations"] = {"org.opencontainers.image.ref.name": name}
    index = {"schemaVersion": 2, "manifests": []}
    if os.path.exists(f"{folder}/index.json"):
        with open(f"{folder}/index.json", encoding="utf-8") as file:
            index = json.load(file)
    index["manifests"].append(found)
    write(f"{folder}/index.json", json.dumps(index).encode())
    write(f"{folder}/oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


def item(folder, number=-1, **more):
    """An item of the index of a layout, with MORE; a field of None is left out."""
    with open(f"{folder}/index.json", encoding="utf-8") as file:
        found = json.load(file)["manifests"][number] | more
    return {key: value for key, value in found.items() if value is not None}


def named(name):
    """The annotations of an item with this name."""
    return {"org.opencontainers.image.ref.name": name}


def nested(folder, *items, **more):
    """An item that is an index of ITEMS."""
    data = json.dumps({"schemaVersion": 2, "manifests": items}).encode()
    write(f"{folder}/blobs/sha256/{sha256(data)}", data)
    return {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:" + sha256(data), "size": len(data), **more}


def index(folder, *items):
    """Writes the index of a layout."""
    write(f"{folder}/index.json", json.dumps({"schemaVersion": 2, "manifests": items}).encode())


def docker(name, *layers, config={}, old=True, compress=bytes, tag="foo:v1"):
    """What docker save writes: now, or before version 25 (old), where equal layers were symlinks."""
    text = configuration(layers, config, "amd64")
    path = f"{sha256(text)}.json" if old else f"blobs/sha256/{sha256(text)}"
    entries, files = [], []
    for number, layer in enumerate(layers):
        data = compress(layer)
        file = f"{number:064x}/layer.tar" if old else f"blobs/sha256/{sha256(data)}"
        if old and layer in layers[:number]:
            entries.append(symlink(file, f"../{layers.index(layer):064x}/layer.tar"))
        elif file not in files:
            entries.append(entry(file, data.decode("latin-1")))
        files.append(file)
    manifest = json.dumps([{"Config": path, "RepoTags": [tag], "Layers": files}])
    entries += [entry(path, text.decode()), entry("manifest.json", manifest)]
    # latin-1 brings any byte through a text
    write(name, tar(*((info, data.decode().encode("latin-1")) for info, data in entries)))
