"""Who this worker is: one name for its main process and for the child that works, from the same environment."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass

from django.conf import settings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
DEVICE = re.compile(r"cpu|cuda(:\d{1,2})?")


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A worker as it presents itself: what it is called, where it runs, what it serves and with what."""

    name: str
    host: str
    pid: int
    queues: tuple[str, ...]
    device: str
    threads: int


def worker_name() -> str:
    """This will name this worker among all: its host, and the name it was started under."""
    return f"{socket.gethostname()}/{settings.WORKER_NAME or f'worker-{os.getpid()}'}"


def of_this_process() -> Identity:
    """This will tell who the worker is whose main process this is."""
    return Identity(
        name=worker_name(),
        host=socket.gethostname(),
        pid=os.getpid(),
        queues=tuple(settings.QUEUES),
        device=settings.DEVICE,
        threads=settings.THREADS,
    )
