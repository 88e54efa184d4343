#!/usr/bin/env python3
"""oci-image.py ROOTFS.tar NAME OUT.tar: an OCI image archive of one layer."""
import hashlib
import io
import json
import sys
import tarfile

layer = open(sys.argv[1], "rb").read()
blobs = []


def blob(data, kind):
    blobs.append(data)
    return {"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + hashlib.sha256(data).hexdigest(),
            "size": len(data)}


top = blob(layer, "layer.v1.tar")
config = blob(json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["sh"], "Env": ["PATH=/bin"]},
                          "rootfs": {"type": "layers", "diff_ids": [top["digest"]]}}).encode(), "config.v1+json")
manifest = blob(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                            "config": config, "layers": [top]}).encode(), "manifest.v1+json")
manifest["annotations"] = {"io.containerd.image.name": sys.argv[2]}
files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}',
         "index.json": json.dumps({"schemaVersion": 2, "manifests": [manifest]}).encode()}
files.update(("blobs/sha256/" + hashlib.sha256(data).hexdigest(), data) for data in blobs)
with tarfile.open(sys.argv[3], "w") as archive:
    for name, data in files.items():
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
