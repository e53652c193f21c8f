"""How classifiers of clips look from outside: normalised frames, compressed streams or features in, logits out.

Shape suffixes: B samples, T frames or rows, S segments, C channels, H and W pixels, D features.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.export.feeding import OPSET
from mtkd_engine.export.form import BATCH, Form
from mtkd_engine.nets.classification.clips.given import Padded, Streams
from mtkd_engine.spec import ClassifierCard, ClipInput, FeatureInput, StreamsInput, StreamsNet

CHANNELS = {"iframe": 3, "motion": 2, "residual": 3}
_FRAMES = (
    "RGB, upright; the clip in so many equal parts, the middle frame of each; every frame brought to 340 x 256 pixels, "
    "the square in the middle, resized to size x size (bilinear, smoothed where it shrinks); (value / 255 - mean) / "
    "std per channel"
)
_STREAMS = (
    "the clip re-encoded as MPEG-4 (part 2) of 340 x 256 pixels with P-frames alone, an I-frame every 12; in so many "
    "equal parts, the middle frame of each: its I-frame (RGB), the motion accumulated since it (pixels to the right "
    "and down) and the difference between the frame and its I-frame so moved (RGB); the square in the middle, "
    "resized; I-frame: (value / 255 - mean) / std; motion: (trunc(v * 127.5 / 20) + 128) within 0 to 255, / 255 - "
    "0.5; residual: (v + 128) within 0 to 255, (/ 255 - 0.5) / std"
)
_FEATURES = (
    "a row of features for each moment of a clip; of a longer clip the middle row of each of so many equal parts; "
    "the mask is true where a row is the clip's own"
)


def clip_form(card: ClassifierCard, reads: ClipInput | StreamsInput | FeatureInput) -> Form:
    """This will say what the network of a card is fed with."""
    common: dict[str, Any] = {"outputs": ("logits",)}
    if isinstance(reads, ClipInput):
        # A batch of 0 or 1 would be taken for a constant.
        size = (2, reads.frames, reads.channels, reads.size, reads.size)
        told = {"frames": reads.frames, "size": reads.size, "mean": list(reads.mean), "std": list(reads.std)}
        return Form(
            inputs=("frames",),
            example=(torch.zeros(size),),
            free=({0: BATCH},),
            feeding=_feeding(card, {"frames": ("float32", size)}, clip={**told, "preparing": _FRAMES}),
            plain=_OfFrames,
            given=lambda frames_BTCHW: (frames_BTCHW.cpu().contiguous(),),
            **common,
        )
    if isinstance(reads, FeatureInput):
        sizes = {"features": (2, reads.frames, reads.width), "mask": (2, reads.frames)}
        told = {"rows": reads.frames, "width": reads.width}
        types = {"features": "float32", "mask": "bool"}
        described = {name: (types[name], size) for name, size in sizes.items()}
        return Form(
            inputs=("features", "mask"),
            example=(torch.zeros(sizes["features"]), torch.ones(sizes["mask"], dtype=torch.bool)),
            free=({0: BATCH}, {0: BATCH}),
            feeding=_feeding(card, described, clip={**told, "preparing": _FEATURES}),
            plain=_OfFeatures,
            given=lambda padded: _padded(padded, rows=reads.frames),
            **common,
        )
    assert isinstance(card.net, StreamsNet)
    present = card.net.present
    shapes = {name: (2, reads.segments, CHANNELS[name], reads.size, reads.size) for name in present}
    return Form(
        inputs=present,
        example=tuple(torch.zeros(size) for size in shapes.values()),
        free=tuple({0: BATCH} for _ in present),
        feeding=_feeding(
            card,
            {name: ("float32", size) for name, size in shapes.items()},
            clip={"segments": reads.segments, "size": reads.size, "preparing": _STREAMS},
        ),
        plain=lambda model: (_OfOne, _OfTwo, _OfThree)[len(present) - 1](model, present),
        given=lambda streams: tuple(
            part.cpu().contiguous() for name, part in zip(CHANNELS, streams, strict=True) if name in present
        ),
        **common,
    )


def common_feeding(card: ClassifierCard) -> dict[str, Any]:
    """This will describe what all classifiers have in common."""
    return {
        "format": "mtkd.feeding/1",
        "opset": OPSET,
        "task": "classification",
        "family": card.net.family,
        "outputs": ["logits"],
        "classes": "the list `classes` of the card, in the order of the logits",
        "temperature": card.temperature,
        "reading": "probability of a class: softmax of logits / temperature",
    }


def _feeding(
    card: ClassifierCard, inputs: dict[str, tuple[str, tuple[int, ...]]], *, clip: dict[str, Any]
) -> dict[str, Any]:
    described = {name: {"type": kind, "shape": ["batch", *size[1:]]} for name, (kind, size) in inputs.items()}
    return {**common_feeding(card), "inputs": described, "clip": clip}


def _padded(padded: Padded, *, rows: int) -> tuple[Tensor, Tensor]:
    """All of one length, which the file has fixed."""
    missing = rows - padded.mask_BT.shape[1]
    features_BTD = nn.functional.pad(padded.features_BTD.cpu(), (0, 0, 0, missing))
    return features_BTD, nn.functional.pad(padded.mask_BT.cpu(), (0, missing))


class _OfFrames(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, frames_BTCHW: Tensor) -> tuple[Tensor]:
        return (self.model(frames_BTCHW),)


class _OfFeatures(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, features_BTD: Tensor, mask_BT: Tensor) -> tuple[Tensor]:
        return (self.model(Padded(features_BTD, mask_BT)),)


class _OfStreams(nn.Module):
    """A stream that the network lacks is never looked at."""

    def __init__(self, model: nn.Module, present: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self._present = present

    def said(self, *parts: Tensor) -> tuple[Tensor]:
        """This will give the logits of the streams that are there."""
        given = dict(zip(self._present, parts, strict=True))
        return (self.model(Streams(*(given.get(name, parts[0]) for name in CHANNELS))),)


class _OfOne(_OfStreams):
    """Inputs must be named one by one to be exported."""

    def forward(self, first: Tensor) -> tuple[Tensor]:
        return self.said(first)


class _OfTwo(_OfStreams):
    def forward(self, first: Tensor, second: Tensor) -> tuple[Tensor]:
        return self.said(first, second)


class _OfThree(_OfStreams):
    def forward(self, first: Tensor, second: Tensor, third: Tensor) -> tuple[Tensor]:
        return self.said(first, second, third)
