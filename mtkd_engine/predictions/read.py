"""From a file of any accepted format to predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from mtkd_engine.data.progress import Progress
from mtkd_engine.predictions.content import Predictions
from mtkd_engine.predictions.npz import read_npz
from mtkd_engine.predictions.parquet import read_parquet
from mtkd_engine.predictions.qvhighlights import read_jsonl
from mtkd_engine.predictions.sealed import is_sealed, read_sealed


def read_predictions(
    path: Path, *, kind: Literal["jsonl", "npz", "parquet"], progress: Progress | None = None
) -> Predictions:
    """This will read a file as found; raises DataError with one sentence."""
    if kind == "jsonl":
        return read_jsonl(path, progress=progress or Progress())
    if kind == "parquet":
        return read_parquet(path)
    return read_sealed(path).predictions if is_sealed(path) else read_npz(path)
