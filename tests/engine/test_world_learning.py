"""What trained networks can and cannot do on the generated world; prints its figures (`pytest -s`)."""

from __future__ import annotations

import json
import shutil
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtkd_engine.tasks.grounding.metrics import iou
from tests.engine.learnt import NETS, Learnt, train

pytestmark = pytest.mark.slow
NET, AS_LONG = NETS["regression"]  # who lacks something learns as long as who sees and reads
DISAGREEMENT = 0.15
POINTS = 0.05


@pytest.fixture(scope="module")
def base(learnt: Learnt, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the world without pictures, and the same without sentences."""
    base, world = tmp_path_factory.mktemp("world"), learnt.world()
    for name in ("no_video", "no_query"):
        (base / name).mkdir()
        for file in ("dataset.json", "train.json", "val.json", "test.json", "features.npz"):
            shutil.copy(world / file, base / name / file)
    with np.load(world / "features.npz") as stored:
        blank = {video: np.ones_like(stored[video]) for video in stored.files}
    np.savez(base / "no_video" / "features.npz", **blank)
    for split in ("train", "val", "test"):
        path = base / "no_query" / f"{split}.json"
        videos = json.loads(path.read_text())
        for video in videos.values():
            video["sentences"] = ["something happens"] * len(video["sentences"])
        path.write_text(json.dumps(videos))
    return base


def windows_of(run: Path) -> np.ndarray:
    """The student's test windows."""
    table = pq.read_table(run / "artifacts" / "per_sample.parquet").to_pydict()
    rows = [row for row, split in enumerate(table["split"]) if split == "test"]
    return np.array([[table["student_start"][row], table["student_end"][row]] for row in rows])


def test_a_network_without_video_knows_no_more_than_the_constant_window(base: Path) -> None:
    last = train(base / "run-no_video", dataset=base / "no_video", net=NET, epochs=AS_LONG)
    found, constant = last.metrics["r1@0.5"], last.baselines["blind"]["r1@0.5"]
    print(f"\nvideo-blind R1@0.5 {found:.3f}, constant window {constant:.3f}")
    assert found <= constant + POINTS


def test_a_network_without_the_sentence_does_no_better_than_picking_an_event_at_random(base: Path) -> None:
    last = train(base / "run-no_query", dataset=base / "no_query", net=NET, epochs=AS_LONG)
    videos = json.loads((base / "no_query" / "test.json").read_text()).values()
    events = [len(video["sentences"]) for video in videos]
    chance = len(events) / sum(events)  # each of a video's K events is asked for once
    print(f"\nquery-blind R1@0.5 {last.metrics['r1@0.5']:.3f}, 1/K {chance:.3f}")
    assert last.metrics["r1@0.5"] <= chance + POINTS


def test_all_families_see_far_more_than_the_blind_and_disagree_on_many_queries(learnt: Learnt) -> None:
    said = {family: learnt.finished(family) for family in NETS}
    windows = [windows_of(learnt.run(family)) for family in NETS]
    apart = min(float((iou(one, other) < 0.5).mean()) for one, other in combinations(windows, 2))
    found = {family: last.metrics["r1@0.5"] for family, last in said.items()}
    blind = said["span"].baselines["blind"]["r1@0.5"]
    print(f"\nR1@0.5 {found}, blind {blind:.3f}, least disagreement {apart:.3f}")
    assert min(found.values()) > blind + 0.15, found
    assert apart >= DISAGREEMENT
