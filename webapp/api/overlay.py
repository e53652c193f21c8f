"""One metric of many jobs over REST, for comparing them."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import Job
from jobs.queries.curves import LAST_STEP
from jobs.queries.overlay import MOST_JOBS, overlay
from webapp.access import may
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.history import curve_as_dict
from webapp.api.shapes import OverlayShape

ROUTE = "api-overlay"
PX = 300


@extend_schema(
    parameters=[
        OpenApiParameter(
            "jobs", str, required=True, description=f"Ids of up to {MOST_JOBS} jobs, divided by commas."
        ),
        OpenApiParameter("name", str, required=True, description="The metric."),
        OpenApiParameter(
            "px", int, description=f"Thin curves to this many ranges, {PX} unless given; no spike is lost."
        ),
        OpenApiParameter("step_from", int, description="First step."),
        OpenApiParameter("step_to", int, description="Last step."),
        OpenApiParameter("times", bool, description="With the time of each point."),
    ],
    responses={200: OverlayShape, **refusals(400, 404)},
    operation_id="overlay_metric",
    tags=["jobs"],
)
@api_view(["GET"])
def curves(request: Request) -> Response:
    """Read one metric of several jobs; they may be of different projects. Jobs without it are left out."""
    ids = _ids(query.text(request, "jobs"))
    name = query.text(request, "name")
    _check(request, ids)
    found = overlay(
        job_ids=ids,
        metric=name,
        px=query.number(request, "px", default=PX, low=1, high=10_000),
        step_from=query.number(request, "step_from", default=None, low=0, high=LAST_STEP),
        step_to=query.number(request, "step_to", default=None, low=0, high=LAST_STEP),
    )
    with_times = query.flag(request, "times")
    series = {str(job): curve_as_dict(name, curve, with_times=with_times) for job, curve in found.items()}
    return Response({"name": name, "series": series})


def _ids(given: str) -> list[int]:
    parts = [part.strip() for part in given.split(",") if part.strip()]
    good = all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts)
    ids = sorted({int(part) for part in parts}) if good else []
    if not 1 <= len(ids) <= MOST_JOBS:
        raise ValidationError({"jobs": f"accepted are the ids of 1 to {MOST_JOBS} jobs, divided by commas."})
    return ids


def _check(request: Request, ids: list[int]) -> None:
    """A job of a project that the asker is no viewer of is, for them, none at all."""
    rows = Job.objects.filter(pk__in=ids, deleted_at__isnull=True).select_related("project")
    projects = {job.project_id: job.project for job in rows}
    seen = {pk for pk, project in projects.items() if may(user=request.user, project=project, route=ROUTE)}
    missing = sorted(set(ids) - {job.pk for job in rows if job.project_id in seen})
    if missing:
        named = ", ".join(map(str, missing[:10]))
        raise Http404(f"There is nothing under {named}, or it belongs to a project you are not a member of.")
