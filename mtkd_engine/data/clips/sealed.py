"""The sealed form of labelled clips: dataset.json, samples.jsonl, and streams with motion vectors, or features."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.clips.rows import CLIPS, FEATURES
from mtkd_engine.data.clips.samples import StatedClip, content_hash
from mtkd_engine.data.clips.store import SealedClips, SealedFeatures
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled.classes import checked_classes
from mtkd_engine.data.labelled.samples import TASK, read_samples
from mtkd_engine.data.manifest import FILE, is_sealed
from mtkd_engine.data.sealing.samples import FILE as SAMPLES
from mtkd_engine.data.split import SPLITS


@dataclass(frozen=True)
class SealedSet:
    """What lies in a sealed folder of clips: either streams or features."""

    name: str
    kind: str
    source_format: str
    classes: tuple[str, ...]
    splits: dict[str, tuple[StatedClip, ...]]
    clips: SealedClips | None
    features: SealedFeatures | None

    @property
    def content_hash(self) -> str:
        """The sha256 of what it says."""
        return content_hash(self.kind, self.classes, self.splits)


def kind_of(folder: Path) -> str | None:
    """This will say whether a folder is a sealed dataset of "clips" or "features", None for anything else."""
    if not is_sealed(folder):
        return None
    stated = read_json_object(folder / FILE)
    kind = stated.get("kind")
    return str(kind) if stated.get("task") == TASK and kind in (CLIPS, FEATURES) else None


def read_sealed_clips(folder: Path) -> SealedSet:
    """This will read the samples of a sealed dataset of clips; the rest stays on disk. Raises DataError."""
    stated = read_json_object(folder / FILE)
    name, kind, classes = stated.get("name"), kind_of(folder), stated.get("classes")
    if not isinstance(name, str) or kind is None or not isinstance(classes, list):
        raise DataError(
            f"{FILE}: name, kind and classes are {shown(name)}, {shown(stated.get('kind'))} and {shown(classes)}; a "
            "sealed dataset of clips has all three."
        )
    names = checked_classes(classes, where=FILE)
    splits = read_samples(folder / SAMPLES, classes=len(names), of=StatedClip.read)
    samples = sorted((one for split in SPLITS for one in splits[split]), key=lambda one: one.sample.place)
    clips = SealedClips(folder, gops=[one.gops for one in samples]) if kind == CLIPS else None
    return SealedSet(
        name=name,
        kind=kind,
        source_format=str(stated.get("source_format")),
        classes=names,
        splits=splits,
        clips=clips,
        features=SealedFeatures(folder, count=len(samples)) if kind == FEATURES else None,
    )
