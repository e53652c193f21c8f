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
STEPS = 80
RATE = 0.1
SOFTNESS = 0.05
LEAN = 8.0
"""Logarithm of how much more a teacher weighs at first than one whose own windows overlap the truth by 1 less."""
PRIOR = 60.0
"""Samples that the pull towards the first weights is worth, for logarithms that are 1 apart."""


@dataclass(frozen=True)
class Lesson:
    """What teachers propose for samples (`pool`), the overlap of each one's best window with the truth, the sources."""

    pool: Pool
    overlap_NT: Tensor
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def teachers(self) -> int:
        """How many teachers propose."""
        return self.pool.support_NTT.shape[2]

    def take(self, rows: Sequence[int]) -> Lesson:
        """This will give the samples at these rows."""
        index = torch.as_tensor(rows, dtype=torch.long)
        return Lesson(self.pool.take(index), self.overlap_NT[index], tuple(self.sources[row] for row in rows))

    def without(self, teacher: int) -> Lesson:
        """This will give the same samples as if there had never been this teacher."""
        others = torch.tensor([t for t in range(self.teachers) if t != teacher])
        pool = Pool(self.pool.windows_NT2[:, others], self.pool.support_NTT[:, others][:, :, others])
        return Lesson(pool, self.overlap_NT[:, others], self.sources)

    def quality(self, weights_NT: Tensor) -> Tensor:
        """This will give the overlap with the truth of what the ensemble says, (N,)."""
        return self.overlap_NT[torch.arange(len(self)), self.pool.chosen(weights_NT)]


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
        torch.cat([part.windows_NT2 for part in pools]), torch.cat([part.support_NTT for part in pools])
    )
    return Lesson(pool, overlaps(pool.windows_NT2, samples), tuple(sample.source_id for sample in samples))


def _pool(faculty: Faculty, ids: Sequence[str]) -> Pool:
    signals = faculty.signals(ids, length=1, device="cpu")
    return pool_of(signals.windows_TBK2, signals.scores_TBK)


def fit_static(lesson: Lesson, *, seed: int) -> Tensor:
    """This will learn one weight per teacher (T,), sum 1, for what the ensemble says, from these samples alone.

    The fit starts from weights that grow with each teacher's own quality, and is pulled towards them, the more the
    fewer samples there are: a few hundred tell well how good each teacher is, and badly what else there is to its
    weight. Of more than 3,000 samples a random part takes part, which is plenty for so few numbers.
    """
    if len(lesson) > LARGEST:
        generator = torch.Generator().manual_seed(derived_seed("static", seed))
        rows_B = torch.randperm(len(lesson), generator=generator)[:LARGEST].sort().values
        lesson = lesson.take(rows_B.tolist())
    quality_T = lesson.overlap_NT.mean(0)
    start_T = LEAN * (quality_T - quality_T.mean())
    apart_T = torch.zeros_like(start_T, requires_grad=True)
    optimizer = torch.optim.Adam([apart_T], lr=RATE)
    for _ in range(STEPS):
        agreement_NT = lesson.pool.support_NTT @ torch.softmax(start_T + apart_T, dim=0)
        gained_N = expected_overlap(agreement_NT, lesson.overlap_NT, softness=SOFTNESS)
        pulled = (apart_T - apart_T.mean()).square().mean()
        loss = PRIOR / len(lesson) * pulled - gained_N.mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return torch.softmax(start_T + apart_T.detach(), dim=0)
