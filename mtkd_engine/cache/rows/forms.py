"""Beliefs as rows of 16-bit numbers, and rows as beliefs.

Shape suffixes: B samples, C classes, K classes that are kept, S numbers of a row.

dense    log p of every class in half precision
top_k    the K likeliest classes and their log p; what they leave is spread evenly (biased, and it says so)
sampled  K classes drawn from p, each counting 1 / K: the mean over draws is p (unbiased)
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.cache.rows.header import Header

LOWEST = -60_000.0
"""Half precision ends at -65,504."""
UNSEEN = -30.0
"""log p of a class that was not drawn: little enough to count for nothing, and finite."""


class NotFiniteError(ValueError):
    """A teacher gave numbers that are no scores."""


def to_rows(log_probs_BC: Tensor, header: Header, *, seed: int) -> NDArray[np.generic]:
    """This will write log p (B, C), already softened where the header says so, as rows (B, S).

    `seed` decides what is drawn where rows are sampled. Raises NotFiniteError.
    """
    log_BC = torch.log_softmax(log_probs_BC.detach().float().cpu(), dim=-1)
    if not bool(torch.isfinite(log_BC).all()):
        raise NotFiniteError
    if header.form == "dense":
        return log_BC.clamp(min=LOWEST).half().numpy()
    if header.form == "top_k":
        top = log_BC.topk(min(header.kept, header.classes), dim=-1)
        values_BK = top.values.clamp(min=LOWEST).half().numpy().view(np.uint16)
        return np.concatenate([top.indices.numpy().astype(np.uint16), values_BK], axis=1)
    return _drawn(log_BC, draws=header.kept, seed=seed).numpy().astype(np.uint16)


def _drawn(log_BC: Tensor, *, draws: int, seed: int) -> Tensor:
    """Classes drawn from p (B, K), one from each K-th of the distribution, so that likely ones vary little.

    Paper: Anshumann et al., "Sparse Logit Sampling", ACL 2025 (arXiv 2503.16870), with the proposal p itself.
    Departure: draws are stratified, which keeps the estimate unbiased and lowers its variance.
    """
    noise = np.random.default_rng(seed).random((log_BC.shape[0], draws))
    sums_BC = log_BC.double().exp().cumsum(-1)
    wanted_BK = torch.from_numpy((np.arange(draws) + noise) / draws) * sums_BC[:, -1:]
    return torch.searchsorted(sums_BC, wanted_BK, right=True).clamp(max=log_BC.shape[1] - 1)


def to_log_probs(rows_BS: Tensor, header: Header) -> Tensor:
    """This will read rows (..., S) as beliefs log p (..., C), float32, sum 1.

    Where rows are softened at a temperature T, the belief is the one that softening at T turns into them.
    """
    if header.form == "dense":
        log = rows_BS.float()
    else:
        log = _top(rows_BS, header) if header.form == "top_k" else _counted(rows_BS, header)
    if header.softened is None:
        # They sum to about 1 already, so that no largest has to be found first, which takes longer than the rest.
        return log - log.exp().sum(-1, keepdim=True).log()
    return torch.log_softmax(log * header.softened, dim=-1)


def _top(rows_BS: Tensor, header: Header) -> Tensor:
    kept = rows_BS.shape[-1] // 2
    classes_BK = _numbers(rows_BS[..., :kept])
    log_BK = rows_BS[..., kept:].contiguous().view(torch.float16).float()
    others = header.classes - kept
    rest_B1 = (1 - log_BK.exp().sum(-1, keepdim=True)).clamp(min=1e-7) / max(others, 1)
    spread_BC = rest_B1.log().expand(*rows_BS.shape[:-1], header.classes)
    return spread_BC.scatter(-1, classes_BK, log_BK)


def _counted(rows_BS: Tensor, header: Header) -> Tensor:
    classes_BK = _numbers(rows_BS)
    counts_BC = torch.zeros(*rows_BS.shape[:-1], header.classes, device=rows_BS.device)
    share = torch.full((), 1.0 / rows_BS.shape[-1], device=rows_BS.device).expand(classes_BK.shape)
    # Cut before the logarithm, which takes its time over zeros.
    return counts_BC.scatter_add(-1, classes_BK, share).clamp(min=math.exp(UNSEEN)).log()


def _numbers(bits: Tensor) -> Tensor:
    """Class numbers from 16 bits, which torch takes for signed."""
    return bits.long() & 0xFFFF
