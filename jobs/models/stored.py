"""Stored bytes: each content once, under its sha256."""

from __future__ import annotations

from django.db import models

from jobs.models.sources import Dataset, Teacher


class Blob(models.Model):
    """Bytes in the storage, named by their sha256.

    What refers to a blob protects it; the tick removes those that nothing has referred to for a day since
    `touched_at`.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.BigIntegerField()
    touched_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256


class StoredFile(models.Model):
    """One file of a dataset or of a teacher: the place it has in its folder, and its bytes."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, null=True, related_name="files")
    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, null=True, related_name="files")
    name = models.CharField(max_length=300)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="files")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("dataset", "name"), name="file_once_per_dataset"),
            models.UniqueConstraint(fields=("teacher", "name"), name="file_once_per_teacher"),
            models.CheckConstraint(
                condition=models.Q(dataset=None) ^ models.Q(teacher=None), name="file_of_one_source"
            ),
        )

    def __str__(self) -> str:
        return self.name
