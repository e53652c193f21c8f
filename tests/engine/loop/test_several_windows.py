"""Sentences with several true windows, as in QVHighlights, through a whole job: any of them is right."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from mtkd_engine.tasks.grounding import iou
from tests.engine.loop.conftest import SOLO, WORDS

ROWS, LONG = 20, 4
NETS = {
    "span": {},
    "map2d": {"family": "map2d", "clips": 16, "width": 16, "map_layers": 1, "kernel": 3},
    "proposal": {"family": "proposal", "clips": 16, "width": 16, "anchors": 5, "layers": 1},
    "regression": {"family": "regression", "clips": 16, "width": 16, "layers": 1},
}


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of five equal parts in which one pattern comes twice, named with both of its windows."""
    rng = np.random.default_rng(3)
    folder = tmp_path_factory.mktemp("twice") / "twice"
    folder.mkdir()
    features = {}
    for split, count in {"train": 16, "val": 4, "test": 10}.items():
        lines = []
        for number in range(count):
            video = f"{split}{number}_0.0_20.0"
            parts = rng.permutation([0, 0, 1, 2, 2] if number % 2 else [0, 0, 1, 1, 2])
            values = 0.1 * rng.standard_normal((ROWS, 6)).astype(np.float32)
            values[np.arange(ROWS), np.repeat(parts, LONG)] += 1.0
            features[video] = values
            for word in range(3):
                windows = [
                    [float(LONG * place), float(LONG * place + LONG)]
                    for place in np.flatnonzero(parts == word)
                ]
                named = {"qid": f"{video}/{word}", "query": f"where is {WORDS[word]}", "vid": video}
                lines.append(json.dumps({**named, "duration": 20, "relevant_windows": windows}))
        (folder / f"highlight_{split}.jsonl").write_text("\n".join(lines))
    np.savez(folder / "features.npz", **features)
    return folder.parent


@pytest.mark.parametrize("family", NETS)
def test_every_family_learns_to_name_one_of_them(twice: Path, tmp_path: Path, family: str) -> None:
    dataset = load_dataset(twice / "twice")
    spec = parse(
        {
            **SOLO,
            "data": {"dataset": "twice"},
            "student": {"net": NETS[family] or SOLO["student"]["net"]},  # type: ignore[index]
            "optim": {"epochs": 12, "batch_size": 8, "learning_rate": 8e-3},
        }
    )
    place = Place(folder=tmp_path, cache=tmp_path / "cache")
    *_, last = distill(spec, sources=Sources(base=twice), place=place)
    assert isinstance(last, Finished)
    assert last.metrics["r1@0.5"] > last.baselines["blind"]["r1@0.5"] + 0.2
    table = pq.read_table(place.artifacts / "per_sample.parquet").to_pylist()
    windows = {s.sample_id: s.windows for split in ("val", "test") for s in dataset.splits[split]}
    assert {row["truth_windows"] for row in table} == {1, 2}
    for row in table:
        shown, said = (row["truth_start"], row["truth_end"]), (row["student_start"], row["student_end"])
        assert shown in windows[row["sample_id"]]
        assert iou(said, shown) == pytest.approx(row["student_iou"])
        assert row["student_iou"] == pytest.approx(
            max(iou(said, truth) for truth in windows[row["sample_id"]])
        )
