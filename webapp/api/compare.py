"""Jobs side by side over REST: what differs, what came out, teachers' weights, and samples that one of two won."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.comparing.curves import weights_of
from jobs.queries.comparing.sides import teachers_of
from jobs.queries.overlay import MOST_JOBS
from webapp.api import query
from webapp.api.compare_shapes import CompareShape, WeightsShape
from webapp.api.documented import refusals
from webapp.compared import NotTheirsError, all_visible_or_404, compared, job_ids

JOBS = OpenApiParameter(
    "jobs",
    {"type": "string", "pattern": f"^[0-9]{{1,18}}(,[0-9]{{1,18}}){{0,{MOST_JOBS - 1}}}$"},
    required=True,
    description=f"Ids of up to {MOST_JOBS} jobs, divided by commas.",
)
SECONDS = 20.0
"""How long an answer may take for comparisons."""
QUICK = 0.2
COLUMNS = 80
LAST_ID = 2**62


@extend_schema(
    parameters=[
        JOBS,
        OpenApiParameter(
            "metric", str, description="Compared sample by sample, test/miou or test/top1 unless given."
        ),
        OpenApiParameter(
            "reference",
            {"type": "integer", "minimum": 1, "maximum": LAST_ID},
            description="A job whose cell the others are held against; that of a group, or the first, unless given.",
        ),
        OpenApiParameter(
            "quick", bool, description="Leave differences open that take long: they are there the next time."
        ),
    ],
    responses={200: CompareShape, **refusals(400, 404)},
    operation_id="compare_jobs",
    tags=["compare"],
)
@api_view(["GET"])
def compare(request: Request) -> Response:
    """Read jobs side by side; they may be of different projects.

    What differs between their specs, their final metrics, mean and spread of those that differ in nothing but the seed
    with paired differences from a reference, and the columns of numbers to draw them by.
    """
    ids = asked_jobs(request)
    try:
        found = compared(
            ids,
            metric=query.text(request, "metric", default="") or None,
            reference=query.number(request, "reference", default=None, low=1, high=LAST_ID),
            seconds=QUICK if query.flag(request, "quick") else SECONDS,
        )
    except NotTheirsError as refusal:
        raise ValidationError(refusal.fields) from None
    return Response(found)


@extend_schema(
    parameters=[
        JOBS,
        OpenApiParameter(
            "columns",
            {"type": "integer", "minimum": 1, "maximum": 1000, "default": COLUMNS},
            description="The most steps that are told of a job.",
        ),
    ],
    responses={200: WeightsShape, **refusals(400, 404)},
    operation_id="compare_weights",
    tags=["compare"],
)
@api_view(["GET"])
def weights(request: Request) -> Response:
    """Read the mean weight of each teacher over training, of several jobs; jobs without any are left out."""
    ids = asked_jobs(request)
    columns = query.number(request, "columns", default=COLUMNS, low=1, high=1000) or COLUMNS
    teachers = {job: names for job, names in teachers_of(ids).items() if names}
    found = weights_of(teachers, columns=columns)
    known = [value for one in found.values() for row in one.values for value in row if value is not None]
    told = [
        {"id": job, "teachers": one.teachers, "steps": one.steps, "values": one.values}
        for job, one in found.items()
    ]
    return Response(
        {
            "low": min(0.0, *known) if known else 0.0,
            "high": max(known, default=1.0),
            "last_step": max((one.steps[-1] for one in found.values()), default=0),
            "teachers": list(dict.fromkeys(name for one in found.values() for name in one.teachers)),
            "jobs": told,
        }
    )


def asked_jobs(request: Request) -> list[int]:
    """This will read `?jobs=` for somebody who may see all of them."""
    assert request.resolver_match is not None
    try:
        ids = job_ids(query.text(request, "jobs"))
    except ValueError as refusal:
        raise ValidationError({"jobs": str(refusal)}) from None
    all_visible_or_404(request, ids, route=request.resolver_match.view_name)
    return ids
