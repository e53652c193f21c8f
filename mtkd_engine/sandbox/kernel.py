"""What this process asks of the Linux kernel about itself, and cannot take back."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_CLONE_NEWIPC, _CLONE_NEWUSER, _CLONE_NEWNET = 0x0800_0000, 0x1000_0000, 0x4000_0000
_CAPABILITIES_VERSION = 0x2008_0522
NUMBERS = {"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446}
"""The same on every architecture."""


def libc() -> ctypes.CDLL:
    """This will give the C library, whose errors `ctypes.get_errno` tells."""
    return ctypes.CDLL(None, use_errno=True)


def is_linux() -> bool:
    """Whether there is anything to ask."""
    return sys.platform.startswith("linux")


def leave_network() -> str:
    """This will go into a network of its own, without a way out; returns how, "" where it is not let.

    Only a process with one thread may.
    """
    kernel = libc()
    if kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC) == 0:
        return "user and network namespace"
    return "network namespace" if kernel.unshare(_CLONE_NEWNET | _CLONE_NEWIPC) == 0 else ""


def drop_privileges() -> bool:
    """This will give up every capability, and the ways to get one back."""
    kernel = libc()
    kernel.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    dropped = kernel.capset(ctypes.byref(header), ctypes.byref(none)) == 0
    return bool(kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 and dropped)


def die_with(parent: int) -> None:
    """This will end the process with its parent, at once where that is gone; a change of rights undoes it."""
    libc().prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
