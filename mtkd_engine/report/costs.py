"""What the student takes for one query, beside each teacher that is a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.methods.build import Job
from mtkd_engine.profile import cost_of
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.live import LiveTeacher

Costs = dict[str, dict[str, Any]]


def costs(job: Job, teachers: Sequence[Teacher], dataset: Dataset, *, device: torch.device | str) -> Costs:
    """This will measure {"student": {...}, "teacher:NAME": {...}}; stored predictions cost nothing that is known."""
    found = {"student": cost_of(job.student, job.card, dataset).to_json()}
    for teacher in teachers:
        if isinstance(teacher, LiveTeacher):
            found[f"teacher:{teacher.name}"] = cost_of(
                teacher.model.to(device), teacher.card, dataset
            ).to_json()
    return found
