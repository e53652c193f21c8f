"""Which networks of libraries a bare state dict may be of: few guesses from its names and shapes, to be tried."""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from mtkd_engine.modelfile.header import Described
from mtkd_engine.spec import ImageNetSpec, TimmNet, TransformersNet
from mtkd_engine.spec.classification.nets import TRANSFORMERS

Tensors = Mapping[str, Described]
_STAGE = re.compile(r"\w+\.encoder\.stages\.(\d+)\.layers\.(\d+)\.")
_TIMM_RESNETS = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
_HEADS = ("classifier.weight", "classifier.1.weight", "fc.weight", "head.weight", "head.fc.weight")


def guesses(found: Tensors) -> Iterator[ImageNetSpec]:
    """This will give the networks that the names speak for, likelier ones first."""
    roots = {name.partition(".")[0] for name in found} - {"classifier"}
    for model_type in TRANSFORMERS:
        if model_type in roots:
            for config in _configs(model_type, found):
                yield TransformersNet.model_validate({"model_type": model_type, "config": config})
    if {"layer1", "layer4", "fc"} <= roots and importlib.util.find_spec("timm") is not None:
        yield from (TimmNet(name=name) for name in _TIMM_RESNETS)


def classes_of(found: Tensors) -> int | None:
    """This will give the number of outputs of the last linear layer, under the names that libraries give it."""
    head = next((found[name] for name in _HEADS if name in found), None)
    return head[0][0] if head is not None and len(head[0]) == 2 else None


def _configs(model_type: str, found: Tensors) -> Iterator[dict[str, Any]]:
    """The library's defaults, and what the shapes of stages say."""
    yield {}
    layers: defaultdict[int, set[int]] = defaultdict(set)
    widths: dict[int, int] = {}
    for name, (shape, _) in found.items():
        if placed := _STAGE.match(name):
            stage = int(placed[1])
            layers[stage].add(int(placed[2]))
            if len(shape) == 4:
                widths[stage] = max(widths.get(stage, 0), shape[0])
    if sorted(layers) != list(range(len(layers))) or widths.keys() != layers.keys():
        return
    sizes: dict[str, Any] = {
        "depths": [len(layers[stage]) for stage in sorted(layers)],
        "hidden_sizes": [widths[stage] for stage in sorted(layers)],
    }
    if model_type in {"convnext", "convnextv2"}:
        yield {**sizes, "num_stages": len(layers)}
    stem = found.get("resnet.embedder.embedder.convolution.weight")
    if model_type == "resnet" and stem is not None:
        for layer_type in ("bottleneck", "basic"):
            yield {**sizes, "embedding_size": stem[0][0], "layer_type": layer_type}
