"""A small good dataset folder that each test spoils in one way."""

import json
from pathlib import Path

import numpy as np
import pytest


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def write_features(path: Path, features: dict[str, np.ndarray]) -> None:
    np.savez(path, allow_pickle=True, **features)


def annotated(count: int = 1, duration: float = 10.0) -> dict[str, object]:
    return {
        "duration": duration,
        "timestamps": [[float(i), float(i) + 2.0] for i in range(count)],
        "sentences": [f"the red circle jumps {i}" for i in range(count)],
    }


SPLITS = {"train": ["a1", "a2", "b1", "b2"], "val": ["c1"], "test": ["d1", "d2"]}


def good_manifest() -> dict[str, object]:
    return {
        "format": "mtkd.dataset/1",
        "task": "grounding",
        "name": "little",
        "annotations": {split: f"{split}.json" for split in SPLITS},
        "annotation_format": "activitynet",
        "features": "features.npz",
    }


def good_features() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        video: rng.normal(size=(6, 4)).astype(np.float16) for videos in SPLITS.values() for video in videos
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "little"
    root.mkdir()
    write_json(root / "dataset.json", good_manifest())
    for split, videos in SPLITS.items():
        write_json(root / f"{split}.json", {video: annotated(2) for video in videos})
    write_features(root / "features.npz", good_features())
    return root
