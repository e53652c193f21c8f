"""The table of samples of a dense task: how good each participant is on each of them.

`per_sample.parquet`, one row per sample of val and test in their order:

    sample_id, split, source_id      as everywhere
    student_quality                  how good the student is there: mean IoU of the classes in the mask, or the
                                     similarity of maps (SIM); null where nothing is told of the sample
    student_loss                     what it learned from, nats
    student_METRIC                   the other metrics that a sample has by itself, under their names
    solo_*                           the same student without teachers, where it was trained as well
    start_*                          the student before training, of one that was a registered model
    gain                             student_quality - start_quality where there is a start, else - solo_quality
    NAME/quality, NAME/weight        each teacher's own, and its weight on the sample, sum 1
    entropy                          of the weights, in nats
    leading                          name of the teacher with the largest weight

Shape suffixes: N samples, T teachers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from torch import Tensor

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.evaluation.dense.face import Judged

Columns = dict[str, Any]


@dataclass(frozen=True)
class DenseTeaching:
    """Who taught, how good each was on the samples, and the weights (N, T) they had."""

    names: Sequence[str]
    judged: Sequence[Judged]
    weights_NT: Tensor


def sample_rows(
    split: str,
    samples: Sequence[DenseSample],
    *,
    student: Judged,
    quality: str,
    solo: Judged | None = None,
    start: Judged | None = None,
    teaching: DenseTeaching | None = None,
) -> pa.Table:
    """This will make the rows of a split, one per sample in their order; `quality` names the metric that is shown."""
    columns: Columns = {
        "sample_id": [sample.sample_id for sample in samples],
        "split": [split] * len(samples),
        "source_id": [sample.source_id for sample in samples],
        **_judged("student", student, quality),
    }
    for name, other in (("solo", solo), ("start", start)):
        if other is not None:
            columns |= _judged(name, other, quality)
            columns["gain"] = _numbers(student.by_sample[quality] - other.by_sample[quality])
    if teaching is not None:
        columns |= _teachers(teaching, quality)
    return pa.table(columns)


def _judged(who: str, judged: Judged, quality: str) -> Columns:
    others = {name: values_N for name, values_N in judged.by_sample.items() if name != quality}
    return {
        f"{who}_quality": _numbers(judged.by_sample[quality]),
        f"{who}_loss": _numbers(judged.loss_N),
        **{f"{who}_{name}": _numbers(values_N) for name, values_N in others.items()},
    }


def _teachers(teaching: DenseTeaching, quality: str) -> Columns:
    weights_NT = teaching.weights_NT.double().cpu()
    columns: Columns = {}
    for t, (name, judged) in enumerate(zip(teaching.names, teaching.judged, strict=True)):
        columns[f"{name}/quality"] = _numbers(judged.by_sample[quality])
        columns[f"{name}/weight"] = weights_NT[:, t].numpy()
    columns["entropy"] = torch.special.entr(weights_NT).sum(-1).numpy()
    columns["leading"] = [teaching.names[t] for t in weights_NT.argmax(-1).tolist()]
    return columns


def _numbers(values_N: Tensor) -> pa.Array:
    """Null where a number is not defined: text formats have no word for it."""
    numbers_N = values_N.double().cpu().numpy()
    return pa.array(numbers_N, mask=~np.isfinite(numbers_N))
