"""Made inputs of the shape that a network reads, where no dataset is at hand.

Shape suffixes: B samples, T frames or rows, S segments, C channels, H and W pixels, D features.
"""

from __future__ import annotations

import torch

from mtkd_engine.nets.classification.clips.given import Streams
from mtkd_engine.spec import AnyInput, ClipInput, FeatureInput, ImageInput
from mtkd_engine.tasks.classification.batches import Frames, Rows, Shared


def noise(reads: AnyInput, *, samples: int, generator: torch.Generator) -> Shared:
    """This will draw what participants share, of all values that it may have, for so many samples."""
    if isinstance(reads, ImageInput):
        return _pixels((samples, 3, reads.size, reads.size), generator)
    if isinstance(reads, ClipInput):
        return Frames(_pixels((samples, reads.frames, 3, reads.size, reads.size), generator))
    if isinstance(reads, FeatureInput):
        lengths_B = torch.randint(1, reads.frames + 1, (samples,), generator=generator)
        features_BTD = torch.randn(samples, reads.frames, reads.width, generator=generator)
        there_BT = torch.arange(reads.frames) < lengths_B.unsqueeze(1)
        return Rows(features_BTD * there_BT.unsqueeze(2), lengths_B)
    sizes = [(samples, reads.segments, channels, reads.size, reads.size) for channels in (3, 2, 3)]
    iframe, motion, residual = (_pixels(size, generator) for size in sizes)
    return Streams(iframe, _signed(motion), _signed(residual))


def _pixels(size: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    return torch.randint(0, 256, size, generator=generator).to(torch.uint8)


def _signed(values: torch.Tensor) -> torch.Tensor:
    return (values.to(torch.int16) - 128).to(torch.int8)
