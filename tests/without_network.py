"""Runs a Python program that dies at the first attempt to use the network.

    python tests/without_network.py CODE [ARGUMENT …]

Linux only. A filter of system calls ends the process when anything in it, C++ libraries included, asks the kernel for
an internet socket, which resolving a name and connecting both do. Works without special rights and cannot be undone.
"""

from __future__ import annotations

import ctypes
import platform
import socket
import struct
import sys

# Machine → AUDIT_ARCH and the number of the system call `socket`.
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16


def is_possible() -> bool:
    """Whether this system can be kept from the network in this way."""
    return sys.platform == "linux" and platform.machine() in _MACHINES


def forbid_network() -> None:
    """From here on, the process ends (SIGSYS) when it asks for an internet socket."""
    architecture, socket_call = _MACHINES[platform.machine()]
    program = [
        (_LOAD_WORD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 0, 6, architecture),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_EQUAL, 0, 4, socket_call),
        (_LOAD_WORD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_EQUAL, 1, 0, int(socket.AF_INET)),
        (_JUMP_IF_EQUAL, 0, 1, int(socket.AF_INET6)),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    filter_program = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for call in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(filter_program), 0, 0),
    ):
        if libc.prctl(*(ctypes.c_ulong(value) for value in call)):
            raise OSError(ctypes.get_errno(), "the filter of system calls was refused")


if __name__ == "__main__":
    forbid_network()
    code, sys.argv = sys.argv[1], ["-c", *sys.argv[2:]]
    exec(compile(code, "<without network>", "exec"))
