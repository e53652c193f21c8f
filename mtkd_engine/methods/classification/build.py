"""From a ClassificationSpec to everything the loop needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.methods.classification.job import ClassJob, Faculty, new_student
from mtkd_engine.methods.classification.online import ensemble_of, self_taught_of
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.solo import Solo
from mtkd_engine.methods.classification.taught import multi_teacher_of, staged_of
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import (
    ClassificationSpec,
    ClassifierCard,
    ClassRecipe,
    EnsembleSpec,
    SelfSpec,
    SpecError,
    StagedSpec,
)
from mtkd_engine.tasks.classification.reading import misread
from mtkd_engine.tasks.classification.splits.base import ClassSplit


def build_job(
    spec: ClassificationSpec,
    *,
    dataset: LabelledDataset,
    splits: Mapping[str, ClassSplit],
    faculty: Faculty | None,
    device: str,
) -> ClassJob:
    """This will build student and method; parameters come from torch's global generator, the student's first."""
    if (why := misread(spec.student.input, dataset, seen_as=spec.data.kind)) is not None:
        raise SpecError({"student.input": f"the student {why}; accepted is an input that the job shows."})
    card = _card(spec, dataset=dataset)
    probe_rows = _probe_rows(spec, len(splits["val"]))
    if isinstance(spec.method, EnsembleSpec):
        job = ensemble_of(spec, card=card, splits=splits, probe_rows=probe_rows, device=device)
    elif faculty is not None:
        job = _taught(spec, card=card, splits=splits, faculty=faculty, probe_rows=probe_rows, device=device)
    else:
        return _alone(spec, card=card, splits=splits, device=device)
    return replace(job, probe=[splits["val"].samples[row] for row in probe_rows])


def _taught(
    spec: ClassificationSpec,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ClassSplit],
    faculty: Faculty,
    probe_rows: list[int],
    device: str,
) -> ClassJob:
    """Teachers beside a student."""
    student = new_student(card).to(device)
    method_of = staged_of if isinstance(spec.method, StagedSpec) else multi_teacher_of
    method = method_of(
        spec, student, card=card, splits=splits, faculty=faculty, probe_rows=probe_rows, device=device
    )
    return ClassJob(method=method, student=student, card=card, splits=splits, faculty=faculty)


def _alone(
    spec: ClassificationSpec, *, card: ClassifierCard, splits: Mapping[str, ClassSplit], device: str
) -> ClassJob:
    """A student that learns from labels alone, or from itself as well; nobody is weighed."""
    student = new_student(card).to(device)
    if isinstance(spec.method, SelfSpec):
        method = self_taught_of(spec, student, card=card, splits=splits)
        return ClassJob(method=method, student=student, card=card, splits=splits)
    sight = Sight(student, card.input, optim=spec.optim)
    return ClassJob(method=Solo(sight, val=splits["val"]), student=student, card=card, splits=splits)


def _card(spec: ClassificationSpec, *, dataset: LabelledDataset) -> ClassifierCard:
    recipe = ClassRecipe(
        optim=spec.optim,
        augment=spec.data.augment,
        seed=spec.seed,
        dataset_hash=dataset.whole_hash,
        samples=len(dataset.splits["train"]),
        labels=spec.data.labels if spec.data.labels.share < 1 else None,
    )
    return ClassifierCard(
        net=spec.student.net,
        classes=dataset.classes,
        input=spec.student.input,
        # A distilled student is no recipe from labels alone: a copy of it could not be trained the same way.
        recipe=recipe if spec.method.kind == "solo" else None,
    )


def _probe_rows(spec: ClassificationSpec, samples: int) -> list[int]:
    generator = torch.Generator().manual_seed(derived_seed("probe", spec.seed))
    chosen = torch.randperm(samples, generator=generator)[: spec.evaluation.probe_samples]
    return sorted(chosen.tolist())
