"""Every image read to its end once: what it is, or what is wrong with it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.decode import TooLargeError, TruncatedError, examine
from mtkd_engine.data.images.rows import HandedImages
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.check.seen import Seen
from mtkd_engine.data.labelled.rows import Handed
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


SeenT = TypeVar("SeenT", bound=SeenImage)


def look_at_images(handed: HandedImages, *, work: Path | None, progress: Progress) -> dict[int, SeenImage]:
    """This will decode the image of every row and say what it is, by place; see `look_at_all`."""
    return look_at_all(handed, partial(look, handed.store), SeenImage, work=work, progress=progress)


def look_at_all(
    handed: Handed, one: Callable[[int], SeenT], of: type[SeenT], *, work: Path | None, progress: Progress
) -> dict[int, SeenT]:
    """This will look at the place of every row by `one`, and give what was seen by place.

    In a `work` folder that is kept, another call goes on where an earlier one was stopped; `of` is a dataclass that
    can be written as JSON.
    """
    kept = None if work is None else work / f"seen-{_mark(handed)}.jsonl"
    seen = [] if kept is None else list(_before(kept, of))
    places = [row.place for row in handed.rows]
    with ThreadPoolExecutor(_THREADS) as threads:
        for start in range(len(seen), len(places), _AT_ONCE):
            progress.say("images", done=start, of=len(places))
            fresh = list(threads.map(one, places[start : start + _AT_ONCE]))
            seen += fresh
            if kept is not None:
                _write(kept, fresh)
    progress.say("images", done=len(places), of=len(places))
    return dict(zip(places, seen, strict=True))


def look(store: ImageStore, place: int) -> SeenImage:
    """This will decode one image and say what it is."""
    try:
        content = store.encoded(place)
    except DataError as error:
        return SeenImage(fault="undecodable_images", said=str(error))
    digest = hashlib.sha256(content).hexdigest()
    try:
        found = examine(content)
    except TooLargeError as error:
        return SeenImage(digest, len(content), fault="too_large_images", said=str(error))
    except TruncatedError as error:
        return SeenImage(digest, len(content), fault="truncated_images", said=str(error))
    except DataError as error:
        return SeenImage(digest, len(content), fault="undecodable_images", said=str(error))
    return SeenImage(
        sha256=digest,
        size=len(content),
        width=found.width,
        height=found.height,
        kind=found.kind,
        is_converted=found.is_converted,
        is_rotated=found.is_rotated,
        is_animated=found.is_animated,
    )


def _mark(handed: Handed) -> str:
    """What tells whether the files are still those that were looked at."""
    mark = hashlib.sha256(str(len(handed.rows)).encode())
    for path in handed.files:
        status = path.stat()
        mark.update(f"{path.name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return mark.hexdigest()[:32]


def _before(kept: Path, of: type[SeenT]) -> Iterator[SeenT]:
    """What an earlier call wrote, up to a line that it did not finish, which is cut off."""
    if not kept.is_file():
        return
    whole = 0
    with kept.open("rb+") as stream:
        for line in stream:
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            yield of(**json.loads(line))
        stream.truncate(whole)


def _write(kept: Path, fresh: list[SeenT]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("ab") as stream:
        stream.writelines(json.dumps(asdict(seen)).encode() + b"\n" for seen in fresh)
