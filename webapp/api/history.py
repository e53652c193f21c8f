"""What a job said and left behind, over REST: events, metrics, artifacts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view, parser_classes
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries import history
from jobs.queries.curves import LAST_STEP, SYSTEM
from jobs.queries.jobs import job_detail
from webapp.access import artifact_or_404, job_id_or_404, job_or_404
from webapp.api import points, query
from webapp.api.documented import refusals
from webapp.api.paging import NEXT, PAGED, leading_on, listed, of_all
from webapp.api.point_bodies import BinaryPoints, JsonPoints
from webapp.api.points import OffsetShape
from webapp.api.shapes import ArtifactShape, EventsShape, MetricsShape
from webapp.downloads import send_artifact
from webapp.live.frames import event_as_dict, spell

LAST_SEQ = 2**62


@extend_schema(
    parameters=[
        OpenApiParameter("after", int, description="Only events with a higher number."),
        OpenApiParameter("limit", int, description="At most 1000; 500 unless given."),
        NEXT,
    ],
    responses={200: EventsShape, **refusals(400, 404)},
    operation_id="list_events",
    tags=["jobs"],
)
@api_view(["GET"])
def events(request: Request, job_id: int) -> Response:
    """List what the engine said, oldest first."""
    found = job_or_404(request, job_id)
    after = query.number(request, "after", default=0, low=0, high=LAST_SEQ) or 0
    limit = query.number(request, "limit", default=500, low=1, high=1000) or 500
    rows = history.events_after(job_id=found.pk, seq=after, limit=limit)
    seq = rows[-1].seq if rows else after
    answer = Response({"seq": seq, "events": [event_as_dict(row) for row in rows]})
    return leading_on(answer, request, after=seq) if len(rows) == limit else answer


@extend_schema(
    methods=["POST"],
    description=points.POSTED,
    request={
        "application/json": OpenApiTypes.OBJECT,
        "application/octet-stream": OpenApiTypes.BINARY,
    },
    responses={200: OffsetShape, **refusals(400, 403, 404, 409, 413)},
    operation_id="post_points",
    tags=["jobs"],
)
@extend_schema(
    methods=["GET"],
    parameters=[
        OpenApiParameter("names", str, description="Metrics, divided by commas; all unless given."),
        OpenApiParameter("px", int, description="Thin curves to this many ranges; no spike is lost."),
        OpenApiParameter("step_from", int, description="First step."),
        OpenApiParameter("step_to", int, description="Last step."),
        OpenApiParameter("times", bool, description="With the time of each point."),
    ],
    responses={200: MetricsShape, **refusals(400, 404)},
    operation_id="read_metrics",
    tags=["jobs"],
)
@api_view(["GET", "POST"])
@parser_classes([JsonPoints, BinaryPoints])
def metrics(request: Request, job_id: int) -> Response:
    """Read curves; values that are not finite are strings."""
    if request.method == "POST":
        return points.post(request, job_id)
    found = job_id_or_404(request, job_id)
    names = [name for name in query.text(request, "names", default="").split(",") if name]
    curves = history.series(
        job_id=found,
        metrics=names or None,
        px=query.number(request, "px", default=None, low=1, high=10_000),
        step_from=query.number(request, "step_from", default=None, low=0, high=LAST_STEP),
        step_to=query.number(request, "step_to", default=None, low=0, high=LAST_STEP),
    )
    with_times = query.flag(request, "times")
    series = {name: curve_as_dict(name, curve, with_times=with_times) for name, curve in curves.items()}
    return Response({"names": history.metric_names(found), "series": series})


def curve_as_dict(name: str, curve: history.Series, *, with_times: bool) -> dict[str, Any]:
    """This will spell a curve for JSON; one of the system always has its times."""
    found: dict[str, Any] = {"steps": curve.steps.tolist(), "values": spell(curve.values)}
    if with_times or name.startswith(SYSTEM):
        found["times_ms"] = curve.times_ms.tolist()
    return {**found, "last_seq": int(curve.last_seq)}


@extend_schema(
    parameters=[*PAGED],
    responses={200: ArtifactShape(many=True), **refusals(400, 404)},
    operation_id="list_artifacts",
    tags=["jobs"],
)
@api_view(["GET"])
def artifacts(request: Request, job_id: int) -> Response:
    """List the files that a job left behind."""
    job = job_detail(job_id=job_or_404(request, job_id).pk)
    found = of_all(request, list(job.artifacts.all()), key=lambda artifact: artifact.name)
    return listed(request, found, ArtifactShape(found.rows, many=True).data)


@extend_schema(
    responses={
        (200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The file."),
        (206, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The range asked for."),
        **refusals(404),
    },
    operation_id="download_artifact",
    tags=["jobs"],
)
@api_view(["GET", "HEAD"])
def artifact(request: Request, job_id: int, name: str) -> HttpResponseBase:
    """Download one file, or with `Range: bytes=FIRST-LAST` a part of it, verified against its sha256."""
    return send_artifact(request, artifact_or_404(request, job_id, name))
