#!/usr/bin/env python3
"""seccomp-agent.py SOCKET: answers what the filters of containers ask. Prints what it is told of each process. Of
every three mkdir of a process the first is said to have been done, the second fails (ENOTEMPTY), and the third, as
all other calls, is done."""
import array
import errno
import fcntl
import json
import os
import select
import socket
import struct
import sys
import threading

NOTIF_RECV, NOTIF_SEND = 0xc0502100, 0xc0182101  # seccomp(2): SECCOMP_IOCTL_NOTIF_*
CONTINUE = 1
MKDIR = {"x86_64": [83, 258]}.get(os.uname().machine, [34])  # mkdir, mkdirat


def serve(listener):
    answers = [(0, 0), (-errno.ENOTEMPTY, 0), (0, CONTINUE)]
    poller = select.poll()
    poller.register(listener, select.POLLIN)
    while not poller.poll()[0][1] & select.POLLHUP:  # the last process with the filter has ended
        request = bytearray(80)
        try:
            fcntl.ioctl(listener, NOTIF_RECV, request)
            identity, _, _, number = struct.unpack_from("QIIi", request)
            error, flags = answers[0] if number in MKDIR else (0, CONTINUE)
            if number in MKDIR:
                answers.append(answers.pop(0))
            fcntl.ioctl(listener, NOTIF_SEND, struct.pack("QqiI", identity, 0, error, flags))
        except FileNotFoundError:  # who asked was killed
            pass


server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen(10)
while True:
    peer, _ = server.accept()
    data, ancillary, _, _ = peer.recvmsg(1 << 20, socket.CMSG_SPACE(4))
    end = peer.recv(1)  # one state for each connection
    listener = array.array("i", ancillary[0][2])[0]
    told = json.loads(data)
    state, alive = told["state"], os.path.exists("/proc/%d" % told["pid"])
    print(told["ociVersion"], told["fds"], told["metadata"], state["id"], state["status"], state["pid"] == told["pid"], alive, end, flush=True)
    threading.Thread(target=serve, args=[listener], daemon=True).start()
