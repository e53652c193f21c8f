"""A small card of every kind of network with an output for each pixel, and what they read."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import FilmInput, SaliencyCard, SegmenterCard

CLASSES = ("floor", "wall", "lamp")
PICTURE = {"kind": "picture", "height": 32, "width": 40}
FILM = {"kind": "film", "frames": 4, "height": 20, "width": 28}
CIFAR = {"family": "cifar_resnet", "depth": 8}
_STAGES = {"hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]}
BACKBONES: dict[str, dict[str, Any]] = {
    "convnext": _STAGES,
    "convnextv2": _STAGES,
    "mobilenet_v1": {"depth_multiplier": 0.25},
    "mobilenet_v2": {"depth_multiplier": 0.35},
    "mobilevit": {
        "hidden_sizes": [8, 8, 8],
        "neck_hidden_sizes": [8, 8, 8, 8, 8, 8, 8],
        "num_attention_heads": 2,
    },
    "poolformer": _STAGES,
    "regnet": {**_STAGES, "embedding_size": 8, "groups_width": 4},
    "resnet": {**_STAGES, "embedding_size": 8, "layer_type": "basic"},
    "segformer": {**_STAGES, "num_attention_heads": [1, 1, 2, 2]},
    "swin": {"embed_dim": 8, "depths": [1, 1, 1, 1], "num_heads": [1, 1, 2, 2], "window_size": 2},
    "vit": {
        "hidden_size": 8,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "intermediate_size": 8,
        "patch_size": 8,
    },
}


def of_library(kind: str) -> dict[str, Any]:
    """A small image network of the library."""
    return {"family": "transformers", "model_type": kind, "config": BACKBONES[kind]}


SEGFORMER: dict[str, Any] = {
    "num_encoder_blocks": 2,
    "depths": [1, 1],
    "hidden_sizes": [8, 16],
    "sr_ratios": [2, 1],
    "patch_sizes": [7, 3],
    "strides": [4, 2],
    "num_attention_heads": [1, 2],
    "mlp_ratios": [2, 2],
    "decoder_hidden_size": 8,
}
PICTURE_NETS: dict[str, dict[str, Any]] = {
    "pyramid": {"family": "pyramid", "backbone": CIFAR, "width": 8},
    "joined pyramid": {"family": "pyramid", "backbone": CIFAR, "width": 8, "decoder": "join", "stride": 2},
    "segformer": {"family": "segformer", "config": SEGFORMER},
    "upernet": {"family": "upernet", "backbone": of_library("resnet"), "width": 8, "pool_scales": [1, 2]},
}
FILM_NETS: dict[str, dict[str, Any]] = {
    "conv3d": {"family": "conv3d_maps", "width": 4, "stages": 3},
    "divided attention": {"family": "space_time", "width": 16, "heads": 2, "patch": 8, "depth": 1},
    "factorised attention": {
        "family": "space_time",
        "arrangement": "factorised",
        "width": 16,
        "heads": 2,
        "patch": 8,
        "depth": 1,
    },
}


def segmenter(net: dict[str, Any], **said: Any) -> SegmenterCard:
    """The card of a network for segmentation."""
    return SegmenterCard.model_validate({"net": net, "classes": CLASSES, "input": PICTURE, **said})


def saliency(net: dict[str, Any], **said: Any) -> SaliencyCard:
    """The card of a network for saliency, of pictures or of films as its family reads."""
    reads = FILM if net["family"] in {"conv3d_maps", "space_time"} else PICTURE
    return SaliencyCard.model_validate({"net": net, "input": reads, **said})


CARDS: dict[str, AnyDenseCard] = {
    **{f"segmenting {name}": segmenter(net) for name, net in PICTURE_NETS.items()},
    "saliency pyramid": saliency(PICTURE_NETS["pyramid"]),
    **{name: saliency(net) for name, net in FILM_NETS.items()},
}


def built(card: AnyDenseCard, *, seed: int = 0) -> DenseNet:
    """The network of a card, from a seed."""
    torch.manual_seed(seed)
    return build_for(card)


def given_to(card: AnyDenseCard, *, samples: int = 2, frames: int | None = None) -> Tensor:
    """Noise of the size that a card says."""
    reads = card.input
    size = (3, reads.height, reads.width)
    shape = (samples, frames or reads.frames, *size) if isinstance(reads, FilmInput) else (samples, *size)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))
