"""A labelled dataset with splits, stable sample ids and a source per sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mtkd_engine.data.annotations import read_annotations
from mtkd_engine.data.check.findings import find_missing_features
from mtkd_engine.data.check.problems import ProblemLog, errors, sentence
from mtkd_engine.data.check.repairs import clip_windows
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.extractor import Extractor
from mtkd_engine.data.features import Features, FeatureStore, array_hash, open_features
from mtkd_engine.data.glove import read_glove
from mtkd_engine.data.manifest import Manifest, is_sealed, read_manifest
from mtkd_engine.data.rows import Row
from mtkd_engine.data.sealing.samples import Sample, WordVectors, content_hash, samples_of
from mtkd_engine.data.sealing.sealed import read_sealed
from mtkd_engine.data.split import SPLITS, divide
from mtkd_engine.data.vocabulary import words_of

__all__ = ["Dataset", "Features", "Sample", "WordVectors", "load_dataset"]


@dataclass(frozen=True)
class Dataset:
    """A checked dataset: samples by split (train, val, test) and, where given, features and word vectors."""

    name: str
    task: str
    splits: dict[str, tuple[Sample, ...]]
    features: Features | None = None
    word_vectors: WordVectors | None = None
    clipped: dict[str, int] = field(default_factory=dict)
    """Per split, the windows that ended after their video and were cut at its duration."""
    val_from_train: bool = False
    """Whether val was set aside from train, by source, because the files name no val."""
    feature_hashes: Mapping[str, str] | None = None
    """The sha256 of each array where it is known already."""
    extractor: Extractor | None = None
    """What made the features, where the dataset says so; no part of its content."""
    selected_from: str | None = None
    """The content hash of the whole dataset that this is a part of, None where it is whole."""
    moved_to_test: frozenset[str] = frozenset()
    """The ids of test samples that are train or val samples of the whole dataset."""

    @property
    def whole_hash(self) -> str:
        """The content hash of the dataset as it was registered: what teachers and predictions were made for."""
        return self.selected_from or self.content_hash

    @cached_property
    def content_hash(self) -> str:
        """The sha256 of what the dataset says; other files and formats with the same content have the same.

        A part of a dataset has one of its own, by its samples and their splits.
        """
        return content_hash(self.splits, task=self.task, features=self.array_hashes, words=self.word_vectors)

    @cached_property
    def array_hashes(self) -> Mapping[str, str] | None:
        """The sha256 of each video's features, None where there are none."""
        if self.features is None or self.feature_hashes is not None:
            return self.feature_hashes
        videos = dict.fromkeys(s.video_id for samples in self.splits.values() for s in samples)
        return {video_id: array_hash(self.features, video_id) for video_id in videos}

    def needed_features(self) -> Features:
        """This will give the features, or raise DataError where the dataset has none."""
        if self.features is None:
            raise DataError(
                f"dataset {self.name!r} was registered without features; what is to be done needs the features "
                "of its videos."
            )
        return self.features


def load_dataset(path: Path) -> Dataset:
    """Read a dataset folder, sealed or not, or raise DataError with one sentence.

    Features stay on disk until they are used. In folders that are not sealed, windows are cut at the
    duration of their video; whatever else needs a decision is refused.
    """
    folder = Path(path)
    return _sealed(folder) if is_sealed(folder) else _raw(read_manifest(folder))


def _sealed(folder: Path) -> Dataset:
    sealed = read_sealed(folder)
    features = FeatureStore(sealed.features) if sealed.features is not None else None
    return Dataset(
        name=sealed.name,
        task=sealed.task,
        splits=sealed.splits,
        features=features,
        word_vectors=sealed.words,
        clipped=dict.fromkeys(SPLITS, 0),
        feature_hashes=sealed.feature_hashes,
        extractor=sealed.extractor,
    )


def _raw(manifest: Manifest) -> Dataset:
    log = ProblemLog()
    rows = read_annotations(manifest, log=log).rows
    place = manifest.features_of({row.video_id for row in rows})
    features = open_features(place) if place is not None else None
    if features is not None:
        find_missing_features(rows, log, store=features.path.name, featured=features.keys())
    divided = divide(rows, log)
    for problem in errors(log.problems()):
        raise DataError(sentence(problem))
    return Dataset(
        name=manifest.name,
        task=manifest.task,
        splits=samples_of(clip_windows(divided.rows)),
        features=features,
        word_vectors=_vectors(manifest, divided.rows),
        clipped=_late(divided.rows),
        val_from_train="val" in divided.made,
        extractor=manifest.extractor,
    )


def _vectors(manifest: Manifest, rows: list[Row]) -> WordVectors | None:
    if manifest.words is None:
        return None
    words, vectors = read_glove(manifest.words, words=words_of(row.sentence for row in rows))
    return WordVectors(words=tuple(words), vectors=vectors)


def _late(rows: list[Row]) -> dict[str, int]:
    clipped = dict.fromkeys(SPLITS, 0)
    for row in rows:
        assert row.split is not None
        assert row.duration is not None
        clipped[row.split] += sum(end > row.duration for _, end in row.windows)
    return clipped
