"""A full check of a dataset folder, with everything a person should know before using it."""

import hashlib
from itertools import combinations
from pathlib import Path

from mtkd_engine.data.dataset import Dataset, Sample, load_dataset


def check_dataset(path: Path) -> dict[str, object]:
    """Read a dataset to the last feature value and report on it as JSON-ready data.

    Keys: name, task, splits {split: {samples, videos, sources, clipped_windows}}, feature_width,
    feature_videos, content_hash and problems: sentences about what is accepted but should be known,
    such as sources shared between splits. What cannot be accepted raises DataError.
    """
    dataset = load_dataset(path)
    fingerprints = {
        split: {_fingerprint(dataset, video): video for video in _videos(samples)}
        for split, samples in dataset.splits.items()
    }
    return {
        "name": dataset.name,
        "task": dataset.task,
        "splits": {
            split: {
                "samples": len(samples),
                "videos": len(_videos(samples)),
                "sources": len(_sources(samples)),
                "clipped_windows": dataset.clipped[split],
            }
            for split, samples in dataset.splits.items()
        },
        "feature_width": dataset.features.width,
        "feature_videos": len(dataset.features.keys()),
        "content_hash": dataset.content_hash,
        "problems": [
            *_shared_sources(dataset),
            *_shared_features(fingerprints),
            *_unusual(dataset),
        ],
    }


def _shared_sources(dataset: Dataset) -> list[str]:
    problems = []
    for one, other in combinations(dataset.splits, 2):
        shared = sorted(_sources(dataset.splits[one]) & _sources(dataset.splits[other]))
        if shared:
            problems.append(
                f"{len(shared)} source(s) are in both {one} and {other} (first: {shared[0]}): "
                "what was learnt there may be remembered instead of understood."
            )
    return problems


def _shared_features(fingerprints: dict[str, dict[str, str]]) -> list[str]:
    problems = []
    for one, other in combinations(fingerprints, 2):
        shared = sorted(fingerprints[one].keys() & fingerprints[other].keys())
        if shared:
            names = f"{fingerprints[one][shared[0]]} and {fingerprints[other][shared[0]]}"
            problems.append(
                f"{len(shared)} video(s) of {one} have the features of a video of {other}: {names}."
            )
    return problems


def _unusual(dataset: Dataset) -> list[str]:
    problems = []
    if dataset.val_from_train:
        problems.append("there is no split val: about 15 % of the sources of train are set aside for it.")
    clipped = sum(dataset.clipped.values())
    if clipped:
        problems.append(f"{clipped} window(s) end after their video and were cut at its duration.")
    annotated = {sample.video_id for samples in dataset.splits.values() for sample in samples}
    unused = len(set(dataset.features.keys()) - annotated)
    if unused:
        problems.append(f"the features of {unused} video(s) are not used by any annotation.")
    return problems


def _fingerprint(dataset: Dataset, video_id: str) -> str:
    return hashlib.sha256(dataset.features.load(video_id).tobytes()).hexdigest()


def _videos(samples: tuple[Sample, ...]) -> list[str]:
    return list(dict.fromkeys(sample.video_id for sample in samples))


def _sources(samples: tuple[Sample, ...]) -> set[str]:
    return {sample.source_id for sample in samples}
