"""Queues over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.queues import overview
from webapp.api.documented import refusals
from webapp.api.paging import PAGED, listed, of_all
from webapp.api.shapes import QueueShape


@extend_schema(
    parameters=[*PAGED],
    responses={200: QueueShape(many=True), **refusals(400)},
    tags=["queues"],
    operation_id="list_queues",
)
@api_view(["GET"])
def queues(request: Request) -> Response:
    """List the queues with what is going on in each; why a job waits stands in the job, as `waits`."""
    found = of_all(request, overview(), key=lambda line: line.name)
    return listed(request, found, QueueShape(found.rows, many=True).data)
