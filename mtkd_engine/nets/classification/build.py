"""From the description of a classifier to the network."""

from __future__ import annotations

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.branches import BranchesClassifier
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.nets.classification.clips.build import build_clip_classifier
from mtkd_engine.nets.classification.from_timm import TimmClassifier
from mtkd_engine.nets.classification.from_transformers import TransformersClassifier
from mtkd_engine.spec import (
    AnyInput,
    AnyNet,
    BranchesNet,
    CifarResNet,
    ImageInput,
    ImageNetSpec,
    OnnxProgram,
    SpecError,
    TimmNet,
    TransformersNet,
)
from mtkd_engine.spec.classification.kinds import refuse_misfit


def build_classifier(net: AnyNet, *, classes: int, input: AnyInput) -> Classifier:  # noqa: A002
    """This will build the network that `net` describes, initialised from torch's global generator.

    Raises SpecError, field `net...`, for what its library does not know, for what is too large, and where the
    library is not installed; field `input` where such a network does not read that.
    """
    if isinstance(net, OnnxProgram):
        raise SpecError(
            {"net.family": "given 'onnx', a program that teaches by itself and is built nowhere."}
        )
    try:
        refuse_misfit(net, input)
    except ValueError as error:
        raise SpecError({"input": f"{str(error).removeprefix('input: ')}."}) from None
    if not isinstance(input, ImageInput):
        assert not isinstance(net, CifarResNet | TransformersNet | TimmNet | BranchesNet)
        return build_clip_classifier(net, classes=classes, input=input)
    if isinstance(net, BranchesNet):
        return BranchesClassifier(net, input=input, make=lambda: _image_net(net.net, classes, input))
    assert isinstance(net, CifarResNet | TransformersNet | TimmNet)
    return _image_net(net, classes, input)


def _image_net(net: ImageNetSpec, classes: int, reads: ImageInput) -> Classifier:
    if isinstance(net, TransformersNet):
        return TransformersClassifier(net, classes=classes, input=reads)
    if isinstance(net, TimmNet):
        return TimmClassifier(net, classes=classes, input=reads)
    return CifarClassifier(net, classes=classes, channels=reads.channels)
