"""Waiting for what the server does: long polls that any number of cuts do not end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from mtkd_engine.client.answers import Answered
from mtkd_engine.client.connection import Connection
from mtkd_engine.client.errors import TooLateError

LONGEST_POLL = 60
LEAST_PAUSE = 1.0
_SPARE_SECONDS = 15.0
"""How much later than asked for an answer may come before it is taken for lost."""

Found = TypeVar("Found", bound=Answered)


def wait_for(
    connection: Connection,
    path: str,
    kind: type[Found],
    *,
    is_done: Callable[[Found], bool],
    what: str,
    seconds: float | None = None,
    poll: float = LONGEST_POLL,
    on_news: Callable[[Found], None] | None = None,
) -> Found:
    """This will return what stands at an address once it is done, and tell `on_news` how it stands until then.

    News come at least every `poll` seconds. Raises TooLateError when it is not done in `seconds` (None: ever).
    """
    ends = None if seconds is None else time.monotonic() + seconds
    while True:
        began = time.monotonic()
        left = poll if ends is None else min(poll, max(0.0, ends - began))
        wait = int(left)
        answer = connection.ask("GET", path, params={"wait": wait}, seconds=wait + _SPARE_SECONDS)
        found = kind.model_validate(answer.json())
        if on_news is not None:
            on_news(found)
        if is_done(found):
            return found
        now = time.monotonic()
        if ends is not None and now >= ends:
            raise TooLateError(f"{what} did not end within {seconds:g} seconds.")
        # A server that is about to stop answers at once.
        rest = LEAST_PAUSE - (now - began)
        if rest > 0:
            connection.pause(rest if ends is None else min(rest, max(0.01, ends - now)))
