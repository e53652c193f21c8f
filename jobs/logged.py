"""How log lines look, and whose work they are about.

Lines are made to be read; `MTKD_LOG=json` makes each one a JSON object with time, level, logger, message, process,
pid, and, inside `about(...)`, the job, attempt, registration or worker that it is about.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import UTC, datetime
from typing import Any

from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.processors import JSONRenderer, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict

FORMS = ("line", "json")
_OURS = frozenset({"event", "_record", "_from_structlog", "exception", "exc_info", "stack_info"})


@contextmanager
def about(**names: int | str) -> Iterator[None]:
    """This will put names (job=7, attempt=2, ...) on every line that is logged inside the block.

    Threads see them that are started inside with what `carried` returns.
    """
    with bound_contextvars(**names):
        yield


def carried(action: Callable[[], None]) -> Callable[[], None]:
    """This will return the action for a thread of its own, whose lines are about the same as ours now."""
    context = copy_context()
    return lambda: context.run(action)


class JsonLines(ProcessorFormatter):
    """Writes a record as one JSON object on one line."""

    def __init__(self) -> None:
        super().__init__(
            processors=[format_exc_info, _entry, JSONRenderer(default=str)],
            foreign_pre_chain=[merge_contextvars],
        )


def _entry(_logger: Any, _method: str, given: EventDict) -> EventDict:
    record: logging.LogRecord = given["_record"]
    entry: EventDict = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": given["event"],
        "process": os.environ.get("MTKD_PROCESS") or "manage",
        "pid": record.process,
    }
    if worker := os.environ.get("MTKD_WORKER"):
        entry["worker"] = f"{socket.gethostname()}/{worker}"
    entry.update({name: value for name, value in given.items() if name not in _OURS})
    if "exception" in given:
        entry["exception"] = given["exception"]
    return entry
