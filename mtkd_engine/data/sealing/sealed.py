"""Reading the sealed form of a dataset, which was checked before it was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.extractor import Extractor, read_extractor
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.manifest import FILE, TASKS
from mtkd_engine.data.sealing.samples import Sample, WordVectors, read_samples

FEATURES = "features.npz"
STRIPS = "strips.npy"
WORDS = "words.npz"
VIDEOS = "videos.json"
_MOST_VIDEOS_JSON = 512 * 2**20


@dataclass(frozen=True)
class Sealed:
    """What lies in a sealed folder."""

    name: str
    task: str
    source_format: str
    splits: dict[str, tuple[Sample, ...]]
    features: Path | None
    feature_hashes: Mapping[str, str] | None
    words: WordVectors | None
    extractor: Extractor | None = None


def read_sealed(folder: Path) -> Sealed:
    """This will read samples and word vectors of a sealed dataset; features stay on disk. Raises DataError."""
    stated = read_json_object(folder / FILE)
    name, task = stated.get("name"), stated.get("task")
    if not isinstance(name, str) or task not in TASKS:
        raise DataError(
            f"{FILE}: name and task are {shown(name)} and {shown(task)}; a sealed dataset has both."
        )
    has_features = stated.get("feature_width") is not None
    if has_features and not (folder / FEATURES).is_file():
        raise DataError(
            f"{FILE} states features but {FEATURES} is not there; the sealed folder is not whole."
        )
    return Sealed(
        name=name,
        task=str(task),
        source_format=str(stated.get("source_format")),
        splits=read_samples(folder),
        features=folder / FEATURES if has_features else None,
        feature_hashes=_hashes(folder) if has_features else None,
        words=_words(folder / WORDS) if stated.get("word_vectors") is not None else None,
        extractor=read_extractor(stated.get("extractor"), file=FILE),
    )


def _hashes(folder: Path) -> Mapping[str, str]:
    videos = read_json_object(folder / VIDEOS, most_bytes=_MOST_VIDEOS_JSON)
    hashes = {}
    for video_id, entry in videos.items():
        digest = entry.get("sha256") if isinstance(entry, dict) else None
        if not isinstance(digest, str):
            raise DataError(
                f"{VIDEOS}: video {shown(video_id)} has no sha256; the sealed folder is not whole."
            )
        hashes[video_id] = digest
    return hashes


def _words(path: Path) -> WordVectors:
    try:
        with np.load(path, allow_pickle=False) as stored:
            words, vectors = stored["words"], np.asarray(stored["vectors"], dtype=np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path.name} cannot be read ({error}).") from None
    if words.ndim != 1 or words.dtype.kind != "U" or vectors.ndim != 2 or len(words) != len(vectors):
        raise DataError(f"{path.name}: words and vectors do not belong together.")
    return WordVectors(words=tuple(words.tolist()), vectors=vectors)
