"""Classifiers of the transformers library: built from a configuration alone, refused where that is not one."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch

from mtkd_engine.nets.classification import Classifier, Tapped, build_classifier, paths_of
from mtkd_engine.nets.classification.from_transformers import config_of
from mtkd_engine.spec import ImageInput, SpecError, TransformersNet
from mtkd_engine.spec.classification.nets import TRANSFORMERS

SMALL: dict[str, dict[str, Any]] = {
    "resnet": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    "convnext": {"hidden_sizes": [8, 16], "depths": [1, 1], "num_stages": 2},
    "vit": {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "patch_size": 8,
    },
    "swin": {"embed_dim": 8, "depths": [1, 1], "num_heads": [1, 1], "window_size": 2, "patch_size": 4},
    "mobilenet_v2": {"depth_multiplier": 0.1},
}


def _built(model_type: str, config: dict[str, Any], *, size: int = 32) -> Classifier:
    torch.manual_seed(0)
    net = TransformersNet.model_validate({"model_type": model_type, "config": config})
    return build_classifier(net, classes=5, input=ImageInput(size=size))


@pytest.mark.parametrize("model_type", SMALL)
def test_logits_are_the_head_on_features_of_the_stated_width(model_type: str) -> None:
    model = _built(model_type, SMALL[model_type]).eval()
    images_BCHW = torch.randn(2, 3, 32, 32)
    features_BF = model.features(images_BCHW)
    assert features_BF.shape == (2, model.feature_width)
    logits_BC = model(images_BCHW)
    assert logits_BC.shape == (2, 5)
    torch.testing.assert_close(logits_BC, model.head(features_BF))


@pytest.mark.parametrize("model_type", TRANSFORMERS)
def test_every_type_is_built_without_memory(model_type: str) -> None:
    with torch.device("meta"):
        model = _built(model_type, {}, size=224)
    assert model.feature_width > 1
    assert all(tensor.is_meta for tensor in model.parameters())


def test_tensors_have_the_names_of_the_library_in_files() -> None:
    from transformers import ResNetConfig, ResNetForImageClassification

    library = ResNetForImageClassification(ResNetConfig(**SMALL["resnet"], num_labels=5))
    model = _built("resnet", SMALL["resnet"])
    assert list(model.state_dict()) == list(library.state_dict())
    model.load_state_dict(library.state_dict())
    images_BCHW = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(images_BCHW), library.eval()(pixel_values=images_BCHW).logits)


def test_taps_take_the_paths_of_the_library() -> None:
    model = _built("vit", SMALL["vit"])
    assert "vit.layers.1" in paths_of(model)
    _, taps = Tapped(model, ["vit.layers.1"])(torch.randn(2, 3, 32, 32))
    assert taps["vit.layers.1"].shape == (2, 17, 16)


def test_nothing_is_asked_of_a_hub() -> None:
    _built("resnet", SMALL["resnet"])
    assert os.environ["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"hidden_sizez": [8]}, "given the key 'hidden_sizez', .*near are 'hidden_sizes'"),
        ({"num_labels": 7}, "given 'num_labels', which follows from the card's classes and input"),
        ({"_attn_implementation": "x"}, "given the key '_attn_implementation'"),
        ({"depths": [1, 1, 1, 1_000_000]}, "given depths 1000000, accepted is up to 200"),
        ({"depths": [51] * 4}, "given depths of 204 together, accepted are up to 200"),
        ({"hidden_sizes": 64}, "given hidden_sizes 64, accepted is a value such as"),
        ({"depths": [1] * 65}, "given 65 values of depths, accepted are up to 64"),
        ({"hidden_sizes": [100_000] * 4}, "parameters, accepted are up to 1,000,000,000"),
        ({"hidden_act": "nonsense"}, "given a network of type 'resnet', which its library cannot build"),
    ],
)
def test_what_is_no_architecture_is_refused_with_a_sentence(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError, match=r"net.config: .*" + sentence):
        _built("resnet", config)


@pytest.mark.parametrize(
    "key", ["auto_map", "torch_dtype", "dtype", "name_or_path", "_name_or_path", "architectures"]
)
def test_keys_that_name_code_files_or_numbers_of_bits_are_refused(key: str) -> None:
    for model_type in TRANSFORMERS:
        assert key not in config_of(model_type)
    with pytest.raises(SpecError, match=rf"net.config: given the key '{key}'"):
        _built("vit", {key: "./stranger.py"})


def test_factors_of_depth_are_bounded() -> None:
    with pytest.raises(SpecError, match=r"given depth_coefficient 99\.0, accepted is up to 10"):
        _built("efficientnet", {"depth_coefficient": 99.0})


def test_a_network_that_cannot_read_images_of_that_size_is_refused() -> None:
    with pytest.raises(SpecError, match=r"net.config: .*'swin', which cannot read images of 32 pixels"):
        _built("swin", {})


def test_the_keys_offered_are_those_that_the_type_has_and_the_card_does_not_state_elsewhere() -> None:
    keys = config_of("resnet")
    assert keys["depths"] == [3, 4, 6, 3]
    assert not keys.keys() & {"num_labels", "num_channels", "stage_names", "dtype", "return_dict"}
