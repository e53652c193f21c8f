"""Baselines are chosen without looking at test, and stand in the order that they must."""

from __future__ import annotations

import numpy as np
import torch

from mtkd_engine.cache.beliefs import Faculty, StoredBeliefs
from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.baselines import blind_window, measure_baselines
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.tasks.grounding.collate import Collator

CLIPS = 10


class Rows:
    """Videos of ten empty rows."""

    width = 3

    def load(self, video_id: str) -> np.ndarray:
        return np.zeros((CLIPS, self.width), np.float32)


def samples(count: int, *, seed: int) -> tuple[Sample, ...]:
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        start = int(rng.integers(0, 7))
        made.append(
            Sample(f"v{number}#0", f"v{number}", f"v{number}", 10.0, ((start, start + 3.0),), "it happens")
        )
    return tuple(made)


def split_of(found: tuple[Sample, ...]) -> SplitData:
    collator = Collator(vocabulary=["<pad>", "<unk>"], max_words=4, clips=CLIPS, features=Rows())
    return SplitData(found, collator, device="cpu")


def teacher(found: tuple[Sample, ...], *, right: float, seed: int) -> StoredBeliefs:
    """Sure of the truth on a share of the samples, sure of something else on the others."""
    rng = np.random.default_rng(seed)
    log_joint = torch.full((len(found), CLIPS, CLIPS), -1.0e4)
    windows = torch.zeros(len(found), 2, 2, dtype=torch.float64)
    for row, sample in enumerate(found):
        start = int(sample.windows[0][0]) if rng.random() < right else int(rng.integers(0, 7))
        log_joint[row, torch.triu(torch.ones(CLIPS, CLIPS, dtype=torch.bool))] = -9.0
        log_joint[row, start, start + 2] = -0.01
        windows[row] = torch.tensor([[start, start + 3.0], [0.0, 10.0]])
    belief = Belief(log_joint, windows, torch.tensor([[0.95, 0.01]]).expand(len(found), 2).clone())
    return StoredBeliefs({sample.sample_id: row for row, sample in enumerate(found)}, belief)


def faculties(splits: dict[str, tuple[Sample, ...]]) -> dict[str, Faculty]:
    return {
        name: Faculty(["good", "bad"], [teacher(found, right=0.8, seed=1), teacher(found, right=0.3, seed=2)])
        for name, found in splits.items()
    }


def test_the_blind_window_is_the_best_constant_one() -> None:
    found = tuple(Sample(f"v{i}#0", f"v{i}", f"v{i}", 20.0, ((5.0, 15.0),), "x") for i in range(5))
    assert blind_window(found) == (0.25, 0.75)


def test_the_blind_window_may_meet_any_true_window() -> None:
    def sample(number: int, *windows: tuple[float, float]) -> Sample:
        return Sample(f"v{number}#0", f"v{number}", f"v{number}", 20.0, windows, "x")

    found = tuple(sample(number, (float(number), number + 1.0), (5.0, 15.0)) for number in range(5))
    assert blind_window(found) == (0.25, 0.75)
    assert blind_window((sample(0, (0.0, 5.0)), *found)) == (0.25, 0.75)


def test_baselines_stand_in_their_order() -> None:
    splits = {name: samples(120, seed=seed) for seed, name in enumerate(("train", "val", "test"))}
    data = {name: split_of(found) for name, found in splits.items()}
    found = measure_baselines(splits=data, faculties=faculties(splits), seed=0)
    values = found.values()
    assert found.best_single == "good"
    assert "medoid" not in values  # of two windows each agrees with the other as much
    assert values["best_single"] == values["teacher:good"]
    assert found.static_weights["good"] > found.static_weights["bad"]
    assert abs(sum(found.static_weights.values()) - 1) < 1e-5
    for name, value in values.items():
        assert value["miou"] <= values["oracle"]["miou"] + 1e-9, name
    assert values["blind"]["r1@0.5"] < values["best_single"]["r1@0.5"]
    assert values["static"]["miou"] >= values["teacher:bad"]["miou"]
