"""The boxes of an MP4 or QuickTime file, read before any library does: what is missing, looping, locked or elsewhere.

A box is a length of 4 bytes, which counts itself, a name of 4, and what it holds; a length of 1 stands for 8 bytes
more that tell it, and 0 for "to the end of the file".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import MOST_EDITS, Bounds

_LARGEST_HEADER = 256 << 20
_MOST_BOXES = 10_000
_DEEPEST = 8
_FOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts")
_LOCKED = (b"encv", b"drmi")
_REPEATS = 2
"""How often an edit list may show its media before it counts as looping."""


@dataclass(frozen=True)
class Boxes:
    """What the outermost boxes tell; `is_cut` says that one with pictures ends after the file does."""

    is_cut: bool


@dataclass(frozen=True)
class _Box:
    name: bytes
    start: int
    """Of what it holds."""
    end: int


def look_at_boxes(file: BinaryIO, *, bounds: Bounds) -> Boxes:
    """This will read the header of such a file; raises VideoError for what it refuses by name."""
    size = file.seek(0, 2)
    has_header, is_cut = False, False
    for box in _boxes(file, 0, size):
        is_cut |= box.end > size and box.name in (b"mdat", b"moof")
        if box.name == b"moov" and box.end <= size:
            has_header = True
            _look_into(file, box, bounds=bounds)
    if not has_header:
        raise VideoError(
            "cut_before_header",
            "ends before its header (moov), which says where its pictures are; a whole file is accepted.",
        )
    return Boxes(is_cut)


def _look_into(file: BinaryIO, header: _Box, *, bounds: Bounds) -> None:
    if header.end - header.start > _LARGEST_HEADER:
        raise VideoError("damaged_header", f"has a header of more than {_LARGEST_HEADER:,} bytes.")
    movie_scale = 0
    for box in _inside(file, header):
        if box.name == b"rmra":
            raise _elsewhere()
        if box.name == b"mvhd":
            movie_scale = _scale(file, box)
        elif box.name == b"trak":
            _look_at_track(file, box, movie_scale=movie_scale, bounds=bounds)


def _look_at_track(file: BinaryIO, track: _Box, *, movie_scale: int, bounds: Bounds) -> None:
    scale, edits, is_video = 0, list[tuple[int, int]](), False
    for box in _all_inside(file, track):
        if box.name == b"mdhd":
            scale = _scale(file, box)
        elif box.name == b"hdlr":
            is_video |= _bytes(file, box, 12)[8:] == b"vide"
        elif box.name == b"elst":
            edits = _edits(file, box)
        elif box.name == b"dref":
            _look_at_references(file, box)
        elif box.name == b"stsd":
            _look_at_codec(file, box)
        elif box.name == b"stsz" and is_video:
            count = int.from_bytes(_bytes(file, box, 12)[8:], "big")
            if count > bounds.frames:
                raise too_many_frames(count, bounds=bounds)
    if is_video and scale and movie_scale:
        _look_at_edits([(start, length * scale / movie_scale) for length, start in edits])


def too_many_frames(count: int, *, bounds: Bounds) -> VideoError:
    """This will give the refusal of a video of so many frames or more."""
    said = f"has {count:,} frames or more; up to {bounds.frames:,} are accepted."
    return VideoError("too_many_frames", said)


def _look_at_edits(shown: list[tuple[int, float]]) -> None:
    """`shown` are starts and lengths in the media's own units; a start of -1 is a pause."""
    parts = [(start, length) for start, length in shown if start >= 0]
    if len(shown) > MOST_EDITS:
        said = f"has an edit list of {len(shown):,} parts; up to {MOST_EDITS} are accepted."
        raise VideoError("looping_edits", said)
    if len(parts) < 2:
        return
    extent = max(start + length for start, length in parts) - min(start for start, _ in parts)
    if sum(length for _, length in parts) > _REPEATS * extent:
        said = "has an edit list that shows the same pictures again and again; each once is accepted."
        raise VideoError("looping_edits", said)


def _look_at_references(file: BinaryIO, box: _Box) -> None:
    """Where its media lie: an entry that is not marked as this very file, and says which, is refused."""
    for entry in _boxes(file, box.start + 8, box.end):
        flags = int.from_bytes(_bytes(file, entry, 4), "big") & 0xFF_FFFF
        if not flags & 1 and entry.end - entry.start > 5:
            raise _elsewhere()


def _look_at_codec(file: BinaryIO, box: _Box) -> None:
    for entry in _boxes(file, box.start + 8, box.end):
        if entry.name in _LOCKED:
            raise VideoError("encrypted", "is encrypted; open pictures are accepted.")


def _elsewhere() -> VideoError:
    return VideoError(
        "refers_elsewhere",
        "keeps its pictures in another file or at an address; a video that holds its own pictures is accepted.",
    )


def _edits(file: BinaryIO, box: _Box) -> list[tuple[int, int]]:
    """Length in the movie's units and start in the media's, as far as the list says; one beyond the most is enough."""
    form, count = struct.unpack(">II", _bytes(file, box, 8))
    kind = ">Qqi" if form >> 24 == 1 else ">Iii"
    width = struct.calcsize(kind)
    content = _bytes(file, box, 8 + width * min(count, MOST_EDITS + 1))[8:]
    return [(length, start) for length, start, _ in struct.iter_unpack(kind, content)]


def _scale(file: BinaryIO, box: _Box) -> int:
    """Units a second, of mvhd and mdhd."""
    content = _bytes(file, box, 24)
    place = 20 if content[0] == 1 else 12
    return int.from_bytes(content[place : place + 4], "big")


def _bytes(file: BinaryIO, box: _Box, count: int) -> bytes:
    file.seek(box.start)
    content = file.read(min(count, box.end - box.start))
    if len(content) < count:
        name = box.name.decode("ascii", "replace")
        raise VideoError("damaged_header", f"has a damaged header ({name} is too short).")
    return content


def _inside(file: BinaryIO, box: _Box) -> Iterator[_Box]:
    for inner in _boxes(file, box.start, box.end):
        yield _Box(inner.name, inner.start, min(inner.end, box.end))


def _all_inside(file: BinaryIO, box: _Box, *, depth: int = 0) -> Iterator[_Box]:
    for inner in _inside(file, box):
        yield inner
        if inner.name in _FOLDERS and depth < _DEEPEST:
            yield from _all_inside(file, inner, depth=depth + 1)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    """One after the other; the last may end after `end`."""
    for _ in range(_MOST_BOXES):
        if end - start < 8:
            return
        file.seek(start)
        length, name = struct.unpack(">I4s", file.read(8).ljust(8, b"\0"))
        held = start + 8
        if length == 1:
            length, held = int.from_bytes(file.read(8), "big"), held + 8
        elif length == 0:
            length = end - start
        if length < held - start:
            return
        yield _Box(name, held, start + length)
        start += length
