"""Reading a dataset of clips that a job works on, sealed or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mtkd_engine.data.clips.check.looking import look_at_all
from mtkd_engine.data.clips.check.problems import KINDS
from mtkd_engine.data.clips.dataset import ClipDataset, FeatureDataset
from mtkd_engine.data.clips.dividing import divide_clips, stated_clips
from mtkd_engine.data.clips.finding import find_clips
from mtkd_engine.data.clips.rows import HandedClips
from mtkd_engine.data.clips.samples import StatedClip, content_hash
from mtkd_engine.data.clips.sealed import kind_of, read_sealed_clips
from mtkd_engine.data.clips.seen import Seen
from mtkd_engine.data.clips.store import ClipStore, FeatureStore
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.images.rows import UNKNOWN, ImageRow
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.split import SPLITS


def load_clips(
    path: Path, *, cache: Path | None = None, progress: Progress | None = None
) -> ClipDataset | FeatureDataset:
    """This will read a dataset of clips or of their features, sealed or in any form of the field; raises DataError.

    Streams and features stay on disk until they are asked for. Outside sealed folders every video is made into a
    stream first, in confined processes; `cache` is a folder where these are left for the next job. Whatever needs a
    decision is refused there: lines that say nothing, files that are not there, videos that cannot be used, unknown
    labels, repeated ids, equal clips in train and in val or test; what is missing of val and test is set aside from
    train by source.
    """
    folder = Path(path)
    if not folder.exists():
        raise DataError(f"{folder} is not there; a folder of clips or a sealed dataset is accepted.")
    if kind_of(folder) is not None:
        return _sealed(folder)
    return _raw(folder, cache=cache, progress=progress or Progress())


def _sealed(folder: Path) -> ClipDataset | FeatureDataset:
    sealed = read_sealed_clips(folder)
    store = sealed.clips if sealed.clips is not None else sealed.features
    assert store is not None
    return _dataset(sealed.name, sealed.classes, sealed.splits, store, content_hash=sealed.content_hash)


def _raw(path: Path, *, cache: Path | None, progress: Progress) -> ClipDataset | FeatureDataset:
    handed = find_clips((path,), name=path.resolve().name)
    _refuse_unclear(handed)
    seen, store = look_at_all(handed, work=cache, progress=progress)
    _refuse_useless(handed, seen)
    rows, _ = divide_clips(handed.rows, seen)
    _refuse_leaks(rows, seen)
    splits = stated_clips(rows, seen)
    for split in SPLITS:
        if not splits[split]:
            raise DataError(f"{handed.name} has no samples for the split {split}; every split needs some.")
    hashed = content_hash(handed.kind, handed.classes, splits)
    return _dataset(handed.name, handed.classes, splits, store, content_hash=hashed)


def _dataset(
    name: str,
    classes: tuple[str, ...],
    splits: Mapping[str, Sequence[StatedClip]],
    store: ClipStore | FeatureStore,
    *,
    content_hash: str,
) -> ClipDataset | FeatureDataset:
    samples = {split: tuple(one.sample for one in splits[split]) for split in SPLITS}
    if isinstance(store, ClipStore):
        return ClipDataset(name=name, classes=classes, splits=samples, content_hash=content_hash, clips=store)
    return FeatureDataset(
        name=name, classes=classes, splits=samples, content_hash=content_hash, features=store
    )


def _refuse_unclear(handed: HandedClips) -> None:
    for one in handed.found:
        if KINDS[one.code].severity == "error":
            where = one.file if one.line is None else f"{one.file}, row {one.line}"
            raise DataError(f"{where or handed.name}: {one.said}; {KINDS[one.code].accepted}.")
    seen: set[str] = set()
    for row in handed.rows:
        if row.label == UNKNOWN:
            raise DataError(
                f"{handed.name}: the label of {shown(row.sample_id)} is none of the {len(handed.classes):,} classes."
            )
        if row.sample_id in seen:
            raise DataError(f"{handed.name}: the id {shown(row.sample_id)} is given twice; once is accepted.")
        seen.add(row.sample_id)


def _refuse_useless(handed: HandedClips, seen: Mapping[int, Seen]) -> None:
    for row in handed.rows:
        look = seen[row.place]
        if look.fault:
            raise DataError(
                f"{handed.name}: {row.sample_id}: {look.said.rstrip('.')}; {KINDS[look.fault].accepted}."
            )


def _refuse_leaks(rows: Sequence[ImageRow], seen: Mapping[int, Seen]) -> None:
    learned = {seen[row.place].sha256: row.sample_id for row in rows if row.split == "train"}
    for row in rows:
        twin = learned.get(seen[row.place].sha256)
        if row.split != "train" and twin is not None:
            raise DataError(
                f"{shown(row.sample_id)} of {row.split} is the same clip as {shown(twin)} of train; a clip may be in "
                "one of them only (`check dataset` leaves it out of train where asked to)."
            )
