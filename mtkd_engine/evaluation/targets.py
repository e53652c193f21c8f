"""From teachers' exact windows and weights to the one window an ensemble says."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.decode import weighted_medoid


def target_windows(weights_NHT: Tensor, faculty: Faculty, split: SplitData) -> Tensor:
    """This will decode an ensemble by the weighted medoid of its teachers' exact windows, (N, 2) in seconds.

    Every teacher brings its best windows; each counts with the teacher's weight (the mean over boundaries
    when start and end are weighed apart) times the share of probability the teacher gives it.
    """
    ids = [sample.sample_id for sample in split.samples]
    signals = faculty.signals(ids, length=1, device="cpu")
    teachers, samples, top, _ = signals.windows_TBK2.shape
    shares_TBK = signals.scores_TBK / signals.scores_TBK.sum(-1, keepdim=True).clamp_min(1e-12)
    counts_TBK = weights_NHT.mean(1).T.unsqueeze(-1) * shares_TBK
    windows_MB2 = signals.windows_TBK2.permute(0, 2, 1, 3).reshape(teachers * top, samples, 2)
    counts_BM = counts_TBK.permute(1, 0, 2).reshape(samples, teachers * top)
    return weighted_medoid(windows_MB2, counts_BM)


def same_weights(weights_T: Tensor, samples: int) -> Tensor:
    """This will repeat one weight per teacher for all samples, (N, 1, T)."""
    return weights_T.view(1, 1, -1).expand(samples, 1, -1)


def top_windows(faculty: Faculty, split: SplitData) -> Tensor:
    """This will give each teacher's own best window, (T, N, 2) in seconds."""
    ids = [sample.sample_id for sample in split.samples]
    return faculty.signals(ids, length=1, device="cpu").windows_TBK2[:, :, 0]


def plain_medoid(faculty: Faculty, split: SplitData) -> Tensor:
    """This will give, per sample, the teacher's top window that overlaps most with the others', (N, 2)."""
    windows_TN2 = top_windows(faculty, split)
    equal_NT = torch.ones(windows_TN2.shape[1], windows_TN2.shape[0]) / windows_TN2.shape[0]
    return weighted_medoid(windows_TN2, equal_NT)
