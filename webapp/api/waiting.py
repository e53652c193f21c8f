"""Long polling: `?wait=SECONDS` holds an answer back until what was asked about is over or has changed.

Who waits keeps a thread but no database connection: it looks, gives the connection back, and sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.models import ApiToken, User
from webapp.access import user_of
from webapp.api import query
from webapp.api.etags import names, tag_of_json
from webapp.live.permission import user_now, user_of_token

LONGEST_WAIT = 60
_FIRST_LOOK, _LATER_LOOK = 0.2, 1.0

WAIT = OpenApiParameter(
    "wait",
    {"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0},
    description="Seconds to wait until it is over; with `If-None-Match` until it has changed, too.",
)


Look = Callable[[], tuple[bool, object]]
"""Tells whether nothing more will happen, and gives something that differs when there is news."""


def awaited(
    request: Request, *, look: Look, read: Callable[[], Any], allowed: Callable[[], object]
) -> Response:
    """This will answer with what `read` gives, at once or as late as `?wait=` allows.

    Who has waited is looked up anew, and `allowed` is asked, which raises where they may not read it any more.
    """
    seconds = query.number(request, "wait", default=0, low=0, high=LONGEST_WAIT) or 0
    if seconds:
        _wait(seconds, look=look, is_known=_is_known(request.headers.get("If-None-Match"), read))
        request.user = _user_now(request)
        allowed()
    return Response(read())


def _user_now(request: Request) -> User:
    token, session = request.auth, request._request.session
    if isinstance(token, ApiToken):
        user = user_of_token(token.pk)
    elif session.session_key:
        user = user_now({"session": session})
    else:
        user = User.objects.filter(pk=user_of(request).pk, is_active=True).first()
    if user is None:
        raise NotAuthenticated("While this waited, the token or session came to its end.")
    return user


def _is_known(header: str | None, read: Callable[[], Any]) -> Callable[[], bool]:
    return lambda: header is None or names(header, tag_of_json(read()))


def _wait(seconds: float, *, look: Look, is_known: Callable[[], bool]) -> None:
    deadline, pause = time.monotonic() + seconds, _FIRST_LOOK
    seen: object = None
    while True:
        is_over, version = look()
        if is_over or (version != seen and not is_known()):
            return
        seen = version
        if not connection.in_atomic_block:
            connection.close()  # others need it meanwhile
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(pause, left))
        pause = min(_LATER_LOOK, 1.5 * pause)
