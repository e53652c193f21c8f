"""The parts that a network consists of one after the other, and what follows each of them.

Substage k of K, counted from 1, is the module of the k-th path; the stem belongs to the first. What comes after
substage k, its maps, goes through the tail after k: the substages from k + 1 on, the pooling, the head.
Shape suffixes: B samples, C channels (classes of logits), T moments, H and W positions, F features.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from torch import Tensor

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.nets.classification.from_transformers import TransformersClassifier
from mtkd_engine.spec import SpecError

LISTS = {
    "resnet": "stages",
    "regnet": "stages",
    "convnext": "stages",
    "convnextv2": "stages",
    "swin": "layers",
}
"""By model type of transformers: the list of its encoder's stages."""


STEMS = {
    "resnet": "embedder",
    "regnet": "embedder",
    "convnext": "embeddings",
    "convnextv2": "embeddings",
    "swin": "embeddings",
}
"""By model type of transformers: what stands before them."""


@runtime_checkable
class Staged(Protocol):
    """A network that knows its own substages."""

    def stage_paths(self) -> tuple[str, ...]:
        """This will say where they are, in their order."""
        ...

    def features_from(self, k: int, maps: Tensor, given: Any = None) -> Tensor:
        """This will give the features (B, F) of what substage k gave; `given` is what the network read."""
        ...


@runtime_checkable
class Folding(Protocol):
    """A network whose maps are not (B, C, ...) inside."""

    def spread(self, maps: Tensor) -> Tensor:
        """This will give maps (B, C, ...)."""
        ...

    def folded(self, maps: Tensor) -> Tensor:
        """This will undo that."""
        ...


def stages_of(net: Classifier) -> tuple[str, ...]:
    """This will name the substages of a network, as `Tapped` finds them.

    Raises SpecError, field `net`, for one that has none.
    """
    if isinstance(net, Staged):
        return net.stage_paths()
    if isinstance(net, CifarClassifier):
        return ("layer1", "layer2", "layer3")
    if isinstance(net, TransformersClassifier) and (kind := _model_type(net)) in LISTS:
        return tuple(f"{kind}.encoder.{LISTS[kind]}.{place}" for place in range(len(_stages(net))))
    raise SpecError({"net": f"given {_named(net)}, which has no substages; accepted are {_ACCEPTED}."})


_ACCEPTED = (
    f"cifar_resnet, transformers of type {', '.join(LISTS)}, frames over one of these, conv3d and sequence"
)


@dataclass(frozen=True)
class Tail:
    """What follows substage k; it has nothing of its own, so no checkpoint and no optimiser sees it.

    Gradients reach the maps. Whether parameters get any, and what batch normalisation does, is up to the network:
    a frozen one is in evaluation mode, and its parameters require none.
    """

    net: Classifier
    k: int

    def __call__(self, maps: Tensor, given: Any = None) -> Tensor:
        """This will give the logits (B, C) of maps as a tap finds them after substage k.

        `given` is what the network read: a sequence takes its padding from it, frames their number.
        """
        return self.net.head(self.features(maps, given))

    def features(self, maps: Tensor, given: Any = None) -> Tensor:
        """This will give the last pooled features (B, F)."""
        if isinstance(self.net, Staged):
            return self.net.features_from(self.k, maps, given)
        if isinstance(self.net, CifarClassifier):
            for stage in (self.net.layer1, self.net.layer2, self.net.layer3)[self.k :]:
                maps = stage(maps)
            return maps.mean(dim=(2, 3))
        assert isinstance(self.net, TransformersClassifier)
        return _library_features(self.net, self.k, maps)


@dataclass(frozen=True)
class Trunk:
    """The first k substages of an image network and what stands before them; it has nothing of its own either."""

    net: CifarClassifier | TransformersClassifier
    k: int

    def __call__(self, images_BCHW: Tensor) -> Tensor:
        """This will give what substage k makes of images, as `Tail` takes it."""
        if isinstance(self.net, CifarClassifier):
            return self.net.maps(images_BCHW, stages=self.k)
        kind = _model_type(self.net)
        maps = getattr(_base(self.net), STEMS[kind])(images_BCHW)
        return _through(_stages(self.net)[: self.k], maps[0] if kind == "swin" else maps, kind=kind)

    def paths(self) -> tuple[str, ...]:
        """This will name the modules that it consists of, as `Tapped` finds them."""
        if isinstance(self.net, CifarClassifier):
            before: tuple[str, ...] = ("conv1", "bn1")
        else:
            kind = _model_type(self.net)
            before = (f"{kind}.{STEMS[kind]}",)
        return (*before, *stages_of(self.net)[: self.k])


def head_part(net: Classifier, k: int) -> Tail:
    """This will give what follows substage k of a network; raises SpecError, field `net`, where it has none."""
    count = len(stages_of(net))
    assert 1 <= k <= count, f"given substage {k}, accepted is 1 to {count}"
    return Tail(net, k)


def spread(net: Classifier, maps: Tensor) -> Tensor:
    """This will bring what a tap finds after a substage to (B, C, H, W), of clips (B, C, T, H, W) or (B, C, T)."""
    if isinstance(net, Folding):
        return net.spread(maps)
    if maps.ndim == 3 and isinstance(net, TransformersClassifier):
        side = math.isqrt(maps.shape[1])
        return maps.transpose(1, 2).reshape(maps.shape[0], -1, side, side)
    return maps


def folded(net: Classifier, maps: Tensor) -> Tensor:
    """This will bring maps (B, C, ...) to the form that a tail of the network takes."""
    if isinstance(net, Folding):
        return net.folded(maps)
    if isinstance(net, TransformersClassifier) and _model_type(net) == "swin":
        return maps.flatten(2).transpose(1, 2)
    return maps


def _library_features(net: TransformersClassifier, k: int, maps: Tensor) -> Tensor:
    kind, base = _model_type(net), _base(net)
    maps = _through(_stages(net)[k:], maps, kind=kind)
    if kind == "swin":
        pooled: Tensor = base.pooler(base.layernorm(maps).transpose(1, 2))
    elif kind.startswith("convnext"):
        pooled = base.layernorm(maps.mean([-2, -1]))
    else:
        pooled = base.pooler(maps)
    return pooled.flatten(1)


def _through(stages: Iterable[Any], maps: Tensor, *, kind: str) -> Tensor:
    for stage in stages:
        # Tokens do not say what shape their image had; images are square here.
        maps = stage(maps, (math.isqrt(maps.shape[1]),) * 2)[0] if kind == "swin" else stage(maps)
    return maps


def _stages(net: TransformersClassifier) -> Any:
    return getattr(_base(net).encoder, LISTS[_model_type(net)])


def _base(net: TransformersClassifier) -> Any:
    return getattr(net.net, _model_type(net))


def _model_type(net: TransformersClassifier) -> str:
    model: Any = net.net
    return str(model.config.model_type)


def _named(net: Classifier) -> str:
    if isinstance(net, TransformersClassifier):
        return f"a network of type {_model_type(net)!r}"
    return f"a {type(net).__name__}"
