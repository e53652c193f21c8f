"""What a network with an output for every pixel costs where it is used: for one picture, or one window of frames.

What is read has the size of the card and lies in memory already, normalised.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mtkd_engine.modelfile import load_dense
from mtkd_engine.nets.dense import AnyDenseCard
from mtkd_engine.profile.measuring import RUNS, latencies, macs_of, memory_of
from mtkd_engine.spec import FilmInput
from mtkd_engine.spec.dense.inputs import DenseInput


@dataclass(frozen=True)
class DenseCost:
    """The cost of one picture, or of one window of frames; counted and timed as that of a classifier is.

    `macs_per_frame` and `latency_ms / frames` are what a frame of a long video takes where windows do not overlap.
    """

    parameters: int
    macs: float
    macs_per_frame: float | None
    """None for pictures."""
    latency_ms: float
    latency_p90_ms: float
    memory_bytes: int
    height: int
    width: int
    frames: int
    """1 for pictures."""
    runs: int
    threads: int
    device: str

    def to_json(self) -> dict[str, Any]:
        """This will give all that there is."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@torch.no_grad()
def cost_of_dense(model: nn.Module, card: AnyDenseCard, *, runs: int = RUNS) -> DenseCost:
    """This will measure a network on its device with the threads torch has, in evaluation mode."""
    device = next(model.parameters()).device
    given = made_input(card.input, samples=1, generator=torch.Generator().manual_seed(0)).to(device)
    frames = card.input.frames if isinstance(card.input, FilmInput) else None
    was_training = model.training
    model.eval()
    times_ms = latencies(model, [given], runs=runs, device=device)
    macs = macs_of(model, given)
    memory = memory_of(model, given, tensors=[given], device=device)
    model.train(was_training)
    return DenseCost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        macs=macs,
        macs_per_frame=None if frames is None else macs / frames,
        latency_ms=float(np.median(times_ms)),
        latency_p90_ms=float(np.quantile(times_ms, 0.9)),
        memory_bytes=memory,
        height=card.input.height,
        width=card.input.width,
        frames=frames or 1,
        runs=runs,
        threads=torch.get_num_threads(),
        device=str(device),
    )


def made_input(reads: DenseInput, *, samples: int, generator: torch.Generator) -> Tensor:
    """This will make noise with the spread of what a network reads: (B, 3, H, W) or (B, T, 3, H, W)."""
    size = (3, reads.height, reads.width)
    shape = (samples, reads.frames, *size) if isinstance(reads, FilmInput) else (samples, *size)
    return torch.randn(shape, generator=generator)


def profile_dense(path: Path, *, runs: int, device: str = "cpu") -> dict[str, Any]:
    """This will measure the file of a segmentation or saliency network; raises ModelError with a sentence."""
    model, card = load_dense(path)
    return cost_of_dense(model.to(device), card, runs=runs).to_json()
