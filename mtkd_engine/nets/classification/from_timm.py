"""Image classifiers of timm by name, where timm is installed; never with parameters from anywhere."""

from __future__ import annotations

import importlib.util
from typing import Any

from torch import Tensor, nn

from mtkd_engine.nets.classification.library import LibraryClassifier, built, near
from mtkd_engine.spec import ImageInput, PictureInput, SpecError, TimmNet

FIELD = "net.name"


class TimmClassifier(LibraryClassifier):
    """A network of timm; its features are what its last linear layer reads."""

    def __init__(self, net: TimmNet, *, classes: int, input: ImageInput) -> None:  # noqa: A002
        model = built(
            _model,
            net.name,
            classes,
            input.channels,
            input.size,
            reads=input,
            field=FIELD,
            what=repr(net.name),
        )
        super().__init__(model)
        last = model.get_classifier()
        if not isinstance(last, nn.Linear):
            raise _refusal(f"given {net.name!r}, which has no single linear layer at its end.")
        self.feature_width = last.in_features

    def features(self, images_BCHW: Tensor) -> Tensor:
        """This will give what the last linear layer reads, (B, F)."""
        net: Any = self.net
        pooled: Tensor = net.forward_head(net.forward_features(images_BCHW), pre_logits=True)
        return pooled

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits (B, C)."""
        net: Any = self.net
        logits: Tensor = net.get_classifier()(features_BF)
        return logits


def timm_features(name: str, *, reads: PictureInput) -> nn.Module:
    """This will build a network of timm that gives the maps of its stages; raises SpecError, field `net.name`."""
    made: nn.Module = built(_features, name, reads, reads=reads, field=FIELD, what=repr(name))
    return made


def _features(name: str, reads: PictureInput) -> Any:
    timm = _library_with(name)
    sized = timm.get_pretrained_cfg(name, allow_unregistered=True)
    image = {"img_size": (reads.height, reads.width)} if sized is not None and sized.fixed_input_size else {}
    return timm.create_model(name, pretrained=False, features_only=True, **image)


def _model(name: str, classes: int, channels: int, size: int) -> Any:
    timm = _library_with(name)
    sized = timm.get_pretrained_cfg(name, allow_unregistered=True)
    image = {"img_size": size} if sized is not None and sized.fixed_input_size else {}
    return timm.create_model(name, pretrained=False, num_classes=classes, in_chans=channels, **image)


def _library_with(name: str) -> Any:
    if importlib.util.find_spec("timm") is None:
        raise _refusal(
            f"given {name!r}, but timm is not installed here; `pip install mtkd[engine,timm]` adds it."
        )
    import timm

    known = timm.list_models()
    if name not in known:  # also keeps out hf-hub:, local-dir: and the like
        raise _refusal(f"given {name!r}, accepted is a name of timm's list{near(name, known)}.")
    return timm


def _refusal(sentence: str) -> SpecError:
    return SpecError({FIELD: sentence})
