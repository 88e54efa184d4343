#!/usr/bin/env python3
"""variants.py BOX-OCI BUNDLE: every member of a config.json that has most of what there is is left out, and
replaced by values of other types. box-oci must refuse each variant by one line that names the member, or one
around it, or find it right: then --console-socket without a terminal, which it looks at next, is the error.
So nothing is ever started."""
import concurrent.futures
import copy
import itertools
import json
import os
import re
import select
import signal
import sys
import threading

oci, bundle = sys.argv[1:3]
config = json.load(open(bundle + "/config.json"))
process, linux = config["process"], config["linux"]
config["annotations"] = {"key": "value"}
config["unknown"] = process["unknown"] = linux["unknown"] = {"to": ["this", "version"]}  # to be ignored
config["domainname"] = "domain"
config["mounts"].append({"destination": "/v", "type": "bind", "source": "/tmp", "options": ["rbind", "rro", "rslave", "ridmap"],
                         "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 1000}],
                         "gidMappings": [{"containerID": 0, "hostID": 200000, "size": 1000}]})
config["hooks"] = {kind: [{"path": "/bin/true", "args": ["true"], "env": ["A=b"], "timeout": 3}]
                   for kind in ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]}
process.update(consoleSize={"height": 24, "width": 80}, oomScoreAdj=10,
               scheduler={"policy": "SCHED_BATCH", "nice": 5, "flags": ["SCHED_FLAG_RESET_ON_FORK"]},
               ioPriority={"class": "IOPRIO_CLASS_BE", "priority": 3}, apparmorProfile="", selinuxLabel="")
process["user"].update(umask=0o27, additionalGids=[5, 6])
process["capabilities"].update(inheritable=["CAP_KILL"], ambient=["CAP_KILL"])
linux["namespaces"] += [{"type": "user"}, {"type": "time"}]
linux["namespaces"][1]["path"] = "/proc/self/ns/net"
linux["uidMappings"] = [{"containerID": 0, "hostID": 100000, "size": 1000}]
linux["gidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 1000}]
linux["timeOffsets"] = {"monotonic": {"secs": 5, "nanosecs": 6}, "boottime": {"secs": 7}}
linux["devices"] = [{"path": "/dev/x", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "uid": 3, "gid": 4}]
linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
linux["rootfsPropagation"] = "rslave"
linux["cgroupsPath"] = "/box-fuzz"
linux["mountLabel"] = ""
linux["personality"] = {"domain": "LINUX32", "flags": []}
linux["resources"].update(
    memory={"limit": 1 << 26, "swap": 1 << 27, "reservation": 1 << 25, "swappiness": 10, "disableOOMKiller": False},
    cpu={"shares": 512, "quota": 10000, "period": 100000, "cpus": "0", "mems": "0", "idle": 0}, pids={"limit": 10},
    network={"classID": 5, "priorities": [{"name": "lo", "priority": 5}]}, rdma={"a": {"hcaHandles": 1, "hcaObjects": 2}},
    blockIO={"weight": 100, "weightDevice": [{"major": 8, "minor": 0, "weight": 100, "leafWeight": 100}],
             "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 1000}]},
    hugepageLimits=[{"pageSize": "2MB", "limit": 0}], unified={"pids.max": "5"})
linux["resources"]["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rw"})
linux["seccomp"] = {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
                    "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/none", "listenerMetadata": "x", "syscalls": [
                        {"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"},
                        {"names": ["read"], "action": "SCMP_ACT_ALLOW", "errnoRet": 1,
                         "args": [{"index": 0, "value": 1, "valueTwo": 2, "op": "SCMP_CMP_MASKED_EQ"}]}]}

OTHERS = [None, True, False, 0, -1, 1.5, 1e300, 2 ** 63, "", "x", "/", "\u001b[2J\n", "x" * 70000, [], [None], [[]],
          ["x", 5], {}, {"x": None}, {"": {}}]

# Where two members do not fit together, the other one is named.
OTHER_PLACES = {"process.rlimits[0].soft": "process.rlimits[0].hard",
                "linux.sysctl.net.ipv4.ip_forward": "linux.namespaces", "linux.uidMappings": "linux.namespaces",
                "linux.gidMappings": "linux.namespaces", "linux.timeOffsets": "linux.namespaces"}


def members(value, path):
    """All places in VALUE, as paths of keys and indexes."""
    if isinstance(value, dict):
        for key, member in value.items():
            here = path + [key]
            yield here
            yield from members(member, here)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            here = path + [index]
            yield here
            yield from members(item, here)


def text_of(path):
    return "".join("[%d]" % key if isinstance(key, int) else "." + key for key in path).lstrip(".")


def variants(path):
    """What is written in place of the member at PATH, and the whole config.json with it, one after the other."""
    place, key = config, path[-1]
    for name in path[:-1]:
        place = place[name]
    good = copy.copy(place)
    del place[key]
    yield "left out", json.dumps(config)
    for other in OTHERS:
        if path == ["process", "terminal"] and other is True:
            continue  # that one is right, and would be made
        place.clear()
        place.update(good) if isinstance(place, dict) else place.extend(good)
        place[key] = other
        yield json.dumps(other)[:40], json.dumps(config)
    place[key] = good[key]


def texts():
    for path in list(members(config, [])):
        for what, text in variants(path):
            yield text_of(path) + " " + what, path, text
    for whole in ["", "{", "[]", "null", '"x"', "{}", "[" * 100000, '{"ociVersion":' * 3000, "\x00", '{"a":1}x']:
        yield "the whole: " + whole[:20], [], whole


def run(text):
    """The exit status of box-oci, and what it writes. This module starts a process with less work than subprocess."""
    folder = "%s/%d" % (bundle, threading.get_ident())
    os.makedirs(folder, exist_ok=True)
    with open(folder + "/config.json", "w") as file:
        file.write(text)
    with open(folder + "/told", "w+b") as told:
        pid = os.posix_spawn(oci, ["box-oci", "--root", bundle + "/state", "create", "--console-socket", bundle + "/none", "-b", folder, "fuzz"],
                             os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                                                       (os.POSIX_SPAWN_DUP2, told.fileno(), 1), (os.POSIX_SPAWN_DUP2, told.fileno(), 2)])
        ended, end = os.pidfd_open(pid), select.poll()
        end.register(ended)
        if not end.poll(20000):
            os.kill(pid, signal.SIGKILL)
        os.close(ended)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        told.seek(0)
        return status, told.read().decode()


def problem(status, error, path):
    """What is wrong with the answer; None: nothing. Errors name the member, one around it, or, as where two do
    not fit together, another one: then at least some path."""
    lines = [line for line in error.split("\n") if line and not re.search("unknown or not available here|taken from the root$", line)]
    if status != 1:
        return "exit status %d" % status
    if len(lines) != 1:
        return "%d lines" % len(lines)
    if "--console-socket" in lines[0]:
        return None
    if not path:
        return None if lines[0].startswith("box-oci: config.json: ") else "no name"
    match = re.match(r"box-oci: config\.json: ([^ ]*):? ", lines[0])
    named, here = match.group(1).rstrip(":") if match else "", text_of(path)
    if named and (here.startswith(named) or named.startswith(here)):
        return None
    return None if named in OTHER_PLACES and here.startswith(OTHER_PLACES[named]) else "the path is " + named


counts = {"refused": 0, "right": 0}
bad = []
step = int(os.environ.get("FUZZ_STEP") or "1")
pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())


def look(one):
    name, path, text = one
    status, error = run(text)
    return name, problem(status, error, path), error


for name, what, error in pool.map(look, itertools.islice(texts(), 0, None, step)):
    if what:
        bad.append("%s: %s: %s" % (name, what, error[:600]))
    counts["right" if "--console-socket" in error else "refused"] += 1
print("%d variants: %d refused, %d right, %d bad" % (sum(counts.values()), counts["refused"], counts["right"], len(bad)))
print("\n".join(bad[:20]))
left = os.path.exists(bundle + "/state") and [name for name in os.listdir(bundle + "/state") if name != ".seccomp"]
if left:
    print("left: %s" % left)
sys.exit(1 if bad or left else 0)
