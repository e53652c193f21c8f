"""The doorbell's hearing end: one database connection per process that wakes whoever waits for a job.

The bell carries no data, only the id of a job that has something new. A ring that is lost costs at most the
second after which readers look anyway.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections import defaultdict
from collections.abc import Iterator
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection
from psycopg.conninfo import make_conninfo

from jobs.notify import CHANNEL, job_of

FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0

log = logging.getLogger(__name__)


class Bell:
    """Listens while anybody waits; of one event loop."""

    def __init__(self) -> None:
        self._waiting: defaultdict[int, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def listening(self, job_id: int) -> Iterator[asyncio.Event]:
        """This will give an event that is set whenever the job has news, also when rings may have been missed."""
        rung = asyncio.Event()
        self._waiting[job_id].add(rung)
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen(), name="bell")
        try:
            yield rung
        finally:
            self._waiting[job_id].discard(rung)
            if not self._waiting[job_id]:
                del self._waiting[job_id]
            if not self._waiting and self._listener is not None:
                self._listener.cancel()
                self._listener = None

    async def _listen(self) -> None:
        wait = FIRST_WAIT
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(_address(), autocommit=True) as own:
                    await own.execute(f"LISTEN {CHANNEL}")
                    wait = FIRST_WAIT
                    self._ring_all()
                    async for notice in own.notifies():
                        self._ring(notice.payload)
            except psycopg.Error as error:
                log.warning("The database stopped ringing (%s); trying again in %.1f s.", error, wait)
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  (spreads load, no secret)
            wait = min(2 * wait, LONGEST_WAIT)

    def _ring(self, payload: str) -> None:
        with contextlib.suppress(ValueError):  # another program's
            for rung in self._waiting.get(job_of(payload), ()):
                rung.set()

    def _ring_all(self) -> None:
        for waiting in self._waiting.values():
            for rung in waiting:
                rung.set()


_bells: WeakKeyDictionary[asyncio.AbstractEventLoop, Bell] = WeakKeyDictionary()


def bell() -> Bell:
    """This will return the bell of the running event loop."""
    return _bells.setdefault(asyncio.get_running_loop(), Bell())


def _address() -> str:
    settings = connection.settings_dict
    given = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
        **{key: value for key, value in settings["OPTIONS"].items() if isinstance(value, str)},
    }
    return make_conninfo(**{key: str(value) for key, value in given.items() if value})
