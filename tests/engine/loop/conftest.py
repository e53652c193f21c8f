"""A planted dataset that trains in a second: each sentence names the pattern that fills its window."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.events import Event
from mtkd_engine.spec import Spec, parse
from tests.engine.attempts import run

WORDS = ("alpha", "beta", "gamma")
WIDTH = 6


def write_planted(folder: Path, *, videos: dict[str, int], seed: int = 0) -> Path:
    """Three patterns per video in random order, one second a row; the sentence names one of them."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    features: dict[str, np.ndarray] = {}
    for split, count in videos.items():
        annotations = {}
        for number in range(count):
            video = f"{split}{number}"
            rows = int(rng.integers(14, 21))
            values = 0.1 * rng.standard_normal((rows, WIDTH)).astype(np.float32)
            cuts = np.sort(rng.choice(np.arange(2, rows - 2, 2), 2, replace=False)) if rows > 8 else [3, 6]
            edges = [0, int(cuts[0]), int(cuts[1]), rows]
            order = rng.permutation(3)
            for place, word in enumerate(order):
                values[edges[place] : edges[place + 1], word] += 1.0
            features[video] = values
            annotations[video] = {
                "duration": float(rows),
                "timestamps": [[float(edges[i]), float(edges[i + 1])] for i in range(3)],
                "sentences": [f"where is {WORDS[word]}" for word in order],
            }
        (folder / f"{split}.json").write_text(json.dumps(annotations))
    np.savez(folder / "features.npz", **features)
    return folder


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the dataset `planted`."""
    base = tmp_path_factory.mktemp("planted")
    write_planted(base / "planted", videos={"train": 12, "val": 4, "test": 5})
    return base


SOLO = {
    "data": {"dataset": "planted"},
    "student": {"net": {"family": "span", "clips": 16, "width": 16, "encoder_layers": 1, "heads": 2}},
    "optim": {"epochs": 4, "batch_size": 8, "learning_rate": 3e-3},
    "recording": {"log_every": 2, "checkpoint_every": 5},
}


@pytest.fixture
def spec_of() -> Callable[..., Spec]:
    """Builds a small solo spec with top-level parts replaced."""
    return lambda **parts: parse({**SOLO, **parts})


@dataclass(frozen=True)
class Done:
    """A job that nothing stopped: its spec, what it said, and its folder, which nobody may change."""

    spec: Spec
    events: list[Event]
    folder: Path

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    @property
    def model(self) -> Path:
        return self.artifacts / "student.safetensors"


def _done(spec: Spec, *, base: Path, folder: Path) -> Done:
    return Done(spec, run(spec, base=base, folder=folder), folder)


@pytest.fixture(scope="session")
def alone(planted: Path) -> Done:
    """A solo job."""
    return _done(parse(SOLO), base=planted, folder=planted / "one")


@pytest.fixture(scope="session")
def alone_otherwise(planted: Path) -> Done:
    """The same solo job with another seed."""
    return _done(parse({**SOLO, "seed": 3}), base=planted, folder=planted / "otherwise")


@pytest.fixture(scope="session")
def emtm(planted: Path, alone: Done) -> Spec:
    """The spec of a job of two teachers."""
    net = {"family": "map2d", "clips": 8, "width": 8, "map_layers": 1}
    run(parse({**SOLO, "student": {"net": net}}), base=planted, folder=planted / "two")
    teachers = [f"{name}/artifacts/student.safetensors" for name in (alone.folder.name, "two")]
    return parse({**SOLO, "teachers": teachers, "method": {"kind": "emtm", "folds": 2}})


@pytest.fixture(scope="session")
def distilled(emtm: Spec, planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """That job."""
    return _done(emtm, base=planted, folder=tmp_path_factory.mktemp("distilled"))
