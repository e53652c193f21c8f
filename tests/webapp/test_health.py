"""What load balancers and monitors ask: is the process there, and is all in order that it stands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.test import Client
from pytest_django import Settings

from jobs import readiness
from jobs.celery import app
from jobs.local.home import Home
from jobs.models import Beat
from jobs.queries import health


@pytest.fixture(autouse=True)
def _look_again() -> None:
    readiness.look_again()


@pytest.fixture
def reaper(db: None) -> None:
    Beat.objects.create(pk="reaper", at=Now(), by="here")


def failing(answer: Any) -> dict[str, str]:
    assert answer.headers["Cache-Control"].startswith("max-age=0")
    assert answer.json()["status"] == ("ok" if answer.status_code == 200 else "not ready")
    return {name: check["sentence"] for name, check in answer.json()["checks"].items() if not check["ok"]}


def take_away_the_database(patch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError("connection to 10.1.2.3 refused")

    patch.setattr(connection, "cursor", away)


def test_a_process_that_answers_is_alive_and_asks_nobody(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_means_that_everything_is(reaper: None, servers: Home) -> None:
    answer = Client().get("/readyz")
    assert failing(answer) == {}
    assert answer.status_code == 200
    assert list(answer.json()["checks"]) == ["database", "migrations", "reaper", "broker", "storage"]


def test_without_the_database_nothing_of_it_is_claimed_and_no_address_is_told(
    reaper: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        take_away_the_database(patch)
        answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert list(failing(answer)) == ["database", "migrations", "reaper"]
    assert "10.1.2.3" not in answer.content.decode()


def test_a_reaper_that_never_ran_or_fell_silent_is_named(db: None) -> None:
    assert failing(Client().get("/readyz"))["reaper"].endswith("no worker has run.")
    Beat.objects.create(pk="reaper", at="2026-01-01T00:00Z", by="here")
    readiness.look_again()
    assert failing(Client().get("/readyz"))["reaper"].endswith("no worker runs.")


def test_tables_that_are_not_up_to_date_are_named(reaper: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health._Tables, "are_up_to_date", False)
    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor.migration_plan", lambda *_: ["x"])
    assert list(failing(Client().get("/readyz"))) == ["migrations"]


def test_a_broker_that_is_away_is_named(reaper: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:9/0")
    assert list(failing(Client().get("/readyz"))) == ["broker"]


def test_a_storage_that_cannot_be_written_to_is_named(
    reaper: None, settings: Settings, tmp_path: Path
) -> None:
    settings.STORAGE = tmp_path / "file" / "storage"
    (tmp_path / "file").touch()
    assert list(failing(Client().get("/readyz"))) == ["storage"]


def test_asking_often_looks_once(reaper: None, django_assert_num_queries: Any) -> None:
    Client().get("/readyz")
    with django_assert_num_queries(0):
        assert Client().get("/readyz").status_code == 200
