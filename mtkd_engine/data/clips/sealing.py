"""Writing the sealed form of labelled clips: whole or not at all.

Shape suffixes: T rows of one clip, D columns, R rows of all clips, N clips, F frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtkd_engine.data.clips.previews import PreviewFiles, previews
from mtkd_engine.data.clips.rows import CLIPS, FEATURES
from mtkd_engine.data.clips.samples import StatedClip, content_hash
from mtkd_engine.data.clips.store import (
    FRAMES,
    GRID,
    LENGTHS,
    MOTION,
    STARTS,
    STREAMS,
    VALUES,
    ClipStore,
    FeatureStore,
)
from mtkd_engine.data.labelled.sealing import Statement, seal_labelled, write_starts
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.video.previewing import Preview


def seal_clips(
    target: Path,
    statement: Statement,
    splits: Mapping[str, Sequence[StatedClip]],
    store: ClipStore | FeatureStore,
    *,
    progress: Progress,
) -> tuple[str, int]:
    """This will write the new folder `target` whole or not at all, and give its content hash and its bytes.

    Places of samples are those of `store`.
    """

    def write(folder: Path, samples: Sequence[StatedClip]) -> None:
        if isinstance(store, ClipStore):
            write_clips(folder, samples, store, progress=progress)
        else:
            _write_features(folder, samples, store, progress=progress)

    about: dict[str, Any] = {"kind": CLIPS}
    if isinstance(store, FeatureStore):
        about = {"kind": FEATURES, "feature_width": store.width, "longest": store.longest}
    size = seal_labelled(target, statement, splits, write=write, about=about)
    return content_hash(about["kind"], statement.classes, splits), size


def write_clips(
    folder: Path,
    samples: Sequence[StatedClip],
    store: ClipStore,
    *,
    progress: Progress,
    draw: Callable[..., Preview] | None = None,
) -> None:
    """This will write streams, motion vectors and previews, drawn by `draw`, in the order of the samples."""
    starts, frames = [0], [0]
    with (
        (folder / STREAMS).open("wb") as streams,
        (folder / MOTION).open("wb") as motion,
        PreviewFiles(folder) as shown,
    ):
        for stated, drawn in zip(samples, previews(store, samples, draw=draw), strict=True):
            grid = store.grid(stated.sample.place)
            assert grid.dtype == np.int8
            assert grid.shape == (stated.frames, *GRID), (grid.shape, stated.frames)
            motion.write(grid.tobytes())
            starts.append(starts[-1] + streams.write(store.stream(stated.sample.place)))
            frames.append(frames[-1] + len(grid))
            shown.add(drawn)
            progress.say("sealing", done=len(starts) - 1, of=len(samples))
    write_starts(folder / STARTS, starts)
    write_starts(folder / FRAMES, frames)


def _write_features(
    folder: Path, samples: Sequence[StatedClip], store: FeatureStore, *, progress: Progress
) -> None:
    places = [stated.sample.place for stated in samples]
    lengths_N = np.array([stated.frames for stated in samples], dtype=np.int64)
    dtype = store.row(places[0]).dtype
    shape = (int(lengths_N.sum()), store.width)
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    with (folder / VALUES).open("wb") as values:
        np.lib.format.write_array_header_1_0(values, header)
        for done, place in enumerate(places, start=1):
            values.write(store.row(place).tobytes())
            progress.say("sealing", done=done, of=len(places))
    np.save(folder / LENGTHS, lengths_N)
