"""Ringing for a worker: a message without content, so that losing or doubling it does no harm."""

from __future__ import annotations

import logging

from kombu.exceptions import KombuError, OperationalError

from jobs.celery import app

TASK = "mtkd.work"
_log = logging.getLogger(__name__)


def ring(queue: str) -> bool:
    """This will wake one worker of `queue`; False when the broker is away, and then the tick rings later."""
    try:
        app.send_task(
            TASK,
            args=[queue],
            queue=queue,
            ignore_result=True,
            retry=True,
            # One more try: the pooled connection may be older than the broker.
            retry_policy={"max_retries": 1, "interval_start": 0, "interval_step": 0},
        )
    except (KombuError, OperationalError, OSError) as error:
        _log.warning("The broker is away, so the bell of queue %s rings later (%s).", queue, error)
        return False
    return True


def rings_waiting(queue: str) -> int | None:
    """This will count the messages of `queue` that no worker has taken, or give None: broker away."""
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=2)
            return int(broker.default_channel.queue_declare(queue=queue, passive=False).message_count)
    except (KombuError, OperationalError, OSError):
        return None
