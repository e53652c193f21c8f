from __future__ import annotations

import math

import pytest
from rest_framework.test import APIClient

from jobs.models import Job
from mtkd_engine.events import Metrics, Warned
from tests.engine_double import EngineDouble


@pytest.fixture
def double(job: Job) -> EngineDouble:
    double = EngineDouble()
    double.start()
    for step in range(1, 6):
        double.say(
            Metrics(step=step, values={"loss/total": math.nan if step == 3 else 1.0 / step, "lr": 0.1})
        )
    double.say(Warned(code="x", message="Look here.", step=5))
    return double


def test_events_come_behind_a_number(api: APIClient, job: Job, double: EngineDouble) -> None:
    first = api.get(f"/api/v1/jobs/{job.pk}/events/").json()
    assert [event["kind"] for event in first["events"]] == ["started", "warned"]
    assert first["events"][1]["message"] == "Look here."
    rest = api.get(f"/api/v1/jobs/{job.pk}/events/?after={first['seq']}").json()
    assert rest == {"seq": first["seq"], "events": []}


def test_curves_keep_what_is_not_a_number_as_words(api: APIClient, job: Job, double: EngineDouble) -> None:
    body = api.get(f"/api/v1/jobs/{job.pk}/metrics/?names=loss/total").json()
    assert body["names"] == ["loss/total", "lr"]
    assert list(body["series"]) == ["loss/total"]
    assert body["series"]["loss/total"]["steps"] == [1, 2, 3, 4, 5]
    assert body["series"]["loss/total"]["values"][2] == "NaN"


def test_curves_can_be_cut_and_thinned(api: APIClient, job: Job, double: EngineDouble) -> None:
    body = api.get(f"/api/v1/jobs/{job.pk}/metrics/?names=lr&step_from=2&step_to=4&px=1").json()
    steps = body["series"]["lr"]["steps"]
    assert (steps[0], steps[-1]) == (2, 4)


def test_a_senseless_question_is_refused(api: APIClient, job: Job) -> None:
    assert api.get(f"/api/v1/jobs/{job.pk}/metrics/?px=many").status_code == 400
    assert api.get(f"/api/v1/jobs/{job.pk}/events/?after=-1").status_code == 400


def test_artifacts_are_listed_and_downloaded(api: APIClient, job: Job, double: EngineDouble) -> None:
    double.finish(files={"student.safetensors": b"weights"})
    rows = api.get(f"/api/v1/jobs/{job.pk}/artifacts/").json()
    assert [(row["name"], row["size"]) for row in rows] == [("student.safetensors", 7)]
    answer = api.get(
        f"/api/v1/jobs/{job.pk}/artifacts/student.safetensors", HTTP_ACCEPT="application/octet-stream"
    )
    assert answer.getvalue() == b"weights"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "attachment" in answer["Content-Disposition"]
