"""The per-sample table: which teacher taught which sample, and how good each was there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.rows import Window
from mtkd_engine.evaluation.targets import top_windows
from mtkd_engine.fulldisk import whole_or_nothing
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.metrics import iou


def split_columns(
    *, name: str, split: SplitData, student_N2: Tensor, faculty: Faculty | None, weights_NHT: Tensor | None
) -> pa.Table:
    """This will make the rows of one split, one per sample.

    Columns: sample and its truth, the student's window and IoU, and per teacher `NAME/weight` (mean over
    boundaries), `NAME/start`, `NAME/end`, `NAME/iou`; `entropy` is that of the weights in nats. Of the
    `truth_windows` true windows of a sample, the one that the student's overlaps most is shown.
    """
    samples = split.samples
    truths = [
        nearest_truth(window, sample.windows)
        for window, sample in zip(student_N2.tolist(), samples, strict=True)
    ]
    columns: dict[str, object] = {
        "sample_id": [s.sample_id for s in samples],
        "split": [name] * len(samples),
        "video_id": [s.video_id for s in samples],
        "sentence": [s.sentence for s in samples],
        "duration": [s.duration for s in samples],
        "truth_start": [start for start, _ in truths],
        "truth_end": [end for _, end in truths],
        "truth_windows": [len(s.windows) for s in samples],
        "student_start": student_N2[:, 0].tolist(),
        "student_end": student_N2[:, 1].tolist(),
        "student_iou": list(map(float, split.score(student_N2).iou_N)),
    }
    if faculty is not None:
        for t, windows_N2 in enumerate(top_windows(faculty, split)):
            teacher = faculty.names[t]
            columns[f"{teacher}/start"] = windows_N2[:, 0].tolist()
            columns[f"{teacher}/end"] = windows_N2[:, 1].tolist()
            columns[f"{teacher}/iou"] = list(map(float, split.score(windows_N2).iou_N))
            if weights_NHT is not None:
                columns[f"{teacher}/weight"] = weights_NHT.mean(1)[:, t].tolist()
    if weights_NHT is not None:
        columns["entropy"] = torch.special.entr(weights_NHT.mean(1)).sum(-1).tolist()
    return pa.table(columns)


def nearest_truth(window: Sequence[float], truths: Sequence[Window]) -> Window:
    """This will give the true window that a predicted one overlaps most; the first of equals."""
    return truths[int(iou(window, truths).argmax())]


def write_table(path: Path, tables: list[pa.Table]) -> None:
    """This will write the rows of all splits as one Parquet file, whole or not at all."""
    with whole_or_nothing(path.with_suffix(".partial")) as partial:
        pq.write_table(pa.concat_tables(tables), partial)
        partial.replace(path)
