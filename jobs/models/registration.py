"""Datasets and teachers on their way in: uploads, and the registrations that workers carry out."""

from __future__ import annotations

import uuid

from django.db import models

from jobs.models.access import Project, User
from jobs.models.job import Job
from jobs.models.sources import Dataset, Teacher


class RegistrationKind(models.TextChoices):
    """What is being registered; a measurement is that of a registered teacher on a dataset."""

    DATASET = "dataset", "dataset"
    TEACHER = "teacher", "teacher"
    MEASUREMENT = "measurement", "measurement"


class RegistrationState(models.TextChoices):
    """queued -> checking -> waiting -> queued ... -> registered | refused | cancelled | failed."""

    QUEUED = "queued", "queued"
    CHECKING = "checking", "checking"
    WAITING = "waiting", "waiting for you"
    REGISTERED = "registered", "registered"
    REFUSED = "refused", "refused"
    CANCELLED = "cancelled", "cancelled"
    FAILED = "failed", "failed"


REGISTRATION_FINAL = (
    RegistrationState.REGISTERED,
    RegistrationState.REFUSED,
    RegistrationState.CANCELLED,
    RegistrationState.FAILED,
)


class Registration(models.Model):
    """A dataset or teacher on its way in: what was asked, how far its check is, and what was found.

    `asked` is the request as given: {"path": ...} or nothing for uploads and jobs, "format", "words",
    "card", "split". `accepted` lists the repairs a person accepted, None while nobody has decided. `report` is the
    engine's; `sentence` says why it was refused, failed or given up. Fence and lease work as those of a Job;
    while it waits for a decision, `lease_until` is the end of that wait. That of a measurement knows its teacher from
    the start.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="registrations")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="registrations")
    kind = models.CharField(max_length=12, choices=RegistrationKind.choices)
    name = models.CharField(max_length=120)
    asked = models.JSONField(default=dict)
    accepted = models.JSONField(null=True, blank=True)
    new_version_of = models.ForeignKey(Dataset, on_delete=models.SET_NULL, null=True, related_name="+")
    measured_on = models.ForeignKey(Dataset, on_delete=models.SET_NULL, null=True, related_name="+")
    from_job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="registrations")

    state = models.CharField(
        max_length=12, choices=RegistrationState.choices, default=RegistrationState.QUEUED
    )
    queue = models.CharField(max_length=40, default="intake")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts_lost = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True, default="")

    part = models.CharField(max_length=40, blank=True, default="")
    done = models.BigIntegerField(default=0)
    of = models.BigIntegerField(default=0)
    report = models.JSONField(null=True, blank=True)
    sentence = models.TextField(blank=True, default="")
    dataset = models.ForeignKey(Dataset, on_delete=models.SET_NULL, null=True, related_name="registrations")
    teacher = models.ForeignKey(Teacher, on_delete=models.SET_NULL, null=True, related_name="registrations")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("queue", "id"), condition=models.Q(state="queued"), name="registration_waiting"
            ),
            models.Index(fields=("project", "-id"), name="registration_of_project"),
        )

    def __str__(self) -> str:
        return f"registration {self.pk} ({self.name})"

    @property
    def is_final(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in REGISTRATION_FINAL


class Upload(models.Model):
    """A file on its way in, in parts: `parts` lists [offset, size, sha256] of each stored one, in order.

    It belongs to nobody's registration until one names it, and is removed when that one ends, when it is
    aborted, or after a day without a part.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="uploads")
    registration = models.ForeignKey(
        Registration, on_delete=models.CASCADE, null=True, blank=True, related_name="uploads"
    )
    name = models.CharField(max_length=300)
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    parts = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_complete(self) -> bool:
        """Whether all of its bytes are there."""
        return self.received == self.size
