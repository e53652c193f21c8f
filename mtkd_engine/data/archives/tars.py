"""Tar archives from outside, compressed or not, as entries in the order of the file."""

import bz2
import gzip
import lzma
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol, cast

from mtkd_engine.data.archives.members import Entry, refusal
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.progress import Progress

_XZ_MEMORY = 2**28  # `xz -9` needs a quarter of it
_STEP = 2**20
_LONGEST_HEADER = 2**16
_BLOCK = 512


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Xz:
    """lzma.LZMAFile with a bound on the memory that the file may ask for."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._unpack = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)

    def read(self, size: int, /) -> bytes:
        while not self._unpack.eof:
            packed = self._raw.read(_STEP) if self._unpack.needs_input else b""
            if self._unpack.needs_input and not packed:
                raise EOFError("it ends before its last block")
            if found := self._unpack.decompress(packed, size):
                return found
        return b""


_OPENERS: dict[tuple[str, ...], Callable[[IO[bytes]], _Readable]] = {
    (".tar.gz", ".tgz"): lambda raw: gzip.GzipFile(fileobj=raw),
    (".tar.xz", ".txz"): _Xz,
    (".tar.bz2", ".tbz2"): bz2.BZ2File,
    (".tar",): lambda raw: raw,
}
TAR_SUFFIXES = tuple(suffix for suffixes in _OPENERS for suffix in suffixes)
_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # headers on headers nest until Python gives up
    OverflowError,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
)


def tar_entries(path: Path, *, most_bytes: int, progress: Progress) -> Iterator[Entry]:
    """This will give the members while the archive is unpacked, once and forward; raises DataError.

    Each member must be read, or passed over, before the next one is asked for. `most_bytes` bounds all that
    is unpacked, headers included.
    """
    with path.open("rb") as raw:
        opener = next(opener for suffixes, opener in _OPENERS.items() if path.name.lower().endswith(suffixes))
        stream = _Forward(path, opener(raw), most_bytes=most_bytes)
        try:
            tar = tarfile.TarFile(fileobj=cast(IO[bytes], stream), mode="r", encoding="utf-8")
        except _BROKEN as error:
            raise _unreadable(path, error) from None
        while (member := _next(path, tar)) is not None:
            progress.say("archives", done=raw.tell(), of=path.stat().st_size)
            yield _entry(path, member, stream)
        _check_end(path, tar, stream)


def _next(path: Path, tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return tar.next()
    except DataError:
        raise
    except _BROKEN as error:
        raise _unreadable(path, error) from None


def _entry(path: Path, member: tarfile.TarInfo, stream: "_Forward") -> Entry:
    name = member.name
    if member.issym() or member.islnk():
        raise refusal(path, name, "is a link; files and folders are accepted")
    if member.isdev():
        raise refusal(path, name, "is a device or a pipe; files and folders are accepted")
    if member.issparse() or not (member.isreg() or member.isdir()) or member.size < 0:
        raise refusal(path, name, f"is of the kind {member.type!r}; plain files and folders are accepted")
    return Entry(
        name=name,
        is_folder=member.isdir(),
        size=member.size,
        read=lambda: _read(path, member, stream),
    )


def _read(path: Path, member: tarfile.TarInfo, stream: "_Forward") -> Iterator[bytes]:
    try:
        stream.seek(member.offset_data)
        left = member.size
        while left and (piece := stream.piece(min(left, _STEP))):
            left -= len(piece)
            yield piece
    except DataError:
        raise
    except _BROKEN as error:
        raise refusal(path, member.name, f"cannot be read ({error}); the archive may be cut short") from None


def _check_end(path: Path, tar: tarfile.TarFile, stream: "_Forward") -> None:
    """The library takes whatever is no header for the end; the end is a block of zeros, and the stream goes on to
    its own end, where its checksum stands."""
    if stream.tell() != tar.offset + _BLOCK or any(stream.last):
        raise DataError(f"{path.name} ends without the mark of its end; it may be cut short or damaged.")
    try:
        while stream.piece(_STEP):
            pass
    except DataError:
        raise
    except _BROKEN as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> DataError:
    if isinstance(error, DataError):
        return error
    return DataError(f"{path.name} is not a readable tar archive ({error}); it may be cut short.")


class _Forward:
    """What the tar library reads from: only forward, only so much, and never a header without a bound."""

    def __init__(self, path: Path, stream: _Readable, *, most_bytes: int) -> None:
        self._path = path
        self._stream = stream
        self._most = most_bytes
        self._position = 0
        self.last = b""

    def tell(self) -> int:
        return self._position

    def seek(self, position: int) -> None:
        if position < self._position:
            raise tarfile.ReadError("a header leads backwards")
        while self._position < position:
            if not self.piece(min(_STEP, position - self._position)):
                raise tarfile.ReadError("unexpected end of data")

    def read(self, size: int) -> bytes:
        """This will give the bytes of headers to the library."""
        if not 0 <= size <= _LONGEST_HEADER:
            raise DataError(
                f"{self._path.name}: a header of {size} bytes stands at byte {self._position}; up to "
                f"{_LONGEST_HEADER} are accepted."
            )
        parts = []
        while size and (part := self.piece(size)):
            parts.append(part)
            size -= len(part)
        self.last = b"".join(parts)
        # The library searches headers with a pattern that takes hours on long runs of digits.
        if re.search(rb"\d{300}", self.last):
            raise DataError(f"{self._path.name}: the header {shown(self.last[:20])} is not readable.")
        return self.last

    def piece(self, size: int) -> bytes:
        """This will read at most `size` bytes and count them."""
        found = self._stream.read(size)
        self._position += len(found)
        if self._position > self._most:
            raise DataError(
                f"{self._path.name} unpacks to more than {self._most} bytes, which is what is accepted."
            )
        return found
