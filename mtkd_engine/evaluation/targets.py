"""From teachers' exact windows and weights to the one window an ensemble says."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.dataset import Sample
from mtkd_engine.tasks.grounding.agreement import pool_of
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.decode import weighted_medoid

AT_ONCE = 2048
"""Samples whose windows are compared pair by pair at one time: with 40 windows each, 26 MB a table."""


def target_windows(weights_NHT: Tensor, faculty: Faculty, split: SplitData) -> Tensor:
    """This will decode an ensemble on a split, (N, 2) in seconds; see `decoded`."""
    return decoded(weights_NHT, faculty, split.samples)


def decoded(weights_NHT: Tensor, faculty: Faculty, samples: Sequence[Sample]) -> Tensor:
    """This will decode an ensemble to one of its teachers' exact windows, (N, 2) in seconds.

    Every teacher offers windows, as the faculty's decoding says, and supports those of all by its own windows: these
    count with the teacher's weight (the mean over boundaries when start and end are weighed apart) times the share of
    probability that the teacher gives them, see `tasks.grounding.agreement`.
    """
    ids = [sample.sample_id for sample in samples]
    parts = []
    for place, weights_BHT in enumerate(torch.split(weights_NHT, AT_ONCE)):
        signals = faculty.signals(ids[place * AT_ONCE : (place + 1) * AT_ONCE], length=1, device="cpu")
        pool = pool_of(signals.windows_TBK2, signals.scores_TBK, faculty.decoding)
        parts.append(pool.decode(weights_BHT.mean(1).cpu()))
    return torch.cat(parts)


def same_weights(weights_T: Tensor, samples: int) -> Tensor:
    """This will repeat one weight per teacher for all samples, (N, 1, T)."""
    return weights_T.view(1, 1, -1).expand(samples, 1, -1)


def best_of_each(faculty: Faculty, samples: Sequence[Sample]) -> tuple[Tensor, Tensor]:
    """This will give each teacher's own best window, (T, N, 2) in seconds, and its probability (T, N)."""
    ids = [sample.sample_id for sample in samples]
    signals = faculty.signals(ids, length=1, device="cpu")
    return signals.windows_TBK2[:, :, 0], signals.scores_TBK[:, :, 0]


def plain_medoid(faculty: Faculty, split: SplitData) -> Tensor:
    """This will give, per sample, the teacher's top window that overlaps most with the others', (N, 2)."""
    windows_TN2, _ = best_of_each(faculty, split.samples)
    equal_NT = torch.ones(windows_TN2.shape[1], windows_TN2.shape[0]) / windows_TN2.shape[0]
    return weighted_medoid(windows_TN2, equal_NT)
