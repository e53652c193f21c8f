"""Writing the sealed form of labelled clips: whole or not at all.

Shape suffixes: T rows of one clip, D columns, R rows of all clips, N clips, F frames.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mtkd_engine.data.clips.previews import PreviewFiles, previews
from mtkd_engine.data.clips.rows import CLIPS, FEATURES
from mtkd_engine.data.clips.samples import StatedClip, content_hash, line_of
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
from mtkd_engine.data.images.samples import TASK
from mtkd_engine.data.manifest import FILE, SEALED
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.sealing.samples import INDEX
from mtkd_engine.data.split import SPLITS


@dataclass(frozen=True)
class ClipMaterial:
    """Everything that goes into a sealed dataset of clips or of features; places are those of `store`."""

    name: str
    source_format: str
    classes: tuple[str, ...]
    splits: Mapping[str, Sequence[StatedClip]]
    store: ClipStore | FeatureStore
    repairs: tuple[str, ...] = ()
    split_made: bool = False

    @property
    def kind(self) -> str:
        """What samples are: "clips" or "features"."""
        return CLIPS if isinstance(self.store, ClipStore) else FEATURES

    def samples(self) -> Iterator[tuple[str, StatedClip]]:
        """This will give the samples with their splits in the order of the sealed folder."""
        return ((split, stated) for split in SPLITS for stated in self.splits[split])


def seal_clips(target: Path, material: ClipMaterial, *, progress: Progress) -> tuple[str, int]:
    """This will write the new folder `target` whole or not at all, and give its content hash and its bytes."""
    with new_folder(target) as folder:
        _write_samples(folder, material)
        if isinstance(material.store, ClipStore):
            _write_clips(folder, material, material.store, progress=progress)
        else:
            _write_features(folder, material, material.store, progress=progress)
        statement = json.dumps(_statement(material), ensure_ascii=False, indent=1)
        (folder / FILE).write_text(statement, encoding="utf-8")
        size = sum(file.stat().st_size for file in folder.iterdir())
    return content_hash(material.kind, material.classes, material.splits), size


def _statement(material: ClipMaterial) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "format": SEALED,
        "task": TASK,
        "kind": material.kind,
        "name": material.name,
        "classes": list(material.classes),
        "splits": {split: len(material.splits[split]) for split in SPLITS},
        "source_format": material.source_format,
        "repairs": list(material.repairs),
        "split_made": material.split_made,
    }
    if isinstance(material.store, FeatureStore):
        stated |= {"feature_width": material.store.width, "longest": material.store.longest}
    return stated


def _write_samples(folder: Path, material: ClipMaterial) -> None:
    lines = [0]
    with (folder / SAMPLES).open("wb") as samples:
        for split, stated in material.samples():
            lines.append(lines[-1] + samples.write(line_of(split, stated)))
    _write_starts(folder / INDEX, lines)


def _write_clips(folder: Path, material: ClipMaterial, store: ClipStore, *, progress: Progress) -> None:
    starts, frames = [0], [0]
    samples = [stated for _, stated in material.samples()]
    with (
        (folder / STREAMS).open("wb") as streams,
        (folder / MOTION).open("wb") as motion,
        PreviewFiles(folder) as shown,
    ):
        for stated, drawn in zip(samples, previews(store, samples), strict=True):
            grid = store.grid(stated.sample.place)
            assert grid.dtype == np.int8
            assert grid.shape == (stated.frames, *GRID), (grid.shape, stated.frames)
            motion.write(grid.tobytes())
            starts.append(starts[-1] + streams.write(store.stream(stated.sample.place)))
            frames.append(frames[-1] + len(grid))
            shown.add(drawn)
            progress.say("sealing", done=len(starts) - 1, of=len(samples))
    _write_starts(folder / STARTS, starts)
    _write_starts(folder / FRAMES, frames)


def _write_features(folder: Path, material: ClipMaterial, store: FeatureStore, *, progress: Progress) -> None:
    places = [stated.sample.place for _, stated in material.samples()]
    lengths_N = np.array([stated.frames for _, stated in material.samples()], dtype=np.int64)
    dtype = store.row(places[0]).dtype
    shape = (int(lengths_N.sum()), store.width)
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    with (folder / VALUES).open("wb") as values:
        np.lib.format.write_array_header_1_0(values, header)
        for done, place in enumerate(places, start=1):
            values.write(store.row(place).tobytes())
            progress.say("sealing", done=done, of=len(places))
    np.save(folder / LENGTHS, lengths_N)


def _write_starts(path: Path, starts: Sequence[int]) -> None:
    path.write_bytes(np.array(starts, dtype="<u8").tobytes())
