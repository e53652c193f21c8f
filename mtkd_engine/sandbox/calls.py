"""A filter of system calls (seccomp): no sockets, nothing done to other processes or to files that are not its own,
no way to memory or disk that no limit counts.

Instructions are struct sock_filter {u16 code; u8 jt, jf; u32 k}; what is asked is struct seccomp_data
{int nr; u32 arch; u64 instruction_pointer; u64 args[6]}.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from mtkd_engine.sandbox.kernel import libc
from mtkd_engine.sandbox.numbers import (
    ABSENT,
    ARCHITECTURES,
    CLONE_THREAD,
    EVERYWHERE,
    FIRST_UNKNOWN,
    Architecture,
    Argument,
)

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _KILL, _ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_X32 = 0x4000_0000


def deny_calls() -> bool:
    """This will make the kernel refuse those calls from now on; False where it cannot be asked to.

    `PR_SET_NO_NEW_PRIVS` must be set. Threads may be started: they are bound by the same filter.
    """
    here = ARCHITECTURES.get(platform.machine())
    if here is None:
        return False
    program = _program(here)
    code = ctypes.create_string_buffer(program, len(program))
    # struct sock_fprog {unsigned short len; struct sock_filter *filter}
    given = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    return bool(libc().prctl(_PR_SET_SECCOMP, _FILTER, given, 0, 0) == 0)


def _program(here: Architecture) -> bytes:
    refuse, absent = _one(_RETURN, _ERRNO | errno.EPERM), _one(_RETURN, _ERRNO | errno.ENOSYS)
    steps = [
        _one(_LOAD, _ARCHITECTURE),
        _one(_JUMP_EQUAL, here.audit, yes=1),
        _one(_RETURN, _KILL),
        _one(_LOAD, _NUMBER),
        _one(_JUMP_AT_LEAST, _X32, no=1),  # another set of numbers for the same calls
        _one(_RETURN, _KILL),
        *(_one(_JUMP_AT_LEAST, FIRST_UNKNOWN, no=1), absent),
    ]
    for number in ABSENT:
        steps += [_one(_JUMP_EQUAL, number, no=1), absent]
    for number in (*EVERYWHERE, *here.denied):
        steps += [_one(_JUMP_EQUAL, number, no=1), refuse]
    for argument in here.arguments:
        steps += _unless(argument)
    steps += _only(here.clone, 0, _JUMP_SET, CLONE_THREAD)
    steps += _only(here.tgkill, 0, _JUMP_EQUAL, os.getpid())
    steps += _only(here.prlimit, 0, _JUMP_EQUAL, 0)
    return b"".join([*steps, _one(_RETURN, _ALLOW)])


def _unless(argument: Argument) -> list[bytes]:
    """Refuses a call with one of those values of its argument, and allows it with any other."""
    tests = [(_JUMP_EQUAL, value) for value in argument.values]
    tests += [(_JUMP_SET, argument.bits)] if argument.bits else []
    inner = [_load(argument.place)]
    for jump, value in tests:
        inner += [_one(jump, value, no=1), _one(_RETURN, _ERRNO | errno.EPERM)]
    inner.append(_one(_RETURN, _ALLOW))
    return [_one(_JUMP_EQUAL, argument.number, no=len(inner)), *inner]


def _only(number: int, place: int, jump: int, value: int) -> list[bytes]:
    """Allows a call where its argument passes the test, and refuses it otherwise."""
    refuse, allow = _one(_RETURN, _ERRNO | errno.EPERM), _one(_RETURN, _ALLOW)
    return [_one(_JUMP_EQUAL, number, no=4), _load(place), _one(jump, value, yes=1), refuse, allow]


def _load(place: int) -> bytes:
    """The lower 32 bits of an argument, which are the first where numbers are little-endian."""
    return _one(_LOAD, _ARGUMENTS + 8 * place)


def _one(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)
