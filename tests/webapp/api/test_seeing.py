"""Jobs on clips, on their compressed streams and on features over REST: planned, submitted, refused."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from jobs.models import Job, Project
from tests.classifying import COUNTS, make_classifier
from tests.seen_as import make_held, make_reader, make_sources, plain

JOBS, PLAN = "/api/v1/jobs/", "/api/v1/jobs/plan/?project=moments"
SUBJECTS = ("clips", "streams", "features")


@pytest.fixture(autouse=True)
def _nobody_is_rung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)


def refused(api: APIClient, spec: dict[str, Any]) -> dict[str, str]:
    answer = api.post(JOBS, {"project": "moments", "spec": spec}, format="json")
    assert answer.status_code == 400
    assert not Job.objects.exists()
    found: dict[str, str] = answer.json()["fields"]
    return found


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_job_is_planned_and_submitted(api: APIClient, project: Project, subject: str) -> None:
    make_sources(project, subject)
    spec = plain(subject, "first", "second")
    spec["method"] = {"kind": "multi_teacher", "aggregator": {"kind": "entropy"}}
    found = api.post(PLAN, spec, format="json").json()
    views = [one for one in found["kept"] if one["views"]]
    assert {(one["teacher"], one["rows"]) for one in views} == {
        ("first", 8 * COUNTS["train"]),
        ("second", 8 * COUNTS["train"]),
    }
    assert found["bytes"] == sum(one["bytes"] for one in found["kept"]) > 0
    answer = api.post(JOBS, {"project": "moments", "spec": spec}, format="json")
    assert answer.status_code == 201
    assert api.get(f"{JOBS}{answer.json()['id']}/").json()["spec"]["data"]["kind"] == subject


def test_a_dataset_that_holds_something_else_is_refused_by_what_it_holds(
    api: APIClient, project: Project
) -> None:
    make_held(project, "clips")
    for seen_as in ("images", "features"):
        spec = {"task": "classification", "data": {"kind": seen_as, "dataset": "clips"}}
        assert refused(api, spec) == {
            "data.dataset": f"given 'clips', a dataset of clips, with data.kind '{seen_as}'; accepted for this "
            "dataset is 'clips' or 'streams'."
        }
    make_held(project, "features")
    found = refused(api, {"task": "classification", "data": {"kind": "streams", "dataset": "features"}})
    assert found["data.dataset"].endswith("accepted for this dataset is 'features'.")


def test_a_student_of_another_width_than_the_features_is_refused(api: APIClient, project: Project) -> None:
    make_held(project, "features", width=48)
    spec = {"task": "classification", "data": {"kind": "features", "dataset": "features"}}
    sentence = "given 256, but the features of 'features' have width 48; accepted is 48."
    assert refused(api, spec) == {"student.input.width": sentence}
    plan = api.post(PLAN, {**spec, "seeds": [0, 1]}, format="json")
    assert plan.json()["fields"] == {"student.input.width": sentence}


def test_teachers_that_read_something_else_are_refused_by_name(api: APIClient, project: Project) -> None:
    make_sources(project, "features")
    make_classifier(project, "pictures")
    make_reader(project, "wide", reads="features", width=512)
    found = refused(api, plain("features", "first", "pictures", "wide"))
    assert found == {
        "teachers.1.name": "given 'pictures', which reads images, and what is there are features; accepted are "
        "teachers that read what the job sees.",
        "teachers.2.name": "given 'wide', which reads features of width 512, and those of the dataset have 32; "
        "accepted are teachers that read what the job sees.",
    }
    make_held(project, "clips")
    make_reader(project, "frames", reads="clips")
    spec = plain("streams", "frames")
    assert "reads clips, and what is there are streams" in refused(api, spec)["teachers.0.name"]


def test_the_document_describes_the_spec_of_every_subject(api: APIClient) -> None:
    document = api.get("/api/schema/?format=json").json()
    schemas = document["components"]["schemas"]
    for name in ("ClipClassificationSpec", "StreamClassificationSpec", "FeatureClassificationSpec"):
        assert schemas[name]["properties"]["data"]
    assert schemas["StreamsNet"]["properties"]["motion"]["anyOf"][-1] == {"type": "null"}
    assert "/api/v1/datasets/{dataset_id}/clips/" in document["paths"]
