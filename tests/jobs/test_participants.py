"""Models that teach each other: what a result says of them, gates on them, promoting one, and who may take part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.intake.folder import lay_out
from jobs.models import Job, Project, State, Teacher, TeacherKind, User
from jobs.operations.errors import UnableToMeasure, UnableToPromote, UnableToSubmit
from jobs.operations.fitting import misfit_with, problem_with
from jobs.operations.jobs import submit
from jobs.operations.measurements import measure
from jobs.operations.registrations import promote
from jobs.queries.final_metrics import of_jobs
from jobs.queries.participants import inspected, learners_of, metrics_of, participants_of
from jobs.queries.zoo import models_on
from mtkd_engine.spec import parse
from tests.classifying import make_classifier, make_images
from tests.kept_dense import keep_gaze
from tests.participating import MODELS, ended_mutual, mutual_result, mutual_spec

pytestmark = pytest.mark.django_db


@pytest.fixture
def zoo(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    monkeypatch.setattr("jobs.operations.registrations.ring", lambda queue: None)
    make_images(project)
    for name in MODELS:
        make_classifier(project, name)
    return project


@pytest.fixture
def job(zoo: Project, user: User) -> Job:
    return ended_mutual(zoo, user)


def test_a_result_says_who_took_part_and_whose_samples_come_first() -> None:
    result = mutual_result(learners=["small"])
    assert [one.name for one in participants_of(result)] == list(MODELS)
    assert [one.name for one in learners_of(result)] == ["small"]
    first = inspected(result)
    assert first is not None
    assert first.name == "small"
    assert inspected(result, "big") is None
    assert metrics_of({"metrics": {"test/top1": 0.5, "gain": 0.1}}) == {"top1": 0.5, "gain": 0.1}


@pytest.mark.parametrize(
    "result", [None, {}, {"participants": 3}, {"participants": [4, {}, {"name": ""}]}, {"metrics": 2}]
)
def test_a_result_of_another_engine_has_no_participants(result: Any) -> None:
    assert participants_of(result) == ()
    assert inspected(result) is None
    assert metrics_of(result) == {}


def test_gates_can_name_each_model_and_the_least_gain(job: Job) -> None:
    metrics = of_jobs([job.pk])[job.pk]
    assert metrics["test/top1"] == 0.79
    assert metrics["test/least_gain"] == pytest.approx(-0.007)
    assert metrics["test/big/gain"] == pytest.approx(0.021)
    assert metrics["test/big/top1"] == pytest.approx(0.821)
    assert metrics["test/v1.2/odd/gain_over_alone"] == pytest.approx(-0.0035)
    assert metrics["before/top1"] == 0.78


def test_each_model_that_learned_can_become_a_teacher(job: Job, user: User, tmp_path: Path) -> None:
    asked = promote(job=job, user=user, name="odd-taught", participant="v1.2/odd")
    assert asked.asked["participant"] == "v1.2/odd"
    assert asked.asked["file"] == "3-v1_2_odd.safetensors"
    asked.measured_on = None
    asked.asked = {key: value for key, value in asked.asked.items() if key != "dataset"}
    asked.save()
    arguments = lay_out(asked, tmp_path / "work")
    assert Path(arguments[2]).read_bytes() == b"parameters of v1.2/odd"


@pytest.mark.parametrize(
    ("participant", "sentence"),
    [
        ("", "participant: given none, accepted is one of those that learned: 'big', 'small', 'v1.2/odd'."),
        (
            "who",
            "participant: given 'who', accepted is one of those that learned: 'big', 'small', 'v1.2/odd'.",
        ),
    ],
)
def test_a_model_that_did_not_learn_is_promoted_by_nobody(
    job: Job, user: User, participant: str, sentence: str
) -> None:
    with pytest.raises(UnableToPromote) as refusal:
        promote(job=job, user=user, name="x", participant=participant)
    assert refusal.value.message == sentence
    assert list(refusal.value.fields) == ["participant"]


def test_a_job_with_one_student_has_no_participants(make_job: Any, user: User) -> None:
    with pytest.raises(UnableToPromote, match=r"given 'big', accepted is none: job \d+ has one student"):
        promote(job=make_job(state=State.SUCCEEDED), user=user, name="x", participant="big")


def test_only_models_take_part(zoo: Project, user: User) -> None:
    odd = zoo.teachers.get(name="small")
    odd.kind = TeacherKind.ONNX
    odd.save()
    with pytest.raises(UnableToSubmit) as refusal:
        submit(project=zoo, user=user, spec=parse(mutual_spec("big", "small")))
    assert refusal.value.fields["teachers.1.name"] == (
        "given 'small', which is an ONNX program; accepted with method mutual are models, which run beside each other."
    )


def test_what_a_student_would_read_is_no_matter_where_none_is_built(zoo: Project) -> None:
    clips = make_images(zoo, name="rows")
    clips.report |= {"data": "features", "feature_width": 7}
    document = mutual_spec("big", "small")
    document["data"] = {"dataset": "rows", "kind": "features"}
    assert misfit_with(parse(document), clips) is None


def test_saliency_networks_take_part_without_classes_but_not_films_on_pictures(
    project: Project, user: User, tmp_path: Path
) -> None:
    glances = keep_gaze(project, tmp_path)
    names = ("first", "second", "films")
    for name in names:
        card = {"net": {"family": "pyramid"}, "input": {"kind": "film" if name == "films" else "picture"}}
        Teacher.objects.create(
            project=project, name=name, task="saliency", content_hash=name, report={"card": card}
        )
    assert [one.teacher.name for one in models_on(glances)] == ["first", "second"]
    spec = parse({**mutual_spec(*names), "task": "saliency", "data": {"dataset": "glances", "kind": "gaze"}})
    told = [problem_with(project.teachers.get(name=name), spec, glances) for name in names]
    assert told[:2] == [None, None]
    assert "reads frames of videos" in str(told[2])
    with pytest.raises(UnableToMeasure, match="reads frames of videos"):
        measure(teacher=project.teachers.get(name="films"), dataset=glances, user=user)
