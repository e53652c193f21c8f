"""Classifiers of timm, where it is installed; what is said where it is not."""

from __future__ import annotations

import importlib.util
import warnings

import pytest
import torch

from mtkd_engine.nets.classification import Classifier, build_classifier
from mtkd_engine.spec import ImageInput, SpecError, TimmNet

_INSTALLED = importlib.util.find_spec("timm") is not None
needs_timm = pytest.mark.skipif(not _INSTALLED, reason="timm is not installed")


_held: list[torch.library.Library] = []


def _built(name: str, *, size: int = 32) -> Classifier:
    if _INSTALLED and importlib.util.find_spec("torchvision") is not None:
        _name_missing_operators()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of timm's own imports
        return build_classifier(TimmNet(name=name), classes=5, input=ImageInput(size=size))


def _name_missing_operators() -> None:
    """A torchvision of another build than torch's fails at its import where these are not known."""
    library = torch.library.Library("torchvision", "FRAGMENT")
    _held.append(library)  # they go when it goes
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


@pytest.mark.skipif(_INSTALLED, reason="timm is installed")
def test_without_timm_the_refusal_says_how_to_add_it() -> None:
    with pytest.raises(
        SpecError, match=r"net.name: given 'resnet18', but timm is not installed here; .*timm"
    ):
        _built("resnet18")


@needs_timm
@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "mobilenetv3_small_050"])
def test_logits_are_the_head_on_features_of_the_stated_width(name: str) -> None:
    model = _built(name).eval()
    images_BCHW = torch.randn(2, 3, 32, 32)
    features_BF = model.features(images_BCHW)
    assert features_BF.shape == (2, model.feature_width)
    torch.testing.assert_close(model(images_BCHW), model.head(features_BF))
    assert not any(tensor_name.startswith("net.") for tensor_name in model.state_dict())
    model.load_state_dict(model.state_dict())


@needs_timm
def test_names_that_lead_to_a_hub_or_a_folder_are_refused() -> None:
    for name in ("hf-hub:timm/resnet18", "local-dir:/tmp", "resnet-18"):
        with pytest.raises(SpecError, match=r"net.name: .*accepted is a name of timm's list"):
            _built(name)
