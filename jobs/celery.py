"""The Celery application: all of its policy in one place.

A message carries no job. It says "look for work in queue q", is acknowledged when it is received and its
result is of no interest; what is true stands in the rows of jobs, and whatever a lost message delays is
found by the next tick (`jobs.tick`).
"""

from __future__ import annotations

import logging
import os
import warnings
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_shutting_down
from celery.utils.nodenames import host_format

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")

from django.conf import settings

from jobs import stopping
from jobs.consuming import Consuming
from mtkd_engine.loading import loading

DEFAULT_QUEUE = "cpu"

app = Celery("mtkd", broker=settings.BROKER_URL, include=["jobs.tasks"])
app.conf.update(
    task_default_queue=DEFAULT_QUEUE,
    task_acks_late=False,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_pool="prefork",
    worker_prefetch_multiplier=1,
    worker_disable_prefetch=True,
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    # A worker asked to stop hands its job back within the graces below; the soft shutdown leaves room for it.
    worker_soft_shutdown_timeout=settings.CANCEL_GRACE_SECONDS + settings.TERM_GRACE_SECONDS + 10,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=3,
    broker_transport_options={"socket_connect_timeout": 3, "socket_timeout": 10},
    enable_utc=True,
)

app.steps["consumer"].add(Consuming)


def serve(*, queues: list[str], name: str) -> int:
    """This will be a worker of one job at a time until it is asked to end, and return its exit code."""
    with loading():
        # Not by `celery worker`, which would load all its other commands and two consoles.
        from celery.apps.worker import Worker

        for module in app.conf.include:  # what the worker would load later, outside
            import_module(module)
    warnings.filterwarnings("ignore", "You're running the worker with superuser privileges")
    # Django's checks would load the whole site, which a worker never serves: a second of its start.
    os.environ["CELERY_SKIP_CHECKS"] = "true"
    worker = Worker(
        app=app,
        hostname=host_format(f"{name}@%h"),
        queues=queues,
        concurrency=1,
        loglevel="INFO",
        quiet=True,
        without_mingle=True,
        without_gossip=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _tell_the_children(**_: Any) -> None:
    stopping.announce()


def _follow_the_worker(**_: Any) -> None:
    stopping.follow_parent()


class InPlainWords(logging.Filter):
    """A killed worker process is expected trouble: one line for it, without the traceback of Celery's pool."""

    def filter(self, record: logging.LogRecord) -> bool:
        """This will reword the record in place and let it pass."""
        if "WorkerLostError" in record.getMessage():
            record.msg = "A worker process was killed. Its job is taken up again when its lease is over."
            record.args, record.exc_info, record.exc_text = (), None, None
        return True


logging.getLogger("celery.worker.request").addFilter(InPlainWords())
for _chatty in ("celery.worker.strategy", "celery.app.trace"):  # "received" and "succeeded" of every ring
    logging.getLogger(_chatty).setLevel(logging.WARNING)
# It warns of the default of a setting that is set above, and overrides filters of warnings to do so.
logging.getLogger("py.warnings").addFilter(
    lambda record: "worker_cancel_long_running_tasks_on_connection_loss" not in record.getMessage()
)

worker_shutting_down.connect(_tell_the_children, weak=False)
worker_process_init.connect(_follow_the_worker, weak=False)
