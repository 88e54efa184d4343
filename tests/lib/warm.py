"""warm.py FOLDER: runs Python for the tests of a file, each time in a child of this process, which has loaded what they
need: to start Python and to load it takes a tenth of a second. A line in FOLDER/python.in is a test's file; in it, each
with a NUL at its end, are the working folder, the code and its arguments. What the code prints comes in that file with
.out and .err at its end; a line in FOLDER/python.out is the exit status and the file. The first line says that it
is ready. It ends when its stdin does."""

import json
import os
import select
import signal
import sys
import traceback

import archive

fifos = [os.open(os.path.join(sys.argv[1], "python." + name), os.O_RDWR) for name in ("in", "out")]


def run(file):
    """In the child."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(file, "rb") as request:
        folder, code, *arguments = [os.fsdecode(word) for word in request.read().split(b"\0")[:-1]]
    for number, name in (1, file + ".out"), (2, file + ".err"):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(folder)
    sys.argv[:] = ["-c", *arguments]
    try:
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__", "json": json, "os": os, "sys": sys})
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


signal.signal(signal.SIGINT, signal.SIG_IGN)
os.write(fifos[1], b"ready\n")
requests = os.fdopen(fifos[0], "rb", 0)
while True:
    if 0 in select.select([0, requests], [], [])[0]:
        break
    name = requests.readline().rstrip(b"\n")
    child = os.fork()
    if not child:
        status = run(os.fsdecode(name))
        for stream in sys.stdout, sys.stderr:
            stream.flush()
        os._exit(status & 255)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(fifos[1], b"%d %s\n" % (status if status >= 0 else 128 - status, name))
