"""What an image classifier costs where it is used: parameters, multiply-accumulates, latency and memory for one image.

The image has the size that the network reads and lies in memory already, normalised.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mtkd_engine.modelfile import load_classifier
from mtkd_engine.profile.measuring import RUNS, latencies, macs_of, memory_of
from mtkd_engine.spec import ClassifierCard


@dataclass(frozen=True)
class ClassifierCost:
    """One image's cost.

    `macs` are those of matrix products and convolutions, as torch counts them; element-wise work is not counted.
    `latency_ms` is the median of `runs` forward passes at batch 1, after a warm-up; `latency_p90_ms` is the time that
    nine of ten keep to. `memory_bytes` are parameters, the image and the most that intermediate results took at a time.
    """

    parameters: int
    macs: float
    latency_ms: float
    latency_p90_ms: float
    memory_bytes: int
    size: int
    channels: int
    runs: int
    threads: int
    device: str

    def to_json(self) -> dict[str, Any]:
        """This will give all of it."""
        return asdict(self)


@torch.no_grad()
def cost_of_classifier(model: nn.Module, card: ClassifierCard, *, runs: int = RUNS) -> ClassifierCost:
    """This will measure a classifier on its device with the threads torch has, in evaluation mode."""
    device = next(model.parameters()).device
    reads = card.input
    draw = torch.Generator().manual_seed(0)
    image_1CHW = torch.randn(1, reads.channels, reads.size, reads.size, generator=draw).to(device)
    was_training = model.training
    model.eval()
    times_ms = latencies(model, [image_1CHW], runs=runs, device=device)
    macs = macs_of(model, image_1CHW)
    memory = memory_of(model, image_1CHW, tensors=[image_1CHW], device=device)
    model.train(was_training)
    return ClassifierCost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        macs=macs,
        latency_ms=float(np.median(times_ms)),
        latency_p90_ms=float(np.quantile(times_ms, 0.9)),
        memory_bytes=memory,
        size=reads.size,
        channels=reads.channels,
        runs=runs,
        threads=torch.get_num_threads(),
        device=str(device),
    )


def profile_classifier(path: Path, *, runs: int, device: str = "cpu") -> dict[str, Any]:
    """This will measure the file of a classifier; raises ModelError with a sentence."""
    model, card = load_classifier(path)
    return cost_of_classifier(model.to(device), card, runs=runs).to_json()
