"""One sample of a job over REST, with what everybody says of it; and who takes which class for which."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.comparisons.classes import class_order, count_confusion
from jobs.models import Job
from jobs.queries.inspect.classes import has_classes, participants
from jobs.queries.inspect.images import images_of
from jobs.queries.inspect.probabilities import answers
from jobs.queries.inspect.table import Table
from jobs.queries.kinds import is_dense
from jobs.storage.blobs import StorageError
from jobs.storage.previews import has_plays, image_files
from jobs.storage.tables import mapped_by, per_sample_table, sample_probabilities, weights_course
from webapp.access import job_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.inspect import spelled
from webapp.api.participants import NAME, PARTICIPANT, participant_of


class ClassProbabilityShape(serializers.Serializer[Any]):
    """A class and how likely it is to somebody."""

    name = serializers.CharField()
    probability = serializers.FloatField()


class AnswerShape(serializers.Serializer[Any]):
    """What one participant says of a sample with classes; `classes` are those that were kept, likeliest first."""

    who = serializers.CharField(help_text="student, start, target, solo or teacher:NAME.")
    said = serializers.CharField(allow_null=True, help_text="The class it names.")
    score = serializers.FloatField(allow_null=True, help_text="Probability of the class it names.")
    quality = serializers.FloatField(allow_null=True, help_text="Probability of the true class.")
    is_right = serializers.BooleanField()
    classes = ClassProbabilityShape(many=True)


class CourseShape(serializers.Serializer[Any]):
    """A sample's weights over training: the recorded steps, and of each teacher a weight for every one of them."""

    steps = serializers.ListField(child=serializers.IntegerField())
    weights = serializers.DictField(
        child=serializers.ListField(child=serializers.FloatField(allow_null=True))
    )


class SampleImageShape(serializers.Serializer[Any]):
    """Where the image of a sample is: its row in the dataset, and the address of its bytes.

    Of a clip that is its picture; `film` is the address of what is played of it.
    """

    dataset = serializers.IntegerField()
    row = serializers.IntegerField()
    url = serializers.CharField()
    film = serializers.CharField(allow_null=True)


class SampleMapShape(serializers.Serializer[Any]):
    """What somebody says of a sample pixel by pixel: the address of its PNG."""

    who = serializers.CharField(
        help_text="truth, student, or a model's name, with “ at start” what it said before."
    )
    url = serializers.CharField()


class JobSampleShape(serializers.Serializer[Any]):
    """One sample of a job: `columns` of its row; null is what is not known. `answers` are told of classes only."""

    row = serializers.IntegerField()
    columns = serializers.DictField()
    answers = AnswerShape(many=True)
    weights_over_training = CourseShape(allow_null=True)
    image = SampleImageShape(allow_null=True)
    maps = SampleMapShape(many=True, help_text="Of jobs of dense tasks, and of few samples; else empty.")


class ConfusedClassShape(serializers.Serializer[Any]):
    """One class: its samples, how many of them were recognised, and how often it was named."""

    name = serializers.CharField()
    samples = serializers.IntegerField()
    right = serializers.IntegerField()
    said = serializers.IntegerField()
    recall = serializers.FloatField(allow_null=True)
    precision = serializers.FloatField(allow_null=True)


class ConfusionShape(serializers.Serializer[Any]):
    """Counts by true class (rows) and named class (columns), both in the order of `classes`."""

    who = serializers.CharField()
    participants = serializers.ListField(child=serializers.CharField())
    split = serializers.CharField(allow_blank=True)
    classes = ConfusedClassShape(many=True)
    counts = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))


@extend_schema(
    parameters=[PARTICIPANT],
    responses={200: JobSampleShape, **refusals(400, 404)},
    operation_id="read_job_sample",
    tags=["jobs"],
)
@api_view(["GET"])
def sample(request: Request, job_id: int, row: int) -> Response:
    """Read one sample of a job: its row, everybody's class probabilities, its weights over training, image and film."""
    job, table = table_of(request, job_id)
    if row >= table.rows:
        raise NotFound(f"Job {job.pk} has no sample in row {row}.")
    columns = {name: spelled(table.take(name, [row])[0]) for name in table.names}
    told: list[dict[str, Any]] = []
    try:
        if has_classes(table):
            kept = sample_probabilities(job, str(columns["sample_id"]), query.text(request, NAME, default=""))
            told = [
                {
                    **vars(one),
                    "classes": [{"name": name, "probability": value} for name, value in one.classes],
                }
                for one in answers(table, row, kept)
            ]
        course = weights_course(job, str(columns["sample_id"]))
        image = _image(job, table, row)
        mapped = mapped_by(job, str(columns["sample_id"])).who if is_dense(job.spec.get("task")) else ()
    except StorageError as error:
        raise NotFound(str(error)) from None
    weights = (
        None
        if course is None
        else {name: list(map(spelled, values)) for name, values in course.weights.items()}
    )
    here = reverse("api-job-map", args=[job.pk, row])
    return Response(
        {
            "row": row,
            "columns": columns,
            "answers": told,
            "weights_over_training": None if course is None else {"steps": course.steps, "weights": weights},
            "image": image,
            "maps": [{"who": who, "url": f"{here}?{urlencode({'who': who})}"} for who in mapped],
        }
    )


@extend_schema(
    parameters=[
        PARTICIPANT,
        OpenApiParameter(
            "who", str, description="student, start, target, solo or teacher:NAME; student unless given."
        ),
        OpenApiParameter(
            "split", str, description="train, val or test; all for the empty text; test unless given."
        ),
    ],
    responses={200: ConfusionShape, **refusals(400, 404)},
    operation_id="read_job_confusion",
    tags=["jobs"],
)
@api_view(["GET"])
def confusion(request: Request, job_id: int) -> Response:
    """Count which classes somebody takes for which."""
    job, table = table_of(request, job_id)
    known = participants(table)
    if not known:
        raise NotFound(f"The samples of job {job.pk} have no classes.")
    who = query.text(request, "who", default=known[0])
    if who not in known:
        raise ValidationError({"who": f"given {who[:80]!r}, accepted is one of {', '.join(known)}."})
    splits = table.values_of("split")
    split = query.text(request, "split", default="test" if "test" in splits else "")
    if split and split not in splits:
        raise ValidationError({"split": f"given {split[:80]!r}, accepted is one of {', '.join(splits)}."})
    try:
        counted = count_confusion(table, who=who, split=split, order=class_order(job))
    except StorageError as error:
        raise NotFound(str(error)) from None
    if counted is None:
        raise NotFound(f"Job {job.pk} has no classes that can be counted on this split.")
    rows = {row.name: row for row in counted.rows()}
    classes = [
        {**vars(rows[name]), "recall": rows[name].recall, "precision": rows[name].precision}
        for name in counted.classes
    ]
    counts = counted.counts_CC.tolist()
    return Response({"who": who, "participants": known, "split": split, "classes": classes, "counts": counts})


def table_of(request: Request, job_id: int) -> tuple[Job, Table]:
    """This will open the table of a job for somebody who may use this route on it."""
    job = job_or_404(request, job_id)
    try:
        table = per_sample_table(job, participant_of(job, query.text(request, NAME, default="")))
    except StorageError as error:
        raise NotFound(str(error)) from None
    if table is None:
        raise NotFound(f"Job {job.pk} left no table of samples.")
    return job, table


def _image(job: Job, table: Table, row: int) -> dict[str, Any] | None:
    files = None if job.dataset is None else image_files(job.dataset)
    found = None if files is None else images_of(table, files, [row])[0]
    if found is None:
        return None
    here = [job.dataset_id, found.row]
    film = reverse("api-dataset-clip", args=here) if job.dataset and has_plays(job.dataset) else None
    return {
        "dataset": job.dataset_id,
        "row": found.row,
        "url": reverse("api-dataset-image", args=here),
        "film": film,
    }
