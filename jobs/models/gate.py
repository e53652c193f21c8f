"""Gates: what the final metrics of a job are held against."""

from __future__ import annotations

from django.db import models

from jobs.models.access import Project, User
from jobs.models.job import Job


class GateOutcome(models.TextChoices):
    """Whether all rules hold; empty where there is none, or nothing to judge yet."""

    PASSED = "passed", "passed"
    FAILED = "failed", "failed"


class FinalMetric(models.Model):
    """One number about an ended job: `test/miou`, `val/miou`, `student.params`, `latency_ms.p50`."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="final_metrics")
    name = models.CharField(max_length=200)
    value = models.FloatField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("job", "name"), name="final_metric_once_per_job"),)
        indexes = (models.Index(fields=("name", "value"), name="final_metric_by_value"),)

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g}"


class Baseline(models.Model):
    """A named job of a project that others are held against; promoting another one moves the name."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="baselines")
    name = models.CharField(max_length=80)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="baselines")
    set_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("project", "name"), name="baseline_once_per_project"),)

    def __str__(self) -> str:
        return f"{self.name}: job {self.job_id}"
