"""Samples of a job over REST: which teacher taught which, how good each was, page by page or as a file."""

from __future__ import annotations

import math
from typing import Any

from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Job
from jobs.queries.inspect.classes import OUTCOMES, RIGHT, rightness
from jobs.queries.inspect.counts import weight_spreads
from jobs.queries.inspect.exports import MEDIA_TYPES
from jobs.queries.inspect.filters import find_rows
from jobs.queries.inspect.table import Table
from jobs.storage.blobs import StorageError
from jobs.storage.tables import per_sample_table
from webapp.access import job_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.paging import NEXT, leading_on
from webapp.api.participants import NAME, PARTICIPANT, participant_of
from webapp.downloads import send_rows
from webapp.forms.inspect import Asked, read_asked, unknown_keys

MOST = 1000
FILTERS = [
    PARTICIPANT,
    OpenApiParameter("split", str, description="train, val or test; all unless given."),
    OpenApiParameter(
        "leading", str, description="Only samples on which this teacher has the largest weight."
    ),
    OpenApiParameter("q", str, description="Only samples whose sentence holds this text, in either case."),
    OpenApiParameter("source", str, description="Only samples whose source or video holds this text."),
    OpenApiParameter("class", str, description="Of samples with classes, only those whose true one this is."),
    OpenApiParameter(
        "who",
        str,
        description="Who is meant by said and right: student (unless given), start, target, solo, teacher:NAME.",
    ),
    OpenApiParameter("said", str, description="Only samples of which `who` names this class."),
    OpenApiParameter(
        "right", str, enum=RIGHT, description="Only samples on which `who` is right, or is not."
    ),
    OpenApiParameter(
        "outcome",
        str,
        enum=list(OUTCOMES),
        description="Only samples on which teachers name different classes (disagree), the student is right or wrong "
        "only with teachers (thanks, misled), right though it was wrong before it learned (learned) or the other way "
        "round (forgotten), right though the target is wrong (despite) or the other way round (unheeded), a right "
        "teacher is outvoted (outvoted), no teacher is right (nobody).",
    ),
    OpenApiParameter(
        "sort",
        str,
        description="A column of `quantities`, such as disagreement or span/iou; with - before it from high to low.",
    ),
    OpenApiParameter(
        "COLUMN.min",
        float,
        description="Only samples whose COLUMN of `quantities`, such as span/weight, is this or more.",
    ),
    OpenApiParameter("COLUMN.max", float, description="Only samples whose COLUMN is this or less."),
]


class SpreadShape(serializers.Serializer[Any]):
    """One teacher's weights over what was found: counts in twenty equal parts of 0..1; `leads` where known."""

    teacher = serializers.CharField()
    counts = serializers.ListField(child=serializers.IntegerField())
    mean = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    leads = serializers.IntegerField()


class RightnessShape(serializers.Serializer[Any]):
    """On how many of the samples found somebody names the true class, and on how many of those teachers disagree on."""

    who = serializers.CharField(help_text="student, start, target, solo or teacher:NAME.")
    right = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)
    disputed = serializers.IntegerField(
        allow_null=True,
        help_text="Samples on which teachers name different classes; null without two teachers.",
    )
    right_disputed = serializers.IntegerField(allow_null=True)


class JobSamplesShape(serializers.Serializer[Any]):
    """A page of a job's samples: every column of the table, and `row`, its place there; null is not known."""

    total = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    teachers = serializers.ListField(child=serializers.CharField())
    quantities = serializers.ListField(child=serializers.CharField())
    weights = SpreadShape(many=True)
    rightness = RightnessShape(many=True, help_text="Of samples with classes; else empty.")
    samples = serializers.ListField(child=serializers.DictField())


@extend_schema(
    parameters=[
        *FILTERS,
        OpenApiParameter("page", int, description="From 1 on."),
        OpenApiParameter("limit", int, description=f"Samples of a page, at most {MOST}; 50 unless given."),
        NEXT,
    ],
    responses={200: JobSamplesShape, **refusals(400, 404)},
    operation_id="list_job_samples",
    tags=["jobs"],
)
@api_view(["GET"])
def samples(request: Request, job_id: int) -> Response:
    """List the samples of a job with every teacher's weight, filtered, sorted and counted."""
    _, table, asked = _asked(request, job_id, beside=("limit",))
    limit = query.number(request, "limit", default=50, low=1, high=MOST) or 50
    rows = find_rows(table, asked.wanted)
    chosen = rows[limit * (asked.page - 1) : limit * asked.page]
    columns = {name: table.take(name, chosen) for name in table.names}
    found = [
        {"row": int(row), **{name: spelled(values[place]) for name, values in columns.items()}}
        for place, row in enumerate(chosen)
    ]
    answer = Response(
        {
            "total": len(rows),
            "page": asked.page,
            "pages": max(1, math.ceil(len(rows) / limit)),
            "teachers": table.teachers,
            "quantities": table.quantities,
            "weights": SpreadShape(weight_spreads(table, rows), many=True).data,
            "rightness": RightnessShape(rightness(table, rows), many=True).data,
            "samples": found,
        }
    )
    return leading_on(answer, request, page=asked.page + 1) if limit * asked.page < len(rows) else answer


@extend_schema(
    parameters=[
        OpenApiParameter("form", str, OpenApiParameter.PATH, enum=list(MEDIA_TYPES)),
        *FILTERS,
    ],
    responses={
        (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, "The rows, all columns."),
        (200, "application/vnd.apache.parquet"): OpenApiResponse(
            OpenApiTypes.BINARY, "The rows, all columns."
        ),
        **refusals(400, 404),
    },
    operation_id="export_job_samples",
    tags=["jobs"],
)
@api_view(["GET"])
def samples_file(request: Request, job_id: int, form: str) -> HttpResponseBase:
    """Download the samples that were asked for, in their order, as CSV or Parquet."""
    if form not in MEDIA_TYPES:
        raise Http404(f"There is no form {form[:20]!r}; accepted are {' and '.join(MEDIA_TYPES)}.")
    found, table, asked = _asked(request, job_id, beside=())
    rows = find_rows(table, asked.wanted)
    return send_rows(found, table, rows, form=form, whose=query.text(request, NAME, default=""))


def spelled(value: Any) -> Any:
    """This will give a value as JSON has it, which knows no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _asked(request: Request, job_id: int, *, beside: tuple[str, ...]) -> tuple[Job, Table, Asked]:
    found = job_or_404(request, job_id)
    whose = participant_of(found, query.text(request, NAME, default=""))
    try:
        table = per_sample_table(found, whose)
    except StorageError as error:
        raise NotFound(str(error)) from None
    if table is None:
        raise NotFound(f"Job {found.pk} left no table of samples.")
    given = request.query_params.dict()
    asked = read_asked(given, table, participant=whose)
    strange = dict.fromkeys(
        unknown_keys(given, accepted=(*beside, NAME))[:20], "there is no such key of the address."
    )
    if problems := {**asked.problems, **strange}:
        raise ValidationError(problems)
    return found, table, asked
