"""The per-sample table: which teacher taught which sample, how good each was there, and what came of it.

Shape suffixes: N samples, T teachers, H boundaries, M true windows of all samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.targets import AT_ONCE, best_of_each, decoded
from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.tasks.grounding.decode import pairwise_iou
from mtkd_engine.tasks.grounding.metrics import iou

Numbers = NDArray[np.float64]
Columns = dict[str, NDArray[Any] | list[Any]]


@dataclass(frozen=True)
class Said:
    """What one network says of each sample: its best window in seconds, and that window's probability."""

    windows_N2: Tensor
    scores_N: Tensor


@dataclass(frozen=True)
class Teaching:
    """Teachers' beliefs on some samples, and the weights (N, H, T) that these were taught with.

    `said_N2` are the windows of the ensemble, decoded as the faculty is where they are not given.
    """

    faculty: Faculty
    weights_NHT: Tensor
    said_N2: Tensor | None = None


class Truths:
    """The true windows of samples, held against windows of all of them at once."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.counts_N = np.array([len(sample.windows) for sample in samples])
        self._windows_M2 = np.array([window for sample in samples for window in sample.windows], np.float64)
        self._limits_N = np.array([sample.duration for sample in samples])

    @cached_property
    def _begins_N(self) -> NDArray[np.int64]:
        begins_N: NDArray[np.int64] = np.cumsum(self.counts_N) - self.counts_N
        return begins_N

    def matched(self, windows_N2: Tensor) -> tuple[Numbers, Numbers]:
        """This will give each window's IoU with the true window it overlaps most, and that one (N, 2).

        As the evaluator does, it cuts both at the end of the video; the first of equals is taken.
        """
        limits_M1 = np.repeat(self._limits_N, self.counts_N)[:, None]
        said_M2 = np.repeat(windows_N2.double().numpy(), self.counts_N, axis=0)
        overlaps_M = iou(np.minimum(said_M2, limits_M1), np.minimum(self._windows_M2, limits_M1))
        best_N = np.maximum.reduceat(overlaps_M, self._begins_N)
        places_K = np.flatnonzero(overlaps_M == np.repeat(best_N, self.counts_N))
        owners_M = np.repeat(np.arange(len(self.counts_N)), self.counts_N)
        _, first_N = np.unique(owners_M[places_K], return_index=True)
        return best_N, self._windows_M2[places_K[first_N]]


def sample_rows(
    split: str,
    samples: Sequence[Sample],
    *,
    student: Said | None = None,
    solo: Said | None = None,
    teaching: Teaching | None = None,
) -> pa.Table:
    """This will make the rows of a split, one per sample in their order; times are seconds, IoUs in 0..1.

    Of each sample the id, what is asked, and of its `truth_windows` true windows the one that the student (or,
    without one, the target) overlaps most. With a student `student_start`, `_end`, `_iou` and `_score`; with the
    same student alone `solo_*` and `gain`, the student's lead in IoU. With teachers `target_*`, the window decoded
    from all of them, per teacher `NAME/start`, `/end`, `/score`, `/iou` and `/weight` (and `/weight_start`,
    `/weight_end` where these are weighed apart, of which `/weight` is the mean), `entropy` of the weights in nats,
    `disagreement` (1 - mean IoU of pairs of teachers' windows, 0 for one teacher) and `leading`, the name of the
    teacher with the largest weight.
    """
    truths = Truths(samples)
    taught: Columns = {}
    target_N2: Tensor | None = None
    if teaching is not None:
        target_N2 = teaching.said_N2
        if target_N2 is None:
            target_N2 = decoded(teaching.weights_NHT, teaching.faculty, samples)
        taught = {**_window("target", target_N2, truths), **_teachers(teaching, samples, truths)}
    shown_N2 = student.windows_N2 if student is not None else target_N2
    assert shown_N2 is not None, "a table needs a student or teachers"
    _, truth_N2 = truths.matched(shown_N2)
    columns: Columns = {
        "sample_id": [sample.sample_id for sample in samples],
        "split": [split] * len(samples),
        "source_id": [sample.source_id for sample in samples],
        "video_id": [sample.video_id for sample in samples],
        "sentence": [sample.sentence for sample in samples],
        "duration": np.array([sample.duration for sample in samples], np.float64),
        "truth_start": truth_N2[:, 0],
        "truth_end": truth_N2[:, 1],
        "truth_windows": truths.counts_N,
        **_own(student, solo, truths),
        **taught,
    }
    return pa.table(columns)


def _own(student: Said | None, solo: Said | None, truths: Truths) -> Columns:
    if student is None:
        return {}
    columns = _window("student", student.windows_N2, truths)
    columns["student_score"] = student.scores_N.double().numpy()
    if solo is not None:
        columns |= _window("solo", solo.windows_N2, truths)
        columns["gain"] = np.subtract(columns["student_iou"], columns["solo_iou"])
    return columns


def _window(name: str, windows_N2: Tensor, truths: Truths, *, mark: str = "_") -> Columns:
    said_N2 = windows_N2.double().numpy()
    overlaps_N, _ = truths.matched(windows_N2)
    return {
        f"{name}{mark}start": said_N2[:, 0],
        f"{name}{mark}end": said_N2[:, 1],
        f"{name}{mark}iou": overlaps_N,
    }


def _teachers(teaching: Teaching, samples: Sequence[Sample], truths: Truths) -> Columns:
    names = teaching.faculty.names
    windows_TN2, scores_TN = best_of_each(teaching.faculty, samples)
    weights_NHT = teaching.weights_NHT.double()
    weights_NT = weights_NHT.mean(1)
    columns: Columns = {}
    for t, name in enumerate(names):
        columns |= _window(name, windows_TN2[t], truths, mark="/")
        columns[f"{name}/score"] = scores_TN[t].double().numpy()
        columns[f"{name}/weight"] = weights_NT[:, t].numpy()
        if weights_NHT.shape[1] == 2:
            columns[f"{name}/weight_start"] = weights_NHT[:, 0, t].numpy()
            columns[f"{name}/weight_end"] = weights_NHT[:, 1, t].numpy()
    columns["entropy"] = torch.special.entr(weights_NT).sum(-1).numpy()
    columns["disagreement"] = disagreement(windows_TN2).numpy()
    columns["leading"] = [names[t] for t in weights_NT.argmax(-1).tolist()]
    return columns


def disagreement(windows_TN2: Tensor) -> Tensor:
    """This will give 1 - the mean IoU of all pairs of teachers' windows, (N,) in 0..1; 0 for one teacher."""
    teachers, samples, _ = windows_TN2.shape
    if teachers < 2:
        return torch.zeros(samples, dtype=torch.float64)
    first, second = torch.triu_indices(teachers, teachers, offset=1)
    alike = [
        pairwise_iou(part)[:, first, second].mean(-1)
        for part in torch.split(windows_TN2.transpose(0, 1), AT_ONCE)
    ]
    return 1.0 - torch.cat(alike)


def write_table(path: Path, tables: list[pa.Table]) -> None:
    """This will write the rows of all splits as one Parquet file, whole or not at all."""
    with whole_or_nothing(path.with_suffix(".partial")) as partial:
        pq.write_table(pa.concat_tables(tables), partial)
        partial.replace(path)
