"""Image networks inside networks of clips."""

from __future__ import annotations

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.nets.classification.from_timm import TimmClassifier
from mtkd_engine.nets.classification.from_transformers import TransformersClassifier
from mtkd_engine.spec import CifarResNet, ImageInput, ImageNetSpec, SpecError, TransformersNet


def backbone_of(net: ImageNetSpec, *, field: str, classes: int, channels: int, size: int) -> Classifier:
    """This will build an image network that reads any number of channels, as the part `field` of a network.

    Raises SpecError, field `net.FIELD...`.
    """
    if isinstance(net, CifarResNet):
        return CifarClassifier(net, classes=classes, channels=channels)
    # Motion has two channels, which the input of an image may not: here only their number counts.
    reads = ImageInput.model_construct(size=size, mean=(0.0,) * channels, std=(1.0,) * channels)
    try:
        if isinstance(net, TransformersNet):
            return TransformersClassifier(net, classes=classes, input=reads)
        return TimmClassifier(net, classes=classes, input=reads)
    except SpecError as error:
        inside = {path.replace("net.", f"net.{field}.", 1): said for path, said in error.fields.items()}
        raise SpecError(inside) from None
