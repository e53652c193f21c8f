"""What Prometheus reads."""

from __future__ import annotations

import pytest
from django.db.models.functions import Now
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from rest_framework.test import APIClient

from jobs.models import Beat, Job
from webapp.measuring import SOCKETS, counted_sockets


def read(client: Client) -> dict[str, dict[tuple[str, ...], float]]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sorted(sample.labels.values()))] = sample.value
    return found


def test_jobs_workers_and_sizes_are_told(api: APIClient, job: Job) -> None:
    Beat.objects.create(pk="reaper", at=Now(), by="here")
    found = read(api)
    assert found["mtkd_jobs"] == {("cpu", "queued"): 1}
    assert found["mtkd_oldest_waiting_seconds"].keys() == {("cpu",)}
    assert found["mtkd_reaper_age_seconds"][()] < 60
    assert found["mtkd_database_bytes"][()] > 0
    assert {"mtkd_recorder_behind_bytes", "mtkd_points_estimated", "mtkd_events_estimated"} <= found.keys()


def test_requests_are_counted_by_route_and_never_by_path(viewer: Client, job: Job) -> None:
    before = read(viewer).get("mtkd_http_requests_total", {})
    for path in ("/", f"/jobs/{job.pk}/", "/made/up", "/made/up/too"):
        viewer.get(path)
    viewer.generic("BREW", "/")
    after = read(viewer)
    counted = {
        labels: count - before.get(labels, 0)
        for labels, count in after["mtkd_http_requests_total"].items()
        if count != before.get(labels, 0)
    }
    assert counted.pop(("200", "GET", "api-prometheus")) == 1
    assert counted.pop(("404", "GET", "none")) == 2
    assert counted.pop(("200", "GET", "home")) == 1
    assert counted.pop(("200", "GET", "job")) == 1
    assert [labels[1:] for labels in counted] == [("home", "other")]
    assert after["mtkd_http_request_seconds_count"][("GET", "home")] >= 1


def test_a_session_is_enough_and_a_stranger_is_refused(viewer: Client) -> None:
    assert viewer.get("/metrics").status_code == 200
    answer = Client().get("/metrics")
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json")
    wrong = Client().get("/metrics", headers={"Authorization": "Bearer mtkd_wrong"})
    assert wrong.status_code == 401


async def test_sockets_are_counted_while_they_last() -> None:
    seen: list[float] = []

    def now() -> float:
        return float(SOCKETS._value.get())

    async def socket(scope: object, receive: object, send: object) -> None:
        seen.append(now())
        raise ConnectionError

    before = now()
    with pytest.raises(ConnectionError):
        await counted_sockets(socket)({}, None, None)
    assert (seen, now()) == ([before + 1], before)
