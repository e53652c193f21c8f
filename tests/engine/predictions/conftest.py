"""A planted dataset, and what a noisy model says of it, in every format."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import Dataset, Sample, load_dataset
from tests.engine.loop.conftest import write_planted

Said = dict[str, list[list[float]]]


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the dataset `planted`."""
    folder = tmp_path_factory.mktemp("predicted")
    write_planted(folder / "planted", videos={"train": 12, "val": 4, "test": 5})
    return folder


@pytest.fixture(scope="session")
def dataset(base: Path) -> Dataset:
    return load_dataset(base / "planted")


def everybody(dataset: Dataset) -> list[Sample]:
    return [sample for samples in dataset.splits.values() for sample in samples]


def noisy(samples: Sequence[Sample], *, noise: float = 1.0, seed: int = 0) -> Said:
    """By sample id: a jittered true window with a high score, and two random ones with lower scores."""
    rng = np.random.default_rng(seed)
    said: Said = {}
    for sample in samples:
        start, end = sample.windows[0]
        jitter = rng.normal(0, noise, 2)
        near = sorted(np.clip([start + jitter[0], end + jitter[1]], 0, sample.duration).tolist())
        others = [sorted(rng.uniform(0, sample.duration, 2).tolist()) for _ in range(2)]
        scores = [0.8 + 0.2 * rng.random(), 0.3 * rng.random(), 0.3 * rng.random()]
        said[sample.sample_id] = [[*w, s] for w, s in zip([near, *others], scores, strict=True)]
    return said


def write_jsonl(path: Path, said: Said, *, key: str = "sample_id") -> Path:
    text = "".join(json.dumps({key: name, "pred_relevant_windows": w}) + "\n" for name, w in said.items())
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_npz(path: Path, said: Said) -> Path:
    table = np.array(list(said.values()))
    np.savez(path, sample_id=np.array(list(said)), windows=table[:, :, :2], scores=table[:, :, 2])
    return path


def write_ragged(path: Path, said: Said) -> Path:
    offsets = np.cumsum([0, *map(len, said.values())])
    table = np.concatenate([np.array(windows) for windows in said.values()])
    np.savez(path, sample_id=np.array(list(said)), offsets=offsets, windows=table[:, :2], scores=table[:, 2])
    return path


def write_parquet(path: Path, said: Said) -> Path:
    columns = {
        "sample_id": list(said),
        "windows": [[w[:2] for w in windows] for windows in said.values()],
        "scores": [[w[2] for w in windows] for windows in said.values()],
    }
    pq.write_table(pa.table(columns), path)
    return path
