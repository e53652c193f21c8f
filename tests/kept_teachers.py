"""Classifiers among the teachers of a project that know as little as they began with, and cost no training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from jobs.models import Project, StoredFile, Teacher
from jobs.storage.blobs import keep_file
from jobs.storage.fetching import MODEL
from mtkd_engine.modelfile import model_hash, save_model
from mtkd_engine.nets.registry import build_for
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
    """This will store a network drawn from a seed; `student` has its `net` and `input` as a spec has them."""
    card = ClassifierCard.model_validate({**student, "classes": classes})
    torch.manual_seed(seed)
    file = folder / f"{name}.safetensors"
    save_model(file, parameters=build_for(card).state_dict(), card=card)
    teacher = Teacher.objects.create(
        project=project,
        name=name,
        task="classification",
        content_hash=model_hash(file),
        report={"card": card.model_dump(mode="json")},
    )
    StoredFile.objects.create(teacher=teacher, name=MODEL, blob=keep_file(file))
    return teacher
