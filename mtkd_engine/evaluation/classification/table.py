"""The table of samples: who said what of which, how good each was there, and what came of it.

`per_sample.parquet`, one row per sample of val and test in their order (of train, too, where there are teachers and no
more than 100,000 samples):

    sample_id, split, source_id      as everywhere
    label                            name of the true class
    student_class, _quality, _score  the class it says, the probability of the true one, that of the one it says
    solo_class, _quality, _score     the same student without teachers, where it was trained as well
    start_class, _quality, _score    the student before training, of one that was a registered model
    gain                             student_quality - start_quality where there is a start, else - solo_quality
    target_class, _quality, _score   the aggregated belief at temperature 1, with teachers
    NAME/class, /quality, /score     each teacher's own
    NAME/weight                      weight of the teacher on the sample, sum 1
    entropy                          of the weights, in nats
    disagreement                     share of pairs of teachers that name different classes, 0 for one teacher
    leading                          name of the teacher with the largest weight

Qualities and scores are 0..1. Training images are shown as they are, without augmentation; the weights under which
they taught are in `weights.parquet`, every class's probability in `probabilities.parquet` (see `probabilities`).
Where assistants come between teachers and student, target and weights are those that taught the first assistant.

Shape suffixes: N samples, C classes, T teachers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.fulldisk import whole_or_nothing

Columns = dict[str, NDArray[Any] | list[Any] | pa.Array]


@dataclass(frozen=True)
class Teaching:
    """Teachers' beliefs on some samples, the weights (N, T) they were given, and the belief (N, C) that came of it."""

    signals: ClassSignals
    weights_NT: Tensor
    target_NC: Tensor


def sample_rows(
    split: str,
    samples: Sequence[LabelledSample],
    *,
    classes: Sequence[str],
    student_NC: Tensor,
    solo_NC: Tensor | None = None,
    start_NC: Tensor | None = None,
    teaching: Teaching | None = None,
) -> pa.Table:
    """This will make the rows of a split, one per sample in their order; beliefs are log-probabilities (N, C)."""
    labels_N = torch.tensor([sample.label for sample in samples])
    columns: Columns = {
        "sample_id": [sample.sample_id for sample in samples],
        "split": [split] * len(samples),
        "source_id": [sample.source_id for sample in samples],
        "label": _named(labels_N, classes),
        **_said("student_", student_NC, labels_N, classes),
    }
    if solo_NC is not None:
        columns |= _said("solo_", solo_NC, labels_N, classes)
        columns["gain"] = np.subtract(columns["student_quality"], columns["solo_quality"])
    if start_NC is not None:
        columns |= _said("start_", start_NC, labels_N, classes)
        columns["gain"] = np.subtract(columns["student_quality"], columns["start_quality"])
    if teaching is not None:
        columns |= _said("target_", teaching.target_NC, labels_N, classes)
        columns |= _teachers(teaching, labels_N, classes)
    return pa.table(columns)


def write_table(path: Path, tables: Sequence[pa.Table]) -> None:
    """This will write the rows of all splits as one Parquet file, whole or not at all."""
    with whole_or_nothing(path.with_suffix(".partial")) as partial:
        pq.write_table(pa.concat_tables(tables), partial)
        partial.replace(path)


def disagreement(said_TN: Tensor) -> Tensor:
    """This will give the share of pairs of teachers that name different classes, (N,) in 0..1; 0 for one teacher."""
    teachers, samples = said_TN.shape
    if teachers < 2:
        return torch.zeros(samples, dtype=torch.float64)
    first, second = torch.triu_indices(teachers, teachers, offset=1)
    return (said_TN[first] != said_TN[second]).double().mean(0)


def _teachers(teaching: Teaching, labels_N: Tensor, classes: Sequence[str]) -> Columns:
    names = teaching.signals.names
    weights_NT = teaching.weights_NT.double()
    columns: Columns = {}
    for t, name in enumerate(names):
        columns |= _said(f"{name}/", teaching.signals.log_probs_TBC[t], labels_N, classes)
        columns[f"{name}/weight"] = weights_NT[:, t].numpy()
    columns["entropy"] = torch.special.entr(weights_NT).sum(-1).numpy()
    columns["disagreement"] = disagreement(teaching.signals.log_probs_TBC.argmax(2)).numpy()
    columns["leading"] = _named(weights_NT.argmax(-1), names)
    return columns


def _said(start: str, log_probs_NC: Tensor, labels_N: Tensor, classes: Sequence[str]) -> Columns:
    probs_NC = log_probs_NC.double().exp()
    score_N, said_N = probs_NC.max(1)
    return {
        f"{start}class": _named(said_N, classes),
        f"{start}quality": probs_NC.gather(1, labels_N.unsqueeze(1)).squeeze(1).numpy(),
        f"{start}score": score_N.numpy(),
    }


def _named(places_N: Tensor, names: Sequence[str]) -> pa.Array:
    picked = pa.DictionaryArray.from_arrays(
        pa.array(places_N.numpy(), pa.int32()), pa.array(names, pa.string())
    )
    return picked.cast(pa.string())
