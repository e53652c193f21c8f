"""The page that says whether all is in order."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Beat
from jobs.readiness import Check


def found(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    monkeypatch.setattr("webapp.pages.checkup.readiness", lambda: list(checks))


def test_all_checks_stand_with_their_sentences(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found(
        monkeypatch,
        Check("database", True, "The database answers."),
        Check("storage", True, "It can be used."),
    )
    Beat.objects.create(name="reaper", at=timezone.now(), by="host/worker-1")
    text = viewer.get("/health/").content.decode()
    for expected in (
        "Everything is in order.",
        "The database answers.",
        "It can be used.",
        "on host/worker-1",
    ):
        assert expected in text


def test_what_fails_is_counted_and_told(viewer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, Check("broker", False, "The broker does not answer."), Check("storage", True, "Good."))
    text = viewer.get("/health/?part=list").content.decode()
    assert "1 of 2 checks fails." in text
    assert "The broker does not answer." in text
    assert "<html" not in text


def test_everybody_finds_the_page_in_the_menu(viewer: Client) -> None:
    assert 'href="/health/"' in viewer.get("/").content.decode()
