"""Groups: jobs that were submitted together, to be read together."""

from __future__ import annotations

from django.db import models

from jobs.models.access import Project, User


class Group(models.Model):
    """Jobs of one spec with several seeds and with parts of it left out; `document` is what was submitted.

    Each job's spec names the group and its cell in it, the empty one being the reference. The gates of a group are
    judged over the seeds of the reference once these have ended.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(max_length=120)
    document = models.JSONField()
    submitted_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="job_groups"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    gate_outcome = models.CharField(max_length=8, blank=True, default="")
    gates = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"group {self.pk} ({self.name})"
