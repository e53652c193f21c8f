"""Plain files of somebody else's: opened without following a link or waiting for a device, and what they begin with."""

from __future__ import annotations

import errno
import os
import stat
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from mtkd_engine.data.video.errors import VideoError

_BLOCK = 1 << 20


def open_plain(path: Path, *, most: int) -> BinaryIO:
    """This will open a plain file of 1 to `most` bytes; raises VideoError for anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise VideoError("not_a_file", "is a link or a device; a plain file is accepted.") from None
        raise VideoError("missing", f"cannot be opened ({error.strerror}).") from None
    refusal = _refusal(os.fstat(handle), most=most)
    if refusal is not None:
        os.close(handle)
        raise refusal
    return os.fdopen(handle, "rb")


def _refusal(found: os.stat_result, *, most: int) -> VideoError | None:
    if not stat.S_ISREG(found.st_mode):
        kind = "folder" if stat.S_ISDIR(found.st_mode) else "device"
        return VideoError("not_a_file", f"is a {kind}; a plain file is accepted.")
    if not found.st_size:
        return VideoError("empty", "is empty.")
    if found.st_size > most:
        return VideoError("too_many_bytes", f"has {found.st_size:,} bytes; up to {most:,} are accepted.")
    return None


def hash_of(path: Path, *, most: int) -> tuple[str, int]:
    """This will give the sha256 and the size of a plain file; raises VideoError."""
    digest, size = sha256(), 0
    try:
        with open_plain(path, most=most) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise VideoError("missing", f"cannot be read ({error.strerror}).") from None
    return digest.hexdigest(), size
