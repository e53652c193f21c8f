"""Learning to combine stored beliefs: what teachers proposed, how good each proposal is, and weights fitted to it.

Weights are fitted to what an ensemble *says*, the weighted medoid of exact windows, and not to the likelihood of a
mixed belief: those are different things, and the first is what counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.dataset import Sample
from mtkd_engine.data.split import folds_by_source
from mtkd_engine.seeding import derived_seed
from mtkd_engine.tasks.grounding.agreement import Pool, expected_overlap, overlaps, pool_of

AT_ONCE = 2048
LARGEST = 3000
INNER_FOLDS = 3
STEPS = 80
RATE = 0.1
LEAN = 8.0
"""Logarithm of how much more a teacher weighs at first than one whose own windows overlap the truth by 1 less."""


@dataclass(frozen=True)
class Lesson:
    """What teachers propose for samples (`pool`), the overlap of each proposal with the truth, and the sources."""

    pool: Pool
    overlap_NM: Tensor
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def teachers(self) -> int:
        """How many teachers propose."""
        return self.pool.support_NMT.shape[2]

    @property
    def top(self) -> int:
        """How many windows a teacher proposes for a sample; its best is the first of them."""
        return self.overlap_NM.shape[1] // self.teachers

    def take(self, rows: Sequence[int]) -> Lesson:
        """This will give the samples at these rows."""
        index = torch.as_tensor(rows, dtype=torch.long)
        return Lesson(self.pool.take(index), self.overlap_NM[index], tuple(self.sources[row] for row in rows))

    def without(self, teacher: int) -> Lesson:
        """This will give the same samples as if there had never been this teacher."""
        others = torch.tensor([t for t in range(self.teachers) if t != teacher])
        columns = (others.unsqueeze(1) * self.top + torch.arange(self.top)).flatten()
        pool = Pool(
            self.pool.windows_NM2[:, columns],
            self.pool.support_NMT[:, columns][:, :, others],
            self.pool.real_NM[:, columns],
        )
        return Lesson(pool, self.overlap_NM[:, columns], self.sources)

    def quality(self, weights_NT: Tensor) -> Tensor:
        """This will give the overlap with the truth of what the ensemble says, (N,)."""
        agreement_NM = self.pool.agreement(weights_NT.to(self.overlap_NM.dtype))
        chosen_N = agreement_NM.masked_fill(~self.pool.real_NM, -torch.inf).argmax(1)
        return self.overlap_NM[torch.arange(len(self)), chosen_N]


def folds_of(sources: Sequence[str], *, count: int, seed: int) -> list[tuple[list[int], list[int]]]:
    """This will give (rows to learn from, rows to judge) of each fold; no source is on both sides.

    With fewer sources than folds there are as many folds as sources; with a single source there is none.
    """
    distinct = sorted(set(sources))
    if len(distinct) < 2:
        return []
    count = min(count, len(distinct))
    placed = folds_by_source(distinct, folds=count, seed=seed)
    fold_N = np.array([placed[source] for source in sources])
    return [
        (np.flatnonzero(fold_N != fold).tolist(), np.flatnonzero(fold_N == fold).tolist())
        for fold in range(count)
    ]


def lesson_of(faculty: Faculty, samples: Sequence[Sample]) -> Lesson:
    """This will pool what the teachers propose for these samples and hold it against the truth."""
    pools = [
        _pool(faculty, [sample.sample_id for sample in samples[start : start + AT_ONCE]])
        for start in range(0, len(samples), AT_ONCE)
    ]
    pool = Pool(
        torch.cat([part.windows_NM2 for part in pools]),
        torch.cat([part.support_NMT for part in pools]),
        torch.cat([part.real_NM for part in pools]),
    )
    return Lesson(pool, overlaps(pool.windows_NM2, samples), tuple(sample.source_id for sample in samples))


def _pool(faculty: Faculty, ids: Sequence[str]) -> Pool:
    signals = faculty.signals(ids, length=1, device="cpu")
    return pool_of(signals.windows_TBK2, signals.scores_TBK)


@dataclass(frozen=True)
class Settings:
    """How weights are fitted: softness of the choice among windows, and pull towards where the fit starts."""

    softness: float
    decay: float


SETTINGS = (Settings(softness=0.02, decay=0.1), Settings(softness=0.02, decay=0.005))
"""What is chosen among, by inner folds: for few samples of teachers that are much alike, and for all others."""


@dataclass(frozen=True)
class Static:
    """One weight per teacher (T,), sum 1, and the settings it was fitted with."""

    weights_T: Tensor
    settings: Settings

    def on(self, samples: int) -> Tensor:
        """This will repeat the weights for so many samples, (N, T)."""
        return self.weights_T.expand(samples, -1)


def fit_static(lesson: Lesson, *, seed: int, settings: Settings | None = None) -> Static:
    """This will learn one weight per teacher for what the ensemble says, from these samples alone.

    The fit starts from weights that grow with each teacher's own quality, and is pulled towards them: a few hundred
    samples tell well how good each teacher is, and badly what else there is to its weight. Without `settings`, those
    of `SETTINGS` are taken that are best on inner folds by source. Of more than 3,000 samples a random part takes
    part, which is plenty for so few numbers.
    """
    if len(lesson) > LARGEST:
        generator = torch.Generator().manual_seed(derived_seed("static", seed))
        lesson = lesson.take(
            torch.randperm(len(lesson), generator=generator)[:LARGEST].sort().values.tolist()
        )
    chosen = settings or _chosen(lesson, seed=derived_seed("inner", seed))
    return Static(_fitted(lesson, chosen), chosen)


def _chosen(lesson: Lesson, *, seed: int) -> Settings:
    sums = dict.fromkeys(SETTINGS, 0.0)
    for learn, judge in folds_of(lesson.sources, count=INNER_FOLDS, seed=seed):
        part, held = lesson.take(learn), lesson.take(judge)
        for settings in SETTINGS:
            weights_T = _fitted(part, settings)
            sums[settings] += float(held.quality(weights_T.expand(len(held), -1)).sum())
    return max(SETTINGS, key=lambda settings: sums[settings])


def _fitted(lesson: Lesson, settings: Settings) -> Tensor:
    quality_T = lesson.overlap_NM[:, :: lesson.top].mean(0)
    start_T = LEAN * (quality_T - quality_T.mean())
    apart_T = torch.zeros_like(start_T, requires_grad=True)
    optimizer = torch.optim.Adam([apart_T], lr=RATE)
    for _ in range(STEPS):
        agreement_NM = lesson.pool.support_NMT @ torch.softmax(start_T + apart_T, dim=0)
        gained_N = expected_overlap(
            agreement_NM, lesson.pool.real_NM, lesson.overlap_NM, softness=settings.softness
        )
        loss = settings.decay * (apart_T - apart_T.mean()).square().mean() - gained_N.mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return torch.softmax(start_T + apart_T.detach(), dim=0)
