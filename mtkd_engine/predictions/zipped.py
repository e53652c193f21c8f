"""Members of a zip archive, without trusting it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

BROKEN = (OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error, zipfile.BadZipFile)
LARGEST_DIRECTORY = 2**20
_END_MARK, _END_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 2**16
_LOCATOR_MARK, _LOCATOR_BYTES = b"PK\x06\x07", 20
_ZIP64_BYTES = _LOCATOR_BYTES + 56


def opened_zip(path: Path) -> zipfile.ZipFile:
    """This will open an archive whose directory is small; raises one of BROKEN."""
    if _directory_bytes(path) > LARGEST_DIRECTORY:
        raise ValueError("its directory is too large")
    return zipfile.ZipFile(path)


def member_names(path: Path) -> list[str] | None:
    """This will list the names in an archive; None where that cannot be done safely."""
    try:
        with opened_zip(path) as archive:
            return archive.namelist()
    except BROKEN:
        return None


def _directory_bytes(path: Path) -> int:
    """zipfile makes an object of every entry of the directory: its size is read first."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT - _ZIP64_BYTES))
        tail = file.read()
    place = tail.rfind(_END_MARK)
    if place < 0 or place + _END_BYTES > len(tail):
        raise zipfile.BadZipFile("it is cut short")
    if place >= _ZIP64_BYTES and tail[place - _LOCATOR_BYTES :].startswith(_LOCATOR_MARK):
        return int(struct.unpack_from("<Q", tail, place - _ZIP64_BYTES + 40)[0])
    return int(struct.unpack_from("<I", tail, place + 12)[0])
