"""What trained networks can and cannot do on the generated world; prints its figures (`pytest -s`)."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from mtkd_engine.data.world import VideosPerSplit, make_world
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Finished
from mtkd_engine.sources import Sources
from mtkd_engine.spec import parse
from mtkd_engine.tasks.grounding.metrics import iou

pytestmark = pytest.mark.slow
SPAN = {"family": "span", "clips": 32, "width": 48, "encoder_layers": 2, "attention_layers": 1}
MAP2D = {"family": "map2d", "clips": 16, "width": 32}
PROPOSAL = {"family": "proposal", "clips": 32, "width": 48}
REGRESSION = {"family": "regression", "clips": 32, "width": 48}
OPTIM = {"batch_size": 16, "learning_rate": 4e-3}
DISAGREEMENT = 0.15
POINTS = 0.05


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the world, the same without pictures, and the same without sentences."""
    base = tmp_path_factory.mktemp("world")
    make_world(base / "world", videos=VideosPerSplit(train=140, val=16, test=60), seed=11)
    for name in ("no_video", "no_query"):
        (base / name).mkdir()
        for file in ("dataset.json", "train.json", "val.json", "test.json", "features.npz"):
            shutil.copy(base / "world" / file, base / name / file)
    with np.load(base / "world" / "features.npz") as stored:
        blank = {video: np.ones_like(stored[video]) for video in stored.files}
    np.savez(base / "no_video" / "features.npz", **blank)
    for split in ("train", "val", "test"):
        path = base / "no_query" / f"{split}.json"
        videos = json.loads(path.read_text())
        for video in videos.values():
            video["sentences"] = ["something happens"] * len(video["sentences"])
        path.write_text(json.dumps(videos))
    return base


def train(base: Path, dataset: str, net: dict[str, Any], *, epochs: int) -> tuple[Finished, np.ndarray]:
    """The job's last word and the student's test windows."""
    spec = parse({"data": {"dataset": dataset}, "student": {"net": net}, "optim": OPTIM | {"epochs": epochs}})
    folder = base / f"run-{dataset}-{net['family']}"
    place = Place(folder=folder, cache=base / "cache")
    *_, last = distill(spec, sources=Sources(base=base), place=place)
    assert isinstance(last, Finished)
    table = pq.read_table(folder / "artifacts" / "per_sample.parquet").to_pydict()
    rows = [row for row, split in enumerate(table["split"]) if split == "test"]
    return last, np.array([[table["student_start"][row], table["student_end"][row]] for row in rows])


def test_a_network_without_video_knows_no_more_than_the_constant_window(base: Path) -> None:
    last, _ = train(base, "no_video", SPAN, epochs=6)
    found, constant = last.metrics["r1@0.5"], last.baselines["blind"]["r1@0.5"]
    print(f"\nvideo-blind R1@0.5 {found:.3f}, constant window {constant:.3f}")
    assert found <= constant + POINTS


def test_a_network_without_the_sentence_does_no_better_than_picking_an_event_at_random(base: Path) -> None:
    last, _ = train(base, "no_query", SPAN, epochs=8)
    events = [
        len(video["sentences"]) for video in json.loads((base / "world" / "test.json").read_text()).values()
    ]
    chance = len(events) / sum(events)  # each of a video's K events is asked for once
    print(f"\nquery-blind R1@0.5 {last.metrics['r1@0.5']:.3f}, 1/K {chance:.3f}")
    assert last.metrics["r1@0.5"] <= chance + POINTS


def test_all_families_see_far_more_than_the_blind_and_disagree_on_many_queries(base: Path) -> None:
    torch.manual_seed(0)
    span, span_windows = train(base, "world", SPAN, epochs=8)
    map2d, map_windows = train(base, "world", MAP2D, epochs=10)
    proposal, proposal_windows = train(base, "world", PROPOSAL, epochs=9)
    regression, regression_windows = train(base, "world", REGRESSION, epochs=9)
    windows = (span_windows, map_windows, proposal_windows, regression_windows)
    apart = min(float((iou(one, other) < 0.5).mean()) for one, other in combinations(windows, 2))
    blind = span.baselines["blind"]["r1@0.5"]
    print(
        f"\nspan R1@0.5 {span.metrics['r1@0.5']:.3f}, map2d {map2d.metrics['r1@0.5']:.3f}, "
        f"proposal {proposal.metrics['r1@0.5']:.3f}, regression {regression.metrics['r1@0.5']:.3f}, "
        f"blind {blind:.3f}, least disagreement {apart:.3f}"
    )
    assert span.metrics["r1@0.5"] > blind + 0.15
    assert map2d.metrics["r1@0.5"] > blind + 0.15
    assert proposal.metrics["r1@0.5"] > blind + 0.15
    assert regression.metrics["r1@0.5"] > blind + 0.15
    assert apart >= DISAGREEMENT
