"""Jobs trained elsewhere, over REST: begin one, post its points, end it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import State
from jobs.operations.elsewhere import LONGEST_SENTENCE, complete_elsewhere
from jobs.operations.posting import post_points
from webapp.access import job_or_404, user_of
from webapp.api.documented import refusals
from webapp.api.job_shapes import JobDetailShape
from webapp.api.jobs import detail
from webapp.api.point_bodies import LARGEST_BODY, Batch
from webapp.api.shapes import StrictShape

POSTED = f"""Post points of a job trained elsewhere: all of a batch are stored, or none.

As JSON: `{{"offset": 0, "metrics": {{"loss": {{"steps": [0, 1], "values": [1.5, "NaN"], "times": [...]}}}}}}`.

As bytes, `application/octet-stream`: one line of JSON,
`{{"offset": 0, "metrics": [{{"name": "loss", "points": 2, "times": true}}]}}`, then for each metric its steps as
uint32, its values as float64 and, where announced, its times as int64, little-endian and without gaps.

`offset` is the number of points that the job has. Who gives it posts exactly once: a batch that was taken already is
refused with 409 and the `offset` to go on from. Times are milliseconds since 1970, "now" unless given. Steps do
not fall within a batch; one that begins below the last step of a metric means that the training went back to a
checkpoint: a new attempt begins and masks what it repeats. At most {LARGEST_BODY:,} bytes."""


class OffsetShape(serializers.Serializer[Any]):
    """How many points the job has now: the offset of the next batch."""

    offset = serializers.IntegerField()


class OutcomeShape(StrictShape):
    """How a job trained elsewhere ended: with its final metrics, or with a sentence that says why not."""

    state = serializers.ChoiceField(choices=(State.SUCCEEDED.value, State.FAILED.value))
    metrics = serializers.DictField(child=serializers.FloatField(), required=False)
    sentence = serializers.CharField(max_length=LONGEST_SENTENCE, required=False, allow_blank=True)


def post(request: Request, job_id: int) -> Response:
    """This will take in a batch of points and answer with the offset behind it."""
    found = job_or_404(request, job_id)
    batch = request.data
    if not isinstance(batch, Batch):  # nothing came, so nothing was read
        raise ParseError("The body is empty; accepted are points.")
    offset = post_points(job=found, user=user_of(request), points=batch.points, offset=batch.offset)
    return Response({"offset": offset})


@extend_schema(
    request=OutcomeShape,
    responses={200: OpenApiResponse(JobDetailShape), **refusals(400, 403, 404, 409)},
    operation_id="complete_job",
    tags=["jobs"],
)
@api_view(["PUT"])
def completion(request: Request, job_id: int) -> Response:
    """Say how a job that was trained elsewhere has ended; saying the same twice is as once."""
    found = job_or_404(request, job_id)
    shape = OutcomeShape(data=request.data)
    shape.is_valid(raise_exception=True)
    complete_elsewhere(job=found, user=user_of(request), **shape.validated_data)
    return Response(detail(found.pk))
