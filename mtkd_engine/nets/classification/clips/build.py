"""From the description of a network that reads clips to the network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.clips.conv3d import Conv3dClassifier
from mtkd_engine.nets.classification.clips.frames import FrameClassifier
from mtkd_engine.nets.classification.clips.from_video_transformers import VideoTransformersClassifier
from mtkd_engine.nets.classification.clips.sequence import SequenceClassifier
from mtkd_engine.nets.classification.clips.streams import StreamsClassifier
from mtkd_engine.nets.classification.library import MOST_PARAMETERS
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import SpecError
from mtkd_engine.spec.classification.clipnets import (
    Conv3dNet,
    FrameNet,
    SequenceNet,
    StreamsNet,
    VideoTransformersNet,
)
from mtkd_engine.spec.classification.inputs import ClipInput, FeatureInput, StreamsInput

AnyClipNet: TypeAlias = FrameNet | Conv3dNet | VideoTransformersNet | StreamsNet | SequenceNet
AnyClipInput: TypeAlias = ClipInput | StreamsInput | FeatureInput


def build_clip_classifier(net: AnyClipNet, *, classes: int, input: AnyClipInput) -> Classifier:  # noqa: A002
    """This will build the network that `net` describes, initialised from torch's global generator.

    Raises SpecError: field `net...` for what its library does not know and what is too large, field `input.kind`
    for what such a network does not read.
    """
    if isinstance(net, StreamsNet):
        if isinstance(input, StreamsInput):
            return StreamsClassifier(net, classes=classes, input=input)
        raise _other_kind(net, input, wanted="streams")
    if isinstance(net, SequenceNet):
        if isinstance(input, FeatureInput):
            width = input.width
            return _sized(lambda: SequenceClassifier(net, classes=classes, width=width))
        raise _other_kind(net, input, wanted="features")
    if not isinstance(input, ClipInput):
        raise _other_kind(net, input, wanted="clip")
    if isinstance(net, FrameNet):
        return FrameClassifier(net, classes=classes, input=input)
    if isinstance(net, VideoTransformersNet):
        return VideoTransformersClassifier(net, classes=classes, input=input)
    return _sized(lambda: Conv3dClassifier(net, classes=classes))


def _sized(make: Callable[[], Classifier]) -> Classifier:
    with shapes_only():
        count = sum(parameter.numel() for parameter in make().parameters())
    if count > MOST_PARAMETERS:
        raise SpecError(
            {"net.width": f"given a network of {count:,} parameters, accepted are up to {MOST_PARAMETERS:,}."}
        )
    return make()


def _other_kind(net: AnyClipNet, given: AnyClipInput, *, wanted: str) -> SpecError:
    return SpecError(
        {
            "input.kind": f"given {given.kind!r} with a network of family {net.family!r}, accepted is {wanted!r}."
        }
    )
