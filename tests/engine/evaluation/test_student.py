"""A student's short lists: in the split's order, first what `predict` says, measured by the one evaluator."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.student import predict, predict_ranked
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import Map2dNet, NetSpec, ProposalNet, RegressionNet, SpanNet
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.metrics import compatible, evaluate_ranked

NETS: list[NetSpec] = [
    SpanNet(clips=8, width=8, encoder_layers=1, heads=2),
    Map2dNet(clips=8, width=8),
    ProposalNet(clips=8, width=8, anchors=3),
    RegressionNet(clips=8, width=8),
]
SAMPLES = tuple(
    Sample(f"s{n}", f"s{n}", f"v{n}", 10.0 + n, ((1.0, 4.0), (6.0, 9.0))[: 1 + n % 2], "it is red")
    for n in range(70)  # more than one batch
)


class Rows:
    """Random videos of 1 to 12 rows."""

    width = 4

    def load(self, video_id: str) -> NDArray[np.float32]:
        seed = int(video_id[1:])
        return np.random.default_rng(seed).standard_normal((1 + seed % 12, 4)).astype(np.float32)


@pytest.fixture
def split() -> SplitData:
    collator = Collator(vocabulary=["<pad>", "<unk>", "red"], max_words=4, clips=8, features=Rows())
    return SplitData(SAMPLES, collator, device="cpu")


@pytest.fixture(params=NETS, ids=lambda net: net.family)
def model(request: pytest.FixtureRequest) -> nn.Module:
    return build(request.param, feature_width=4, vocabulary_size=3)


def test_the_first_window_is_the_prediction(model: nn.Module, split: SplitData) -> None:
    windows_NK2, scores_NK = predict_ranked(model, split, k=4)
    assert windows_NK2.shape == (70, 4, 2)
    assert torch.equal(windows_NK2[:, 0], predict(model, split))
    assert bool((scores_NK[:, 0] > 0).all())
    assert bool((scores_NK[:, :-1] >= scores_NK[:, 1:]).all())


def test_training_goes_on_as_it_was(model: nn.Module, split: SplitData) -> None:
    model.train()
    predict_ranked(model, split, k=1)
    assert model.training


def test_a_split_measures_by_its_own_truths_durations_and_grid(model: nn.Module, split: SplitData) -> None:
    windows_NK2, scores_NK = predict_ranked(model, split)
    truths, durations = [s.windows for s in SAMPLES], [s.duration for s in SAMPLES]
    arrays = windows_NK2.numpy(), scores_NK.numpy()
    assert split.score_ranked(windows_NK2, scores_NK) == evaluate_ranked(*arrays, truths, durations)
    clips = [min(1 + number % 12, 8) for number in range(70)]
    assert split.score_compatible(windows_NK2, scores_NK) == compatible(
        arrays[0], truths, durations, clips, scores=arrays[1]
    )


def test_ends_beyond_the_videos_are_counted_with_the_quality(split: SplitData) -> None:
    windows_N2 = torch.tensor([[0.0, 5.0]] * 68 + [[0.0, 500.0]] * 2, dtype=torch.float64)
    assert split.score(windows_N2).late_ends == 2
