"""A question to a student: where does this video show what the sentence says?"""

from __future__ import annotations

from django.db import models

from jobs.models.access import User
from jobs.models.job import Job
from jobs.models.stored import Blob


class PredictionState(models.TextChoices):
    """queued -> working -> answered | refused | failed; a lost one is queued again."""

    QUEUED = "queued", "queued"
    WORKING = "working", "working"
    ANSWERED = "answered", "answered"
    REFUSED = "refused", "refused"
    FAILED = "failed", "failed"


class Prediction(models.Model):
    """What somebody asked of a job's student, and what it said; kept for a day.

    `asked` says which video: {"row", "video", "duration"} for a sample of the job's dataset, or for `features`
    (a small file that was handed in) {"file", "video", "duration" or "fps"}. `answer` is the engine's; `error` is the
    sentence why there is none. Fence and lease work as those of a Job, but the lease is given once, for as long as a
    prediction may take.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="predictions")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    sentence = models.CharField(max_length=500)
    asked = models.JSONField(default=dict)
    features = models.ForeignKey(
        Blob, on_delete=models.PROTECT, null=True, blank=True, related_name="predictions"
    )
    state = models.CharField(max_length=12, choices=PredictionState.choices, default=PredictionState.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts_lost = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True, default="")
    answer = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("id",),
                condition=models.Q(state__in=("queued", "working")),
                name="prediction_under_way",
            ),
            models.Index(fields=("created_at",), name="prediction_by_age"),
        )

    def __str__(self) -> str:
        return f"prediction {self.pk} of job {self.job_id}"

    @property
    def is_under_way(self) -> bool:
        """Whether a worker has it or will have it."""
        return self.state in {PredictionState.QUEUED, PredictionState.WORKING}
