"""A frozen network as a teacher."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from mtkd_engine.checkpoint import file_sha256
from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.modelfile import load_model
from mtkd_engine.spec import ModelCard, SpecError
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.unify import unify


@dataclass(frozen=True)
class LiveTeacher:
    """A named, loaded, frozen teacher."""

    name: str
    model: nn.Module
    card: ModelCard
    content_hash: str


def load_teachers(paths: dict[str, Path], *, feature_width: int) -> list[LiveTeacher]:
    """This will load teachers by name and refuse those that do not fit the dataset or repeat each other.

    Raises ModelError for a damaged file and SpecError, field `teachers`, for one that does not fit.
    """
    teachers: list[LiveTeacher] = []
    seen: dict[str, str] = {}
    for name, path in paths.items():
        model, card = load_model(path)
        if card.feature_width != feature_width:
            raise SpecError(
                {
                    "teachers": f"given {name!r}, which reads features of width {card.feature_width}, "
                    f"but accepted is {feature_width}, the width of the dataset."
                }
            )
        digest = file_sha256(path)
        if digest in seen:
            raise SpecError(
                {
                    "teachers": f"{seen[digest]!r} and {name!r} are the same file; accepted are different teachers."
                }
            )
        seen[digest] = name
        teachers.append(LiveTeacher(name, model, card, digest))
    return teachers


def beliefs_of(
    model: nn.Module,
    card: ModelCard,
    *,
    samples: tuple[Sample, ...],
    dataset: Dataset,
    student_length: int,
    device: str,
) -> Belief:
    """This will compute a model's calibrated beliefs on samples, on a student grid of `student_length` clips."""
    split = SplitData(samples, Collator.of(card, dataset.features), device=device)
    lengths = {s.video_id: min(dataset.features.length(s.video_id), student_length) for s in samples}
    model.eval().to(device)
    parts: list[Belief] = []
    with torch.no_grad():
        for batch in split.in_order():
            parts.append(
                unify(
                    model(batch.inputs),
                    temperature=card.temperature,
                    durations_B=batch.targets.durations_B,
                    student_clips_B=torch.tensor([lengths[s.video_id] for s in batch.samples], device=device),
                    student_length=student_length,
                )
            )
    return Belief.cat(parts).to("cpu")
