"""Zip archives from outside as entries."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mtkd_engine.data.archives.members import Entry, refusal
from mtkd_engine.data.errors import DataError

_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)
_STEP = 2**20
_UTF8 = 0x800
_ENCRYPTED = 0x1 | 0x40
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)  # others take memory without a bound


@contextmanager
def opened_zip(path: Path) -> Iterator[list[Entry]]:
    """This will list a zip; its members can be read inside the context. Raises DataError."""
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise DataError(f"{path.name} is not a readable .zip file ({error}); it may be cut short.") from None
    with archive:
        yield [_entry(path, archive, member) for member in archive.infolist()]


def _entry(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Entry:
    name = _name(path, member)
    if member.flag_bits & _ENCRYPTED:
        raise refusal(path, name, "is encrypted; archives without a password are accepted")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise refusal(path, name, "is a link; files and folders are accepted")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refusal(path, name, "is a device or a pipe; files and folders are accepted")
    if member.compress_type not in _METHODS:
        raise refusal(
            path,
            name,
            f"is compressed by method {member.compress_type}; stored, deflate and bzip2 are accepted",
        )
    return Entry(
        name=name,
        is_folder=name.endswith("/"),
        size=member.file_size,
        read=lambda: _read(path, archive, member, name=name),
    )


def _name(path: Path, member: zipfile.ZipInfo) -> str:
    name = member.orig_filename  # `filename` ends at a NUL
    if member.flag_bits & _UTF8 or name.isascii():
        return name
    try:  # macOS writes UTF-8 and does not say so
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        raise refusal(
            path, name, "has a name that is not readable text; names in UTF-8 are accepted"
        ) from None


def _read(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, name: str) -> Iterator[bytes]:
    try:
        with archive.open(member) as stream:
            while piece := stream.read(_STEP):
                yield piece
    except _BROKEN as error:
        raise refusal(path, name, f"cannot be read ({error}); the archive may be cut short") from None
