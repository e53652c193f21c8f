"""Jobs trained elsewhere over REST: begun, fed with points, ended."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from rest_framework.test import APIClient

from jobs.models import Job, Project, User
from jobs.queries.history import integrity

pytestmark = pytest.mark.django_db


@pytest.fixture
def begun(api: APIClient, project: Project) -> Job:
    body = {"project": project.slug, "elsewhere": {"name": "on a laptop", "parameters": {"lr": 0.1}}}
    answer = api.post("/api/v1/jobs/", body, format="json")
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"/api/v1/jobs/{answer.json()['id']}/"
    return Job.objects.get(pk=answer.json()["id"])


@pytest.fixture
def address(begun: Job) -> str:
    return f"/api/v1/jobs/{begun.pk}/metrics/"


def binary(header: dict[str, Any], *arrays: np.ndarray[Any, Any]) -> bytes:
    return json.dumps(header).encode() + b"\n" + b"".join(array.tobytes() for array in arrays)


def test_a_job_elsewhere_runs_at_once_and_says_what_it_is(begun: Job) -> None:
    assert (begun.state, begun.elsewhere, begun.dataset) == ("running", True, None)
    assert begun.spec == {"name": "on a laptop", "elsewhere": True, "parameters": {"lr": 0.1}}
    assert begun.lease_until is not None


@pytest.mark.parametrize(
    ("elsewhere", "field"),
    [
        ({}, "elsewhere.name"),
        ({"name": " "}, "elsewhere.name"),
        ({"name": "a\x00"}, "elsewhere.name"),
        ({"name": "a", "dataset": "unknown"}, "elsewhere.dataset"),
        ({"name": "a", "parameters": {"x": "y" * 70_000}}, "elsewhere.parameters"),
        ({"name": "a", "spec": {}}, "elsewhere.spec"),
    ],
)
def test_a_senseless_beginning_is_refused_by_field(
    api: APIClient, project: Project, elsewhere: dict[str, Any], field: str
) -> None:
    answer = api.post("/api/v1/jobs/", {"project": project.slug, "elsewhere": elsewhere}, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field]), answer.content
    assert not Job.objects.exists()


def test_points_come_back_as_they_were_posted(api: APIClient, begun: Job, address: str) -> None:
    times = [1_700_000_000_000, 1_700_000_000_500, 1_700_000_001_000]
    metrics = {
        "loss": {"steps": [0, 1, 5], "values": [1, "NaN", "-Infinity"], "times": times},
        "val/r1": {"steps": [5], "values": [0.25]},
    }
    answer = api.post(address, {"offset": 0, "metrics": metrics}, format="json")
    assert (answer.status_code, answer.json()) == (200, {"offset": 4})
    read = api.get(address + "?times=1").json()
    assert read["names"] == ["loss", "val/r1"]
    loss = read["series"]["loss"]
    assert (loss["steps"], loss["values"]) == ([0, 1, 5], [1.0, "NaN", "-Infinity"])
    assert loss["times_ms"] == times
    begun.refresh_from_db()
    assert begun.step == 5
    assert integrity(begun.pk) == []


def test_bytes_say_the_same_as_json(api: APIClient, begun: Job, address: str) -> None:
    steps, values = np.arange(20_000, dtype="<u4"), np.random.default_rng(0).normal(size=20_000)
    times = np.arange(20_000, dtype="<i8") + 1_700_000_000_000
    header = {
        "offset": 0,
        "metrics": [{"name": "a", "points": 20_000, "times": True}, {"name": "b", "points": 20_000}],
    }
    body = binary(header, steps, values, times, steps, -values)
    answer = api.generic("POST", address, body, content_type="application/octet-stream")
    assert answer.json() == {"offset": 40_000}
    read = api.get(address + "?times=1").json()["series"]
    assert read["a"]["steps"] == steps.tolist()
    assert read["a"]["values"] == values.tolist()
    assert read["b"]["values"] == (-values).tolist()
    assert read["a"]["times_ms"] == times.tolist()
    assert integrity(begun.pk) == []


def test_a_batch_posted_twice_is_taken_once(api: APIClient, address: str) -> None:
    batch = {"offset": 0, "metrics": {"loss": {"steps": [1, 2], "values": [3, 4]}}}
    assert api.post(address, batch, format="json").json() == {"offset": 2}
    again = api.post(address, batch, format="json")
    assert (again.status_code, again.json()["offset"]) == (409, 2)
    assert api.post(address, {**batch, "offset": 2}, format="json").json() == {"offset": 4}
    assert api.get(address).json()["series"]["loss"]["steps"] == [1, 2]  # gone back, and told anew


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ({"a": {"steps": [1, 2], "values": [1]}}, "2 steps, 1 values"),
        ({"a": {"steps": [2, 1], "values": [1, 2]}}, "step 1 comes after step 2"),
        ({"a": {"steps": [-1], "values": [1]}}, "accepted are 0 to 2147483647"),
        ({"a": {"steps": [2**31], "values": [1]}}, "accepted are 0 to 2147483647"),
        ({"a": {"steps": [10**30], "values": [1]}}, "steps must be whole numbers"),
        ({"a": {"steps": [0.5], "values": [1]}}, "steps must be whole numbers"),
        ({"a": {"steps": ["1"], "values": [1]}}, "steps must be whole numbers"),
        ({"a": {"steps": [True], "values": [1]}}, "steps must be whole numbers"),
        ({"a": {"steps": [1], "values": [None]}}, "values must be numbers"),
        ({"a": {"steps": [1], "values": ["1.5"]}}, "values must be numbers"),
        ({"a": {"steps": [[1]], "values": [[1]]}}, "steps must be whole numbers"),
        ({"a": {"steps": 1, "values": 1}}, "steps must be a list"),
        ({"a": {"steps": [1], "values": [1], "x": []}}, "accepted are steps and values"),
        ({"a": {"steps": [1], "values": [1], "times": [-5]}}, "milliseconds since 1970"),
        ({"a": {"steps": [1], "values": [1], "times": [2**43]}}, "milliseconds since 1970"),
        ({"a" * 401: {"steps": [1], "values": [1]}}, "1 to 400 printable characters"),
        ({"a\x00": {"steps": [1], "values": [1]}}, "1 to 400 printable characters"),
        ({"": {"steps": [1], "values": [1]}}, "1 to 400 printable characters"),
        ([], "a mapping of names"),
    ],
)
def test_points_that_are_none_are_refused_whole(
    api: APIClient, begun: Job, address: str, metrics: Any, words: str
) -> None:
    answer = api.post(address, {"metrics": metrics}, format="json")
    assert answer.status_code == 400, answer.content
    assert words in answer.json()["detail"]
    assert Job.objects.get(pk=begun.pk).cursor_offset == 0
    assert not begun.chunks.exists()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The body is empty"),
        (b"[]\n", "must be a mapping"),
        (b'{"metrics": [{"name": "a", "points": 1}]}\nxxx', "announces 12 bytes of arrays, but 3 come"),
        (b'{"metrics": [{"name": "a", "points": -1}]}\n', "accepted are at most"),
        (b'{"metrics": [{"name": "a", "points": 1, "values": 2}]}\n', "accepted are at most"),
        (b'{"metrics": {"a": 1}}\n', "accepted are at most"),
        (b'{"metrics": [], "offset": -1}\n', "the number of points"),
        (b'{"metrics": [], "more": 1}\n', "no such field"),
        (binary({"metrics": [{"name": "a", "points": 0}] * 2}), "comes twice"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_bytes_that_are_no_points_are_refused(api: APIClient, address: str, body: bytes, words: str) -> None:
    answer = api.generic("POST", address, body, content_type="application/octet-stream")
    assert answer.status_code == 400, answer.content
    assert words in answer.json()["detail"]


def test_a_number_that_json_does_not_have_is_named(api: APIClient, address: str) -> None:
    answer = api.generic(
        "POST", address, '{"metrics": {"a": {"steps": [1], "values": [NaN]}}}', "application/json"
    )
    assert answer.status_code == 400
    assert 'accepted is the string "NaN"' in answer.json()["detail"]


def test_a_body_of_more_than_32_megabytes_is_refused(api: APIClient, address: str) -> None:
    answer = api.generic("POST", address, b" " * (32 * 2**20 + 1), content_type="application/octet-stream")
    assert answer.status_code == 413


def test_an_empty_batch_is_a_sign_of_life(api: APIClient, begun: Job, address: str) -> None:
    Job.objects.filter(pk=begun.pk).update(lease_until=None)
    assert api.post(address, {"metrics": {}}, format="json").json() == {"offset": 0}
    assert Job.objects.get(pk=begun.pk).lease_until is not None


def test_nobody_posts_points_of_a_job_that_a_worker_trains(api: APIClient, job: Job) -> None:
    answer = api.post(f"/api/v1/jobs/{job.pk}/metrics/", {"metrics": {}}, format="json")
    assert (answer.status_code, "trained by a worker" in answer.json()["detail"]) == (409, True)
    ended = api.put(f"/api/v1/jobs/{job.pk}/completion/", {"state": "failed"}, format="json")
    assert ended.status_code == 409


def test_a_completed_job_has_its_result_and_takes_no_more(api: APIClient, begun: Job, address: str) -> None:
    api.post(address, {"metrics": {"loss": {"steps": [1], "values": [1]}}}, format="json")
    where = f"/api/v1/jobs/{begun.pk}/completion/"
    said = {"state": "succeeded", "metrics": {"r1@0.5": 0.5}}
    for _ in range(2):
        answer = api.put(where, said, format="json")
        assert (answer.status_code, answer.json()["state"]) == (200, "succeeded")
    assert answer.json()["result"]["metrics"] == {"r1@0.5": 0.5}
    assert answer.json()["attempts"][0]["outcome"] == "succeeded"
    assert api.put(where, {"state": "failed"}, format="json").status_code == 409
    late = api.post(address, {"metrics": {"loss": {"steps": [2], "values": [1]}}}, format="json")
    assert (late.status_code, "has ended" in late.json()["detail"]) == (409, True)
    assert integrity(begun.pk) == []


def test_a_failure_elsewhere_keeps_its_sentence(api: APIClient, begun: Job) -> None:
    body = {"state": "failed", "sentence": "The laptop was closed."}
    answer = api.put(f"/api/v1/jobs/{begun.pk}/completion/", body, format="json").json()
    assert (answer["state"], answer["failure"]) == ("failed", "The laptop was closed.")


def test_a_viewer_posts_nothing(people: dict[str, User], begun: Job, address: str) -> None:
    client = APIClient()
    client.force_authenticate(people["viewer"])
    assert client.post(address, {"metrics": {}}, format="json").status_code == 403
