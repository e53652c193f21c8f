"""Bodies of requests as the server takes them in: never in memory as a whole, never more than one part of an upload."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_BESIDES = 1 << 20
"""What a body may hold besides a part: the frame of a form."""


class BodyRefusedError(Exception):
    """A body cannot be taken in; the sentence says why."""

    status, title = 413, "Content Too Large"


class BodyTooLargeError(BodyRefusedError):
    """More came than any address takes."""

    def __init__(self) -> None:
        super().__init__(f"The body is too large; up to {settings.LARGEST_PART:,} bytes are accepted.")


class NoRoomError(BodyRefusedError):
    """The disk of MTKD_HOME does not take it."""

    status, title = 507, "Insufficient Storage"


class BodyHandler(ASGIHandler):
    """Django's, but large bodies lie on the disk of MTKD_HOME, and those that nothing would accept are refused."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """This will answer one request."""
        try:
            if scope["type"] == "http" and _announced(scope) > _most():
                raise BodyTooLargeError
            await super().__call__(scope, receive, send)
        except BodyRefusedError as refusal:
            await _refuse(send, refusal)

    async def read_body(self, receive: Receive) -> tempfile.SpooledTemporaryFile[bytes]:
        """This will receive a body, to a file once it is too large for the memory."""
        folder = Path(settings.MTKD_HOME) / "work"
        folder.mkdir(parents=True, exist_ok=True)
        size, most = 0, _most()
        body: tempfile.SpooledTemporaryFile[bytes] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - closed later
            max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE, mode="w+b", dir=str(folder)
        )
        try:
            while True:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] == "http.disconnect":
                    raise RequestAborted
                if size > most:  # its length was not announced
                    raise BodyTooLargeError
                body.write(message.get("body", b""))
                if not message.get("more_body", False):
                    break
            body.seek(0)
        except BaseException as error:
            with contextlib.suppress(OSError):  # what is left in its buffer finds no room either
                body.close()
            if isinstance(error, OSError):
                raise NoRoomError(f"The server cannot keep the body: {error.strerror or error}.") from None
            raise
        return body


def _most() -> int:
    return settings.LARGEST_PART + _BESIDES


def _announced(scope: Message) -> int:
    given = dict(scope["headers"]).get(b"content-length", b"0")
    return int(given) if given.isdigit() else 0


async def _refuse(send: Send, refusal: BodyRefusedError) -> None:
    problem = {
        "type": "about:blank",
        "title": refusal.title,
        "status": refusal.status,
        "detail": str(refusal),
        "fields": {},
    }
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})
