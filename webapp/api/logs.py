"""What the engines of a job printed, over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries import logs
from webapp.access import job_or_404
from webapp.api import query
from webapp.api.documented import refusals

LAST_CURSOR = 2**62
LONGEST_SEARCH = 200


class LogLineShape(serializers.Serializer[Any]):
    """One line: of which attempt, at which byte of its log, and what it says."""

    attempt = serializers.IntegerField()
    byte = serializers.IntegerField()
    text = serializers.CharField()


class LogShape(serializers.Serializer[Any]):
    """Lines, oldest first, and the cursor to ask with for those behind them; `more` says that there are some."""

    after = serializers.IntegerField()
    more = serializers.BooleanField()
    lines = LogLineShape(many=True)


@extend_schema(
    parameters=[
        OpenApiParameter(
            "after",
            int,
            description="Cursor of an earlier answer: only lines behind it. 0 for the oldest kept.",
        ),
        OpenApiParameter("tail", int, description="Without `after`: begin with this many newest lines."),
        OpenApiParameter("attempt", int, description="Number of an attempt; all of them unless given."),
        OpenApiParameter("search", str, description="Only lines that contain this, whatever their case."),
        OpenApiParameter("limit", int, description="At most 10000 lines; 1000 unless given."),
    ],
    responses={200: LogShape, **refusals(400, 404)},
    operation_id="read_log",
    tags=["jobs"],
)
@api_view(["GET"])
def log(request: Request, job_id: int) -> Response:
    """Read what the job's engines printed: the newest 4 MB; whole logs are the artifacts `engine-N.log`."""
    found = job_or_404(request, job_id)
    attempt = query.number(request, "attempt", default=None, low=1, high=2**31 - 1)
    after = query.number(request, "after", default=None, low=0, high=LAST_CURSOR)
    tail = query.number(request, "tail", default=None, low=1, high=10_000)
    search = query.text(request, "search", default="")[:LONGEST_SEARCH]
    limit = query.number(request, "limit", default=1000, low=1, high=10_000) or 1000
    if after is None and tail is not None:
        after = logs.tail_cursor(job_id=found.pk, lines=tail, attempt=attempt)
    page = logs.read_log(job_id=found.pk, attempt=attempt, after=after or 0, search=search, limit=limit)
    lines = [{"attempt": line.attempt, "byte": line.byte, "text": line.text} for line in page.lines]
    return Response({"after": page.after, "more": page.more, "lines": lines})
