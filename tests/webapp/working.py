"""Rows of workers, as if they were there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from jobs.models import Queue, Worker

FOR_LONG = timedelta(hours=1)  # a test is over long before its workers count as silent


def a_worker(name: str, *, queues: list[str] | None = None, **more: Any) -> Worker:
    """This will make a worker that was seen this moment, and note its queues as served."""
    now = timezone.now()
    served = ["cpu"] if queues is None else queues
    for queue in served:
        Queue.objects.update_or_create(name=queue, defaults={"served_at": now})
    given: dict[str, Any] = {
        "host": "host",
        "pid": 4711,
        "queues": served,
        "threads": 3,
        "memory_bytes": 64 * 10**9,
        "memory_free_bytes": 41 * 10**9,
        "disk_free_bytes": 512 * 10**9,
        "versions": {"mtkd": "0.1.0", "python": "3.11.9"},
        "started_at": now,
        "seen_at": now + FOR_LONG,
    }
    return Worker.objects.create(name=name, **{**given, **more})
