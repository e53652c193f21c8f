"""Masks, densities and maps over REST: as they are laid over a picture, or as they were written."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request

from jobs.queries.inspect.maps import TRUTH
from webapp.access import dataset_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.api.inspect_details import table_of
from webapp.overlays import ALL, send_map, send_overlay

LAST_FRAME = 2**31
VALUES = "values"
FORMS = ("colours", VALUES)
_FORM = OpenApiParameter(
    "form",
    str,
    enum=FORMS,
    description="colours (unless given): clear where there is nothing, to lay over the picture. values: one channel, "
    "of a mask the number of the class with 255 for void, of a density grey.",
)
_PNG = {(200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY, "The PNG."), **refusals(400, 404)}


@extend_schema(
    parameters=[
        OpenApiParameter("of", str, OpenApiParameter.PATH, enum=ALL),
        OpenApiParameter("frame", int, description="Of a video, from 0 on."),
        _FORM,
    ],
    responses=_PNG,
    operation_id="download_overlay",
    tags=["datasets"],
)
@api_view(["GET", "HEAD"])
def overlay(request: Request, dataset_id: int, row: int, of: str) -> HttpResponse:
    """Download the truth of the sample in a row of a dense dataset: its mask, or where people looked."""
    frame = query.number(request, "frame", default=0, low=0, high=LAST_FRAME) or 0
    found, raw = dataset_or_404(request, dataset_id), _is_raw(request)
    return send_overlay(request, found, row=row, of=of, frame=frame, raw=raw)


@extend_schema(
    parameters=[
        OpenApiParameter("who", str, description="As `maps` of the sample names it; the truth unless given."),
        _FORM,
    ],
    responses=_PNG,
    operation_id="download_job_map",
    tags=["jobs"],
)
@api_view(["GET", "HEAD"])
def sample_map(request: Request, job_id: int, row: int) -> HttpResponse:
    """Download what somebody says of one sample of a job of a dense task, pixel by pixel."""
    who = query.text(request, "who", default=TRUTH)
    job, table = table_of(request, job_id)
    return send_map(request, job, table, row=row, who=who, raw=_is_raw(request))


def _is_raw(request: Request) -> bool:
    return query.choice(request, "form", accepted=FORMS) == VALUES
