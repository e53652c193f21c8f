"""Losses between a substage of a student and the corresponding one of a teacher, per sample; of our own choice.

After the abstract of "The Staged Knowledge Distillation in Video Classification" (Wang & Tang, arXiv 2307.05201),
which names substages, their correlation and the distribution of features, but whose formulas are not public. These
are ours, or those of the papers that they name.

Maps are (B, D, L, H, W) of one dtype: B samples, D channels (E of another substage), L moments in time, H and W
positions. P is L * H * W. What comes from a teacher is expected without a gradient.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from mtkd_engine.tasks.classification.features import Similarity

Sizes = tuple[int, int, int]
"""Moments, rows and columns of maps."""
_LEAST = 1.0e-6
_NOTHING = 1.0e-12
_SIMILARITY = Similarity()


def distribution(own_BDLHW: Tensor, other_BDLHW: Tensor, *, weights_B: Tensor | None = None) -> Tensor:
    """This will give how far apart the distributions of features are, channel by channel, (B,).

    Own formula: mean over d of (mu_S - mu_T)^2 + (sigma_S - sigma_T)^2, divided by the mean over d of (sigma_S^2 +
    sigma_T^2) / 2 (at least 1e-6), of which the student's part has no gradient. So neither scale counts: divided by
    the teacher's variance alone it would be hundreds for a student that begins at another scale, and its first steps
    would leave rectified units that never fire again. Moments are those over samples and all positions: the loss is
    the same for every sample, and sizes need not be the same. `weights_B` says how much each sample counts in both.
    """
    own_2D, other_2D = (_moments(maps, weights_B) for maps in (own_BDLHW, other_BDLHW))
    apart = (own_2D - other_2D).square().sum(0).mean()
    scale = (own_2D[1].detach().square().mean() + other_2D[1].square().mean()) / 2
    return (apart / scale.clamp(min=_LEAST)).expand(len(own_BDLHW))


def similarity(own_BDLHW: Tensor, other_BDLHW: Tensor) -> Tensor:
    """This will give how differently samples are alike for the two, (B,) (Tung & Mori 2019, arXiv 1907.09682).

    Widths and sizes need not be the same; see `features.Similarity` for the formula.
    """
    return _SIMILARITY.compare(own_BDLHW, other_BDLHW, torch.empty(0))


def between(own: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> Tensor:
    """This will give how differently two consecutive substages hang together, (B,).

    FSP (Yim et al. 2017, CVPR, equations 1 and 2): G = mean over positions of F_1 F_2^T, (D, E), for the maps of two
    substages; the loss is the squared difference of both G. Departures: larger maps come to the size of the smaller
    ones by averages in place of maxima; the mean over D and E, divided by the mean square of the teacher's G over
    the batch, so that neither width nor scale counts. Keeps B * D * E numbers for each.
    """
    own_BDE, other_BDE = _flow(*own), _flow(*other)
    scale = other_BDE.square().mean().clamp(min=_NOTHING)
    return (own_BDE - other_BDE).square().mean(dim=(1, 2)) / scale


def resized(maps_BDLHW: Tensor, sizes: Sizes) -> Tensor:
    """This will bring maps to other sizes: each new position is the mean of the part that it covers.

    As products of matrices: the backward of adaptive pooling has other bits every time on CUDA.
    """
    length, height, width = maps_BDLHW.shape[2:]
    if length != sizes[0]:
        flat = _averages(length, sizes[0], maps_BDLHW.dtype, maps_BDLHW.device) @ maps_BDLHW.flatten(3)
        maps_BDLHW = flat.view(*flat.shape[:3], height, width)
    if height != sizes[1]:
        maps_BDLHW = _averages(height, sizes[1], maps_BDLHW.dtype, maps_BDLHW.device) @ maps_BDLHW
    if width != sizes[2]:
        maps_BDLHW = maps_BDLHW @ _averages(width, sizes[2], maps_BDLHW.dtype, maps_BDLHW.device).T
    return maps_BDLHW


def _moments(maps_BDLHW: Tensor, weights_B: Tensor | None) -> Tensor:
    """Mean and spread of each channel, (2, D)."""
    flat_BDP = maps_BDLHW.flatten(2)
    if weights_B is None:
        weights_B = flat_BDP.new_ones(len(flat_BDP))
    share_B1 = (weights_B / weights_B.sum().clamp(min=_NOTHING)).unsqueeze(1)
    mean_D = (share_B1 * flat_BDP.mean(2)).sum(0)
    square_D = (share_B1 * (flat_BDP - mean_D.unsqueeze(1)).square().mean(2)).sum(0)
    return torch.stack([mean_D, (square_D + _NOTHING).sqrt()])  # a root has no gradient at 0


def _flow(first_BDLHW: Tensor, second_BELHW: Tensor) -> Tensor:
    least = tuple(min(pair) for pair in zip(first_BDLHW.shape[2:], second_BELHW.shape[2:], strict=True))
    sizes: Sizes = (least[0], least[1], least[2])
    first_BDP, second_BEP = (resized(maps, sizes).flatten(2) for maps in (first_BDLHW, second_BELHW))
    return first_BDP @ second_BEP.transpose(1, 2) / first_BDP.shape[2]


@lru_cache(maxsize=256)
def _averages(given: int, kept: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """(kept, given): the share that each given position has in each kept one, by overlap of equal parts.

    Copied to a device once: a copy in every step would wait for it.
    """
    place, part = torch.arange(given) * kept, torch.arange(kept).unsqueeze(1) * given
    shared = torch.minimum(place + kept, part + given) - torch.maximum(place, part)
    with torch.inference_mode(False):
        return (shared.clamp(min=0) / given).to(dtype=dtype, device=device)
