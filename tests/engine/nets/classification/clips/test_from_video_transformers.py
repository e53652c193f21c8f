"""Video classifiers of the transformers library: built from a configuration alone, refused where that is not one."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.nets.classification.from_transformers import config_of
from mtkd_engine.spec import ClipInput, SpecError, VideoTransformersNet
from mtkd_engine.spec.classification.clipnets import VIDEO_TRANSFORMERS
from tests.engine.nets.classification.clips.small import CLIP, PATCHES, TINY, built, given_to, video_of_type

every_type = pytest.mark.parametrize("model_type", VIDEO_TRANSFORMERS)


@every_type
def test_logits_are_the_head_on_features_of_the_stated_width(model_type: str) -> None:
    model = built(video_of_type(model_type)).eval()
    clip_BTCHW = given_to(CLIP)
    features_BF = model.features(clip_BTCHW)
    assert features_BF.shape == (2, model.feature_width) == (2, 16)
    logits_BC = model(clip_BTCHW)
    assert logits_BC.shape == (2, 5)
    assert torch.equal(logits_BC, model.head(features_BF))


@every_type
def test_tensors_have_the_names_of_the_library_in_files(model_type: str) -> None:
    import transformers

    names = {"videomae": "VideoMAE", "timesformer": "Timesformer", "vivit": "Vivit"}
    config = getattr(transformers, f"{names[model_type]}Config")(
        **TINY, **PATCHES[model_type], num_labels=5, image_size=32, num_frames=4
    )
    library = getattr(transformers, f"{names[model_type]}ForVideoClassification")(config)
    model = built(video_of_type(model_type))
    assert list(model.state_dict()) == list(library.state_dict())
    model.load_state_dict(library.state_dict())
    clip_BTCHW = given_to(CLIP)
    with torch.no_grad():
        said: Tensor = library.eval()(pixel_values=clip_BTCHW).logits
        torch.testing.assert_close(model.eval()(clip_BTCHW), said)


@every_type
def test_every_type_is_built_without_memory_at_its_default_sizes(model_type: str) -> None:
    net = VideoTransformersNet.model_validate({"model_type": model_type})
    with torch.device("meta"):
        model = built(net, ClipInput(frames=8, size=224))
    assert model.feature_width == 768
    assert all(tensor.is_meta for tensor in model.parameters())


@every_type
def test_the_order_of_frames_counts(model_type: str) -> None:
    model = built(video_of_type(model_type, initializer_range=0.5)).eval()
    for name, parameter in model.named_parameters():
        if name.endswith("_embeddings"):
            torch.nn.init.normal_(parameter)  # those of time begin at zero
    clip_BTCHW = given_to(CLIP)
    assert isinstance(clip_BTCHW, Tensor)
    assert not torch.allclose(model(clip_BTCHW), model(clip_BTCHW.flip(1)), atol=1e-5)


def test_the_table_of_positions_goes_where_the_parameters_go() -> None:
    model = built(video_of_type("videomae"))
    tables = [tensor for name, tensor in model.named_buffers() if name.endswith("position_embeddings")]
    assert [tuple(table.shape) for table in tables] == [(1, 32, 16)]
    assert not [name for name in model.state_dict() if "position" in name]


def test_nothing_is_asked_of_a_hub() -> None:
    built(video_of_type("vivit"))
    assert os.environ["HF_HUB_OFFLINE"] == "1"


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"hidden_sizes": 8}, "given the key 'hidden_sizes', .*near are 'hidden_size'"),
        ({"num_labels": 7}, "given 'num_labels', which follows from the card's classes and input"),
        ({"num_frames": 9}, "given 'num_frames', which follows from the card's classes and input"),
        ({"image_size": 9}, "given 'image_size', which follows from the card's classes and input"),
        ({"num_hidden_layers": 1_000_000}, "given num_hidden_layers 1000000, accepted is up to 200"),
        ({"hidden_size": 100_000, "patch_size": 16}, "parameters, accepted are up to 1,000,000,000"),
        ({"hidden_size": 100_000, "patch_size": 1}, "patches of a clip .* accepted are up to 83"),
        ({"patch_size": 1, "tubelet_size": 0}, "given patches of size .*0, 1.*, accepted are sizes of 1"),
        ({"hidden_act": "nonsense"}, "'videomae' for clips of 4 frames, which its library cannot build"),
        ({"tubelet_size": 5}, "'videomae' for clips of 4 frames, which its library cannot build"),
    ],
)
def test_what_is_no_architecture_is_refused_with_a_sentence(config: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError, match=r"net.config: .*" + sentence):
        built(video_of_type("videomae", **config))


def test_a_network_that_cannot_read_such_a_clip_is_refused() -> None:
    sentence = "'timesformer' for clips of 4 frames, which cannot read images of 32 pixels"
    with pytest.raises(SpecError, match=r"net.config: .*" + sentence):
        built(video_of_type("timesformer", num_attention_heads=3))


def test_more_patches_than_anybody_could_attend_to_are_refused_at_once() -> None:
    for model_type in VIDEO_TRANSFORMERS:
        small = {"tubelet_size": [1, 1, 1]} if model_type == "vivit" else {"patch_size": 1}
        with pytest.raises(SpecError, match=r"patches of a clip at a width of 16, accepted are up to 16,384"):
            built(video_of_type(model_type, **small), ClipInput(frames=64, size=224))


@pytest.mark.parametrize(
    "key", ["auto_map", "torch_dtype", "dtype", "name_or_path", "_name_or_path", "_attn_implementation"]
)
def test_keys_that_name_code_files_or_numbers_of_bits_are_refused(key: str) -> None:
    for model_type in VIDEO_TRANSFORMERS:
        assert key not in config_of(model_type)
        with pytest.raises(SpecError, match=rf"net.config: given the key '{key}'"):
            built(video_of_type(model_type, **{key: "./stranger.py"}))
