from __future__ import annotations

import time

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from jobs.models import Job, User
from jobs.operations.tokens import create_token
from webapp.api import limits


@pytest.fixture(autouse=True)
def _counted_anew(servers: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests use the same ids again: each counts under a name of its own, within one minute."""
    monkeypatch.setattr(limits, "counter", limits.Counter())
    run, at = time.monotonic_ns(), time.time() // 60 * 60 + 20
    monkeypatch.setattr(limits, "_who", lambda request: f"test-{run}-{request.auth.pk}")
    monkeypatch.setattr(limits, "now", lambda: at)


def test_every_answer_says_what_is_left(api: APIClient, settings: Settings) -> None:
    first, second = api.get("/api/v1/projects/"), api.get("/api/v1/projects/")
    assert first["RateLimit-Limit"] == str(settings.READS_PER_MINUTE)
    assert int(first["RateLimit-Remaining"]) - int(second["RateLimit-Remaining"]) == 1
    assert int(second["RateLimit-Reset"]) == 40


def test_one_call_too_many_is_refused_until_the_next_minute(
    api: APIClient, settings: Settings, job: Job
) -> None:
    settings.READS_PER_MINUTE = 2
    answers = [api.get("/api/v1/projects/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["RateLimit-Remaining"] == "0"
    assert int(refused["Retry-After"]) == 40
    assert refused.json()["detail"].startswith("These were more than 2 calls in a minute")
    assert api.put(f"/api/v1/jobs/{job.pk}/cancellation/").status_code == 200


def test_tokens_are_counted_apart(api: APIClient, settings: Settings, people: dict[str, User]) -> None:
    settings.READS_PER_MINUTE = 1
    _, secret = create_token(user=people["editor"], name="another")
    other = APIClient()
    other.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert [client.get("/api/v1/projects/").status_code for client in (api, api, other)] == [200, 429, 200]


def test_nobody_is_refused_while_the_broker_is_away(
    api: APIClient, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.READS_PER_MINUTE = 1
    settings.BROKER_URL = "redis+socket:///nowhere/at/all.sock"
    answers = [api.get("/api/v1/projects/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "RateLimit-Limit" not in answers[0]
    assert len([record for record in caplog.records if record.name == limits.__name__]) == 1
