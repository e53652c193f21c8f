"""Every class's probability, as each participant of a job sees it.

`probabilities.parquet`, one row per participant and sample of val and test; the rows of a sample stand together:

    sample_id, split
    who              student, solo, target or teacher:NAME
    classes          list of class names: all in the dataset's order, or the ten likeliest, likeliest first, where
                     there are more than 64
    probabilities    list of the same length, 0..1

Shape suffixes: N samples, C classes, P participants, K classes that are kept, R rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.fulldisk import whole_or_nothing

MOST_CLASSES = 64
KEPT = 10
ROW_GROUP = 8192


def probability_rows(
    split: str, samples: Sequence[LabelledSample], *, classes: Sequence[str], beliefs: Mapping[str, Tensor]
) -> pa.Table:
    """This will make the rows of a split from log-probabilities (N, C) by participant."""
    kept = KEPT if len(classes) > MOST_CLASSES else len(classes)
    found = [_kept(log_probs_NC, kept, all_of_them=kept == len(classes)) for log_probs_NC in beliefs.values()]
    places_R = torch.stack([places for places, _ in found], dim=1).flatten()
    probs_R = torch.stack([probs for _, probs in found], dim=1).flatten()
    rows = len(samples) * len(beliefs)
    offsets = pa.array(np.arange(rows + 1) * kept, pa.int32())
    names = pa.DictionaryArray.from_arrays(
        pa.array(places_R.numpy(), pa.int32()), pa.array(classes, pa.string())
    )
    return pa.table(
        {
            "sample_id": np.repeat([sample.sample_id for sample in samples], len(beliefs)),
            "split": pa.repeat(pa.scalar(split), rows),
            "who": pa.array(list(beliefs) * len(samples), pa.string()),
            "classes": pa.ListArray.from_arrays(offsets, names.cast(pa.string())),
            "probabilities": pa.ListArray.from_arrays(offsets, pa.array(probs_R.numpy(), pa.float32())),
        }
    )


def write_probabilities(path: Path, tables: Sequence[pa.Table]) -> None:
    """This will write the rows of all splits as one Parquet file, whole or not at all."""
    with whole_or_nothing(path.with_suffix(".partial")) as partial:
        pq.write_table(pa.concat_tables(tables), partial, row_group_size=ROW_GROUP)
        partial.replace(path)


def _kept(log_probs_NC: Tensor, kept: int, *, all_of_them: bool) -> tuple[Tensor, Tensor]:
    probs_NC = log_probs_NC.float().exp()
    if all_of_them:
        return torch.arange(kept).expand(len(probs_NC), -1), probs_NC
    probs_NK, places_NK = probs_NC.topk(kept, dim=1)
    return places_NK, probs_NK
