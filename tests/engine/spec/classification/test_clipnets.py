"""Networks of clips as specs: defaults, words of their own, and refusals of what nobody can mean."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from mtkd_engine.spec.classification.clipnets import (
    STREAMS,
    VIDEO_TRANSFORMERS,
    ClipNetSpec,
    Conv3dNet,
    FrameNet,
    SequenceNet,
    StreamsNet,
    VideoTransformersNet,
)
from mtkd_engine.spec.classification.nets import CifarResNet

ALL: tuple[type[BaseModel], ...] = (FrameNet, Conv3dNet, VideoTransformersNet, StreamsNet, SequenceNet)


@pytest.mark.parametrize("net", ALL)
def test_every_network_has_defaults_and_reads_what_it_wrote(net: type[BaseModel]) -> None:
    assert net.model_validate_json(net().model_dump_json()) == net()


@pytest.mark.parametrize("net", ALL)
def test_every_field_says_what_it_is(net: type[BaseModel]) -> None:
    for field in net.model_fields.values():
        assert field.title
        assert field.description
        assert field.description.endswith(".")


def test_networks_of_frames_are_told_apart_by_their_family() -> None:
    read = TypeAdapter(ClipNetSpec).validate_python
    assert isinstance(read({"family": "frames"}), FrameNet)
    assert isinstance(read({"family": "conv3d"}), Conv3dNet)
    assert isinstance(read({"family": "video_transformers"}), VideoTransformersNet)
    with pytest.raises(ValidationError):
        read({"family": "streams"})


def test_the_image_network_is_any_that_reads_images() -> None:
    net = FrameNet.model_validate({"backbone": {"family": "transformers", "model_type": "vit"}})
    assert net.backbone.family == "transformers"
    with pytest.raises(ValidationError):
        FrameNet.model_validate({"backbone": {"family": "onnx"}})


@pytest.mark.parametrize(
    ("net", "given"),
    [
        (FrameNet, {"part": 1}),
        (FrameNet, {"temporal": "attention"}),
        (Conv3dNet, {"width": 512}),
        (Conv3dNet, {"stages": 5}),
        (Conv3dNet, {"blocks": 9}),
        (VideoTransformersNet, {"model_type": "resnet"}),
        (StreamsNet, {"fusion": "1:1:1"}),
        (SequenceNet, {"stages": 7}),
        (SequenceNet, {"width": 4096}),
        (SequenceNet, {"kernel": 17}),
        (SequenceNet, {"dropout": 0.9}),
    ],
)
def test_absurd_sizes_and_unknown_words_are_refused(net: type[BaseModel], given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        net.model_validate(given)


def test_an_even_kernel_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError, match="given 4, accepted is an odd number from 3 to 15"):
        SequenceNet(kernel=4)


def test_streams_that_are_present_stand_in_one_order() -> None:
    assert StreamsNet().present == STREAMS == ("iframe", "motion", "residual")
    assert StreamsNet(motion=None).present == ("iframe", "residual")
    assert StreamsNet(iframe=None, motion=CifarResNet(depth=20), residual=None).present == ("motion",)


def test_a_network_of_no_stream_is_refused_with_a_sentence() -> None:
    with pytest.raises(
        ValidationError, match="iframe: given no network for any stream, accepted are one, two or"
    ):
        StreamsNet(iframe=None, motion=None, residual=None)


def test_the_listed_types_are_those_of_the_field() -> None:
    field = VideoTransformersNet.model_json_schema()["properties"]["model_type"]
    assert tuple(field["enum"]) == VIDEO_TRANSFORMERS


def test_no_tensor_is_needed_to_say_what_a_network_is() -> None:
    asked = "import sys, mtkd_engine.spec.classification.clipnets; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
