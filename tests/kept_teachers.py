"""Models among the teachers of a project that came without an intake; most know as little as they began with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jobs.models import Project, StoredFile, Teacher
from jobs.storage.blobs import keep_file
from jobs.storage.fetching import MODEL
from mtkd_engine.modelfile import model_hash, save_model
from mtkd_engine.nets.registry import AnyCard, build_for
from mtkd_engine.spec import ClassifierCard


def keep_teacher(
    project: Project,
    name: str,
    student: Mapping[str, Any],
    *,
    classes: Sequence[str],
    folder: Path,
    seed: int,
) -> Teacher:
    """This will store a classifier drawn from a seed; `student` has its `net` and `input` as a spec has them."""
    card = ClassifierCard.model_validate({**student, "classes": classes})
    return keep_model(project, name, card, folder=folder, seed=seed)


def keep_model(
    project: Project,
    name: str,
    card: AnyCard,
    *,
    folder: Path,
    seed: int = 0,
    parameters: dict[str, Tensor] | None = None,
) -> Teacher:
    """This will store a network of a card, drawn from a seed unless its parameters are given."""
    torch.manual_seed(seed)
    file = folder / f"{name}.safetensors"
    save_model(file, parameters=parameters or build_for(card).state_dict(), card=card)
    teacher = Teacher.objects.create(
        project=project,
        name=name,
        task=card.task,
        content_hash=model_hash(file),
        report={"card": card.model_dump(mode="json")},
    )
    StoredFile.objects.create(teacher=teacher, name=MODEL, blob=keep_file(file))
    return teacher
