"""What a job that classifies proves and what it does not; plans; teachers that are programs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from jobs.models import Dataset, Job, Project, Teacher, TeacherKind, User
from jobs.operations.jobs import submit
from mtkd_engine.spec import parse
from mtkd_engine.spec.measures import CLASSIFICATION
from tests.classifying import end_classifying, full_result, said_with, spec_of
from webapp.pages.result import ALONE, BOUNDS, TOGETHER, result_rows

PLAN = "/api/v1/jobs/plan/?project=moments"
pytestmark = pytest.mark.usefixtures("pets")


@pytest.fixture
def ended(project: Project, people: dict[str, User]) -> Job:
    job = submit(
        project=project,
        user=people["editor"],
        spec=parse(spec_of("big", "small", aggregator={"kind": "confidence"})),
    )
    return end_classifying(job, said_with(15))


def test_weights_made_of_the_labels_they_are_judged_by_stand_among_the_bounds(
    viewer: Client, ended: Job
) -> None:
    result = {**full_result(ended), "aggregated_reads_labels": True}
    rows = result_rows(result, measures=CLASSIFICATION)
    assert [row.key for row in rows if row.group == BOUNDS] == ["aggregated", "oracle", "blind"]
    assert [row.group for row in rows] == sorted(
        (row.group for row in rows), key=["", TOGETHER, ALONE, BOUNDS].index
    )
    best = {row.key for row in rows if row.cells[0].is_best}
    assert best == {"static"}
    Job.objects.filter(pk=ended.pk).update(result=result)
    page = viewer.get(f"/jobs/{ended.pk}/").content.decode()
    assert "here those of test: a bound, no prediction" in page
    assert "reads the labels, so its 85.0 are a bound" in page
    Job.objects.filter(pk=ended.pk).update(result={**result, "aggregated_reads_labels": False})
    page = viewer.get(f"/jobs/{ended.pk}/").content.decode()
    assert "way of weighing gives 85.0 Top-1" in page
    assert "a bound, no prediction" not in page


def test_nobody_is_led_to_ask_a_classifier_about_a_video(editor: Client, api: APIClient, ended: Job) -> None:
    artifact = ended.artifacts.get()
    artifact.pk, artifact.name = None, "student.safetensors"
    artifact.save()
    assert "Try it" not in editor.get(f"/jobs/{ended.pk}/").content.decode()
    page = editor.get(f"/jobs/{ended.pk}/prediction/").content.decode()
    assert "Only a job of task grounding that has succeeded" in page
    body = {"sentence": "a person opens a door", "row": 0}
    answer = api.post(f"/api/v1/jobs/{ended.pk}/predictions/", body, format="json")
    assert answer.status_code in {400, 409}
    assert "Only a job of task grounding" in answer.json()["detail"]


def test_a_plan_refuses_what_submitting_would_and_asks_for_each_cell_once(
    api: APIClient,
) -> None:
    spec = spec_of("big", "small")
    wrong = api.post(PLAN, {**spec, "data": {"dataset": "pets", "leave_out": ["gone"]}}, format="json")
    assert list(wrong.json()["fields"]) == ["data.leave_out.0"]
    api.post(PLAN, spec, format="json")
    with CaptureQueriesContext(connection) as alone:
        api.post(PLAN, spec, format="json")
    with CaptureQueriesContext(connection) as of_three:
        api.post(PLAN, {**spec, "ablate": ["aggregator:kau", "aggregator:entropy"]}, format="json")
    assert len(of_three) - len(alone) <= 2 * 3


def test_a_program_teaches_from_the_cache_only(api: APIClient, project: Project) -> None:
    Teacher.objects.filter(name="big").update(kind=TeacherKind.ONNX)
    wrong = api.post(PLAN, spec_of("big", "small", signals="online"), format="json")
    assert list(wrong.json()["fields"]) == ["teachers.0.name"]
    assert "an ONNX program, which never runs beside a student" in wrong.json()["detail"]
    assert api.post(PLAN, spec_of("big", "small"), format="json").status_code == 200


def test_a_program_is_told_as_measured_on_its_dataset(viewer: Client, pets: Dataset) -> None:
    Teacher.objects.filter(name="big").update(kind=TeacherKind.ONNX, dataset=pets)
    assert "ONNX program measured on pets" in viewer.get("/projects/moments/").content.decode()
    assert "teacher measured on it" in viewer.get(f"/datasets/{pets.pk}/").content.decode()
