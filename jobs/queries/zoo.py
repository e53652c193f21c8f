"""The models of a project on one dataset: how good each is there, since when, and what it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.models import (
    REGISTRATION_FINAL,
    Dataset,
    Measurement,
    Project,
    Registration,
    RegistrationKind,
    Teacher,
    TeacherKind,
)
from jobs.queries.kinds import CLASSIFICATION, SALIENCY, SEGMENTATION, misses_frames
from jobs.queries.sources import list_datasets, list_teachers

COMPARED = (CLASSIFICATION, SEGMENTATION, SALIENCY)
"""Tasks whose models keep what they said of each sample."""


@dataclass(frozen=True, kw_only=True)
class ZooModel:
    """A model of a project that could be compared on a dataset.

    `measurement` is None where what it says of each sample is not known; `asked` is the newest request to measure it
    that has not led to one: under way, or refused.
    """

    teacher: Teacher
    dataset_id: int
    measurement: Measurement | None
    asked: Registration | None

    @property
    def is_under_way(self) -> bool:
        """Whether a worker measures it, or will."""
        return self.asked is not None and not self.asked.is_final

    def metrics(self, split: str) -> dict[str, float]:
        """This will give its measures on a split, {} where they are not known.

        The report of a teacher that was registered with this dataset may know them without outcomes.
        """
        quality: dict[str, Any] = {}
        if self.measurement is not None:
            quality = self.measurement.quality
        elif self.teacher.dataset_id == self.dataset_id:
            quality = self.teacher.report.get("quality") or {}
        splits = quality.get("splits") or {quality.get("split", ""): quality}
        found: dict[str, float] = (splits.get(split) or {}).get("metrics") or {}
        return found


def is_compared(task: str) -> bool:
    """This will tell whether models of a task are compared sample by sample."""
    return task in COMPARED


def zoo_datasets(project: Project) -> list[Dataset]:
    """This will list the datasets on which models of the project can be compared."""
    return [one for one in list_datasets(project=project) if is_compared(one.task)]


def models_on(dataset: Dataset) -> list[ZooModel]:
    """This will list the models of a dataset's project that are of its task and can read it, by name: archived not."""
    teachers = list_teachers(project=dataset.project).filter(task=dataset.task)
    measured = Measurement.objects.filter(dataset=dataset).select_related("outcomes", "registration")
    by_teacher = {one.teacher_id: one for one in measured}
    asked = Registration.objects.filter(kind=RegistrationKind.MEASUREMENT, measured_on=dataset).order_by("id")
    last = {one.teacher_id: one for one in asked}
    return [
        ZooModel(
            teacher=teacher,
            dataset_id=dataset.pk,
            measurement=by_teacher.get(teacher.pk),
            asked=_open(last.get(teacher.pk), by_teacher.get(teacher.pk)),
        )
        for teacher in teachers.exclude(kind=TeacherKind.PREDICTIONS)
        if not misses_frames(teacher, dataset)
    ]


def _open(asked: Registration | None, measured: Measurement | None) -> Registration | None:
    if asked is None or (measured is not None and asked.state in REGISTRATION_FINAL):
        return None
    return asked
