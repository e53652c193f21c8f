"""A dataset folder of nothing that can be learned, for jobs that only have to run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

WORDS = ("circle", "square", "star", "moves", "stops", "turns", "left", "red", "blue", "after")


def write_noise(folder: Path, *, train: int) -> Path:
    """This will write a dataset with `train` videos to learn from, 10 to choose and 10 to test on, two moments each."""
    draw = np.random.default_rng(3)
    folder.mkdir(parents=True, exist_ok=True)
    features: dict[str, Any] = {}
    for split, count in (("train", train), ("val", 10), ("test", 10)):
        videos = {}
        for name in (f"{split}{number}" for number in range(count)):
            starts = [float(start) for start in draw.uniform(0, 20, size=2)]
            videos[name] = {
                "duration": 40.0,
                "timestamps": [[start, start + 10] for start in starts],
                "sentences": [" ".join(draw.choice(WORDS, 5)) for _ in starts],
            }
            features[name] = draw.normal(size=(12, 8)).astype(np.float32)
        (folder / f"{split}.json").write_text(json.dumps(videos))
    np.savez(folder / "features.npz", **features)
    return folder
