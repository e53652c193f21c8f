"""Jobs and their attempts: the row is what is true."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from jobs.models.access import Project, User
from jobs.models.group import Group
from jobs.models.sources import Dataset, Teacher
from jobs.models.worker import Worker


class State(models.TextChoices):
    """queued -> starting -> running -> succeeded | failed | cancelled; paused returns to queued on resume."""

    QUEUED = "queued", "queued"
    STARTING = "starting", "starting"
    RUNNING = "running", "running"
    PAUSED = "paused", "paused"
    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"


ACTIVE = (State.STARTING, State.RUNNING)
FINAL = (State.SUCCEEDED, State.FAILED, State.CANCELLED)


class Job(models.Model):
    """One submitted piece of work; its spec is frozen at submission.

    `fence` rises with every claim and with every claim taken away; every later write names it, so that a
    worker whose lease was taken changes nothing. The cursor (attempt number, byte offset in its journal,
    seq) commits together with the rows read up to it.

    A job `elsewhere` is trained by no worker of ours: its owner posts its points, `cursor_offset` counts them,
    and its lease is the time in which the next ones are expected. `pause_reason` says why it paused unless a
    person asked for it. `gates` are the rules it was judged by when it ended, each with what came of it;
    `gate_outcome` is a GateOutcome, or empty. `part` is what its engine is at; of a part whose length is known,
    `part_done` of `part_of` are done, else both are 0.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    name = models.CharField(max_length=120)
    spec = models.JSONField()
    spec_hash = models.CharField(max_length=64)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, null=True, blank=True, related_name="jobs")
    elsewhere = models.BooleanField(default=False)
    resubmitted_from = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="resubmissions"
    )
    group = models.ForeignKey(Group, on_delete=models.SET_NULL, null=True, blank=True, related_name="jobs")
    teachers: models.ManyToManyField[Teacher, models.Model] = models.ManyToManyField(
        Teacher, related_name="jobs", blank=True
    )
    submitted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="jobs")

    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    queue = models.CharField(max_length=40, default="cpu")
    priority = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    queued_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    pause_requested_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    fence = models.BigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts_lost = models.PositiveSmallIntegerField(default=0)
    cursor_attempt = models.PositiveIntegerField(default=0)
    cursor_offset = models.BigIntegerField(default=0)
    cursor_seq = models.BigIntegerField(default=0)

    step = models.PositiveIntegerField(default=0)
    total_steps = models.PositiveIntegerField(default=0)
    part = models.CharField(max_length=40, blank=True, default="")
    part_done = models.BigIntegerField(default=0, db_default=0)
    part_of = models.BigIntegerField(default=0, db_default=0)
    result = models.JSONField(null=True, blank=True)
    gate_outcome = models.CharField(max_length=8, blank=True, default="")
    gates = models.JSONField(default=list, blank=True)
    failure_cause = models.CharField(max_length=40, blank=True, default="")
    failure = models.TextField(blank=True, default="")
    pause_reason = models.TextField(blank=True, default="")

    tags = models.JSONField(default=list, blank=True)
    notes = models.TextField(blank=True, default="")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (
            GinIndex(fields=("tags",), opclasses=("jsonb_path_ops",), name="job_by_tag"),
            models.Index(
                fields=("queue", "-priority", "id"), condition=models.Q(state="queued"), name="job_waiting"
            ),
            models.Index(
                fields=("lease_until",),
                condition=models.Q(state__in=("starting", "running")),
                name="job_leased",
            ),
            models.Index(fields=("project", "-id"), name="job_of_project"),
            models.Index(
                fields=("deadline_at",),
                condition=models.Q(deadline_at__isnull=False, finished_at__isnull=True),
                name="job_due",
            ),
            models.Index(
                fields=("deleted_at",), condition=models.Q(deleted_at__isnull=False), name="job_being_deleted"
            ),
            models.Index(
                fields=("queue", "state"), condition=models.Q(finished_at__isnull=True), name="job_not_ended"
            ),
        )

    def __str__(self) -> str:
        return f"job {self.pk} ({self.name})"

    @property
    def is_final(self) -> bool:
        """Whether nothing will happen to this job any more."""
        return self.state in FINAL


class Outcome(models.TextChoices):
    """How an attempt ended; empty while it runs."""

    SUCCEEDED = "succeeded", "succeeded"
    FAILED = "failed", "failed"
    CANCELLED = "cancelled", "cancelled"
    PAUSED = "paused", "paused"
    HANDED_BACK = "handed_back", "handed back"
    LOST = "lost", "lost"


class Attempt(models.Model):
    """One claim of a job by a worker; `reason` says in a sentence why it did not succeed.

    `clock_ms` is the worker's own clock (ms since 1970) at the claim, `started_at` the database's: the journal's
    times are the worker's, and are shifted by the difference. `journal_at` is the time of the newest line of
    the journal and `journal_behind` how many of its bytes are not recorded yet, both as of `heartbeat_at`.
    `peak_memory` is the most resident bytes that the engine and its children were seen with. An attempt `is_void`
    when a later one began from scratch or went on from what was there before it: none of its points is shown,
    none of its checkpoints gone on from.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    fence = models.BigIntegerField()
    worker = models.CharField(max_length=200)
    worker_row = models.ForeignKey(
        Worker, on_delete=models.SET_NULL, null=True, blank=True, related_name="attempts"
    )
    clock_ms = models.BigIntegerField(null=True, blank=True)
    threads = models.PositiveSmallIntegerField(default=1)
    device = models.CharField(max_length=40, default="cpu")
    engine_pid = models.PositiveIntegerField(null=True, blank=True)
    folder = models.CharField(max_length=500, blank=True, default="")
    started_at = models.DateTimeField(auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    exit_code = models.SmallIntegerField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")
    checkpoint_step = models.PositiveIntegerField(null=True, blank=True)
    checkpoint_path = models.CharField(max_length=500, blank=True, default="")
    peak_memory = models.BigIntegerField(null=True, blank=True)
    journal_at = models.DateTimeField(null=True, blank=True)
    journal_behind = models.BigIntegerField(default=0)
    is_void = models.BooleanField(default=False)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("job", "number"), name="attempt_number_once_per_job"),)

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}"
