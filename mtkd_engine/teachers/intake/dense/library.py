"""What `config.json` of the transformers library says of SegFormer or UperNet, as a person would say it.

`save_pretrained` leaves it with the parameters; `preprocessor_config.json`, where it lies beside, says how what is
read is prepared. Nothing of either is executed: keys that an architecture here does not have are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtkd_engine.modelfile import ModelError
from mtkd_engine.nets.classification.from_transformers import config_of
from mtkd_engine.spec.dense.nets import UPER_BACKBONES
from mtkd_engine.teachers.intake.library import CONFIG, classes_in, own_values, preparing_beside

TYPES = ("segformer", "upernet")
_IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
_SIZE = 512
"""What published checkpoints of both types were trained on, most often."""
_POOLED = (1, 2, 3, 6)


def segments(config: Mapping[str, Any]) -> bool:
    """This will tell the configuration of a network for semantic segmentation from that of a classifier."""
    kind, named = config.get("model_type"), config.get("architectures")
    classifies = isinstance(named, list) and any("ImageClassification" in str(name) for name in named)
    return kind == "upernet" or (kind == "segformer" and not classifies)


def statement_of_segmenter(config: Mapping[str, Any], *, beside: Path) -> dict[str, Any]:
    """This will say network, classes and input; `beside` is where `preprocessor_config.json` may lie.

    Raises ModelError for a type that is not built here.
    """
    kind = config["model_type"]
    if kind not in TYPES:
        raise ModelError(
            f"{CONFIG}: given the model_type {kind!r:.80}, accepted is one of {', '.join(TYPES)}."
        )
    prepared = preparing_beside(beside)
    height, width = _size(prepared.get("size"))
    mean, std = _IMAGENET
    return {
        "task": "segmentation",
        "net": _segformer(config) if kind == "segformer" else _upernet(config),
        "classes": classes_in(config),
        "input": {
            "height": height,
            "width": width,
            "mean": prepared.get("image_mean", mean),
            "std": prepared.get("image_std", std),
            "kind": "picture",
        },
    }


def _segformer(config: Mapping[str, Any]) -> dict[str, Any]:
    return {"family": "segformer", "config": own_values(config, config_of("segformer"))}


def _upernet(config: Mapping[str, Any]) -> dict[str, Any]:
    backbone = config.get("backbone_config")
    inside = backbone.get("model_type") if isinstance(backbone, Mapping) else None
    if not isinstance(backbone, Mapping) or inside not in UPER_BACKBONES:
        raise ModelError(
            f"{CONFIG}: given UperNet over {inside!r:.80}, accepted is one over {', '.join(UPER_BACKBONES)}."
        )
    return {
        "family": "upernet",
        "backbone": {
            "family": "transformers",
            "model_type": inside,
            "config": own_values(backbone, config_of(inside)),
        },
        "width": config.get("hidden_size", 512),
        "pool_scales": config.get("pool_scales", _POOLED),
    }


def _size(stated: Any) -> tuple[Any, Any]:
    """Height and width; of one number a square."""
    if isinstance(stated, Mapping):
        square = stated.get("shortest_edge", _SIZE)
        return stated.get("height", square), stated.get("width", square)
    return (stated, stated) if isinstance(stated, int) else (_SIZE, _SIZE)
