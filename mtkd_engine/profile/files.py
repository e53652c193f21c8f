"""What the model in a file costs, whatever its task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mtkd_engine.modelfile import ModelError, read_card
from mtkd_engine.profile.classification import profile_classifier
from mtkd_engine.profile.dense import profile_dense
from mtkd_engine.profile.grounding import profile_grounding
from mtkd_engine.spec import ClassifierCard, SaliencyCard, SegmenterCard


def profile_file(
    path: Path, *, data: Path | None, split: str, runs: int, device: str = "cpu"
) -> dict[str, Any]:
    """This will measure a model file; of a grounding model on a dataset folder, whose lengths count.

    Raises ModelError or DataError with a sentence.
    """
    card = read_card(path)
    if isinstance(card, ClassifierCard):
        return profile_classifier(path, runs=runs, device=device)
    if isinstance(card, SegmenterCard | SaliencyCard):
        return profile_dense(path, runs=runs, device=device)
    if data is None:
        raise ModelError(
            f"--data: given none, but {path.name} is a model of task 'grounding', whose cost depends on the lengths "
            "of videos and sentences; accepted is a dataset folder."
        )
    return profile_grounding(path, data=data, split=split, runs=runs, device=device)
