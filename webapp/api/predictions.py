"""Asking a job's student over REST."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import api_view, parser_classes
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Job, Prediction, PredictionState
from jobs.operations.predictions import LONGEST_SENTENCE, ask_about_file, ask_about_sample
from jobs.queries.looks import look_at_prediction
from jobs.queries.predictions import find_prediction
from webapp.access import job_or_404, user_of
from webapp.api.documented import refusals
from webapp.api.parsers import JsonParser, YamlParser
from webapp.api.shapes import StrictShape
from webapp.api.waiting import WAIT, awaited


class AskedStudentShape(StrictShape):
    """A sentence, and either the row of a sample or, in a multipart body, a file and how long its video is."""

    sentence = serializers.CharField(max_length=LONGEST_SENTENCE)
    row = serializers.IntegerField(required=False, min_value=0)
    features = serializers.FileField(required=False)
    duration = serializers.FloatField(required=False)
    fps = serializers.FloatField(required=False)
    video = serializers.CharField(required=False, max_length=200)


class PredictionShape(serializers.ModelSerializer[Prediction]):
    """A question and, once it is answered, ranked windows in seconds; `error` says why there is no answer."""

    job = serializers.IntegerField(source="job_id", read_only=True)
    state = serializers.ChoiceField(choices=PredictionState.choices, read_only=True)
    asked = serializers.DictField(read_only=True)
    answer = serializers.DictField(read_only=True, allow_null=True)

    class Meta:
        model = Prediction
        fields: tuple[str, ...] = (
            *("id", "job", "sentence", "asked", "state", "created_at", "finished_at", "answer", "error"),
        )
        read_only_fields = fields


@extend_schema(
    request={"application/json": AskedStudentShape, "multipart/form-data": AskedStudentShape},
    responses={
        202: OpenApiResponse(
            PredictionShape, description="A worker will answer; Location says where to ask."
        ),
        **refusals(400, 403, 404),
    },
    operation_id="ask_student",
    tags=["predictions"],
)
@api_view(["POST"])
@parser_classes([JsonParser, YamlParser, MultiPartParser])
def predictions(request: Request, job_id: int) -> Response:
    """Ask a job's student where a video shows what a sentence says."""
    job = job_or_404(request, job_id)
    shape = AskedStudentShape(data=request.data)
    shape.is_valid(raise_exception=True)
    made = _asked(job, request, dict(shape.validated_data))
    answer = Response(PredictionShape(made).data, status=status.HTTP_202_ACCEPTED)
    answer["Location"] = reverse("api-job-prediction", args=[job.pk, made.pk])
    return answer


@extend_schema(
    parameters=[WAIT],
    responses={200: PredictionShape, **refusals(400, 404)},
    operation_id="read_prediction",
    tags=["predictions"],
)
@api_view(["GET"])
def prediction(request: Request, job_id: int, prediction_id: int) -> Response:
    """Read a question to a student and its answer; both are kept for a day."""
    job = job_or_404(request, job_id)

    def read() -> dict[str, Any]:
        found = find_prediction(job=job, prediction_id=prediction_id)
        if found is None:
            raise Http404("This question was never asked, or it is more than a day old and forgotten.")
        return dict(PredictionShape(found).data)

    return awaited(
        request,
        look=partial(look_at_prediction, prediction_id),
        read=read,
        allowed=partial(job_or_404, request, job_id),
    )


def _asked(job: Job, request: Request, given: dict[str, Any]) -> Prediction:
    user = user_of(request)
    if ("row" in given) == ("features" in given):
        raise ValidationError({"row": "given both or neither of row and features, accepted is one of them."})
    if "row" in given:
        if besides := sorted(given.keys() - {"row", "sentence"}):
            raise ValidationError({besides[0]: "given beside row, accepted is beside features alone."})
        return ask_about_sample(job=job, user=user, sentence=given["sentence"], row=given["row"])
    file = given.pop("features")
    return ask_about_file(job=job, user=user, file=file.file, name=file.name, size=file.size, **given)
