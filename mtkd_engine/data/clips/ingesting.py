"""Every clip made into a stream once: kept in one file, so that a stopped call goes on where it was.

ingested.jsonl   one line a clip: what it is, and where its stream lies
ingested.bin     the streams one after another
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.below import frames_in
from mtkd_engine.data.clips.parts import FileParts
from mtkd_engine.data.clips.rows import UNKNOWN_RATE, FrameFolder, Given
from mtkd_engine.data.clips.seen import SeenClip
from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.video.ingest import FrameImages, Ingested, Refused, Source, ingest

LINES, STREAMS, LOCK = "ingested.jsonl", "ingested.bin", "ingested.lock"
_AT_ONCE = 1024
_BLOCK = 1 << 20
_PASSING = ("missing", "too_slow", "too_much_memory", "too_much_disk", "killed_its_process")
"""Refusals that another try may not end in, so that none is remembered."""
_PARTS = ".streams-"
_Kept = dict[str, tuple[SeenClip, int]]


class IngestedClips(ClipStore):
    """Streams in the file that ingesting left; what it is called may go, the streams stay as long as the store."""

    def __init__(self, path: Path, *, seen: Sequence[SeenClip], starts: Sequence[int]) -> None:
        self._seen = seen
        self._starts = starts
        self._streams = FileParts(path)

    def __len__(self) -> int:
        return len(self._seen)

    def stream(self, place: int) -> bytes:
        """This will read the stream of one clip; raises DataError for one that was refused."""
        seen, start = self._seen[place], self._starts[place]
        if seen.fault:
            raise DataError(f"clip {place} cannot be used: {seen.said}")
        return self._streams.read(start, start + seen.size)

    def frames(self, place: int) -> int:
        """This will give the number of frames of one clip."""
        return self._seen[place].frames

    def gops(self, place: int) -> tuple[int, ...]:
        """This will give the first frame of each group of pictures of one clip."""
        return self._seen[place].gops

    def grid(self, place: int) -> NDArray[np.int8]:
        """This will read the motion vectors out of the stream, (F, 32, 43, 2)."""
        from mtkd_engine.data.video.vectors import vector_grid  # loads FFmpeg, which few datasets need

        return vector_grid(self.stream(place))


def ingest_clips(
    given: Sequence[Given], *, folder: Path, progress: Progress
) -> tuple[dict[int, SeenClip], IngestedClips]:
    """This will make a stream of every clip, in confined processes, and say by place what each is or why it is none.

    In a `folder` that is kept, another call goes on where an earlier one was stopped: files that are as they were
    are not read again. One call at a time works there; another one waits.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        keys = [_key(clip) for clip in given]
        kept = _before(folder)
        todo = [place for place, key in enumerate(keys) if key not in kept]
        done = len(given) - len(todo)
        progress.say("clips", done=done, of=len(given))
        for start in range(0, len(todo), _AT_ONCE):
            part = todo[start : start + _AT_ONCE]
            for place, seen, at in _ingested([given[place] for place in part], folder=folder):
                kept[keys[part[place]]] = seen, at
                done += 1
                progress.say("clips", done=done, of=len(given))
        found = [kept[key] for key in keys]
        (folder / STREAMS).touch()
        store = IngestedClips(
            folder / STREAMS, seen=[seen for seen, _ in found], starts=[start for _, start in found]
        )
    return {place: seen for place, (seen, _) in enumerate(found)}, store


def _ingested(given: Sequence[Given], *, folder: Path) -> Iterator[tuple[int, SeenClip, int]]:
    """Number, what it is, and where its stream begins, each once it is kept."""
    keys = [_key(clip) for clip in given]
    with (
        tempfile.TemporaryDirectory(prefix=_PARTS, dir=folder) as place,
        (folder / STREAMS).open("ab") as streams,
        (folder / LINES).open("ab") as lines,
    ):
        target = Path(place)
        sources = [_source(clip, target / f"given-{number:06d}") for number, clip in enumerate(given)]
        for number, found in ingest(sources, to=target, say=lambda _done, _of: None):
            stream = target / f"{number:06d}.mp4"
            seen, start = _seen(found), streams.tell()
            if not seen.fault:
                seen = replace(seen, size=streams.write(stream.read_bytes()))
                streams.flush()
                stream.unlink()
            if seen.refusal not in _PASSING:
                lines.write(
                    json.dumps({**asdict(seen), "key": keys[number], "start": start}).encode() + b"\n"
                )
                lines.flush()
            yield number, seen, start


def _seen(found: Ingested | Refused) -> SeenClip:
    if isinstance(found, Refused):
        return SeenClip(fault="refused_clips", said=found.sentence.rstrip("."), refusal=found.code)
    return SeenClip(
        sha256=found.sha256,
        size=found.size,
        frames=found.frames,
        rate=found.rate,
        width=found.width,
        height=found.height,
        gops=tuple(found.gops),
        notes=tuple(found.notes),
    )


def _source(clip: Given, target: Path) -> Source:
    if isinstance(clip, FrameFolder):
        return FrameImages(frames_in(clip.path, count=clip.count), rate=UNKNOWN_RATE)
    if isinstance(clip, Path):
        return clip
    with clip.path.open("rb") as stream, target.open("wb") as part:
        stream.seek(clip.start)
        _copy(stream, part, clip.stop - clip.start)
    return target


def _copy(stream: BinaryIO, part: BinaryIO, count: int) -> None:
    while count > 0 and (block := stream.read(min(count, _BLOCK))):
        part.write(block)
        count -= len(block)


def _key(clip: Given) -> str:
    """What tells whether a clip is still the one that was read."""
    if isinstance(clip, Path):
        path, more = clip, ""
    elif isinstance(clip, FrameFolder):
        path, more = clip.path, f"{clip.count}"
    else:
        path, more = clip.path, f"{clip.start}-{clip.stop}"
    try:
        status = path.stat()
        mark = f"{status.st_size}\0{status.st_mtime_ns}"
    except OSError:
        mark = "gone"
    return hashlib.sha256(f"{path.absolute()}\0{more}\0{mark}".encode()).hexdigest()[:32]


def _before(folder: Path) -> _Kept:
    """What an earlier call left, up to a line or a stream that it did not finish, which are cut off."""
    for part in folder.glob(f"{_PARTS}*"):
        shutil.rmtree(part, ignore_errors=True)  # of a call that was killed
    kept: _Kept = {}
    if not (folder / LINES).is_file():
        (folder / STREAMS).unlink(missing_ok=True)
        return kept
    (folder / STREAMS).touch()
    whole, end = 0, 0
    with (folder / LINES).open("rb+") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            said = json.loads(line)
            key, start = said.pop("key"), said.pop("start")
            seen = SeenClip(**{**said, "gops": tuple(said["gops"]), "notes": tuple(said["notes"])})
            kept[key] = seen, start
            end = max(end, start + seen.size)
        lines.truncate(whole)
    if (folder / STREAMS).stat().st_size < end:  # somebody else's doing: begun anew
        (folder / LINES).unlink()
        return {}
    os.truncate(folder / STREAMS, end)
    return kept


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
