"""A frozen network as a teacher."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.spec import GroundingCard
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.unify import unify


@dataclass(frozen=True)
class LiveTeacher:
    """A named, loaded, frozen network."""

    name: str
    model: nn.Module
    card: GroundingCard
    content_hash: str

    def saw(self, dataset: Dataset) -> bool:
        """This will say whether it was trained on the dataset; without a recipe it may have been."""
        return self.card.recipe is None or self.card.recipe.dataset_hash == dataset.whole_hash

    def beliefs(self, *, split: str, dataset: Dataset, student_length: int, device: str) -> Belief:
        """This will compute its beliefs on a split, as it is."""
        return beliefs_of(
            self.model,
            self.card,
            samples=dataset.splits[split],
            dataset=dataset,
            student_length=student_length,
            device=device,
        )


def beliefs_of(
    model: nn.Module,
    card: GroundingCard,
    *,
    samples: tuple[Sample, ...],
    dataset: Dataset,
    student_length: int,
    device: str,
) -> Belief:
    """This will compute a model's calibrated beliefs on samples, on a student grid of `student_length` clips."""
    split = SplitData(samples, Collator.of(card, dataset.needed_features()), device=device)
    lengths = student_clips(samples, dataset=dataset, student_length=student_length)
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


def student_clips(samples: tuple[Sample, ...], *, dataset: Dataset, student_length: int) -> dict[str, int]:
    """This will say how many clips of the student's grid each video of these samples fills; all without features."""
    features = dataset.features
    if features is None:
        return {s.video_id: student_length for s in samples}
    return {s.video_id: min(features.length(s.video_id), student_length) for s in samples}
