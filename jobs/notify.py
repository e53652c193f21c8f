"""NOTIFY and LISTEN: "something of job N has changed". The payload is only the id."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

CHANNEL = "mtkd_job"
_CONNECT_SECONDS = 3


def notify(*, job_id: int) -> None:
    """This will tell all listeners, when the present transaction commits, that the job has changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(job_id)])


class Listener:
    """Hears which jobs change; reconnects by itself, and then says that it may have missed something."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Any] | None = None

    def wait(self, *, seconds: float) -> set[int] | None:
        """This will return the jobs that changed, at the latest after `seconds`; None for "maybe any"."""
        deadline = time.monotonic() + seconds
        try:
            if self._connection is None:
                self._connect()
                return None
            return _heard(self._connection, deadline)
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


def _heard(listening: psycopg.Connection[Any], deadline: float) -> set[int]:
    timeout = max(0.0, deadline - time.monotonic())
    heard = {int(notice.payload) for notice in listening.notifies(timeout=timeout, stop_after=1)}
    # More may have come in the same packet.
    return heard | {int(notice.payload) for notice in listening.notifies(timeout=0)}
