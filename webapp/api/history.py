"""What a job said and left behind, over REST: events, metrics, artifacts."""

from __future__ import annotations

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries import history
from jobs.queries.jobs import job_detail
from webapp.access import artifact_or_404, job_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.shapes import ArtifactShape, EventsShape, MetricsShape
from webapp.downloads import send_artifact
from webapp.live.frames import event_as_dict, spell

LAST_SEQ = 2**62
LAST_STEP = 2**31 - 1


@extend_schema(
    parameters=[
        OpenApiParameter("after", int, description="Only events with a higher number."),
        OpenApiParameter("limit", int, description="At most 1000; 500 unless given."),
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
    return Response({"seq": rows[-1].seq if rows else after, "events": [event_as_dict(row) for row in rows]})


@extend_schema(
    parameters=[
        OpenApiParameter("names", str, description="Metrics, divided by commas; all unless given."),
        OpenApiParameter("px", int, description="Thin curves to this many ranges; no spike is lost."),
        OpenApiParameter("step_from", int, description="First step."),
        OpenApiParameter("step_to", int, description="Last step."),
    ],
    responses={200: MetricsShape, **refusals(400, 404)},
    operation_id="read_metrics",
    tags=["jobs"],
)
@api_view(["GET"])
def metrics(request: Request, job_id: int) -> Response:
    """Read curves; values that are not finite are strings."""
    found = job_or_404(request, job_id)
    names = [name for name in query.text(request, "names", default="").split(",") if name]
    curves = history.series(
        job_id=found.pk,
        metrics=names or None,
        px=query.number(request, "px", default=None, low=1, high=10_000),
        step_from=query.number(request, "step_from", default=None, low=0, high=LAST_STEP),
        step_to=query.number(request, "step_to", default=None, low=0, high=LAST_STEP),
    )
    series = {
        name: {
            "steps": curve.steps.tolist(),
            "values": spell(curve.values),
            "last_seq": int(curve.last_seq),
        }
        for name, curve in curves.items()
    }
    return Response({"names": history.metric_names(found.pk), "series": series})


@extend_schema(
    responses={200: ArtifactShape(many=True), **refusals(404)}, operation_id="list_artifacts", tags=["jobs"]
)
@api_view(["GET"])
def artifacts(request: Request, job_id: int) -> Response:
    """List the files that a job left behind."""
    found = job_detail(job_id=job_or_404(request, job_id).pk)
    return Response(ArtifactShape(found.artifacts.all(), many=True).data)


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
