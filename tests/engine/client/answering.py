"""A server that is none: it answers from a script, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx

from mtkd_engine.client.connection import Connection

URL = "https://mtkd.test"
Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Script:
    """Gives one answer after the other to all that come; an exception is a cut network."""

    def __init__(self, *answers: Answer) -> None:
        self._answers: Iterator[Answer] = iter(answers)
        self.asked: list[httpx.Request] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    def connection(self, *, patience: float = 60.0) -> Connection:
        """This will give the way to this server, on which nobody really waits."""
        return Connection(
            url=URL,
            token="mtkd_secret",
            patience=patience,
            transport=httpx.MockTransport(self),
            pause=self.pauses.append,
        )

    @property
    def keys(self) -> list[str | None]:
        """The idempotency keys that came."""
        return [request.headers.get("Idempotency-Key") for request in self.asked]


def ok(data: Any = None, *, status: int = 200, **headers: str) -> httpx.Response:
    """This will give an answer with JSON."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.Response(status, json=data, headers=named)


def problem(
    status: int, detail: str = "No.", *, fields: dict[str, str] | None = None, **headers: str
) -> httpx.Response:
    """This will give a refusal as the REST API spells it."""
    body = {"type": "about:blank", "title": "", "status": status, "detail": detail, "fields": fields or {}}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return httpx.Response(
        status, content=json.dumps(body), headers={"Content-Type": "application/problem+json", **named}
    )


def cut() -> httpx.ConnectError:
    """This will give what is raised where there is no network."""
    return httpx.ConnectError("Connection refused")


class Breaking(httpx.SyncByteStream):
    """A body that is cut after some pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        raise httpx.ReadError("Connection reset by peer")


JOB: dict[str, Any] = {
    "id": 7,
    "project": "default",
    "name": "span",
    "state": "running",
    "step": 10,
    "total_steps": 100,
    "part": "training",
    "waits": None,
    "failure": "",
    "created_at": "2030-01-31T12:00:00Z",
    "started_at": "2030-01-31T12:00:10Z",
    "finished_at": None,
    "gate_outcome": "",
    "gates": [],
    "final_metrics": {},
    "baselines": [],
    "spec": {"gates": ["test/miou >= 0.4", "student.params <= 1e6"]},
    "tags": [],
}
RULES: list[dict[str, Any]] = [
    {"rule": "test/miou >= 0.4", "of": "spec", "passed": True, "left": 0.5, "right": 0.4, "sentence": ""},
    {
        "rule": "student.params <= 1e6",
        "of": "policy",
        "passed": False,
        "left": 2_000_000.0,
        "right": 1_000_000.0,
        "sentence": "student.params is 2,000,000, more than 1,000,000.",
    },
]


def job(**changes: Any) -> dict[str, Any]:
    """This will give a job as the server tells of it."""
    return {**JOB, **changes}


def ended(*, gate: str = "passed", **changes: Any) -> dict[str, Any]:
    """This will give a job that succeeded and was judged."""
    rules = [{**rule, "passed": gate == "passed" or rule["passed"]} for rule in RULES]
    return job(
        state="succeeded",
        finished_at="2030-01-31T12:01:10Z",
        gate_outcome=gate,
        gates=rules,
        final_metrics={"test/miou": 0.5, "val/miou": 0.52, "uniform/miou": 0.47, "student.params": 2e6},
        **changes,
    )
