"""What a message makes a worker do."""

from __future__ import annotations

import logging
from typing import Any

from celery.signals import worker_init, worker_ready, worker_shutdown
from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.backends.signals import connection_created

from jobs import stopping, storable
from jobs.attempt.supervisor import supervise
from jobs.celery import app
from jobs.courier import Courier
from jobs.doorbell import TASK
from jobs.identity import worker_name
from jobs.intake.predictor import predict
from jobs.intake.registrar import carry_out
from jobs.models import Worker
from jobs.operations.claims import claim
from jobs.operations.intake_claims import QUEUE as INTAKE
from jobs.operations.intake_claims import claim_registration
from jobs.operations.prediction_claims import claim_prediction
from jobs.sweeping import Sweeper
from jobs.tick import Tick

_log = logging.getLogger(__name__)
_LEAST_IDLE_SECONDS = 10.0


def work(queue: str) -> int:
    """This will carry out what waits until nothing does or the worker stops, and return how much it was.

    The bell of one queue makes the worker look at all that it serves, in their order.
    """
    queues = settings.QUEUES if queue in settings.QUEUES else [queue]
    done = 0
    with stopping.sigterm_announces():
        while not stopping.is_announced():
            try:
                there_was_one = _take_from(queues)
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


def _take_from(queues: list[str]) -> bool:
    row = Worker.objects.filter(name=worker_name()).first()
    if row is not None and row.drain_requested_at is not None:
        stopping.drain(
            True, now=row.drain_now
        )  # so that the main process takes no more rings, which others wait for
        return False
    worker = row or worker_name()
    return any(_take_in(worker) if queue == INTAKE else _take_job(queue, worker) for queue in queues)


def _take_job(queue: str, worker: Worker | str) -> bool:
    taken = claim(queue=queue, worker=worker, threads=settings.THREADS, device=settings.DEVICE)
    if taken is not None:
        supervise(taken)
    return taken is not None


def _take_in(worker: Worker | str) -> bool:
    name = worker if isinstance(worker, str) else worker.name
    return _take_prediction(name) or _take_registration(name)  # somebody waits for those, and they are short


def _take_prediction(name: str) -> bool:
    taken = claim_prediction(worker=name)
    if taken is not None:
        predict(taken)
    return taken is not None


def _take_registration(name: str) -> bool:
    taken = claim_registration(queue=INTAKE, worker=name)
    if taken is not None:
        carry_out(taken)
    return taken is not None


def start_the_threads(**_: Any) -> None:
    """This will start what runs beside the work in a worker's main process, where Celery says that it is ready."""
    Tick.of_this_worker().start()
    Sweeper.of_this_worker().start()
    Courier.of_this_worker().start()


def end_the_tick(**_: Any) -> None:
    """This will write down that the worker has stopped, where Celery says that it has."""
    Tick.of_this_worker().end()


def bound_transactions(**_: Any) -> None:
    """This will make the database end any transaction of this worker that stands still, from now on."""
    connection_created.connect(_bound, weak=False)


def _bound(connection: Any, **_: Any) -> None:
    # A process that is stopped (SIGSTOP, a paused machine) in the middle of one must not keep its locks: of
    # claims, of the tick, of the rows of its job.
    milliseconds = 1000 * max(_LEAST_IDLE_SECONDS, settings.LEASE_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {milliseconds:.0f}")


app.task(name=TASK, ignore_result=True)(work)
worker_init.connect(bound_transactions, weak=False)
worker_ready.connect(start_the_threads, weak=False)
worker_shutdown.connect(end_the_tick, weak=False)
