"""Registered datasets and teachers: frozen content under a name."""

from __future__ import annotations

from django.db import models

from jobs.models.access import Project, User


class Source(models.Model):
    """What datasets and teachers share: a name in a project and the hash of their bytes."""

    name = models.CharField(max_length=120)
    task = models.CharField(max_length=40, default="grounding")
    content_hash = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=300)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Dataset(Source):
    """Registered labelled data with splits; `report` says what validation found."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="datasets")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("project", "name"), name="dataset_name_once_per_project"),
            models.UniqueConstraint(
                fields=("project", "content_hash"), name="dataset_content_once_per_project"
            ),
        )


class Teacher(Source):
    """A registered, frozen source of knowledge; `report` holds its model card, sizes and metrics."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="teachers")
    from_job = models.ForeignKey(
        "jobs.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="promotions"
    )

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("project", "name"), name="teacher_name_once_per_project"),
            models.UniqueConstraint(
                fields=("project", "content_hash"), name="teacher_content_once_per_project"
            ),
        )
