"""Every image read to its end once: what it is, or what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import TooLargeError, TruncatedError, examine
from mtkd_engine.data.images.rows import HandedImages
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.check.seen import Seen
from mtkd_engine.data.progress import Progress

_THREADS = min(4, os.cpu_count() or 1)
_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class SeenImage(Seen):
    """What an image file is."""

    kind: str = ""
    is_converted: bool = False
    is_rotated: bool = False
    is_animated: bool = False


def look_at_all(handed: HandedImages, *, work: Path | None, progress: Progress) -> dict[int, SeenImage]:
    """This will decode the image of every row and say what it is, by place.

    In a `work` folder that is kept, another call goes on where an earlier one was stopped.
    """
    kept = None if work is None else work / f"seen-{_mark(handed)}.jsonl"
    seen = [] if kept is None else list(_before(kept))
    places = [row.place for row in handed.rows]
    one = partial(_look, handed.store)
    with ThreadPoolExecutor(_THREADS) as threads:
        for start in range(len(seen), len(places), _AT_ONCE):
            progress.say("images", done=start, of=len(places))
            fresh = list(threads.map(one, places[start : start + _AT_ONCE]))
            seen += fresh
            if kept is not None:
                _write(kept, fresh)
    progress.say("images", done=len(places), of=len(places))
    return dict(zip(places, seen, strict=True))


def _look(store: ImageStore, place: int) -> SeenImage:
    try:
        content = store.encoded(place)
    except DataError as error:
        return SeenImage(fault="undecodable_images", said=str(error))
    digest = hashlib.sha256(content).hexdigest()
    try:
        look = examine(content)
    except TooLargeError as error:
        return SeenImage(digest, len(content), fault="too_large_images", said=str(error))
    except TruncatedError as error:
        return SeenImage(digest, len(content), fault="truncated_images", said=str(error))
    except DataError as error:
        return SeenImage(digest, len(content), fault="undecodable_images", said=str(error))
    return SeenImage(
        sha256=digest,
        size=len(content),
        width=look.width,
        height=look.height,
        kind=look.kind,
        is_converted=look.is_converted,
        is_rotated=look.is_rotated,
        is_animated=look.is_animated,
    )


def _mark(handed: HandedImages) -> str:
    """What tells whether the files are still those that were looked at."""
    mark = hashlib.sha256(str(len(handed.rows)).encode())
    for path in handed.files:
        status = path.stat()
        mark.update(f"{path.name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return mark.hexdigest()[:32]


def _before(kept: Path) -> Iterator[SeenImage]:
    """What an earlier call wrote, up to a line that it did not finish, which is cut off."""
    if not kept.is_file():
        return
    whole = 0
    with kept.open("rb+") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield SeenImage(**json.loads(line))
        stream.truncate(whole)


def _write(kept: Path, fresh: list[SeenImage]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("ab") as stream:
        stream.writelines(json.dumps(asdict(seen)).encode() + b"\n" for seen in fresh)
