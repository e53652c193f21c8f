"""Writing the sealed form of gaze: whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mtkd_engine.data.clips.samples import StatedClip
from mtkd_engine.data.clips.sealing import write_clips
from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.dense.samples import StatedDense, dense_line
from mtkd_engine.data.gaze.files import write_gaze
from mtkd_engine.data.gaze.looks import Gaze
from mtkd_engine.data.gaze.rows import PICTURES, TASK, VIDEOS
from mtkd_engine.data.gaze.sealed import gaze_hash
from mtkd_engine.data.images.sealed import IMAGES, OFFSETS
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.labelled.sealing import Statement, write_starts
from mtkd_engine.data.manifest import FILE, SEALED
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.sealing.samples import INDEX
from mtkd_engine.data.split import SPLITS
from mtkd_engine.data.video.previewing import plain_preview


def seal_gaze(
    target: Path,
    statement: Statement,
    splits: Mapping[str, Sequence[StatedDense]],
    *,
    store: ImageStore | ClipStore,
    gaze: Gaze,
    progress: Progress,
) -> tuple[str, int]:
    """This will write the new folder `target` whole or not at all, and give its content hash and its bytes.

    Places of samples are those of `store` and of `gaze`.
    """
    kind = PICTURES if isinstance(store, ImageStore) else VIDEOS
    samples = [one for split in SPLITS for one in splits[split]]
    with new_folder(target) as folder:
        _write_samples(folder, splits)
        if isinstance(store, ImageStore):
            _write_pictures(folder, samples, store)
        else:
            clips = [_clip(one) for one in samples]
            write_clips(folder, clips, store, progress=progress, draw=plain_preview)
        write_gaze(
            folder,
            [one.sample.place for one in samples],
            gaze,
            counts=[max(one.frames, 1) for one in samples],
            told=partial(_tell, progress, of=len(samples)),
        )
        (folder / FILE).write_text(_stated(statement, splits, kind=kind), encoding="utf-8")
        size = sum(file.stat().st_size for file in folder.iterdir())
    return gaze_hash(kind, splits), size


def _stated(statement: Statement, splits: Mapping[str, Sequence[StatedDense]], *, kind: str) -> str:
    stated = {
        "format": SEALED,
        "task": TASK,
        "kind": kind,
        "name": statement.name,
        "splits": {split: len(splits[split]) for split in SPLITS},
        "source_format": statement.source_format,
        "repairs": list(statement.repairs),
        "split_made": statement.split_made,
    }
    return json.dumps(stated, ensure_ascii=False, indent=1)


def _write_samples(folder: Path, splits: Mapping[str, Sequence[StatedDense]]) -> None:
    starts, place = [0], 0
    with (folder / SAMPLES).open("xb") as file:
        for split in SPLITS:
            for one in splits[split]:
                moved = replace(one, sample=replace(one.sample, place=place))
                starts.append(starts[-1] + file.write(dense_line(split, moved)))
                place += 1
    write_starts(folder / INDEX, starts)


def _write_pictures(folder: Path, samples: Sequence[StatedDense], store: ImageStore) -> None:
    starts = [0]
    with (folder / IMAGES).open("xb") as images:
        for one in samples:
            starts.append(starts[-1] + images.write(store.encoded(one.sample.place)))
    write_starts(folder / OFFSETS, starts)


def _clip(one: StatedDense) -> StatedClip:
    sample = LabelledSample(one.sample.sample_id, one.sample.source_id, 0, one.sample.place)
    return StatedClip(sample, one.sha256, frames=one.frames, rate=one.rate, gops=one.gops)


def _tell(progress: Progress, done: int, *, of: int) -> None:
    progress.say("sealing", done=done, of=of)
