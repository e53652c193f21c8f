"""What the engine said, kept: events, metric chunks, artifacts."""

from __future__ import annotations

from django.db import models

from jobs.models.job import Attempt, Job
from jobs.models.stored import Blob


class Event(models.Model):
    """One thing the engine said that is not a metric, numbered by `seq` within its job.

    `payload` is what `mtkd_engine.events` describes for its `kind`, non-finite numbers as strings.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=30)
    step = models.PositiveIntegerField(null=True, blank=True)
    payload = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("seq",)
        constraints = (models.UniqueConstraint(fields=("job", "seq"), name="event_seq_once_per_job"),)

    def __str__(self) -> str:
        return f"{self.kind} #{self.seq}"


class MetricChunk(models.Model):
    """A run of points of one metric of one attempt.

    `data` holds its steps, values, times (ms since the attempt started) and seqs; `jobs.chunks` describes the
    layouts by number. Open chunks are joined into sealed ones of full size in the transaction that would
    exceed it; these have a `summary` (`jobs.summaries`), from which charts are drawn.
    """

    # Indexes below begin with the job, and one with the attempt.
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    metric = models.CharField(max_length=400)
    seq_first = models.BigIntegerField()
    seq_last = models.BigIntegerField()
    step_first = models.PositiveIntegerField()
    step_last = models.PositiveIntegerField()
    points = models.PositiveIntegerField()
    minimum = models.FloatField()
    maximum = models.FloatField()
    sealed = models.BooleanField(default=False)
    layout = models.PositiveSmallIntegerField(default=1, db_default=1)
    summary = models.BinaryField(null=True)
    data = models.BinaryField()

    class Meta:
        ordering = ("seq_first",)
        constraints = (
            models.UniqueConstraint(
                fields=("job", "metric", "seq_first"), name="chunk_start_once_per_metric"
            ),
        )
        indexes = (
            models.Index(fields=("job", "seq_last"), name="chunk_after_cursor"),
            models.Index(fields=("attempt", "sealed"), name="chunk_open"),
        )

    def __str__(self) -> str:
        return f"{self.metric} [{self.seq_first}..{self.seq_last}]"


class Artifact(models.Model):
    """A stored file of a job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="artifacts")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="artifacts")
    name = models.CharField(max_length=200)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="artifacts")
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("job", "name"), name="artifact_name_once_per_job"),)

    def __str__(self) -> str:
        return self.name

    @property
    def sha256(self) -> str:
        """Hash of its bytes, which is their name in the storage."""
        return self.blob_id


class Checkpoint(models.Model):
    """A training state in the storage, from which any worker can go on; `seq` is that of its event.

    Only what the database has recorded up to is published, so a checkpoint never knows steps that no curve has.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="checkpoints")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="checkpoints")
    step = models.PositiveIntegerField()
    seq = models.BigIntegerField()
    path = models.CharField(max_length=500)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="checkpoints")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-seq",)
        constraints = (models.UniqueConstraint(fields=("job", "seq"), name="checkpoint_seq_once_per_job"),)

    def __str__(self) -> str:
        return f"step {self.step} of job {self.job_id}"


class LogChunk(models.Model):
    """A piece of what an attempt's engine printed: whole lines from byte `start` of its log on."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log_chunks")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="log_chunks")
    start = models.BigIntegerField()
    size = models.PositiveIntegerField()
    text = models.TextField()

    class Meta:
        ordering = ("attempt", "start")
        constraints = (models.UniqueConstraint(fields=("attempt", "start"), name="log_once_per_attempt"),)
        indexes = (models.Index(fields=("job", "id"), name="log_of_job"),)

    def __str__(self) -> str:
        return f"log of attempt {self.attempt_id} from byte {self.start}"
