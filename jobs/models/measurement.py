"""How good a teacher is on a dataset, and what it said there of each sample."""

from __future__ import annotations

from django.db import models

from jobs.models.registration import Registration
from jobs.models.sources import Dataset, Teacher
from jobs.models.stored import Blob


class Measurement(models.Model):
    """A teacher on a dataset: its newest measurement, made when it was registered or when somebody asked for it.

    `quality` is that of the engine's report; `outcomes` holds what it said of each sample (a table as
    `mtkd_engine.predictions.outcomes` writes it), by which models are compared without being run again.
    """

    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, related_name="measurements")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="measurements")
    registration = models.ForeignKey(Registration, on_delete=models.SET_NULL, null=True, related_name="+")
    outcomes = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="measurements")
    quality = models.JSONField(default=dict)
    measured_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("teacher", "dataset"), name="measurement_once_per_dataset"),
        )

    def __str__(self) -> str:
        return f"{self.teacher} on {self.dataset}"
