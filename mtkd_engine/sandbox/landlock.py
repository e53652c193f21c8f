"""Landlock: the kernel refuses this process every file but those below the places named, whoever it runs as.

struct landlock_ruleset_attr {u64 handled_access_fs, handled_access_net, scoped};
struct landlock_path_beneath_attr {u64 allowed_access; s32 parent_fd} packed.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from mtkd_engine.sandbox.kernel import NUMBERS, libc

_VERSION = 1
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_MAKE_REG = 1 << 8
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_OF_FILES = _READ_FILE | _WRITE_FILE | _TRUNCATE
_READ = _READ_FILE | _READ_DIR
_OWN = _READ | _WRITE_FILE | _TRUNCATE | _MAKE_REG
"""Files are never removed or moved: one without a name takes room on the disk that nobody sees."""
_FIRST = (1 << 13) - 1
_CONNECT_AND_BIND = 3
_SIGNALS_AND_ABSTRACT_SOCKETS = 3


def version() -> int:
    """This will give the version of Landlock that the kernel knows, 0 where it knows none."""
    return max(0, int(libc().syscall(NUMBERS["landlock_create_ruleset"], None, 0, _VERSION)))


def confine(*, own: Path, readable: Iterable[Path], devices: Iterable[Path]) -> int:
    """This will leave the process one folder to write in, and files and folders to read.

    Returns the version that holds, 0 where none does. `PR_SET_NO_NEW_PRIVS` must be set.
    """
    known = version()
    if not known:
        return 0
    handled = _FIRST
    handled |= _REFER if known >= 2 else 0
    handled |= _TRUNCATE if known >= 3 else 0
    handled |= _IOCTL if known >= 5 else 0
    net = _CONNECT_AND_BIND if known >= 4 else 0
    scoped = _SIGNALS_AND_ABSTRACT_SOCKETS if known >= 6 else 0
    words = (handled, net, scoped)[: 3 if known >= 6 else 2 if known >= 4 else 1]
    attributes = struct.pack(f"={len(words)}Q", *words)
    kernel = libc()
    rules = kernel.syscall(NUMBERS["landlock_create_ruleset"], attributes, len(attributes), 0)
    if rules < 0:
        return 0
    try:
        _allow(rules, own, _OWN & handled)
        for place in readable:
            _allow(rules, place, _READ & handled)
        for place in devices:
            _allow(rules, place, (_READ_FILE | _WRITE_FILE) & handled)
        return known if kernel.syscall(NUMBERS["landlock_restrict_self"], rules, 0) == 0 else 0
    finally:
        os.close(rules)


def _allow(rules: int, place: Path, rights: int) -> None:
    """Places that are not there need no right."""
    try:
        fd = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(place):
            rights &= _OF_FILES
        beneath = struct.pack("=Qi", rights, fd)
        added = libc().syscall(NUMBERS["landlock_add_rule"], rules, _PATH_BENEATH, beneath, 0)
        if added != 0:
            raise OSError(ctypes.get_errno(), "landlock_add_rule", str(place))
    finally:
        os.close(fd)
