"""What saliency networks learn from, one number per sample: densities, and the beliefs of others.

Beliefs are log-densities and densities sum to 1 over the pixels of each frame; of videos the mean over frames counts.
KLD is that of arXiv 2510.22208 without the 2e-16 that keep its logarithms finite: beliefs are logarithms already, and
their gradient stays where the probability of a pixel is below that.

Shape suffixes: B samples, F frames (1 of a picture), P pixels; `...` H and W, of videos T before them.
"""

from __future__ import annotations

import torch
from torch import Tensor

_LEAST_SPREAD = 1e-6
"""Of the variance of a map whose mean is 1: it keeps the gradient of a map finite that is the same everywhere."""


def per_sample_loss(belief: Tensor, truth: Tensor) -> Tensor:
    """This will give KLD(S, G) - CC(S, G) of each sample, (B,): mean over frames that somebody looked at, 0 for none.

    `belief` is a log-density (B, ...), `truth` a density of its shape, all zeros in frames where nobody looked.
    """
    log_BFP, true_BFP = _flat(belief), _flat(truth)
    is_told_BF = true_BFP.sum(2) > 0
    each_BF = kl(true_BFP, log_BFP) - _correlation(log_BFP.exp(), true_BFP)
    return torch.where(is_told_BF, each_BF, 0.0).sum(1) / is_told_BF.sum(1).clamp(min=1)


def transfer(teacher: Tensor, learner: Tensor) -> Tensor:
    """This will give KLD(learner, teacher) of each sample, (B,): KL(teacher || learner), mean over all frames.

    Both are log-densities (B, ...). Neither side is detached here.
    """
    teacher_BFP, learner_BFP = _flat(teacher), _flat(learner)
    return (teacher_BFP.exp() * (teacher_BFP - learner_BFP)).sum(2).mean(1)


def kl(true_BFP: Tensor, log_BFP: Tensor) -> Tensor:
    """This will give the sum over pixels of G (log G - log S), (B, F), in nats."""
    own_BFP: Tensor = torch.special.xlogy(true_BFP, true_BFP)
    return (own_BFP - true_BFP * log_BFP).sum(2)


def _correlation(said_BFP: Tensor, true_BFP: Tensor) -> Tensor:
    """Pearson's, of densities brought to a mean of 1."""
    pixels = said_BFP.shape[2]
    said_BFP, true_BFP = said_BFP * pixels - 1.0, true_BFP * pixels - 1.0
    shared_BF = (said_BFP * true_BFP).mean(2)
    spread_BF = (said_BFP.square().mean(2) + _LEAST_SPREAD) * (true_BFP.square().mean(2) + _LEAST_SPREAD)
    return shared_BF / spread_BF.sqrt()


def _flat(maps: Tensor) -> Tensor:
    frames = maps if maps.ndim == 4 else maps.unsqueeze(1)
    return frames.flatten(2)
