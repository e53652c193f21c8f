"""How good a segmentation or saliency network in a file is on a split of a dataset."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.data.dense.load import load_dense_dataset
from mtkd_engine.data.progress import Progress
from mtkd_engine.modelfile import load_dense
from mtkd_engine.teachers.intake.dense.measuring import measure_dense


def evaluate_dense(path: Path, *, data: Path, split: str) -> dict[str, float]:
    """This will measure a model file on a split of a dataset, at full resolution.

    Raises ModelError, also where it does not fit the dataset, or DataError.
    """
    model, card = load_dense(path)
    measured = measure_dense(
        model, card, load_dense_dataset(data), split=split, say=Progress(), name=path.name, only=True
    )
    found: dict[str, float] = measured.quality["metrics"]
    return found
