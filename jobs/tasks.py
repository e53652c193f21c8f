"""What a message makes a worker do."""

from __future__ import annotations

import logging
import os
import socket
from typing import Any

from celery.signals import worker_ready
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from jobs import stopping, storable
from jobs.attempt.supervisor import supervise
from jobs.celery import app
from jobs.doorbell import TASK
from jobs.intake.registrar import carry_out
from jobs.operations.claims import claim
from jobs.operations.intake_claims import QUEUE as INTAKE
from jobs.operations.intake_claims import claim_registration
from jobs.tick import Tick

_log = logging.getLogger(__name__)


def work(queue: str) -> int:
    """This will carry out what waits in a queue until nothing does or the worker stops, and return how much."""
    take_and_do = _take_registration if queue == INTAKE else _take_job
    done = 0
    with stopping.sigterm_announces():
        while not stopping.is_announced():
            try:
                there_was_one = take_and_do(queue)
            except (DatabaseError, InterfaceError) as error:
                _log.warning(
                    "The database is away, so queue %s is looked at later: %s", queue, storable.line(error)
                )
                connection.close()
                break
            if not there_was_one:
                break
            done += 1
    return done


def _take_job(queue: str) -> bool:
    taken = claim(queue=queue, worker=worker_name(), threads=settings.THREADS, device="cpu")
    if taken is not None:
        supervise(taken)
    return taken is not None


def _take_registration(queue: str) -> bool:
    taken = claim_registration(queue=queue, worker=worker_name())
    if taken is not None:
        carry_out(taken)
    return taken is not None


def worker_name() -> str:
    """This will name this process among all workers."""
    return f"{socket.gethostname()}:{os.getpid()}"


def start_the_tick(**_: Any) -> None:
    """This will start the tick of this worker's main process, where Celery sends `worker_ready`."""
    Tick.of_this_worker().start()


app.task(name=TASK, ignore_result=True)(work)
worker_ready.connect(start_the_tick, weak=False)
