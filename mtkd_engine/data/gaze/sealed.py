"""The sealed form of gaze: dataset.json, samples.jsonl, pictures or streams, fixations and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.store import SealedClips
from mtkd_engine.data.dense.samples import StatedDense, dense_hash, read_dense_samples
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.gaze.files import SealedGaze
from mtkd_engine.data.gaze.rows import KINDS, PICTURES, TASK, VIDEOS
from mtkd_engine.data.images.sealed import SealedImages
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.manifest import FILE, is_sealed
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.split import SPLITS

Splits = Mapping[str, Sequence[StatedDense]]


@dataclass(frozen=True)
class SealedSet:
    """What lies in a sealed folder of gaze: either pictures or streams of videos."""

    name: str
    kind: str
    source_format: str
    splits: Splits
    gaze: SealedGaze
    images: SealedImages | None
    clips: SealedClips | None

    @property
    def content_hash(self) -> str:
        """The sha256 of what it says."""
        return gaze_hash(self.kind, self.splits)


def gaze_hash(kind: str, splits: Splits) -> str:
    """This will give the sha256 of what a dataset says: its kind, samples, splits, contents and where people looked."""
    return dense_hash(splits, about={"task": TASK, "kind": kind})


def kind_of(folder: Path) -> str | None:
    """This will say whether a folder is a sealed dataset of "gaze" or "gaze_video", None for anything else."""
    if not is_sealed(folder):
        return None
    stated = read_json_object(folder / FILE)
    kind = stated.get("kind")
    return str(kind) if stated.get("task") == TASK and kind in KINDS else None


def read_sealed_gaze(folder: Path) -> SealedSet:
    """This will read the samples of a sealed dataset; the rest stays on disk. Raises DataError."""
    stated = read_json_object(folder / FILE)
    name, kind = stated.get("name"), kind_of(folder)
    if not isinstance(name, str) or kind is None:
        raise DataError(
            f"{FILE}: name and kind are {shown(name)} and {shown(stated.get('kind'))}; a sealed dataset of gaze has a "
            f"name and one of {', '.join(KINDS)}."
        )
    splits = read_dense_samples(folder / SAMPLES)
    samples = in_places(splits)
    return SealedSet(
        name=name,
        kind=kind,
        source_format=str(stated.get("source_format")),
        splits=splits,
        gaze=SealedGaze(
            folder,
            frames=[(one.height, one.width) for one in samples],
            counts=[max(one.frames, 1) for one in samples],
        ),
        images=SealedImages(folder, count=len(samples)) if kind == PICTURES else None,
        clips=SealedClips(folder, gops=[one.gops for one in samples]) if kind == VIDEOS else None,
    )


def in_places(splits: Splits) -> list[StatedDense]:
    """This will give all samples in the order of their places."""
    several = (one for split in SPLITS for one in splits[split])
    return sorted(several, key=lambda one: one.sample.place)
