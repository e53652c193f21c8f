"""Who knows best of which sample, and so who teaches whom.

Shape suffixes: B samples, M learners, S sources: all participants in their order, and last, where there are anchors,
the learner's own start.
"""

from __future__ import annotations

import torch
from torch import Tensor

NEVER = float("-inf")


def best_of(criterion_BS: Tensor) -> Tensor:
    """This will give 1 for the source that knows best of each sample and 0 for the others, (B, S).

    Of two sources the second wins a tie (arXiv 2510.22208, in the released code); of more nobody does, and the row is
    zero, as it is where no source can tell.
    """
    top_B1 = criterion_BS.max(1, keepdim=True).values
    is_best_BS = criterion_BS == top_B1
    one_BS = _all_of(_last_of(is_best_BS), sources=criterion_BS.shape[1])
    known_B1 = top_B1 > NEVER
    if criterion_BS.shape[1] > 2:
        known_B1 = known_B1 & (is_best_BS.sum(1, keepdim=True) == 1)
    return one_BS * known_B1


def soft_of(criterion_BS: Tensor, *, sharpness: float) -> Tensor:
    """This will share each sample between the sources by how well they know it: softmax(sharpness * criterion), (B, S).

    A row where no source can tell is zero.
    """
    known_B1 = criterion_BS.max(1, keepdim=True).values > NEVER
    shares_BS = torch.softmax(torch.where(known_B1, criterion_BS, 0.0) * sharpness, dim=1)
    return shares_BS * known_B1


def between_all(criterion_BM: Tensor, *, sharpness: float | None = None) -> Tensor:
    """This will say of participants that all learn who teaches whom, (B, M, M): `sharpness` None for the best alone.

    A learner that knows best itself, or a sample of which nobody knows best, keeps to itself: rows over the sources
    sum to 1.
    """
    shares_BM = best_of(criterion_BM) if sharpness is None else soft_of(criterion_BM, sharpness=sharpness)
    models = criterion_BM.shape[1]
    from_all_BMM = shares_BM.unsqueeze(1).expand(-1, models, -1)
    return _else_itself(from_all_BMM, itself=range(models))


def with_starts(criterion_BM: Tensor, starts_BM: Tensor, *, sharpness: float | None = None) -> Tensor:
    """This will do as `between_all` with each learner's own start as one more source for it alone, (B, M, M + 1)."""
    models = criterion_BM.shape[1]
    parts = []
    for learner in range(models):
        own_BS = torch.cat([criterion_BM, starts_BM[:, learner : learner + 1]], dim=1)
        parts.append(best_of(own_BS) if sharpness is None else soft_of(own_BS, sharpness=sharpness))
    return _else_itself(torch.stack(parts, dim=1), itself=range(models))


def to_student(teachers_BM: Tensor, start_B: Tensor, *, student: int) -> Tensor:
    """This will say who teaches the one student, (B, 1, M + 1): a frozen teacher, or its own frozen start.

    The start keeps what no teacher knows better (arXiv 2310.17653, equation of m_t and m_st); the student as it is
    now is no source, and of teachers that know equally well the first one teaches.
    """
    others_BM = teachers_BM.clone()
    others_BM[:, student] = NEVER
    top_B, place_B = others_BM.max(1)
    chosen_B = torch.where(top_B > start_B, place_B, teachers_BM.shape[1])
    return _all_of(chosen_B, sources=teachers_BM.shape[1] + 1).unsqueeze(1)


def _last_of(is_best_BS: Tensor) -> Tensor:
    """The last place of each row that is true."""
    sources = is_best_BS.shape[1]
    return sources - 1 - is_best_BS.flip(1).to(torch.int8).argmax(1)


def _all_of(place_B: Tensor, *, sources: int) -> Tensor:
    """All of each sample for one source, (B, S); `one_hot` would look at the numbers."""
    return (place_B.unsqueeze(1) == torch.arange(sources, device=place_B.device)).to(torch.float32)


def _else_itself(shares_BMS: Tensor, *, itself: range) -> Tensor:
    """Rows that are zero become those of a learner that keeps to itself."""
    own_MS = torch.eye(len(itself), shares_BMS.shape[2], device=shares_BMS.device)
    nobody_BM1 = (shares_BMS.sum(2, keepdim=True) == 0).to(shares_BMS.dtype)
    return shares_BMS + nobody_BM1 * own_MS
