"""From a file of any accepted format to predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from mtkd_engine.data.progress import Progress
from mtkd_engine.predictions.content import Predictions
from mtkd_engine.predictions.npz import read_npz
from mtkd_engine.predictions.parquet import read_parquet
from mtkd_engine.predictions.qvhighlights import read_jsonl


def read_predictions(
    path: Path, *, kind: Literal["jsonl", "npz", "parquet"], progress: Progress | None = None
) -> Predictions:
    """This will read a file as found; raises DataError with one sentence."""
    say = progress or Progress(None)
    if kind == "jsonl":
        return read_jsonl(path, progress=say)
    say.say("predictions")
    return read_npz(path) if kind == "npz" else read_parquet(path)
