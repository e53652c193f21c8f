"""From the card of a dense task to its network."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mtkd_engine.nets.classification.library import MOST_PARAMETERS
from mtkd_engine.nets.dense.base import DenseNet
from mtkd_engine.nets.dense.conv3d import Conv3dMapsNet
from mtkd_engine.nets.dense.from_transformers import LibraryMaps
from mtkd_engine.nets.dense.pyramid import PyramidMaps
from mtkd_engine.nets.dense.space_time import SpaceTimeMaps
from mtkd_engine.nets.dense.steady import steady
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import (
    Conv3dMaps,
    FilmInput,
    PictureInput,
    PictureNetSpec,
    PyramidNet,
    SaliencyCard,
    SegmenterCard,
    SpaceTimeNet,
    SpecError,
)

AnyDenseCard: TypeAlias = SegmenterCard | SaliencyCard


def build_dense(card: AnyDenseCard) -> DenseNet:
    """This will build the network of a card, initialised from torch's global generator.

    Raises SpecError, field `net...`, for what its library does not know and what is too large.
    """
    made = _build(card)
    steady(made)
    return made


def _build(card: AnyDenseCard) -> DenseNet:
    reads = card.input
    if isinstance(card, SegmenterCard):
        return _of_pictures(card.net, outputs=len(card.classes), reads=card.input)
    net = card.net
    if isinstance(net, Conv3dMaps):
        return _sized(lambda: Conv3dMapsNet(net))
    if isinstance(net, SpaceTimeNet):
        assert isinstance(reads, FilmInput)
        return _sized(lambda: SpaceTimeMaps(net, reads=reads))
    assert isinstance(reads, PictureInput)
    return _of_pictures(net, outputs=None, reads=reads)


def _of_pictures(net: PictureNetSpec, *, outputs: int | None, reads: PictureInput) -> DenseNet:
    if isinstance(net, PyramidNet):
        return _sized(lambda: PyramidMaps(net, outputs=outputs, reads=reads))
    return LibraryMaps(net, outputs=outputs, reads=reads)


def _sized(make: Callable[[], DenseNet]) -> DenseNet:
    with shapes_only():
        count = sum(parameter.numel() for parameter in make().parameters())
    if count > MOST_PARAMETERS:
        raise SpecError(
            {"net.width": f"given a network of {count:,} parameters, accepted are up to {MOST_PARAMETERS:,}."}
        )
    return make()
