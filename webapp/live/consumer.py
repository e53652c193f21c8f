"""The websocket of a job page: sends what lies behind the reader's cursor, again and again.

First load, reconnect and tail are the same code: the reader says how far it is, the rows say the rest. No
message is ever queued for a socket, so a slow reader costs nothing but its own delay. While the database is away
the socket stays open: `{"away": true, "since": time}` says so once, and the first frame after it that it is over.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import InterfaceError, OperationalError, connections

from jobs.models import Job
from webapp.charts import PX
from webapp.live.bell import bell
from webapp.live.frames import read_frame
from webapp.live.permission import may_watch, user_now
from webapp.outages import is_outage, note_outage

LOOK_ANYWAY_SECONDS = 1.0
LEAST_SECONDS_BETWEEN_READS = 0.1
PERMISSION_SECONDS = 5.0
SEND_SECONDS = 30.0
READ_SECONDS = 15.0
AWAY_SECONDS = 1.0
LONGEST_MESSAGE = 4_096

DONE, BAD_MESSAGE, LOGGED_OUT, FORBIDDEN, NOT_FOUND = 1000, 4400, 4401, 4403, 4404
TOO_SLOW, BROKEN = 4408, 4500

Result = TypeVar("Result")
readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


async def in_thread(call: Callable[[], Result]) -> Result:
    """This will run a database read beside the event loop and give its connection back."""

    def run() -> Result:
        try:
            return call()
        finally:
            connections.close_all()

    try:
        async with asyncio.timeout(READ_SECONDS):
            return await sync_to_async(run, thread_sensitive=False, executor=readers)()
    except TimeoutError:  # a connection that says nothing any more is one that is lost
        raise OperationalError(f"It has not answered for {READ_SECONDS:g} s.") from None


class JobFeed(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One reader of one job. It asks with `{"after": seq, "px": ranges}`; asking again starts over from there."""

    async def connect(self) -> None:
        """This will take the socket, and close it with a code that says why it cannot stay."""
        self.job_id = int(self.scope["url_route"]["kwargs"]["job_id"])
        self.task: asyncio.Task[None] | None = None
        self.after = 0
        self.away_since: datetime | None = None
        await self.accept()  # before this, a browser would not see the code
        if not self._same_origin():
            await self.close(FORBIDDEN)
            return
        try:
            await self._close_unless_allowed()
        except (OperationalError, InterfaceError) as error:
            await self._tell_away(error)  # who it is will be asked before anything is sent

    async def disconnect(self, code: int) -> None:
        """This will stop feeding."""
        if self.task is not None:
            self.task.cancel()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """This will start the feed at the reader's cursor."""
        try:
            if text_data is None or len(text_data) > LONGEST_MESSAGE:
                raise ValueError
            asked = json.loads(text_data)
            after, px = int(asked["after"]), int(asked.get("px", PX))
            if not (0 <= after < 2**62 and 1 <= px <= 10_000):
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError):
            await self.close(BAD_MESSAGE)
            return
        if self.task is not None:
            self.task.cancel()
        self.task = asyncio.create_task(self._feed_or_close(after=after, px=px), name=f"feed {self.job_id}")

    async def _feed_or_close(self, *, after: int, px: int) -> None:
        self.after = after
        try:
            while not await self._fed(px=px):
                await asyncio.sleep(AWAY_SECONDS)
        except TimeoutError:
            await self.close(TOO_SLOW)
        except Job.DoesNotExist:  # it was deleted for good this moment
            await self.close(FORBIDDEN)
        except Exception:
            await self.close(BROKEN)
            raise

    async def _fed(self, *, px: int) -> bool:
        """Feed until the socket is closed; False when the database went away."""
        try:
            if self.away_since is None or await self._close_unless_allowed():
                await self._feed(after=self.after, px=px)
        except (OperationalError, InterfaceError) as error:
            await self._tell_away(error)
            return False
        return True

    async def _tell_away(self, error: Exception) -> None:
        if not is_outage(error):
            raise error
        note_outage(error)
        if self.away_since is None:
            self.away_since = datetime.now(UTC)
            await self._tell({"away": True, "since": self.away_since.isoformat()})

    async def _tell(self, frame: dict[str, Any]) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self.send(text_data=json.dumps(frame, allow_nan=False, separators=(",", ":")))

    def _is_at(self, after: int) -> None:
        """Whatever happens to the database, the feed goes on from here."""
        self.after, self.away_since = after, None

    async def _feed(self, *, after: int, px: int) -> None:
        checked = time.monotonic()
        known: dict[str, Any] | None = None
        with bell().listening(self.job_id) as rung:
            while True:
                rung.clear()
                began = time.monotonic()
                if began - checked > PERMISSION_SECONDS:
                    checked = began
                    if not await self._close_unless_allowed():
                        return
                frame = await in_thread(partial(read_frame, job_id=self.job_id, after=after, px=px))
                if frame["seq"] > after or frame["job"] != known:
                    await self._tell(frame)
                    after, known = frame["seq"], frame["job"]
                    self._is_at(after)
                if frame["job"]["final"] and not frame["more"]:
                    await self.close(DONE)
                    return
                if not frame["more"]:
                    await _ring_or_timeout(rung)
                await asyncio.sleep(max(0.0, began + LEAST_SECONDS_BETWEEN_READS - time.monotonic()))

    async def _close_unless_allowed(self) -> bool:
        refusal = await in_thread(self._refusal)
        if refusal is not None:
            await self.close(refusal)
        return refusal is None

    def _refusal(self) -> int | None:
        user = user_now(self.scope)
        if user is None:
            return LOGGED_OUT
        return None if may_watch(user, job_id=self.job_id) else FORBIDDEN

    def _same_origin(self) -> bool:
        headers = {key.lower(): value.decode("latin-1") for key, value in self.scope["headers"]}
        origin: str = headers.get(b"origin", "")
        return urlsplit(origin).netloc == str(headers.get(b"host", "-"))


class Nowhere(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Answers at every other address: there is nothing."""

    async def connect(self) -> None:
        """This will say so by the code."""
        await self.accept()
        await self.close(NOT_FOUND)


async def _ring_or_timeout(rung: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_ANYWAY_SECONDS):
            await rung.wait()
    except TimeoutError:
        pass
