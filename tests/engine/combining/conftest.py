"""Stored predictions of three made-up models on annotations without features, and of one that knows nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Event
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from mtkd_engine.teachers.check import check_teacher

SECONDS = 60.0
GOOD = {"sharp": 0.8, "fair": 0.65, "odd": 0.45}


def write_annotations(path: Path, *, videos: int = 60, seed: int = 0) -> dict[str, tuple[float, float]]:
    """This will write two sentences on each video and return the true window of each."""
    rng = np.random.default_rng(seed)
    truth: dict[str, tuple[float, float]] = {}
    rows = []
    for number in range(2 * videos):
        start = float(rng.uniform(0, 40))
        truth[str(number)] = (start, start + float(rng.uniform(6, 18)))
        rows.append(
            {
                "qid": number,
                "query": f"person {number} waves",
                "vid": f"v{number // 2}_0.0_60.0",
                "duration": SECONDS,
                "relevant_windows": [list(truth[str(number)])],
            }
        )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return truth


def write_predictions(path: Path, truth: dict[str, tuple[float, float]], *, right: float, seed: int) -> Path:
    """This will write a model that is near the truth on a share of samples, and surer there."""
    rng = np.random.default_rng(seed)
    rows = []
    for name, (start, end) in truth.items():
        jitter = rng.normal(0, 1.5, 2)
        near = np.clip(sorted([start + jitter[0], end + jitter[1]]), 0, SECONDS).tolist()
        away = sorted(rng.uniform(0, SECONDS, 2).tolist())
        hit = rng.random() < right
        order = [near, away] if hit else [away, near]
        score = 0.9 if hit else 0.6
        rows.append({"qid": int(name), "pred_relevant_windows": [[*order[0], score], [*order[1], 0.3]]})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="session")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sealed dataset `said` and the sealed predictions `sharp`, `fair`, `odd`, `lost`."""
    folder = tmp_path_factory.mktemp("combining")
    truth = write_annotations(folder / "annotations.jsonl")
    check_dataset(folder / "annotations.jsonl", name="said", seal=folder / "said")
    shares = {**GOOD, "lost": 0.0}
    for seed, (name, right) in enumerate(shares.items()):
        path = write_predictions(folder / f"{name}.jsonl", truth, right=right, seed=seed)
        if name == "lost":
            path.write_text(_lost(truth))
        check_teacher(path, dataset=folder / "said", seal=folder / name)
    return folder


def _lost(truth: dict[str, tuple[float, float]]) -> str:
    """Says the last second of every video."""
    window = [SECONDS - 1.0, SECONDS, 0.9]
    return "".join(json.dumps({"qid": int(name), "pred_relevant_windows": [window]}) + "\n" for name in truth)


def spec_of(teachers: list[str], **changes: Any) -> dict[str, Any]:
    """This will make a spec of method aggregate on `said`."""
    method = {"kind": "aggregate", "folds": 3, "aggregator": {"kind": "kau_plus", "epochs": 2}}
    spec: dict[str, Any] = {
        "data": {"dataset": "said"},
        "teachers": teachers,
        "student": {"net": {"family": "span", "clips": 12}},
        "method": {**method, **changes.pop("method", {})},
    }
    return spec | changes


def run(sealed: Path, out: Path, spec: dict[str, Any]) -> Iterator[Event]:
    """This will run a job in `out` on what lies sealed."""
    place = Place(folder=out, cache=out / "cache")
    return distill(parse(spec), sources=Sources(base=sealed), place=place)
