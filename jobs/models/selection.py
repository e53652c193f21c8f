"""Selections: named lists of a dataset's samples, made where somebody looked at them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from django.db import models

from jobs.models.access import Project, User
from jobs.models.job import Job
from jobs.models.sources import Dataset


class Selection(models.Model):
    """Samples of a dataset that jobs leave out or test on; never changed, only made and deleted.

    `packed` are the ids, see `pack`. `jobs` are those whose spec names it; `from_job` is the one whose samples were
    looked at.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="selections")
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="selections")
    name = models.CharField(max_length=120)
    count = models.PositiveIntegerField()
    packed = models.BinaryField()
    jobs: models.ManyToManyField[Job, models.Model] = models.ManyToManyField(
        Job, related_name="selections", blank=True
    )
    from_job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("dataset", "name"), name="selection_name_once_per_dataset"),
        )

    def __str__(self) -> str:
        return f"{self.name} of {self.dataset}"

    @property
    def text(self) -> str:
        """Its ids, one a line, as engines read them."""
        return zlib.decompress(bytes(self.packed)).decode()


def pack(ids: Iterable[str]) -> bytes:
    """This will pack ids, none of which holds a line break."""
    return zlib.compress("".join(f"{name}\n" for name in ids).encode())
