"""Learning to combine stored beliefs: what teachers proposed, how good each proposal is, and weights fitted to it.

Weights are fitted to what an ensemble *says*, one of the exact windows it is offered, and not to the likelihood of a
mixed belief: those are different things, and the first is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.dataset import Sample
from mtkd_engine.data.split import folds_by_source
from mtkd_engine.seeding import derived_seed
from mtkd_engine.tasks.grounding.agreement import (
    MEDOID,
    Decoding,
    Pool,
    choices,
    expected_overlap,
    offered,
    overlaps,
    pool_of,
)
from mtkd_engine.untied import Adam

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
    """What teachers offer for samples under a decoding (`pool`), its overlap with the truth, and the sources."""

    pool: Pool
    overlap_NC: Tensor
    sources: tuple[str, ...]
    decoding: Decoding = MEDOID

    def __len__(self) -> int:
        return len(self.sources)

    @property
    def teachers(self) -> int:
        """How many teachers propose."""
        return self.pool.support_NCT.shape[2]

    @property
    def own_NT(self) -> Tensor:
        """The overlap of each teacher's best window with the truth."""
        return self.overlap_NC[:, : self.teachers]

    @property
    def windows_NT2(self) -> Tensor:
        """The best window of each teacher in seconds."""
        return self.pool.windows_NC2[:, : self.teachers]

    def take(self, rows: Sequence[int]) -> Lesson:
        """This will give the samples at these rows."""
        index = torch.as_tensor(rows, dtype=torch.long)
        sources = tuple(self.sources[row] for row in rows)
        return Lesson(self.pool.take(index), self.overlap_NC[index], sources, self.decoding)

    def without(self, teacher: int) -> Lesson:
        """This will give the same samples as if there had never been this teacher, under the same decoding."""
        others = torch.tensor([t for t in range(self.teachers) if t != teacher])
        windows = torch.arange(self.overlap_NC.shape[1]).view(-1, self.teachers)[:, others].flatten()
        pool = Pool(self.pool.windows_NC2[:, windows], self.pool.support_NCT[:, windows][:, :, others])
        return Lesson(pool, self.overlap_NC[:, windows], self.sources, self.decoding)

    def quality(self, weights_NT: Tensor) -> Tensor:
        """This will give the overlap with the truth of what the ensemble says, (N,)."""
        return self.overlap_NC[torch.arange(len(self)), self.pool.chosen(weights_NT)]


@dataclass(frozen=True)
class Proposals:
    """All windows of T teachers for N samples, their probabilities, the overlap of each with the truth, the sources.

    `overlap_NC` is in the order of a pool in which every window is offered.
    """

    windows_TNK2: Tensor
    scores_TNK: Tensor
    overlap_NC: Tensor
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.sources)

    def take(self, rows: Sequence[int]) -> Proposals:
        """This will give the samples at these rows."""
        index = torch.as_tensor(rows, dtype=torch.long)
        windows_TNK2, scores_TNK = self.windows_TNK2[:, index], self.scores_TNK[:, index]
        return Proposals(
            windows_TNK2, scores_TNK, self.overlap_NC[index], tuple(self.sources[r] for r in rows)
        )

    def lesson(self, decoding: Decoding) -> Lesson:
        """This will pool them as a decoding says."""
        pool = pool_of(self.windows_TNK2, self.scores_TNK, decoding)
        return Lesson(pool, self.overlap_NC[:, : pool.windows_NC2.shape[1]], self.sources, decoding)

    def decoding(self, *, seed: int) -> Decoding:
        """This will choose the decoding under which these samples are answered best.

        Teachers weigh what their own quality gives them at first, so nothing but the choice is fitted; of equals the
        plainest wins, and a single teacher says its best window. Of more than 3,000 samples a random part takes part.
        """
        teachers, _, top, _ = self.windows_TNK2.shape
        if teachers == 1 or not len(self):
            return MEDOID
        part = self.take(some_rows(len(self), seed=seed)) if len(self) > LARGEST else self

        def reached(decoding: Decoding) -> float:
            lesson = part.lesson(decoding)
            weights_T = torch.softmax(_first(lesson), dim=0)
            return round(float(lesson.quality(weights_T.expand(len(lesson), -1)).mean()), 9)

        return max(choices(top), key=reached)


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


def proposals_of(faculty: Faculty, samples: Sequence[Sample]) -> Proposals:
    """This will hold everything that the teachers propose for these samples against the truth."""
    parts = [
        _proposals(faculty, samples[start : start + AT_ONCE]) for start in range(0, len(samples), AT_ONCE)
    ]
    return Proposals(
        torch.cat([part.windows_TNK2 for part in parts], dim=1),
        torch.cat([part.scores_TNK for part in parts], dim=1),
        torch.cat([part.overlap_NC for part in parts]),
        tuple(sample.source_id for sample in samples),
    )


def lesson_of(faculty: Faculty, samples: Sequence[Sample]) -> Lesson:
    """This will pool what the teachers propose for these samples as the faculty is decoded."""
    return proposals_of(faculty, samples).lesson(faculty.decoding)


def decoded_as_on(
    faculties: Mapping[str, Faculty], samples: Sequence[Sample], *, split: str, seed: int
) -> dict[str, Faculty]:
    """This will have the faculties of all splits decoded as is best on these samples of one split."""
    if len(samples) > LARGEST:
        samples = [samples[row] for row in some_rows(len(samples), seed=seed)]
    decoding = proposals_of(faculties[split], samples).decoding(seed=seed)
    return {name: replace(faculty, decoding=decoding) for name, faculty in faculties.items()}


def some_rows(samples: int, *, seed: int) -> list[int]:
    """This will choose 3,000 of more samples."""
    generator = torch.Generator().manual_seed(derived_seed("static", seed))
    return torch.randperm(samples, generator=generator)[:LARGEST].sort().values.tolist()


def _proposals(faculty: Faculty, samples: Sequence[Sample]) -> Proposals:
    signals = faculty.signals([sample.sample_id for sample in samples], length=1, device="cpu")
    windows_NC2 = offered(signals.windows_TBK2, signals.windows_TBK2.shape[2])
    return Proposals(signals.windows_TBK2, signals.scores_TBK, overlaps(windows_NC2, samples), ())


def fit_static(lesson: Lesson, *, seed: int) -> Tensor:
    """This will learn one weight per teacher (T,), sum 1, for what the ensemble says, from these samples alone.

    The fit starts from weights that grow with each teacher's own quality, and is pulled towards them, the more the
    fewer samples there are: a few hundred tell well how good each teacher is, and badly what else there is to its
    weight. Of more than 3,000 samples a random part takes part, which is plenty for so few numbers.
    """
    if len(lesson) > LARGEST:
        lesson = lesson.take(some_rows(len(lesson), seed=seed))
    start_T = _first(lesson)
    apart_T = torch.zeros_like(start_T, requires_grad=True)
    optimizer = Adam([apart_T], lr=RATE)
    for _ in range(STEPS):
        agreement_NC = lesson.pool.support_NCT @ torch.softmax(start_T + apart_T, dim=0)
        gained_N = expected_overlap(agreement_NC, lesson.overlap_NC, softness=SOFTNESS)
        pulled = (apart_T - apart_T.mean()).square().mean()
        loss = PRIOR / len(lesson) * pulled - gained_N.mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return torch.softmax(start_T + apart_T.detach(), dim=0)


def _first(lesson: Lesson) -> Tensor:
    """Logarithms of the weights (T,) that go by each teacher's own quality alone."""
    quality_T = lesson.own_NT.mean(0)
    return LEAN * (quality_T - quality_T.mean())
