"""What a classifier costs where it is used: parameters, multiply-accumulates, latency and memory for one sample.

The sample has the size that the network reads and lies in memory already, normalised.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mtkd_engine.modelfile import load_classifier
from mtkd_engine.nets.classification.clips.given import Given, moved
from mtkd_engine.nets.classification.clips.streams import StreamsClassifier
from mtkd_engine.profile.measuring import RUNS, latencies, macs_of, memory_of
from mtkd_engine.profile.streams import StreamsCost, cost_of_streams
from mtkd_engine.spec import AnyInput, ClassifierCard, FeatureInput, ImageInput, StreamsInput
from mtkd_engine.spec.classification.kinds import moments_of
from mtkd_engine.tasks.classification.batches import Rows
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.noise import noise


@dataclass(frozen=True)
class ClassifierCost:
    """One sample's cost.

    `macs` are those of matrix products and convolutions, as torch counts them; element-wise work is not counted.
    `latency_ms` is the median of `runs` forward passes at batch 1, after a warm-up; `latency_p90_ms` is the time that
    nine of ten keep to. `memory_bytes` are parameters, the sample and the most that intermediate results took at
    a time.
    """

    parameters: int
    macs: float
    latency_ms: float
    latency_p90_ms: float
    memory_bytes: int
    size: int
    """Pixels a side; 0 for features."""
    channels: int
    """3 for colour, 1 for grey; the width of features."""
    moments: int
    """Frames, segments or rows of features; 1 for an image."""
    runs: int
    threads: int
    device: str
    streams: StreamsCost | None = None
    """What each frame costs, where not every frame has all streams."""

    def to_json(self) -> dict[str, Any]:
        """This will give all that there is."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@torch.no_grad()
def cost_of_classifier(model: nn.Module, card: ClassifierCard, *, runs: int = RUNS) -> ClassifierCost:
    """This will measure a classifier on its device with the threads torch has, in evaluation mode."""
    device = next(model.parameters()).device
    reads = card.input
    given = moved(_made(reads), device)
    was_training = model.training
    model.eval()
    times_ms = latencies(model, [given], runs=runs, device=device)
    macs = macs_of(model, given)
    tensors = [given] if isinstance(given, Tensor) else list(given)
    memory = memory_of(model, given, tensors=tensors, device=device)
    model.train(was_training)
    return ClassifierCost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        macs=macs,
        latency_ms=float(np.median(times_ms)),
        latency_p90_ms=float(np.quantile(times_ms, 0.9)),
        memory_bytes=memory,
        size=0 if isinstance(reads, FeatureInput) else reads.size,
        channels=_channels(reads),
        moments=moments_of(reads),
        runs=runs,
        threads=torch.get_num_threads(),
        device=str(device),
        streams=_of_streams(model, reads),
    )


def _made(reads: AnyInput) -> Given:
    draw = torch.Generator().manual_seed(0)
    if isinstance(reads, ImageInput):
        return torch.randn(1, reads.channels, reads.size, reads.size, generator=draw)
    made = noise(reads, samples=1, generator=draw)
    if isinstance(made, Rows):  # a clip of full length: what a short one costs depends on the clip
        made = Rows(made.features_BTD, torch.full((1,), made.features_BTD.shape[1]))
    return to_input(made, reads)


def _of_streams(model: nn.Module, reads: AnyInput) -> StreamsCost | None:
    if not isinstance(model, StreamsClassifier) or not isinstance(reads, StreamsInput):
        return None
    return cost_of_streams(model, size=reads.size)


def _channels(reads: AnyInput) -> int:
    if isinstance(reads, FeatureInput):
        return reads.width
    return 3 if isinstance(reads, StreamsInput) else reads.channels


def profile_classifier(path: Path, *, runs: int, device: str = "cpu") -> dict[str, Any]:
    """This will measure the file of a classifier; raises ModelError with a sentence."""
    model, card = load_classifier(path)
    return cost_of_classifier(model.to(device), card, runs=runs).to_json()
