"""A worker that drains takes no more messages from the broker, so that its rings reach others."""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from celery.worker.consumer.tasks import Tasks

from jobs import stopping

LOOK_SECONDS = 0.5


class Consuming(bootsteps.StartStopStep):  # type: ignore[misc]
    """Follows the worker's bit "take nothing new"; begins anew with each connection to the broker."""

    requires = (Tasks,)

    def __init__(self, consumer: Any, **_: Any) -> None:
        self._queues = list(consumer.app.amqp.queues.consume_from)
        self._timer: Any = None

    def start(self, consumer: Any) -> None:
        """This will look now, and then again and again in the loop that owns the connection."""
        if stopping.is_draining():  # what it would take it takes up itself, once all is set up
            self._follow(consumer)
        self._timer = consumer.timer.call_repeatedly(LOOK_SECONDS, self._follow, (consumer,))

    def stop(self, consumer: Any) -> None:
        """This will look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _follow(self, consumer: Any) -> None:
        wanted = not stopping.is_draining()
        for queue in self._queues:
            if consumer.task_consumer is None or wanted == consumer.task_consumer.consuming_from(queue):
                continue
            (consumer.add_task_queue if wanted else consumer.cancel_task_queue)(queue)
