"""What a network of compressed streams costs for a frame, where only one frame of each group is an I-frame.

The I-frame's network runs once in a group of pictures, those of motion and residuals on all of its other frames: a
plain sum would charge every frame for all three.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch

from mtkd_engine.nets.classification.clips.streams import CHANNELS, StreamsClassifier
from mtkd_engine.profile.measuring import macs_of

GROUP = 12
"""Frames from one I-frame to the next, as clips are encoded here."""


@dataclass(frozen=True)
class StreamsCost:
    """One frame's cost.

    `macs_by_stream` are each network's multiply-accumulates on one frame of its own, those of matrix products and
    convolutions; `macs_per_frame` is their mean over the frames of a group, (I + (group - 1) (M + R)) / group.
    """

    parameters: int
    parameters_by_stream: dict[str, int]
    macs_by_stream: dict[str, float]
    macs_per_frame: float
    group: int
    size: int

    def to_json(self) -> dict[str, Any]:
        """This will give all of it."""
        return asdict(self)

    def times_those_of(self, other: StreamsCost) -> tuple[float, float]:
        """This will say how many times another's parameters and multiply-accumulates per frame these are."""
        return self.parameters / other.parameters, self.macs_per_frame / other.macs_per_frame


@torch.no_grad()
def cost_of_streams(model: StreamsClassifier, *, size: int, group: int = GROUP) -> StreamsCost:
    """This will count what a network costs for a frame of `size` pixels a side.

    Nothing is timed, so a network without memory is counted as well as another.
    """
    assert group >= 1
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    macs = {
        name: macs_of(model.backbone(name), torch.zeros(1, CHANNELS[name], size, size, device=device))
        for name in model.names
    }
    model.train(was_training)
    parameters = {
        name: sum(tensor.numel() for own, tensor in model.named_parameters() if _stream_of(own) == name)
        for name in model.names
    }
    return StreamsCost(
        parameters=sum(parameters.values()),
        parameters_by_stream=parameters,
        macs_by_stream=macs,
        macs_per_frame=sum(
            count * (1 if name == "iframe" else group - 1) / group for name, count in macs.items()
        ),
        group=group,
        size=size,
    )


def _stream_of(parameter: str) -> str:
    """The normalisation before a network counts with it."""
    return parameter.split(".", maxsplit=1)[0].removesuffix("_norm")
