"""What the REST API takes and gives, field by field."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from jobs.models import (
    Artifact,
    Dataset,
    Project,
    Registration,
    RegistrationKind,
    RegistrationState,
    Teacher,
    TeacherKind,
    Upload,
)
from jobs.operations.asking import FORMATS, SPLITS
from mtkd_engine.spec.gates import MOST_GATES
from webapp.api.wording import reworded


class ProjectShape(serializers.ModelSerializer[Project]):
    """A project one may look at; a limit that is null does not exist. `gates` are rules that all its jobs must keep."""

    gates = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Project
        fields = ("slug", "name", "created_at", "job_limit", "keep_days", "gates")
        read_only_fields = fields


class SourceShape(serializers.Serializer[Any]):
    """What datasets and teachers share."""

    id = serializers.IntegerField(read_only=True)
    project = serializers.CharField(source="project.slug", read_only=True)
    name = serializers.CharField(read_only=True)
    task = serializers.CharField(read_only=True)
    content_hash = serializers.CharField(read_only=True)
    report = serializers.JSONField(read_only=True)
    origin = serializers.JSONField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    archived_at = serializers.DateTimeField(read_only=True, allow_null=True)


class DatasetShape(SourceShape, serializers.Serializer[Dataset]):
    """A registered dataset; specs name it by its label: the name, or name@version."""

    version = serializers.IntegerField(read_only=True)
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]


class TeacherShape(SourceShape, serializers.Serializer[Teacher]):
    """A registered teacher: measured on `dataset`; `from_job` names the job whose student it was."""

    kind = serializers.ChoiceField(choices=TeacherKind.choices, read_only=True)
    dataset = serializers.IntegerField(source="dataset_id", read_only=True, allow_null=True)
    from_job = serializers.IntegerField(source="from_job_id", read_only=True, allow_null=True)


class StrictShape(serializers.Serializer[Any]):
    """Something handed in; a field it does not know is refused, for it may be a known one misspelt."""

    def to_internal_value(self, data: Any) -> Any:
        """This will read the known fields, or name the unknown ones beside what is wrong with the others."""
        accepted = ", ".join(self.fields)
        unknown = [name for name in data if name not in self.fields] if isinstance(data, dict) else []
        if unknown:
            raise serializers.ValidationError(
                dict.fromkeys(unknown[:20], f"there is no such field; accepted are {accepted}.")
            )
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            words = {
                name: reworded(self.fields[name], data.get(name), said) if name in self.fields else said
                for name, said in error.detail.items()
            }
            raise serializers.ValidationError(words) from None


class AskedShape(StrictShape):
    """What datasets and teachers to register share: a place, either a path on the server or uploads."""

    project = serializers.SlugField(max_length=80)
    name = serializers.CharField(max_length=120)
    path = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    uploads = serializers.ListField(
        child=serializers.CharField(max_length=40), required=False, max_length=5000
    )


class AskedDatasetShape(AskedShape):
    """A dataset to register; `accept` decides on repairs beforehand, else they wait for a decision."""

    format = serializers.ChoiceField(choices=FORMATS, default="auto")
    words = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    new_version = serializers.BooleanField(default=False)
    accept = serializers.ListField(
        source="accepted", child=serializers.CharField(max_length=40), required=False, allow_null=True
    )


class AskedTeacherShape(AskedShape):
    """A teacher to register: a model or stored predictions, measured on a split of a dataset.

    `card` is the card of a model without one in its header; of a classifier (.pt, .pth, .th, .onnx, bare
    safetensors) it says {"net", "classes", "input"}, as in a decision. What is missing then, its registration asks for.
    """

    card = serializers.DictField(required=False, allow_null=True)
    dataset = serializers.CharField(max_length=140, required=False, allow_blank=True)
    split = serializers.ChoiceField(choices=SPLITS, default="val")


class NewProjectShape(StrictShape):
    """A project to make; its slug is made of its name."""

    name = serializers.CharField(max_length=80)


class ProjectChangeShape(StrictShape):
    """What an administrator sets about a project; null takes a limit away, what is missing stays.

    `job_limit` is how many of its jobs run at the same time, `keep_days` after how many days ended ones are deleted.
    `gates` are rules that every job which ends from now on is judged by, such as `test/miou >= baseline(main) - 0.005`.
    """

    job_limit = serializers.IntegerField(required=False, allow_null=True)
    keep_days = serializers.IntegerField(required=False, allow_null=True)
    gates = serializers.ListField(child=serializers.CharField(), required=False, max_length=MOST_GATES)


class QueueShape(serializers.Serializer[Any]):
    """A queue as it is now; `workers` are alive, `draining` ones of them take nothing new."""

    name = serializers.CharField()
    workers = serializers.IntegerField()
    draining = serializers.IntegerField()
    busy = serializers.IntegerField()
    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    served_at = serializers.DateTimeField(allow_null=True)


class DecisionShape(StrictShape):
    """Of a dataset the names of the repairs that are accepted, of a teacher what its check asks for.

    `card` says of a classifier {"net", "classes", "input"}: `net` as in a spec or null for the one proposed, `classes`
    a list of names in the order of its outputs or "dataset", `input` a usual one by name or {"size", "mean", "std"}, of
    clips {"kind", ...} as in a spec.
    """

    accept = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    card = serializers.DictField(required=False, allow_null=True)
    dataset = serializers.CharField(max_length=140, required=False, allow_blank=True)
    split = serializers.ChoiceField(choices=SPLITS, default="val")


class RegistrationShape(serializers.ModelSerializer[Registration]):
    """A dataset or teacher on its way in; `dataset` or `teacher` is what it became, or what a measurement is of."""

    project = serializers.CharField(source="project.slug", read_only=True)
    kind = serializers.ChoiceField(choices=RegistrationKind.choices, read_only=True)
    state = serializers.ChoiceField(choices=RegistrationState.choices, read_only=True)
    accepted = serializers.ListField(child=serializers.CharField(), read_only=True, allow_null=True)
    uploads = serializers.PrimaryKeyRelatedField[Upload](many=True, read_only=True)

    class Meta:
        model = Registration
        fields: tuple[str, ...] = (
            *("id", "project", "kind", "name", "state", "part", "done", "of"),
            *("created_at", "started_at", "finished_at", "cancel_requested_at"),
            *("sentence", "report", "accepted", "dataset", "teacher", "from_job", "uploads"),
        )
        read_only_fields = fields


class ArtifactShape(serializers.ModelSerializer[Artifact]):
    """A stored file of a job."""

    class Meta:
        model = Artifact
        fields = ("name", "media_type", "size", "sha256", "created_at")


class EventsShape(serializers.Serializer[Any]):
    """Events behind a number; ask again with `after` set to `seq`."""

    seq = serializers.IntegerField()
    events = serializers.ListField(child=serializers.DictField())


class CurveShape(serializers.Serializer[Any]):
    """One curve; values that are not finite are the strings NaN, Infinity and -Infinity."""

    steps = serializers.ListField(child=serializers.IntegerField())
    values = serializers.ListField(child=serializers.JSONField())
    times_ms = serializers.ListField(
        child=serializers.IntegerField(), required=False, help_text="Since 1970, where they were asked for."
    )
    last_seq = serializers.IntegerField()


class MetricsShape(serializers.Serializer[Any]):
    """Curves by metric, and the names of all metrics of the job."""

    names = serializers.ListField(child=serializers.CharField())
    series = serializers.DictField(child=CurveShape())


class UploadShape(serializers.Serializer[Any]):
    """A file on its way in."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    size = serializers.IntegerField(read_only=True)
    received = serializers.IntegerField(read_only=True)
    complete = serializers.BooleanField(source="is_complete", read_only=True)


class ProblemShape(serializers.Serializer[Any]):
    """A refusal."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]
