"""Convolutions over features: padding never counts, and every stage but the first halves the length."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.classification import Classifier, Tapped
from mtkd_engine.nets.classification.clips import Padded
from mtkd_engine.nets.classification.stages import stages_of
from mtkd_engine.spec import FeatureInput, SequenceNet, SpecError
from tests.engine.nets.classification.clips.small import built

READS = FeatureInput(width=6, frames=11)
NETS = {
    "plain": SequenceNet(width=8),
    "deep": SequenceNet(width=8, stages=4, blocks=2, kernel=5),
    "flat": SequenceNet(width=8, stages=1),
}


@pytest.fixture(params=NETS, ids=lambda name: name)
def model(request: pytest.FixtureRequest) -> Classifier:
    return built(NETS[request.param], READS).eval()


@pytest.fixture
def padded() -> Padded:
    mask_BT = torch.arange(11) < torch.tensor([11, 6, 1]).unsqueeze(1)
    features_BTD = torch.randn(3, 11, 6) * mask_BT.unsqueeze(2)
    return Padded(features_BTD, mask_BT)


def test_logits_are_the_head_on_features_of_the_stated_width(model: Classifier, padded: Padded) -> None:
    features_BF = model.features(padded)
    assert features_BF.shape == (3, model.feature_width) == (3, 8)
    assert torch.equal(model(padded), model.head(features_BF))


def test_what_lies_in_the_padding_changes_no_bit(model: Classifier, padded: Padded) -> None:
    littered = padded.features_BTD.masked_fill(~padded.mask_BT.unsqueeze(2), torch.nan)
    assert torch.equal(model(Padded(littered, padded.mask_BT)), model(padded))


def test_zeros_after_the_end_are_padding_where_no_mask_says_it(model: Classifier, padded: Padded) -> None:
    assert torch.equal(model(padded.features_BTD), model(padded))


def test_zeros_before_the_end_are_no_padding(model: Classifier) -> None:
    features_BTD = torch.randn(1, 11, 6)
    features_BTD[:, 4] = 0
    all_of_it = Padded(features_BTD, torch.ones(1, 11, dtype=torch.bool))
    assert torch.equal(model(features_BTD), model(all_of_it))


@pytest.mark.parametrize("more", [1, 2, 5, 40])
def test_longer_padding_changes_nothing(model: Classifier, padded: Padded, more: int) -> None:
    longer = torch.nn.functional.pad(padded.features_BTD, (0, 0, 0, more))
    torch.testing.assert_close(model(longer), model(padded), rtol=1e-5, atol=1e-6)


def test_the_other_clips_of_a_batch_change_nothing(model: Classifier, padded: Padded) -> None:
    for row, length in enumerate((11, 6, 1)):
        alone: Tensor = model(padded.features_BTD[row : row + 1, :length])
        torch.testing.assert_close(alone[0], model(padded)[row], rtol=1e-5, atol=1e-6)


def test_padding_changes_no_gradient(padded: Padded) -> None:
    def gradient(features_BTD: Tensor) -> Tensor:
        net = built(SequenceNet(width=8, dropout=0), READS).train()
        net(features_BTD).square().sum().backward()
        found = net.get_parameter("stem.weight").grad
        assert found is not None
        return found

    longer = torch.nn.functional.pad(padded.features_BTD, (0, 0, 0, 9))
    torch.testing.assert_close(gradient(longer), gradient(padded.features_BTD), rtol=1e-4, atol=1e-5)


def test_a_clip_without_a_moment_gives_finite_logits(model: Classifier) -> None:
    assert model(torch.zeros(2, 11, 6)).isfinite().all()


def test_every_stage_but_the_first_halves_the_length(padded: Padded) -> None:
    model = built(NETS["deep"], READS).eval()
    _, taps = Tapped(model, stages_of(model))(padded)
    assert [tuple(maps.shape) for maps in taps.values()] == [(3, 8, 11), (3, 8, 6), (3, 8, 3), (3, 8, 2)]
    assert not taps["stages.1"][1, :, 3:].any()


def test_the_order_of_moments_counts() -> None:
    model = built(NETS["plain"], READS).eval()
    features_BTD = torch.randn(2, 11, 6)
    assert not torch.allclose(model(features_BTD), model(features_BTD.flip(1)), atol=1e-4)


def test_what_is_too_large_is_refused_before_it_takes_memory() -> None:
    with pytest.raises(SpecError, match=r"net.width: given a network of [\d,]+ parameters"):
        built(SequenceNet(stages=6, blocks=8, width=2048, kernel=15), READS)
