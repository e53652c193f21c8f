"""Residual networks for small images: sizes, names and ways around a block."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.build import build_classifier
from mtkd_engine.spec import CifarResNet, ImageInput


def _built(**net: Any) -> Classifier:
    torch.manual_seed(0)
    return build_classifier(CifarResNet.model_validate(net), classes=10, input=ImageInput())


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        ({"depth": 8, "shortcut": "conv"}, 78_042),
        ({"depth": 20}, 269_722),
        ({"depth": 32}, 464_154),
        ({"depth": 44}, 658_586),
        ({"depth": 56}, 853_018),
        ({"depth": 110}, 1_727_962),
        ({"depth": 8, "factor": 4, "shortcut": "conv"}, 1_233_540 - 90 * 257),
        ({"depth": 32, "factor": 4, "shortcut": "conv"}, 7_433_860 - 90 * 257),
    ],
)
def test_the_published_sizes_have_the_published_numbers_of_parameters(
    net: dict[str, Any], parameters: int
) -> None:
    with torch.device("meta"):
        model = _built(**net)
    assert sum(parameter.numel() for parameter in model.parameters()) == parameters


def test_tensors_have_the_names_of_published_checkpoints() -> None:
    names = list(_built(depth=8).state_dict())
    assert names[0] == "conv1.weight"
    assert names[1] == "bn1.weight"
    assert "layer1.0.conv1.weight" in names
    assert "layer3.0.bn2.running_var" in names
    assert names[-2:] == ["linear.weight", "linear.bias"]
    assert not [name for name in names if "shortcut" in name]
    assert "layer2.0.shortcut.0.weight" in _built(depth=8, shortcut="conv").state_dict()


def test_logits_are_the_head_on_the_features() -> None:
    model = _built(depth=8).eval()
    images_BCHW = torch.randn(3, 3, 16, 16)
    features_BF = model.features(images_BCHW)
    assert features_BF.shape == (3, model.feature_width) == (3, 64)
    assert torch.equal(model(images_BCHW), model.head(features_BF))


def test_padding_puts_zeros_on_both_sides_of_every_second_pixel() -> None:
    model = _built(depth=8)
    way = model.get_submodule("layer2.0.shortcut")
    maps = torch.randn(2, 16, 8, 8)
    around: Tensor = way(maps)
    assert around.shape == (2, 32, 4, 4)
    assert torch.equal(around[:, 8:24], maps[:, :, ::2, ::2])
    assert not around[:, :8].any()
    assert not around[:, 24:].any()


@pytest.mark.parametrize("size", [8, 9, 32])
@pytest.mark.parametrize("shortcut", ["pad", "conv"])
@pytest.mark.parametrize("factor", [1, 4])
def test_images_of_any_size_are_read(size: int, shortcut: str, factor: int) -> None:
    model = _built(depth=8, factor=factor, shortcut=shortcut).eval()
    assert model(torch.randn(2, 3, size, size)).shape == (2, 10)


def test_grey_images_have_one_channel() -> None:
    grey = ImageInput(mean=(0.5,), std=(0.2,))
    model = build_classifier(CifarResNet(), classes=2, input=grey)
    assert model(torch.randn(2, 1, 8, 8)).shape == (2, 2)
