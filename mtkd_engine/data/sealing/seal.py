"""Writing the sealed form of a dataset: whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtkd_engine.data.extractor import Extractor
from mtkd_engine.data.features import Features, FeatureStore, pack_features
from mtkd_engine.data.manifest import FILE, SEALED
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.data.sealing.samples import Sample, WordVectors, content_hash, write_samples
from mtkd_engine.data.sealing.sealed import FEATURES, STRIPS, VIDEOS, WORDS
from mtkd_engine.data.sealing.strips import write_strips
from mtkd_engine.data.sealing.videos import copy_videos


@dataclass(frozen=True)
class Material:
    """Everything that goes into a sealed dataset."""

    name: str
    task: str
    source_format: str
    splits: Mapping[str, Sequence[Sample]]
    repairs: tuple[str, ...] = ()
    split_made: bool = False
    features: Features | None = None
    words: WordVectors | None = None
    playable: Mapping[str, Path] | None = None
    extractor: Extractor | None = None


@dataclass(frozen=True)
class Seal:
    """What became of it: the content hash, and the sha256 of each array."""

    content_hash: str
    feature_hashes: Mapping[str, str] | None
    bytes: int


def seal_dataset(target: Path, material: Material, *, progress: Progress, work: Path | None = None) -> Seal:
    """This will write a sealed dataset to the new folder `target`; a failure leaves nothing there."""
    with new_folder(target) as folder:
        return _write(folder, material, progress=progress, work=work)


def _write(folder: Path, material: Material, *, progress: Progress, work: Path | None) -> Seal:
    videos = list(dict.fromkeys(s.video_id for samples in material.splits.values() for s in samples))
    progress.say("samples")
    write_samples(folder, material.splits)
    hashes = None
    if material.features is not None:
        hashes = pack_features(
            material.features, folder / FEATURES, videos=videos, progress=progress, work=work
        )
        progress.say("strips")
        write_strips(FeatureStore(folder / FEATURES), folder / STRIPS, videos=videos)
    if material.words is not None:
        np.savez(folder / WORDS, words=np.array(material.words.words), vectors=material.words.vectors)
    playable = copy_videos(material.playable, folder, progress=progress) if material.playable else {}
    _write_json(folder / VIDEOS, _videos(videos, hashes=hashes, playable=playable))
    _write_json(folder / FILE, _statement(material))
    return Seal(
        content_hash=content_hash(material.splits, task=material.task, features=hashes, words=material.words),
        feature_hashes=hashes,
        bytes=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
    )


def _videos(
    videos: list[str], *, hashes: Mapping[str, str] | None, playable: Mapping[str, str]
) -> dict[str, object]:
    return {
        video_id: {
            "strip": None if hashes is None else row,
            "file": playable.get(video_id),
            "sha256": None if hashes is None else hashes[video_id],
        }
        for row, video_id in enumerate(videos)
    }


def _statement(material: Material) -> dict[str, object]:
    words = material.words
    statement: dict[str, object] = {
        "format": SEALED,
        "task": material.task,
        "name": material.name,
        "splits": {split: len(samples) for split, samples in material.splits.items()},
        "feature_width": None if material.features is None else material.features.width,
        "word_vectors": None
        if words is None
        else {"width": int(words.vectors.shape[1]), "words": len(words.words)},
        "source_format": material.source_format,
        "repairs": list(material.repairs),
        "split_made": material.split_made,
    }
    if material.extractor is not None:
        statement["extractor"] = material.extractor.to_json()
    return statement


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
