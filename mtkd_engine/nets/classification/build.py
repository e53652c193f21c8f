"""From the description of an image classifier to the network."""

from __future__ import annotations

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.nets.classification.from_timm import TimmClassifier
from mtkd_engine.nets.classification.from_transformers import TransformersClassifier
from mtkd_engine.spec import ImageInput, OnnxProgram, SpecError, TeacherNetSpec, TimmNet, TransformersNet


def build_classifier(net: TeacherNetSpec, *, classes: int, input: ImageInput) -> Classifier:  # noqa: A002
    """This will build the network that `net` describes, initialised from torch's global generator.

    Raises SpecError, field `net...`, for what its library does not know, for what is too large, and where the
    library is not installed.
    """
    if isinstance(net, OnnxProgram):
        raise SpecError(
            {"net.family": "given 'onnx', a program that teaches by itself and is built nowhere."}
        )
    if isinstance(net, TransformersNet):
        return TransformersClassifier(net, classes=classes, input=input)
    if isinstance(net, TimmNet):
        return TimmClassifier(net, classes=classes, input=input)
    return CifarClassifier(net, classes=classes, channels=input.channels)
