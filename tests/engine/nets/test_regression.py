"""Windows that clips regress for themselves, and files of such networks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtkd_engine.modelfile import ModelError, check_model, load_model, save_model
from mtkd_engine.nets.grounding.regression import RegressionModel, windows_of
from mtkd_engine.nets.masking import NEG
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import GroundingCard, RegressionNet

NET = RegressionNet(clips=12, width=16)
CARD = GroundingCard(
    net=NET, feature_width=8, max_words=6, vocabulary=("<pad>", "<unk>", *map(str, range(18)))
)


def network() -> RegressionModel:
    return RegressionModel(NET, feature_width=8, vocabulary_size=20).eval()


def test_every_clip_has_one_scored_window_and_padding_has_none(make: SimpleNamespace) -> None:
    inputs = make.inputs([12, 7, 2, 1], [5, 2, 7, 1], length=12)
    output = network()(inputs)
    assert torch.equal(output.valid_BK, inputs.clip_mask_BL)
    assert torch.equal(output.scores_BK != NEG, inputs.clip_mask_BL)
    assert not output.windows_BK2[~inputs.clip_mask_BL].any()


@settings(deadline=None)
@given(
    clips=st.lists(st.integers(1, 32), min_size=1, max_size=4),
    scale=st.sampled_from([0.0, 1.0, 30.0, 1e6]),
    seed=st.integers(0, 10_000),
)
def test_windows_lie_inside_the_video_run_forward_and_meet_their_clip(
    clips: list[int], scale: float, seed: int
) -> None:
    raw_BL2 = scale * torch.randn(len(clips), 32, 2, generator=torch.Generator().manual_seed(seed))
    raw_BL2[..., 1] = raw_BL2[..., 1].clamp(min=-10.0)  # the logistic function ends in 0 below
    windows_BL2 = windows_of(raw_BL2, torch.tensor(clips))
    for row, count in enumerate(clips):
        start_N, end_N = windows_BL2[row, :count].unbind(1)
        clip_N = torch.arange(count) / count
        assert bool((start_N >= 0.0).all())
        assert bool((end_N <= 1.0).all())
        assert bool((end_N > start_N).all())
        assert bool((start_N <= clip_N + 1 / count + 1e-5).all())
        assert bool((end_N >= clip_N - 1e-5).all())


@settings(deadline=None)
@given(clips=st.integers(2, 32), start=st.floats(0.0, 1.0), stop=st.floats(0.0, 1.0))
def test_a_clip_inside_a_window_can_say_it(clips: int, start: float, stop: float) -> None:
    low, high = sorted((start, stop))
    high = min(max(high, low + 0.02), 0.98)
    low = min(low, high - 0.02)
    place = int((low + high) / 2 * clips)
    width, away = high - low, (low + high) / 2 - (place + 0.5) / clips
    raw_L2 = torch.zeros(clips, 2)
    raw_L2[place, 0] = torch.tensor(away / (0.5 * (width + 1.0 / clips))).atanh()
    raw_L2[place, 1] = torch.tensor(width).logit()
    found_2 = windows_of(raw_L2.unsqueeze(0), torch.tensor([clips]))[0, place]
    torch.testing.assert_close(found_2, torch.tensor([low, high]), atol=1e-4, rtol=0)


def test_scores_do_not_move_windows(make: SimpleNamespace) -> None:
    model = network()
    output = model(make.inputs([12], [4], length=12))
    output.scores_BK.sum().backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is None for parameter in model.inside.parameters())
    assert model.own.weight.grad is not None


def test_a_saved_network_says_the_same_after_loading(make: SimpleNamespace, tmp_path: Path) -> None:
    model, inputs = network(), make.inputs([12, 7], [5, 2], length=12)
    save_model(tmp_path / "m.safetensors", parameters=model.state_dict(), card=CARD)
    loaded, read = load_model(tmp_path / "m.safetensors")
    assert read == CARD
    with torch.no_grad():
        before, after = model(inputs), loaded(inputs)
    # Not to the bit: where tensors lie in memory decides how sums are vectorised.
    torch.testing.assert_close(before.windows_BK2, after.windows_BK2, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(before.scores_BK, after.scores_BK, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("sizes", "hint"),
    [
        ({"width": 24}, r"to make it fit, give the card net\.width 24"),
        ({"layers": 2}, r"to make it fit, give the card net\.layers 2"),
        ({"kernel": 5}, r"to make it fit, give the card net\.kernel 5"),
    ],
)
def test_the_size_that_a_card_gives_wrongly_is_named(
    tmp_path: Path, sizes: dict[str, int], hint: str
) -> None:
    other = build(NET.model_copy(update=sizes), feature_width=8, vocabulary_size=20)
    save_model(tmp_path / "m.safetensors", parameters=other.state_dict(), card=CARD)
    with pytest.raises(ModelError, match=hint):
        check_model(tmp_path / "m.safetensors")
