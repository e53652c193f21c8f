"""NOTIFY and LISTEN: "something of job N has changed". The payload is only the id, with a + for mere records."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

CHANNEL = "mtkd_job"
_RECORD = "+"
_CONNECT_SECONDS = 3


def notify(*, job_id: int, is_record: bool = False) -> None:
    """This will tell all listeners, when the present transaction commits, that the job has changed.

    `is_record` says that it only has more to show: readers want to know, its own worker does not.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{job_id}{_RECORD if is_record else ''}"])


class Listener:
    """Hears which jobs change; reconnects by itself, and then says that it may have missed something."""

    def __init__(self, *, hears_records: bool = False) -> None:
        self._hears_records = hears_records
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, *, seconds: float) -> set[int] | None:
        """This will return the jobs that changed, at the latest after `seconds`; None for "maybe any"."""
        deadline = time.monotonic() + seconds
        try:
            if self._connection is None:
                self._connect()
                return None
            payloads = _heard(self._connection, deadline)
            return {job_of(one) for one in payloads if self._hears_records or not one.endswith(_RECORD)}
        except psycopg.Error:
            self.close()
            time.sleep(max(0.0, min(seconds, deadline - time.monotonic())))
            return set()

    def close(self) -> None:
        """This will end the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> None:
        given = connections["default"].get_connection_params()
        # What is no text or number is Django's own: its cursors, adapters and pool.
        wanted = {name: value for name, value in given.items() if isinstance(value, str | int)}
        address = make_conninfo("", **{"connect_timeout": _CONNECT_SECONDS, **wanted})
        self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute(f"LISTEN {CHANNEL}")


def job_of(payload: str) -> int:
    """This will read the id of the job that a notice is about."""
    return int(payload.removesuffix(_RECORD))


def _heard(listening: psycopg.Connection[Any], deadline: float) -> set[str]:
    timeout = max(0.0, deadline - time.monotonic())
    heard = {notice.payload for notice in listening.notifies(timeout=timeout, stop_after=1)}
    # More may have come in the same packet.
    return heard | {notice.payload for notice in listening.notifies(timeout=0)}
