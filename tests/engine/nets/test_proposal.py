"""Anchors and the windows that a proposal network makes of them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from mtkd_engine.modelfile import load_model, save_model
from mtkd_engine.nets.grounding.proposal import ProposalModel, anchors_of, covered
from mtkd_engine.nets.masking import NEG
from mtkd_engine.spec import GroundingCard, ProposalNet
from mtkd_engine.tasks.grounding.decode import pairwise_iou

NET = ProposalNet(clips=12, width=16, anchors=5)


def network(*, wild: bool = False) -> ProposalModel:
    model = ProposalModel(NET, feature_width=8, vocabulary_size=20).eval()
    if wild:
        nn.init.normal_(model.correct.weight, std=20.0)
    return model


@pytest.mark.parametrize("wild", [False, True])
def test_windows_lie_inside_the_video_and_run_forward(make: SimpleNamespace, wild: bool) -> None:
    output = network(wild=wild)(make.inputs([12, 7, 2, 1], [5, 2, 7, 1], length=12))
    windows_N2 = output.windows_BK2[output.valid_BK]
    assert bool((windows_N2 >= 0.0).all())
    assert bool((windows_N2 <= 1.0).all())
    assert bool((windows_N2[:, 1] > windows_N2[:, 0]).all())
    assert torch.equal(output.scores_BK != NEG, output.valid_BK)


def test_a_network_starts_from_its_anchors(make: SimpleNamespace) -> None:
    inputs = make.inputs([12, 7], [5, 2], length=12)
    output = network()(inputs)
    anchors_BK2, valid_BK = anchors_of(inputs.clips_B, length=12, count=5)
    shares_BK2 = anchors_BK2 / inputs.clips_B[:, None, None]
    assert torch.equal(valid_BK, output.valid_BK)
    torch.testing.assert_close(output.windows_BK2[valid_BK], shares_BK2[valid_BK])


@settings(deadline=None)
@given(
    clips=st.integers(4, 64), start=st.floats(0.0, 1.0), stop=st.floats(0.0, 1.0), count=st.integers(6, 12)
)
def test_some_anchor_is_near_every_window_that_a_clip_grid_can_tell(
    clips: int, start: float, stop: float, count: int
) -> None:
    anchors_BK2, valid_BK = anchors_of(torch.tensor([clips]), length=clips, count=count)
    low, high = sorted((start * clips, stop * clips))
    if high - low < 1.0:
        low = min(low, clips - 1.0)
        high = low + 1.0
    window_2 = torch.tensor([low, high], dtype=torch.float64)
    both_BK2 = torch.cat([window_2.expand(1, 1, 2), anchors_BK2[:, valid_BK[0]].double()], dim=1)
    assert float(pairwise_iou(both_BK2)[0, 0, 1:].max()) >= 1 / 3 - 1e-6


def test_anchors_depend_on_the_clips_that_are_there_only() -> None:
    short_BK2, short_BK = anchors_of(torch.tensor([5]), length=5, count=4)
    long_BK2, long_BK = anchors_of(torch.tensor([5]), length=9, count=4)
    assert torch.equal(short_BK2[short_BK], long_BK2[long_BK])


def test_a_window_covers_clips_by_the_time_it_shares_with_them() -> None:
    windows_BK2 = torch.tensor([[[1.0, 3.0], [0.5, 1.0], [2.0, 2.0]]])
    assert covered(windows_BK2, 4).tolist() == [[[0, 0.5, 0.5, 0], [1.0, 0, 0, 0], [0, 0, 0, 0]]]


def test_a_saved_network_says_the_same_after_loading(make: SimpleNamespace, tmp_path: Path) -> None:
    card = GroundingCard(
        net=NET, feature_width=8, max_words=6, vocabulary=("<pad>", "<unk>", *map(str, range(18)))
    )
    model, inputs = network(wild=True), make.inputs([12, 7], [5, 2], length=12)
    save_model(tmp_path / "m.safetensors", parameters=model.state_dict(), card=card)
    loaded, read = load_model(tmp_path / "m.safetensors")
    assert read == card
    with torch.no_grad():
        before, after = model(inputs), loaded(inputs)
    # Not to the bit: where tensors lie in memory decides how sums are vectorised.
    torch.testing.assert_close(before.windows_BK2, after.windows_BK2, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(before.scores_BK, after.scores_BK, rtol=1e-4, atol=1e-4)
