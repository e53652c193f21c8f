"""What people see of sealed clips, in files of the layout of sealed images: posters, and films for browsers.

They follow from the streams: no job reads them, and a dataset without them is whole.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np

from mtkd_engine.data.clips.samples import StatedClip
from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.images.sealed import IMAGES, OFFSETS
from mtkd_engine.data.video.previewing import Preview, preview

PLAYS, PLAY_STARTS = "plays.bin", "plays.idx"
_MOST_THREADS = 8
_AHEAD = 2
"""Clips for each thread that are begun or waiting."""


def previews(
    store: ClipStore, samples: Sequence[StatedClip], *, draw: Callable[..., Preview] | None = None
) -> Iterator[Preview]:
    """This will draw clips in their order, several at a time; raises DataError for a stream that is none of ours."""
    count = max(1, min(_MOST_THREADS, os.cpu_count() or 1))
    with ThreadPoolExecutor(count, thread_name_prefix="previews") as threads:  # coding needs no Python
        begun: deque[Future[Preview]] = deque()
        left = iter(samples)
        while True:
            for stated in islice(left, _AHEAD * count - len(begun)):
                begun.append(
                    threads.submit(draw or preview, store.stream(stated.sample.place), rate=stated.rate)
                )
            if not begun:
                return
            yield begun.popleft().result()


class PreviewFiles:
    """Posters and films one after another; use it in a `with`, after which their indices are there as well."""

    def __init__(self, folder: Path) -> None:
        """This will begin both files in a folder that has none."""
        self._folder = folder
        self._starts: dict[str, list[int]] = {OFFSETS: [0], PLAY_STARTS: [0]}
        with ExitStack() as opened:
            self._files = {
                index: opened.enter_context((folder / name).open("xb"))
                for index, name in ((OFFSETS, IMAGES), (PLAY_STARTS, PLAYS))
            }
            self._opened = opened.pop_all()

    def __enter__(self) -> PreviewFiles:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._opened.close()
        if kind is None:
            for name, starts in self._starts.items():
                (self._folder / name).write_bytes(np.array(starts, dtype="<u8").tobytes())

    def add(self, drawn: Preview) -> None:
        """This will write those of the next clip."""
        for index, content in ((OFFSETS, drawn.poster), (PLAY_STARTS, drawn.play)):
            self._files[index].write(content)
            self._starts[index].append(self._files[index].tell())
