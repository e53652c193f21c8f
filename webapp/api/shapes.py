"""What the REST API takes and gives, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.models import Artifact, Attempt, Dataset, Job, Project, State, Teacher


class ProjectShape(serializers.ModelSerializer[Project]):
    """A project one may look at."""

    class Meta:
        model = Project
        fields = ("slug", "name", "created_at")


class SourceShape(serializers.Serializer[Any]):
    """What datasets and teachers share."""

    id = serializers.IntegerField(read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True)
    name = serializers.CharField(read_only=True)
    task = serializers.CharField(read_only=True)
    content_hash = serializers.CharField(read_only=True)
    report = serializers.JSONField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class DatasetShape(SourceShape, serializers.Serializer[Dataset]):
    """A registered dataset."""


class TeacherShape(SourceShape, serializers.Serializer[Teacher]):
    """A registered teacher; `from_job` names the job whose student it was."""

    from_job = serializers.IntegerField(source="from_job_id", read_only=True, allow_null=True)


class RegistrationShape(serializers.Serializer[Any]):
    """A source to register from a path on the server."""

    project = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=120)
    path = serializers.CharField(max_length=1000)


class PromotionShape(serializers.Serializer[Any]):
    """The name a student gets as a teacher."""

    name = serializers.CharField(max_length=120)


class SubmissionShape(serializers.Serializer[Any]):
    """A job to submit: the spec is the same data as the form and the YAML file."""

    project = serializers.SlugField(max_length=80)
    spec = serializers.DictField()


class AttemptShape(serializers.ModelSerializer[Attempt]):
    """One claim of a job by a worker."""

    class Meta:
        model = Attempt
        fields = ("number", "worker", "threads", "device", "started_at", "ended_at", "outcome", "exit_code")


class ArtifactShape(serializers.ModelSerializer[Artifact]):
    """A stored file of a job."""

    class Meta:
        model = Artifact
        fields = ("name", "media_type", "size", "sha256", "created_at")


class JobShape(serializers.ModelSerializer[Job]):
    """A job as lists show it."""

    project = serializers.CharField(source="project.slug", read_only=True)
    dataset = serializers.CharField(source="dataset.name", read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)

    class Meta:
        model = Job
        fields: tuple[str, ...] = (
            "id",
            "project",
            "name",
            "state",
            "dataset",
            "step",
            "total_steps",
            "part",
            "created_at",
            "started_at",
            "finished_at",
            "cancel_requested_at",
            "failure_cause",
            "failure",
        )
        read_only_fields = fields


class JobDetailShape(JobShape):
    """A job with its spec, its attempts and its result."""

    teachers = serializers.SlugRelatedField[Teacher](slug_field="name", many=True, read_only=True)
    attempts = AttemptShape(many=True, read_only=True)
    spec = serializers.JSONField(read_only=True)
    result = serializers.JSONField(read_only=True, allow_null=True)

    class Meta(JobShape.Meta):
        fields = (*JobShape.Meta.fields, "teachers", "attempts", "spec", "spec_hash", "result")
        read_only_fields = fields


class EventsShape(serializers.Serializer[Any]):
    """Events behind a number; ask again with `after` set to `seq`."""

    seq = serializers.IntegerField()
    events = serializers.ListField(child=serializers.DictField())


class CurveShape(serializers.Serializer[Any]):
    """One curve; values that are not finite are the strings NaN, Infinity and -Infinity."""

    steps = serializers.ListField(child=serializers.IntegerField())
    values = serializers.ListField(child=serializers.JSONField())
    last_seq = serializers.IntegerField()


class MetricsShape(serializers.Serializer[Any]):
    """Curves by metric, and the names of all metrics of the job."""

    names = serializers.ListField(child=serializers.CharField())
    series = serializers.DictField(child=CurveShape())


class ProblemShape(serializers.Serializer[Any]):
    """A refusal."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
