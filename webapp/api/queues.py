"""Queues over REST."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.queues import overview
from webapp.api.shapes import QueueShape


@extend_schema(responses=QueueShape(many=True), tags=["queues"], operation_id="list_queues")
@api_view(["GET"])
def queues(request: Request) -> Response:
    """List the queues with what is going on in each; why a job waits stands in the job, as `waits`."""
    del request
    return Response(QueueShape(overview(), many=True).data)
