from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Group, Job, State
from tests.group_double import end_well, ious, of_cell
from tests.webapp.conftest import MakeJob

DOCUMENT: dict[str, Any] = {
    "name": "study",
    "data": {"dataset": "world"},
    "seeds": [1, 2],
    "ablate": [{"cell": "long", "change": {"optim": {"epochs": 40}}}],
}


@pytest.fixture(autouse=True)
def _world(make_job: MakeJob) -> None:
    """A dataset, teachers, and a silent doorbell."""


@pytest.fixture
def group(api: APIClient) -> Group:
    body = {"project": "moments", "document": DOCUMENT, "queue": "gpu"}
    answer = api.post("/api/v1/groups/", body, format="json")
    assert answer.status_code == 201, answer.content
    return Group.objects.get()


def test_a_group_is_submitted_as_json(group: Group, api: APIClient) -> None:
    body = api.get(f"/api/v1/groups/{group.pk}/").json()
    assert (body["name"], body["document"], body["submitted_by"]) == ("study", DOCUMENT, "editor")
    assert [(cell["cell"], [job["seed"] for job in cell["jobs"]]) for cell in body["cells"]] == [
        ("", [1, 2]),
        ("long", [1, 2]),
    ]
    assert (body["is_settled"], body["metrics"], body["verdicts"]) == (False, [], [])
    assert set(Job.objects.values_list("queue", flat=True)) == {"gpu"}


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("?project=moments&priority=3", "data: {dataset: world}\nseeds: [1, 2]\n"),
        ("", "project: moments\npriority: 3\ndocument: {data: {dataset: world}, seeds: [1, 2]}\n"),
    ],
)
def test_a_group_is_submitted_as_yaml(api: APIClient, address: str, text: str) -> None:
    answer = api.generic("POST", f"/api/v1/groups/{address}", text, content_type="application/yaml")
    assert answer.status_code == 201, answer.content
    assert answer["Location"] == f"/api/v1/groups/{answer.json()['id']}/"
    assert list(Job.objects.values_list("priority", flat=True)) == [3, 3]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({"document": {**DOCUMENT, "seeds": [1, "x"]}}, "seeds.1", "given 'x'"),
        ({"document": {**DOCUMENT, "ablate": ["kau"]}}, "ablate.0", "this spec does not have"),
        ({"document": {**DOCUMENT, "data": {"dataset": "no"}}}, "data.dataset", "given 'no'"),
        ({"document": {"data": {"dataset": "world"}}}, "", "POST /api/v1/jobs/ takes one job"),
        ({"document": [1]}, "document", "accepted is a mapping"),
        ({"document": DOCUMENT, "priority": 99}, "priority", "from -10 to 10"),
        ({"spec": DOCUMENT}, "spec", "there is no such field"),
        (DOCUMENT, "project", "?project=SLUG"),
    ],
)
def test_a_refusal_names_the_entry(api: APIClient, body: dict[str, Any], field: str, words: str) -> None:
    asked = body if "data" in body else {"project": "moments", **body}
    answer = api.post("/api/v1/groups/", asked, format="json")
    assert answer.status_code == 400
    assert words in answer.json()["fields"][field]
    assert not Group.objects.exists()


def test_a_body_that_is_no_mapping_is_refused(api: APIClient) -> None:
    for address in ("/api/v1/groups/", "/api/v1/groups/?project=moments"):
        answer = api.generic("POST", address, "[1]", content_type="application/json")
        assert answer.status_code == 400, address
    answer = api.post(
        "/api/v1/groups/?queue=gpu", {"project": "moments", "document": DOCUMENT}, format="json"
    )
    assert "belongs into the body" in answer.json()["fields"]["queue"]


@pytest.mark.parametrize("key", ["seeds", "ablate"])
def test_one_job_is_no_group_and_the_way_is_pointed_out(api: APIClient, key: str) -> None:
    spec = {"data": {"dataset": "world"}, key: DOCUMENT[key]}
    for address, body in (("", {"project": "moments", "spec": spec}), ("?project=moments", spec)):
        answer = api.post(f"/api/v1/jobs/{address}", body, format="json")
        assert answer.status_code == 400
        assert "POST /api/v1/groups/" in answer.json()["fields"][key]
    assert not Job.objects.exists()


def test_the_table_and_its_verdicts_are_read_at_a_metric(api: APIClient, group: Group) -> None:
    for seed in (1, 2):
        end_well(of_cell(group, "", seed), iou=ious(0.5, seed=seed))
        end_well(of_cell(group, "long", seed), iou=ious(0.6, seed=seed))
    body = api.get(f"/api/v1/groups/{group.pk}/").json()
    long = body["cells"][1]
    assert (body["metric"], body["metrics"], body["is_settled"]) == ("miou", ["miou", "r1@0.5"], True)
    assert long["difference"]["mean"] == pytest.approx(0.1)
    assert long["difference"]["is_decided"]
    assert (long["done"], long["difference"]["seeds"], long["difference"]["samples"]) == (2, 2, 60)
    assert long["jobs"][0]["value"] == pytest.approx(long["max"]) or long["jobs"][0]["value"] <= long["max"]
    assert body["verdicts"][0].startswith("The reference brings −10.0 mIoU over “long”")
    assert body["progress"] == "All 4 jobs are done."
    assert api.get(f"/api/v1/groups/{group.pk}/?metric=r1@0.5").json()["metric"] == "r1@0.5"
    refused = api.get(f"/api/v1/groups/{group.pk}/?metric=odd")
    assert "accepted is one of miou, r1@0.5" in refused.json()["fields"]["metric"]


def test_groups_are_listed_newest_first(api: APIClient, group: Group) -> None:
    answer = api.post("/api/v1/groups/?project=moments", {**DOCUMENT, "seeds": [3]}, format="json")
    newer = answer.json()["id"]
    listed = api.get("/api/v1/groups/?project=moments").json()
    assert [row["id"] for row in listed] == [newer, group.pk]
    assert (listed[1]["jobs"], listed[1]["succeeded"], listed[1]["active"]) == (4, 0, 0)
    first = api.get("/api/v1/groups/?project=moments&limit=1")
    assert [row["id"] for row in first.json()] == [newer]
    following = first["Link"].partition(">")[0].lstrip("<")
    assert [row["id"] for row in api.get(following).json()] == [group.pk]
    assert api.get("/api/v1/groups/").status_code == 400


def test_a_job_says_which_group_it_is_of(api: APIClient, group: Group) -> None:
    job = of_cell(group, "long", 2)
    body = api.get(f"/api/v1/jobs/{job.pk}/").json()
    assert (body["group"], body["spec"]["group"]) == (group.pk, {"name": "study", "cell": "long"})
    copy = api.post(f"/api/v1/jobs/{job.pk}/resubmission/", {"changes": {"seed": 9}}, format="json").json()
    assert (copy["group"], copy["spec"]["group"]) == (None, None)


def test_a_group_is_cancelled_as_a_whole(api: APIClient, group: Group) -> None:
    answer = api.put(f"/api/v1/groups/{group.pk}/cancellation/")
    assert (answer.status_code, answer.json()["progress"]) == (200, "0 of 4 jobs are done: 4 cancelled.")
    assert set(group.jobs.values_list("state", flat=True)) == {State.CANCELLED}
    again = api.put(f"/api/v1/groups/{group.pk}/cancellation/")
    assert again.status_code == 409
    assert "have ended already" in again.json()["detail"]


def test_another_method_is_not_allowed(api: APIClient, group: Group) -> None:
    assert api.delete(f"/api/v1/groups/{group.pk}/").status_code == 405
