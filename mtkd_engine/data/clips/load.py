"""Reading a dataset of clips that a job works on, sealed or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mtkd_engine.data.clips.check.looking import look_at_all
from mtkd_engine.data.clips.check.problems import KINDS
from mtkd_engine.data.clips.dataset import ClipDataset, FeatureDataset
from mtkd_engine.data.clips.finding import find_clips
from mtkd_engine.data.clips.rows import HandedClips
from mtkd_engine.data.clips.samples import StatedClip, content_hash
from mtkd_engine.data.clips.sealed import kind_of, read_sealed_clips
from mtkd_engine.data.clips.seen import SeenClip, stated_clips
from mtkd_engine.data.clips.store import ClipStore, FeatureStore
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.check.seen import hashes_of
from mtkd_engine.data.labelled.dividing import divide_rows
from mtkd_engine.data.labelled.nouns import CLIP
from mtkd_engine.data.labelled.refusing import refuse_empty, refuse_leaks, refuse_unclear
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.split import SPLITS

_FORBIDDING = {code: kind.accepted for code, kind in KINDS.items() if kind.severity == "error"}


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
    refuse_unclear(handed, accepted=_FORBIDDING)
    seen, store = look_at_all(handed, work=cache, progress=progress)
    _refuse_useless(handed, seen)
    hashes = hashes_of(seen)
    rows, _ = divide_rows(handed.rows, hashes=hashes)
    refuse_leaks(rows, hashes, noun=CLIP)
    splits = stated_clips(rows, seen)
    refuse_empty(splits, name=handed.name)
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


def _refuse_useless(handed: HandedClips, seen: Mapping[int, SeenClip]) -> None:
    for row in handed.rows:
        look = seen[row.place]
        if look.fault:
            raise DataError(
                f"{handed.name}: {row.sample_id}: {look.said.rstrip('.')}; {KINDS[look.fault].accepted}."
            )
