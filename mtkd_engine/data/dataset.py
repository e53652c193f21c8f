"""A labelled dataset with splits, stable sample ids and a source per sample."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from mtkd_engine.data.activitynet import AnnotatedVideo, read_activitynet
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.features import FeatureStore
from mtkd_engine.data.manifest import SPLITS, Manifest, read_manifest
from mtkd_engine.data.split import hold_out_sources


@dataclass(frozen=True)
class Sample:
    """One sentence on one video; times in seconds."""

    sample_id: str
    source_id: str
    video_id: str
    duration: float
    windows: tuple[tuple[float, float], ...]
    sentence: str


@dataclass(frozen=True)
class Dataset:
    """A checked dataset: samples by split (train, val, test) and the features of their videos."""

    name: str
    task: str
    splits: dict[str, tuple[Sample, ...]]
    features: FeatureStore
    content_hash: str
    clipped: dict[str, int] = field(default_factory=dict)
    """Per split, the windows that ended after their video and were cut at its duration."""
    val_from_train: bool = False
    """Whether val was set aside from train, by source, because the folder names no val."""


def load_dataset(path: Path) -> Dataset:
    """Read a dataset folder, or raise DataError with one sentence; features stay on disk until used."""
    manifest = read_manifest(Path(path))
    videos = {split: read_activitynet(file) for split, file in manifest.annotations.items()}
    _refuse_shared_videos(videos, manifest)
    features = FeatureStore(manifest.features)
    _refuse_missing_features(videos, features, manifest)
    held_out = "val" not in videos
    if held_out:
        sources = {video.video_id: manifest.source_of(video.video_id) for video in videos["train"]}
        aside = hold_out_sources(sources.values())
        videos["val"] = tuple(video for video in videos["train"] if sources[video.video_id] in aside)
        videos["train"] = tuple(video for video in videos["train"] if sources[video.video_id] not in aside)
    splits = {split: _samples(videos[split], manifest) for split in SPLITS}
    for split, samples in splits.items():
        if not samples:
            origin = manifest.annotations.get(split, manifest.annotations["train"]).name
            raise DataError(f"{origin}: the split {split} is empty; at least one sentence is needed.")
    return Dataset(
        name=manifest.name,
        task=manifest.task,
        splits=splits,
        features=features,
        content_hash=content_hash(manifest),
        clipped={split: sum(video.clipped for video in videos[split]) for split in SPLITS},
        val_from_train=held_out,
    )


def content_hash(manifest: Manifest) -> str:
    """Compute the sha256 of what the dataset says; moving or renaming the folder or its files keeps it."""
    files = {f"annotations.{split}": path for split, path in manifest.annotations.items()}
    files["features"] = manifest.features
    pattern = manifest.source_pattern
    stated = {
        "task": manifest.task,
        "source_pattern": pattern.pattern if pattern else None,
        "files": {role: _sha256(path) for role, path in files.items()},
    }
    return hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()


def _samples(videos: tuple[AnnotatedVideo, ...], manifest: Manifest) -> tuple[Sample, ...]:
    return tuple(
        Sample(
            sample_id=f"{video.video_id}#{index}",
            source_id=manifest.source_of(video.video_id),
            video_id=video.video_id,
            duration=video.duration,
            windows=(window,),
            sentence=sentence,
        )
        for video in videos
        for index, (window, sentence) in enumerate(zip(video.windows, video.sentences, strict=True))
    )


def _refuse_shared_videos(videos: dict[str, tuple[AnnotatedVideo, ...]], manifest: Manifest) -> None:
    seen: dict[str, str] = {}
    for split, annotated in videos.items():
        for video in annotated:
            if (other := seen.setdefault(video.video_id, split)) != split:
                files = f"{manifest.annotations[other].name} and {manifest.annotations[split].name}"
                raise DataError(
                    f"{files} both hold video {shown(video.video_id)}; a video may be in one split only."
                )


def _refuse_missing_features(
    videos: dict[str, tuple[AnnotatedVideo, ...]], features: FeatureStore, manifest: Manifest
) -> None:
    held = set(features.keys())
    missing = [
        video.video_id for annotated in videos.values() for video in annotated if video.video_id not in held
    ]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise DataError(
            f"{manifest.features.name} holds no features of video {shown(missing[0])}{more}; "
            "every annotated video needs them."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
