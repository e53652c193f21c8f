"""What the REST API takes and gives about jobs, field by field."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.models import Attempt, Checkpoint, Job, Outcome, State, Teacher
from jobs.operations.deadlines import deadline_of
from jobs.operations.schedules import HIGHEST, LOWEST
from jobs.operations.tags import LONGEST_NAME, LONGEST_NOTES, LONGEST_TAG, MOST_TAGS
from jobs.queries.baselines import baseline_names
from jobs.queries.final_metrics import of_jobs
from jobs.queries.jobs import published_checkpoint
from webapp.api.gate_shapes import GateOutcomeField, GateShape
from webapp.api.shapes import StrictShape

STARTS = ("checkpoint", "scratch")


class DeadlineField(serializers.CharField):
    """A length from now or a time."""

    def to_internal_value(self, data: Any) -> Any:
        """This will return the time."""
        try:
            return deadline_of(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None


class ScheduleShape(StrictShape):
    """Where and when a job runs; a deadline is a length from now (90m, 2h, 1d) or a time (2030-01-31T18:00:00Z)."""

    _whole = f"accepted is a whole number from {LOWEST} to {HIGHEST}."

    queue = serializers.CharField(required=False, max_length=40, help_text="Its workers take the job.")
    priority = serializers.IntegerField(
        required=False,
        min_value=LOWEST,
        max_value=HIGHEST,
        help_text="Higher goes first.",
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _whole),
    )
    deadline = DeadlineField(required=False, allow_null=True, help_text="Not ended by then, the job fails.")


class SubmissionShape(ScheduleShape):
    """A job to submit: the spec is the same data as the form and the YAML file."""

    project = serializers.SlugField(max_length=80)
    spec = serializers.DictField(
        help_text="By its `task` and `data.kind` one of several, such as GroundingSpec or SegmentationSpec; see the "
        "schemas of these names."
    )


class RetryShape(StrictShape):
    """Where a retried job starts; a deadline that has passed is dropped unless there is a new one."""

    deadline = DeadlineField(required=False, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """This will add the field `from`, which Python has no name for."""
        return {"from": serializers.ChoiceField(STARTS, default="checkpoint"), **super().get_fields()}


class ResubmissionShape(ScheduleShape):
    """A job like another one: `changes` to its spec are a merge patch (RFC 7396), in which null takes out."""

    changes = serializers.DictField(default=dict)


class PromotionShape(StrictShape):
    """The name that a student, or one participant, gets as a teacher."""

    name = serializers.CharField(max_length=120)
    participant = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=120,
        help_text="Of a job whose models teach each other: which of those that learned.",
    )


class DescriptionShape(StrictShape):
    """What is said of a job, and whether it is archived; what is left out stays."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_NAME)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_TAG), required=False, max_length=MOST_TAGS
    )
    notes = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_NOTES)
    archived = serializers.BooleanField(required=False, help_text="Only a job that has ended is archived.")


class AttemptShape(serializers.ModelSerializer[Attempt]):
    """One claim of a job by a worker; `reason` says why it did not succeed, `peak_memory` is in bytes."""

    outcome = serializers.ChoiceField(
        choices=Outcome.choices, allow_blank=True, read_only=True, help_text="Empty while it runs."
    )

    class Meta:
        model = Attempt
        fields: tuple[str, ...] = (
            *("number", "worker", "threads", "device", "started_at", "ended_at"),
            *("outcome", "exit_code", "reason", "peak_memory"),
        )
        read_only_fields = fields


class CheckpointShape(serializers.ModelSerializer[Checkpoint]):
    """A training state in the storage, from which any worker can go on."""

    attempt = serializers.IntegerField(source="attempt.number", read_only=True)

    class Meta:
        model = Checkpoint
        fields = ("step", "attempt", "created_at")


class JobShape(serializers.ModelSerializer[Job]):
    """A job as lists show it; `waits` says why a queued one has not begun (context `waits`, by id)."""

    project = serializers.CharField(source="project.slug", read_only=True)
    dataset = serializers.CharField(source="dataset.label", read_only=True, allow_null=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    resubmitted_from = serializers.IntegerField(source="resubmitted_from_id", read_only=True, allow_null=True)
    group = serializers.IntegerField(source="group_id", read_only=True, allow_null=True)
    gate_outcome = GateOutcomeField()
    tags = serializers.ListField(child=serializers.CharField(), read_only=True)
    waits = serializers.SerializerMethodField()

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            *("id", "project", "name", "state", "dataset", "elsewhere", "queue", "priority", "waits"),
            *("step", "total_steps", "part", "part_done", "part_of"),
            *("created_at", "queued_at", "started_at", "finished_at"),
            *("deadline_at", "cancel_requested_at", "pause_requested_at", "pause_reason"),
            *("failure_cause", "failure", "resubmitted_from", "group", "gate_outcome"),
            *("tags", "archived_at"),
        )
        read_only_fields = fields

    def get_waits(self, job: Job) -> str | None:
        """This will say why a queued job has not begun."""
        found = self.context.get("waits", {}).get(job.pk)
        return None if found is None else str(found)


class JobDetailShape(JobShape):
    """A job with its spec, its attempts, its newest published checkpoint and its result."""

    teachers = serializers.SlugRelatedField[Teacher](slug_field="name", many=True, read_only=True)
    attempts = AttemptShape(many=True, read_only=True)
    checkpoint = serializers.SerializerMethodField()
    spec = serializers.JSONField(read_only=True)
    result = serializers.JSONField(read_only=True, allow_null=True)
    gates = GateShape(many=True, read_only=True)
    final_metrics = serializers.SerializerMethodField()
    baselines = serializers.SerializerMethodField()

    class Meta(JobShape.Meta):
        fields = (
            *JobShape.Meta.fields,
            *("teachers", "attempts", "checkpoint", "spec", "spec_hash", "result"),
            *("gates", "final_metrics", "baselines", "notes"),
        )
        read_only_fields = fields

    @extend_schema_field(CheckpointShape(allow_null=True))
    def get_checkpoint(self, job: Job) -> Any:
        """This will show where a worker without the job's files would go on."""
        found = published_checkpoint(job)
        return None if found is None else CheckpointShape(found).data

    def get_final_metrics(self, job: Job) -> dict[str, float]:
        """This will give the numbers of its result by name, such as test/miou and student.params."""
        return of_jobs([job.pk])[job.pk]

    def get_baselines(self, job: Job) -> list[str]:
        """This will name the baselines of the project that the job is."""
        return baseline_names(job)
