"""Residual networks over time and space: published sizes, any clip, the same bits again."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.spec import ClipInput, Conv3dNet, SpecError
from tests.engine.nets.classification.clips.small import CLIP, built, given_to


def _parameters(convolution: str) -> int:
    net = Conv3dNet.model_validate({"convolution": convolution, "width": 64, "blocks": 2})
    with torch.device("meta"):
        model = built(net, classes=400)
    return sum(parameter.numel() for parameter in model.parameters())


def test_eighteen_layers_have_the_published_number_of_parameters() -> None:
    assert _parameters("whole") == 33_371_472


def test_factored_convolutions_have_about_as_many_parameters_as_whole_ones() -> None:
    assert _parameters("factored") == pytest.approx(_parameters("whole"), rel=1e-3)


@pytest.mark.parametrize("convolution", ["factored", "whole"])
@pytest.mark.parametrize(("frames", "size"), [(1, 8), (3, 9), (8, 32)])
def test_clips_of_any_length_and_size_are_read(convolution: str, frames: int, size: int) -> None:
    net = Conv3dNet.model_validate({"convolution": convolution, "width": 4})
    reads = ClipInput(frames=frames, size=size)
    model = built(net, reads).eval()
    clip_BTCHW = given_to(reads)
    features_BF = model.features(clip_BTCHW)
    assert features_BF.shape == (2, model.feature_width) == (2, 32)
    assert torch.equal(model(clip_BTCHW), model.head(features_BF))


@pytest.mark.parametrize("convolution", ["factored", "whole"])
def test_the_order_of_frames_counts(convolution: str) -> None:
    model = built(Conv3dNet.model_validate({"convolution": convolution, "width": 4})).eval()
    clip_BTCHW = given_to(CLIP)
    assert isinstance(clip_BTCHW, Tensor)
    assert not torch.allclose(model(clip_BTCHW), model(clip_BTCHW.flip(1)), atol=1e-4)


def test_a_step_gives_the_same_bits_again() -> None:
    def gradients() -> list[Tensor]:
        model = built(Conv3dNet(width=4))
        model(given_to(CLIP)).square().sum().backward()
        return [parameter.grad for parameter in model.parameters() if parameter.grad is not None]

    first, second = gradients(), gradients()
    assert first
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("limits", [{"width": 256, "blocks": 8}, {"width": 256, "blocks": 8, "stages": 4}])
def test_what_is_too_large_is_refused_before_it_takes_memory(limits: dict[str, Any]) -> None:
    with pytest.raises(
        SpecError, match=r"net.width: given a network of [\d,]+ parameters, accepted are up to"
    ):
        built(Conv3dNet.model_validate(limits))
