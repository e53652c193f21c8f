"""The database is away: a page that says so, and a log that is not flooded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.test import Client

from webapp import outages

pytestmark = pytest.mark.django_db


class Away:
    """In place of the connection's cursor."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *_: object) -> None:
        raise self.error


@pytest.fixture(autouse=True)
def _fresh() -> None:
    outages.forget()


@pytest.fixture
def asked(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Asks the site while the database answers everything with an error."""

    def ask(path: str, method: str = "GET", error: Exception | None = None) -> Any:
        viewer.raise_request_exception = False
        with monkeypatch.context() as patch:
            refused = OperationalError('connection to server at "10.1.2.3", port 5432 failed')
            patch.setattr(connection, "cursor", Away(error or refused))
            return viewer.generic(method, path)

    return ask


@pytest.mark.parametrize("path", ["/", "/login/", "/projects/moments/", "/jobs/1/"])
def test_a_page_says_so_and_comes_back_by_itself(path: str, asked: Callable[..., Any]) -> None:
    answer = asked(path)
    assert answer.status_code == 503
    text = answer.content.decode()
    assert "The database does not answer at the moment; nothing is lost." in text
    assert '<meta http-equiv="refresh" content="5">' in text
    assert answer.headers["Retry-After"] == "5"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "10.1.2.3" not in text


def test_what_was_sent_is_not_sent_again_by_itself(asked: Callable[..., Any]) -> None:
    answer = asked("/projects/new/", "POST")
    assert answer.status_code == 503
    assert "refresh" not in answer.content.decode()
    assert "send it again in a moment" in answer.content.decode()


def test_rest_answers_with_a_problem(asked: Callable[..., Any]) -> None:
    answer = asked("/api/v1/projects/")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.headers["Retry-After"] == "5"
    assert "10.1.2.3" not in answer.content.decode()


def test_a_wrong_query_stays_a_mistake_of_ours(asked: Callable[..., Any]) -> None:
    answer = asked("/", error=ProgrammingError("no such column"))
    assert answer.status_code == 500
    assert "The mistake is ours" in answer.content.decode()


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (None, True),
        (psycopg.errors.AdminShutdown, True),
        (psycopg.errors.TooManyConnections, True),
        (psycopg.errors.DiskFull, True),
        (psycopg.errors.DeadlockDetected, False),
        (psycopg.errors.LockNotAvailable, False),
    ],
)
def test_only_what_passes_is_an_outage(cause: type[Exception] | None, expected: bool) -> None:
    error = OperationalError("no")
    error.__cause__ = cause() if cause else None
    assert outages.is_outage(error) == expected
    assert outages.is_outage(InterfaceError("closed"))
    assert not outages.is_outage(ValueError())


def test_an_outage_is_one_line_a_minute_without_a_traceback(
    asked: Callable[..., Any], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        asked("/")
        asked("/api/v1/projects/")
        logging.getLogger("psycopg.pool").warning("error connecting in 'pool-1': refused")
    assert [record.name for record in caplog.records] == ["webapp.outages"]
    assert caplog.records[0].exc_info is None
    monkeypatch.setattr(outages, "EVERY_SECONDS", 0.0)
    asked("/")
    assert caplog.messages[1].endswith("(14 more like this since the last line)")


def test_other_errors_are_logged_as_ever(asked: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> None:
    asked("/", error=ProgrammingError("no such column"))
    assert caplog.records[-1].name == "django.request"
    assert caplog.records[-1].exc_info
