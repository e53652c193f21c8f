"""Small networks of every family that reads clips, and clips for them."""

from __future__ import annotations

from typing import Any

import torch

from mtkd_engine.nets.classification import Classifier
from mtkd_engine.nets.classification.clips import Given, Streams, build_clip_classifier
from mtkd_engine.spec import (
    CifarResNet,
    ClipInput,
    Conv3dNet,
    FeatureInput,
    FrameNet,
    ImageNetSpec,
    SequenceNet,
    StreamsInput,
    StreamsNet,
    TransformersNet,
    VideoTransformersNet,
)

CLASSES = 5
CLIP = ClipInput(frames=4, size=32)
STREAMS = StreamsInput(segments=3, size=16)
FEATURES = FeatureInput(width=6, frames=11)


def of_type(model_type: str, **config: Any) -> TransformersNet:
    """An image network of the transformers library."""
    return TransformersNet.model_validate({"model_type": model_type, "config": config})


def video_of_type(model_type: str, **config: Any) -> VideoTransformersNet:
    """A video network of the transformers library, its configuration laid over a tiny one."""
    return VideoTransformersNet.model_validate(
        {"model_type": model_type, "config": {**TINY, **PATCHES[model_type], **config}}
    )


TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
PATCHES: dict[str, dict[str, Any]] = {
    "videomae": {"patch_size": 8},
    "timesformer": {"patch_size": 8},
    "vivit": {"tubelet_size": [2, 8, 8]},
}
STAGED_IMAGES: dict[str, ImageNetSpec] = {
    "cifar_resnet": CifarResNet(),
    "resnet": of_type(
        "resnet", embedding_size=8, hidden_sizes=[8, 16, 16], depths=[1, 2, 1], layer_type="basic"
    ),
    "bottlenecks": of_type("resnet", embedding_size=8, hidden_sizes=[8, 16], depths=[1, 2]),
    "regnet": of_type("regnet", embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], groups_width=8),
    "convnext": of_type(
        "convnext", hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, layer_scale_init_value=1.0
    ),
    "convnextv2": of_type("convnextv2", hidden_sizes=[8, 16], depths=[1, 1], num_stages=2),
    "swin": of_type("swin", embed_dim=8, depths=[1, 1], num_heads=[1, 1], window_size=2, patch_size=4),
}
VIT = of_type("vit", **TINY, patch_size=8)
ONE_OF_EACH: dict[str, tuple[Any, Any]] = {
    "frames": (FrameNet(temporal="shift"), CLIP),
    "conv3d": (Conv3dNet(width=4), CLIP),
    **{name: (video_of_type(name), CLIP) for name in PATCHES},
    "streams": (StreamsNet(), STREAMS),
    "sequence": (SequenceNet(width=8, blocks=2), FEATURES),
}


def built(net: Any, reads: Any = CLIP, *, classes: int = CLASSES) -> Classifier:
    """The network of a spec, the same each time."""
    torch.manual_seed(0)
    return build_clip_classifier(net, classes=classes, input=reads)


def given_to(reads: Any, *, samples: int = 2, seed: int = 1) -> Given:
    """Noise that such a network reads; of features, the later half of the last clip is padding."""
    draw = torch.Generator().manual_seed(seed)
    if isinstance(reads, ClipInput):
        return torch.randn(samples, reads.frames, 3, reads.size, reads.size, generator=draw)
    if isinstance(reads, FeatureInput):
        features_BTD = torch.randn(samples, reads.frames, reads.width, generator=draw)
        features_BTD[-1, reads.frames // 2 :] = 0
        return features_BTD
    maps = [
        torch.randn(samples, reads.segments, channels, reads.size, reads.size, generator=draw)
        for channels in (3, 2, 3)
    ]
    return Streams(*maps)
