"""What happens in a job, as server-sent events: for `curl -N` and for programs that want no websocket.

    id: 412
    event: job
    data: {"state": "running", "step": 400, ...}

`metrics` come first, then each `event` under its number, then `job` under the number up to which all was sent: who
reconnects with `Last-Event-ID` misses nothing and gets no event twice. `end` is the last one. The frames are those
of the job page's websocket; a reader costs a few short reads in shared threads, and no thread of its own.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from jobs.models import ApiToken, Job
from webapp.access import job_id_or_404
from webapp.api import query
from webapp.api.documented import refusals
from webapp.live.bell import bell
from webapp.live.consumer import in_thread
from webapp.live.frames import read_frame
from webapp.live.permission import may_watch, user_now, user_of_token
from webapp.outages import is_outage, note_outage

MEDIA_TYPE = "text/event-stream"
PX = 200
LAST_SEQ = 2**62
HEARTBEAT_SECONDS = 15.0
LOOK_ANYWAY_SECONDS = 1.0
LEAST_SECONDS_BETWEEN_READS = 0.1
PERMISSION_SECONDS = 5.0
AWAY_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Who reads which job, and by what right."""

    job_id: int
    px: int
    token_id: int | None
    session: Any


@extend_schema(
    parameters=[
        OpenApiParameter(
            "after",
            {"type": "integer", "minimum": 0, "default": 0},
            description="Only what lies behind this number.",
        ),
        OpenApiParameter(
            "px",
            {"type": "integer", "minimum": 1, "maximum": 10_000, "default": PX},
            description="What lies far behind comes thinned to this many ranges; no spike is lost.",
        ),
        OpenApiParameter(
            "Last-Event-ID",
            str,
            OpenApiParameter.HEADER,
            description="The newest id that was received, which readers send when they reconnect; before `after`.",
        ),
    ],
    responses={
        (200, MEDIA_TYPE): OpenApiResponse(
            OpenApiTypes.STR, "Events job, metrics, event and end; a comment every 15 s at the least."
        ),
        **refusals(400, 404),
    },
    operation_id="stream_job",
    tags=["jobs"],
)
@api_view(["GET"])
def stream(request: Request, job_id: int) -> HttpResponseBase:
    """Follow a job until it ends, as server-sent events; `Last-Event-ID` or `after` say where to go on."""
    found = job_id_or_404(request, job_id)
    after = query.number(request, "after", default=0, low=0, high=LAST_SEQ) or 0
    px = query.number(request, "px", default=PX, low=1, high=10_000) or PX
    last = request.headers.get("Last-Event-ID", "").strip()
    if last:
        if not (last.isascii() and last.isdecimal() and len(last) < 20):
            raise ValidationError({"Last-Event-ID": f"given {last[:40]!r}, accepted is the id of an event."})
        after = min(int(last), LAST_SEQ)
    token = request.auth
    reader = Reader(
        job_id=found,
        px=px,
        token_id=token.pk if isinstance(token, ApiToken) else None,
        session=request.session,
    )
    answer = StreamingHttpResponse(events_of(reader, after=after), content_type=MEDIA_TYPE)
    answer["Cache-Control"] = "no-store"
    answer["X-Accel-Buffering"] = "no"  # a proxy must not collect it
    return answer


async def events_of(reader: Reader, *, after: int) -> AsyncIterator[str]:
    """This will yield messages until the job has ended or may not be read any more; closing it stops it."""
    known: dict[str, Any] | None = None
    checked = told = time.monotonic()
    yield "retry: 1000\n\n"
    with bell().listening(reader.job_id) as rung:
        while True:
            rung.clear()
            began = time.monotonic()
            is_checked = began - checked > PERMISSION_SECONDS
            checked = began if is_checked else checked
            try:
                frame = await in_thread(partial(_read, reader, after, is_checked=is_checked))
            except (OperationalError, InterfaceError) as error:
                if not is_outage(error):
                    raise
                note_outage(error)
                yield ": the database is away\n\n"
                await asyncio.sleep(AWAY_SECONDS)
                continue
            if frame is None:
                return
            if frame["seq"] > after or frame["job"] != known:
                for text in _messages(frame):
                    yield text
                after, known, told = frame["seq"], frame["job"], time.monotonic()
            if frame["job"]["final"] and not frame["more"]:
                yield _message("end", frame["job"], number=after)
                return
            if time.monotonic() - told > HEARTBEAT_SECONDS:
                told = time.monotonic()
                yield ": still here\n\n"
            if not frame["more"]:
                await _ring_or_timeout(rung)
            await asyncio.sleep(max(0.0, began + LEAST_SECONDS_BETWEEN_READS - time.monotonic()))


def _read(reader: Reader, after: int, *, is_checked: bool) -> dict[str, Any] | None:
    """The next frame; None where the job may not be read any more, or was deleted this moment."""
    if is_checked and not _may_go_on(reader):
        return None
    try:
        return read_frame(job_id=reader.job_id, after=after, px=reader.px)
    except Job.DoesNotExist:
        return None


def _messages(frame: dict[str, Any]) -> Iterator[str]:
    if frame["points"]:
        yield _message("metrics", {"replace": frame["replace"], "series": frame["points"]}, number=None)
    for event in frame["events"]:
        yield _message("event", event, number=event["seq"])
    yield _message("job", frame["job"], number=frame["seq"])


def _message(kind: str, data: Any, *, number: int | None) -> str:
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    place = "" if number is None else f"id: {number}\n"
    return f"{place}event: {kind}\ndata: {text}\n\n"


def _may_go_on(reader: Reader) -> bool:
    token, session = reader.token_id, {"session": reader.session}
    user = user_now(session) if token is None else user_of_token(token)
    return user is not None and may_watch(user, job_id=reader.job_id)


async def _ring_or_timeout(rung: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_ANYWAY_SECONDS):
            await rung.wait()
    except TimeoutError:
        pass
