"""All metrics of frames, at the size of what people looked at.

Shape suffixes: F frames, H and W pixels of a network's grid, h and w of the whole frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.nets.dense.base import resized
from mtkd_engine.tasks.classification.draws import key_of
from mtkd_engine.tasks.saliency.metrics import auc_j, cc, kld, nss, s_auc, sim
from mtkd_engine.tasks.saliency.splits.base import Shown, others_of
from mtkd_engine.tasks.saliency.truth import Truths

METRICS = ("auc_j", "s_auc", "cc", "sim", "nss", "kld")
OF_DENSITY = {"cc": cc, "sim": sim, "kld": kld}
QUICK = tuple(OF_DENSITY)
"""Those that need no order of pixels."""
_PIXELS_AT_ONCE = 1 << 21


def frame_metrics(
    said_FHW: Tensor,
    shown: Sequence[Shown],
    *,
    truths: Truths,
    pool: Sequence[Shown],
    metrics: Sequence[str] = METRICS,
) -> dict[str, Tensor]:
    """This will measure densities of frames, float64 (F,) each, in host memory.

    In `pool` are those frames whose fixations s-AUC compares with.
    """
    found = {name: torch.full((len(shown),), torch.nan, dtype=torch.float64) for name in metrics}
    for places in _alike(shown, truths):
        frames = [shown[place] for place in places]
        measured = _measured(said_FHW[places], frames, pool, truths, metrics)
        for name, values_F in measured.items():
            found[name][places] = values_F.cpu()
    return found


def full_maps(said_FHW: Tensor, size: tuple[int, int]) -> Tensor:
    """This will bring densities to the size of the whole frame, (F, h, w), the highest value 1."""
    full_Fhw = resized(said_FHW.float().unsqueeze(1), *size).squeeze(1)
    return full_Fhw / full_Fhw.amax((1, 2), keepdim=True).clamp(min=torch.finfo(torch.float32).tiny)


def _alike(shown: Sequence[Shown], truths: Truths) -> list[list[int]]:
    """Places of frames of one size, a few at a time."""
    by_size: dict[tuple[int, int], list[int]] = {}
    for place, one in enumerate(shown):
        by_size.setdefault(truths.full_size(one.place), []).append(place)
    parts = []
    for (height, width), places in by_size.items():
        step = max(1, _PIXELS_AT_ONCE // (height * width))
        parts += [places[start : start + step] for start in range(0, len(places), step)]
    return parts


def _measured(
    said_FHW: Tensor, frames: Sequence[Shown], pool: Sequence[Shown], truths: Truths, metrics: Sequence[str]
) -> dict[str, Tensor]:
    height, width = truths.full_size(frames[0].place)
    device = said_FHW.device
    said_Fhw = full_maps(said_FHW, (height, width))
    looked = partial(_looked, truths, height=height, width=width)
    found: dict[str, Tensor] = {}
    if set(metrics) & set(OF_DENSITY):
        density_Fhw = _on(
            [truths.density(one.place, one.frame, height=height, width=width) for one in frames], device
        )
        found |= {
            name: measure(said_Fhw, density_Fhw) for name, measure in OF_DENSITY.items() if name in metrics
        }
    if set(metrics) - set(OF_DENSITY):
        fixated_Fhw = _on([looked([one]) for one in frames], device)
        if "auc_j" in metrics:
            found["auc_j"] = auc_j(said_Fhw, fixated_Fhw)
        if "nss" in metrics:
            found["nss"] = nss(said_Fhw, fixated_Fhw)
        if "s_auc" in metrics:
            others_Fhw = _on([looked(others_of(one, pool)) for one in frames], device)
            seeds = [key_of(f"s_auc/{one.key}") for one in frames]
            found["s_auc"] = s_auc(said_Fhw, fixated_Fhw, others_Fhw, seeds=seeds)
    return found


def _looked(truths: Truths, frames: Sequence[Shown], *, height: int, width: int) -> NDArray[np.bool_]:
    """Where somebody looked at one of some frames, all brought to one size."""
    found_hw = np.zeros((height, width), np.bool_)
    for one in frames:
        found_hw |= truths.fixated(one.place, one.frame, height=height, width=width)
    return found_hw


def _on(maps: Sequence[NDArray[np.float32]] | Sequence[NDArray[np.bool_]], device: torch.device) -> Tensor:
    return torch.from_numpy(np.stack(maps)).to(device)
