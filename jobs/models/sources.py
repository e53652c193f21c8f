"""Registered datasets and teachers: frozen content under a name."""

from __future__ import annotations

from django.db import models

from jobs.models.access import Project, User


class Source(models.Model):
    """What datasets and teachers share: a name in a project and the hash of their content.

    `report` is what the engine found; `origin` says where the bytes came from, for the card of the source.
    Archived sources keep their jobs, but are offered to no new one.
    """

    name = models.CharField(max_length=120)
    task = models.CharField(max_length=40, default="grounding")
    content_hash = models.CharField(max_length=64)
    report = models.JSONField(default=dict)
    origin = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Dataset(Source):
    """Registered labelled data with splits, sealed; several versions may share a name."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="datasets")
    version = models.PositiveIntegerField(default=1)
    superseded = models.BooleanField(default=False)

    class Meta:
        ordering = ("name", "-version")
        constraints = (
            models.UniqueConstraint(
                fields=("project", "name", "version"), name="dataset_version_once_per_name"
            ),
            models.UniqueConstraint(
                fields=("project", "content_hash"), name="dataset_content_once_per_project"
            ),
        )

    @property
    def label(self) -> str:
        """The name under which a spec gets this very version; the plain name as long as there is one only."""
        alone = self.version == 1 and not self.superseded
        return self.name if alone else f"{self.name}@{self.version}"


class TeacherKind(models.TextChoices):
    """What a teacher is made of."""

    MODEL = "model", "model"
    PREDICTIONS = "predictions", "stored predictions"
    ONNX = "onnx", "ONNX program"


class Teacher(Source):
    """A registered, frozen source of knowledge: a model, or its predictions for one dataset.

    `dataset` is the one its quality was measured on; stored predictions are good for that one only.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="teachers")
    kind = models.CharField(max_length=12, choices=TeacherKind.choices, default=TeacherKind.MODEL)
    dataset = models.ForeignKey(
        Dataset, on_delete=models.PROTECT, null=True, blank=True, related_name="teachers"
    )
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
