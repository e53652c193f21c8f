"""Image networks as encoders: of a picture the maps of their stages, from the largest to the smallest.

Shape suffixes: B samples, C channels, H and W pixels, N tokens.
"""

from __future__ import annotations

from math import ceil
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from mtkd_engine.nets.classification.cifar import WIDTHS, CifarClassifier
from mtkd_engine.nets.classification.from_timm import timm_features
from mtkd_engine.nets.classification.from_transformers import encoder_of
from mtkd_engine.nets.classification.library import LibraryNet, built
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import CifarResNet, ImageNetSpec, PictureInput, SpecError, TimmNet, TransformersNet

FIELD = "net.backbone"
MOST_LEVELS = 4
"""Of maps of one size, as a vision transformer has them, so many are taken, at even distances and with the last."""
_UNUSED = ("layernorm", "pooler", "conv_1x1", "conv_1x1_exp")
"""Parts of the library's networks that come after the last stage."""
_shapes_known: dict[str, list[tuple[int, ...]]] = {}
"""Channels, height and width of the maps of encoders that were built in this process, each by what makes it."""


class Encoder(nn.Module):
    """`widths` and `sizes` are the channels and (height, width) of the maps that it gives, the largest first."""

    widths: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]

    def levels(self, images_BCHW: Tensor) -> list[Tensor]:
        """This will give the maps (B, C, h, w) of the stages."""
        raise NotImplementedError


def encoder(net: ImageNetSpec, *, reads: PictureInput) -> Encoder:
    """This will build the encoder that an image network is; raises SpecError, field `net.backbone...`."""
    if isinstance(net, CifarResNet):
        return CifarEncoder(net, reads=reads)
    key = repr((net, reads))
    if key not in _shapes_known:
        with shapes_only(), torch.no_grad():
            maps = _made(net, reads).eval().levels(torch.zeros(1, 3, reads.height, reads.width))
        _shapes_known[key] = [tuple(one.shape[1:]) for one in maps]
    made = _made(net, reads)
    made.widths = tuple(channels for channels, _, _ in _shapes_known[key])
    made.sizes = tuple((height, width) for _, height, width in _shapes_known[key])
    return made


def _made(net: TransformersNet | TimmNet, reads: PictureInput) -> Encoder:
    if isinstance(net, TransformersNet):
        return TransformersEncoder(net, reads=reads)
    return TimmEncoder(net.name, reads=reads)


class CifarEncoder(Encoder):
    """The three stages of a residual network for small images."""

    def __init__(self, net: CifarResNet, *, reads: PictureInput) -> None:
        super().__init__()
        self.widths = WIDTHS[net.factor][1:]
        size = (reads.height, reads.width)
        half = (ceil(size[0] / 2), ceil(size[1] / 2))
        self.sizes = size, half, (ceil(half[0] / 2), ceil(half[1] / 2))
        whole = CifarClassifier(net, classes=1, channels=3)
        self.conv1, self.bn1 = whole.conv1, whole.bn1
        self.layer1, self.layer2, self.layer3 = whole.layer1, whole.layer2, whole.layer3

    def levels(self, images_BCHW: Tensor) -> list[Tensor]:
        """This will give maps of the picture's size, of half of it and of a quarter."""
        first = self.layer1(functional.relu(self.bn1(self.conv1(images_BCHW))))
        second = self.layer2(first)
        return [first, second, self.layer3(second)]


class TransformersEncoder(LibraryNet, Encoder):
    """An image network of transformers without its classifier; tensors keep the library's names."""

    def __init__(self, net: TransformersNet, *, reads: PictureInput) -> None:
        try:
            model = built(
                _readable,
                net,
                reads,
                reads=reads,
                field=f"{FIELD}.config",
                what=f"a network of type {net.model_type!r}",
            )
        except SpecError as error:
            said = {path.replace("net.config", f"{FIELD}.config"): why for path, why in error.fields.items()}
            raise SpecError(said) from None
        super().__init__(model.model)

    def levels(self, images_BCHW: Tensor) -> list[Tensor]:
        """This will give the last maps of every size, or some of the layers of a network that has one size."""
        return _chosen([_as_maps(one, images_BCHW, self.net) for one in _hidden(self.net, images_BCHW)])


class TimmEncoder(LibraryNet, Encoder):
    """An image network of timm that gives its features."""

    def __init__(self, name: str, *, reads: PictureInput) -> None:
        try:
            super().__init__(timm_features(name, reads=reads))
        except SpecError as error:
            said = {path.replace("net.", f"{FIELD}.", 1): why for path, why in error.fields.items()}
            raise SpecError(said) from None

    def levels(self, images_BCHW: Tensor) -> list[Tensor]:
        """This will give the maps that timm counts as features."""
        return list(self.net(images_BCHW))


class _Readable(nn.Module):
    """How a bare network is tried out before it takes memory: with its inner maps."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, images_BCHW: Tensor) -> Any:
        return _hidden(self.model, images_BCHW)


def _readable(net: TransformersNet, reads: PictureInput) -> _Readable:
    return _Readable(_bare(encoder_of(net, height=reads.height, width=reads.width)))


def _hidden(net: Any, images_BCHW: Tensor) -> Any:
    # Windows of swin keep their size on small maps, as they do in the library's own backbones.
    own = (
        {"always_partition": True, "output_hidden_states_before_downsampling": True} if _is_swin(net) else {}
    )
    given = net(images_BCHW, output_hidden_states=True, return_dict=True, **own)
    return getattr(given, "reshaped_hidden_states", None) or given.hidden_states


def _is_swin(net: Any) -> bool:
    return bool(net.config.model_type == "swin")


def _bare(model: Any) -> Any:
    for name in _UNUSED:
        if isinstance(getattr(model, name, None), nn.Module):
            setattr(model, name, None if name == "pooler" and hasattr(model, "layers") else nn.Identity())
    return model


def _as_maps(hidden: Tensor, images_BCHW: Tensor, net: Any) -> Tensor:
    if hidden.ndim == 4:
        return hidden
    side = net.config.patch_size
    rows, columns = images_BCHW.shape[-2] // side, images_BCHW.shape[-1] // side
    patches_BNC = hidden[:, hidden.shape[1] - rows * columns :]  # tokens of no place come first
    maps = patches_BNC.transpose(1, 2)
    return maps.reshape(*maps.shape[:2], rows, columns)


def _chosen(maps: list[Tensor]) -> list[Tensor]:
    last = {tuple(one.shape[-2:]): one for one in maps}
    if len(last) > 1:
        return sorted(last.values(), key=lambda one: -one.shape[-1] * one.shape[-2])
    layers = maps[1:] or maps  # the first are embeddings
    count = min(MOST_LEVELS, len(layers))
    return [layers[(place + 1) * len(layers) // count - 1] for place in range(count)]
