"""Reading a dataset of gaze that a job works on, sealed or not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.dense.pictures import Pictures
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.gaze.check.problems import kinds_of, noun_of
from mtkd_engine.data.gaze.dataset import GazeDataset, GazeVideoDataset, LookedAtDataset
from mtkd_engine.data.gaze.finding import find_gaze
from mtkd_engine.data.gaze.looking import look_at_all
from mtkd_engine.data.gaze.looks import Gaze
from mtkd_engine.data.gaze.rows import HandedGaze
from mtkd_engine.data.gaze.sealed import Splits, gaze_hash, in_places, kind_of, read_sealed_gaze
from mtkd_engine.data.gaze.seen import SeenGaze, stated_gaze
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.check.seen import hashes_of
from mtkd_engine.data.labelled.dividing import divide_rows
from mtkd_engine.data.labelled.refusing import refuse_empty, refuse_leaks, refuse_unclear
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.split import SPLITS


def load_gaze(path: Path, *, cache: Path | None = None, progress: Progress | None = None) -> LookedAtDataset:
    """This will read a dataset of what people looked at, sealed or in any form of the field; raises DataError.

    Outside sealed folders every picture is decoded and every video made into a stream first, in confined processes;
    `cache` is a folder where streams and decoded pixels are left for the next job. Whatever needs a decision is
    refused there; what is missing of train, val and test is divided by source.
    """
    folder = Path(path)
    if not folder.exists():
        raise DataError(
            f"{folder} is not there; a folder of what people looked at or a sealed dataset is accepted."
        )
    dataset = (
        _sealed(folder) if kind_of(folder) else _raw(folder, cache=cache, progress=progress or Progress())
    )
    if cache is not None and isinstance(dataset, GazeDataset):
        dataset.images.keep_in(cache, content_hash=dataset.content_hash)
    return dataset


def _sealed(folder: Path) -> LookedAtDataset:
    sealed = read_sealed_gaze(folder)
    store = sealed.images if sealed.images is not None else sealed.clips
    assert store is not None
    return _dataset(sealed.name, sealed.kind, sealed.splits, store=store, gaze=sealed.gaze)


def _raw(path: Path, *, cache: Path | None, progress: Progress) -> LookedAtDataset:
    handed = find_gaze((path,), name=path.resolve().name)
    accepted = {
        code: kind.accepted for code, kind in kinds_of(handed.kind).items() if kind.severity == "error"
    }
    refuse_unclear(handed, accepted=accepted)
    seen, store, gaze = look_at_all(handed, work=cache, progress=progress)
    _refuse_useless(handed, seen, accepted=accepted)
    hashes = hashes_of(seen)
    rows, _ = divide_rows(handed.rows, hashes=hashes)
    refuse_leaks(rows, hashes, noun=noun_of(handed.kind))
    splits = stated_gaze(rows, seen)
    refuse_empty(splits, name=handed.name)
    return _dataset(handed.name, handed.kind, splits, store=store, gaze=gaze)


def _dataset(
    name: str, kind: str, splits: Splits, *, store: ImageStore | ClipStore, gaze: Gaze
) -> LookedAtDataset:
    samples = {split: tuple(one.sample for one in splits[split]) for split in SPLITS}
    content_hash = gaze_hash(kind, splits)
    if isinstance(store, ImageStore):
        images = Pictures(store)
        return GazeDataset(name=name, splits=samples, content_hash=content_hash, gaze=gaze, images=images)
    rates = {one.sample.place: one.rate for one in in_places(splits)}
    return GazeVideoDataset(
        name=name, splits=samples, content_hash=content_hash, gaze=gaze, clips=store, rates=rates
    )


def _refuse_useless(handed: HandedGaze, seen: Mapping[int, SeenGaze], *, accepted: Mapping[str, str]) -> None:
    for row in handed.rows:
        look = seen[row.place]
        if look.fault:
            raise DataError(
                f"{handed.name}: {row.sample_id}: {look.said.rstrip('.')}; {accepted[look.fault]}."
            )
