"""What a message makes a worker do."""

from __future__ import annotations

import logging
import os
import socket

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from jobs import stopping
from jobs.celery import app
from jobs.doorbell import TASK
from jobs.operations.claims import claim
from jobs.supervisor import supervise

_log = logging.getLogger(__name__)


def work(queue: str) -> int:
    """This will carry out jobs of a queue until none waits or the worker stops, and return how many."""
    done = 0
    with stopping.sigterm_announces():
        while not stopping.is_announced():
            try:
                taken = claim(queue=queue, worker=worker_name(), threads=settings.THREADS, device="cpu")
            except (DatabaseError, InterfaceError) as error:
                _log.warning("The database is away, so queue %s is looked at later: %s", queue, error)
                connection.close()
                break
            if taken is None:
                break
            supervise(taken)
            done += 1
    return done


def worker_name() -> str:
    """This will name this process among all workers."""
    return f"{socket.gethostname()}:{os.getpid()}"


app.task(name=TASK, ignore_result=True)(work)
