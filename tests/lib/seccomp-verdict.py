#!/usr/bin/env python3
"""seccomp-verdict.py ARCH NUMBER [ARGUMENT]...: what a seccomp filter on standard input says of a system call.

It runs the filter as the kernel would (seccomp(2), and "BPF" in Linux' networking/filter.rst), so that calls can be
asked about that this machine cannot make. Prints "allow", "errno N", or the action in hexadecimal. All in C's notation.
"""
import struct
import sys

ARCHES = {"i386": 0x40000003, "x86_64": 0xC000003E, "arm": 0x40000028}
ALLOW, ERRNO = 0x7FFF, 0x0005
JUMPS = {0x15: lambda a, k: a == k, 0x25: lambda a, k: a > k, 0x35: lambda a, k: a >= k, 0x45: lambda a, k: a & k}


def verdict(program, data):
    at = accumulator = 0
    while True:
        code, yes, no, k = program[at]
        at += 1
        if code == 0x06:  # return k
            return k
        if code == 0x20:  # load a word of the call
            (accumulator,) = struct.unpack_from("=I", data, k)
        elif code == 0x54:  # and
            accumulator &= k
        elif code == 0x05:  # jump
            at += k
        elif code in JUMPS:
            at += yes if JUMPS[code](accumulator, k) else no
        else:
            sys.exit(f"an instruction that is not known: {code:#x}")


arguments = [int(word, 0) for word in sys.argv[2:]]
call = struct.pack("=iIQ6Q", arguments[0], ARCHES[sys.argv[1]], 0, *(arguments[1:] + [0] * 6)[:6])
result = verdict(list(struct.iter_unpack("=HBBI", sys.stdin.buffer.read())), call)
print("allow" if result >> 16 == ALLOW else f"errno {result & 0xFFFF}" if result >> 16 == ERRNO else f"{result:#x}")
