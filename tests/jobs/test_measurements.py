"""Teachers measured on datasets: kept with what they said of each sample, asked for again, refused."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.models import (
    Blob,
    Dataset,
    Measurement,
    Project,
    Registration,
    RegistrationState,
    StoredFile,
    Teacher,
    User,
)
from jobs.operations.blobs import remove_garbage
from jobs.operations.errors import UnableToMeasure
from jobs.operations.measurements import measure
from jobs.operations.projects import create_project
from jobs.operations.removal import delete
from jobs.queries.zoo import models_on
from jobs.storage.blobs import keep_file
from jobs.storage.fetching import MODEL
from jobs.storage.outcomes import stored_outcomes
from mtkd_engine.predictions.outcomes import FILE
from tests.jobs.registering import Desk, taken_in
from tests.kept_images import keep_images
from tests.kept_teachers import keep_teacher

pytestmark = pytest.mark.django_db(transaction=True)
STUDENT = {"net": {"family": "cifar_resnet", "depth": 8}, "input": {"size": 8}}


def dataset_of(project: Project, **changes: Any) -> Dataset:
    given = {"name": "pets", "task": "classification", "content_hash": "d" * 64}
    return Dataset.objects.create(project=project, **{**given, **changes})


def teacher_of(project: Project, folder: Path, *, name: str = "t", **wants: Any) -> Teacher:
    """A teacher whose file tells the fake engine what to do."""
    file = folder / f"{name}.json"
    file.write_text(json.dumps(wants))
    teacher = Teacher.objects.create(
        project=project, name=name, task="classification", content_hash=name.ljust(64, "0")
    )
    StoredFile.objects.create(teacher=teacher, name=MODEL, blob=keep_file(file))
    return teacher


def test_a_teacher_keeps_what_it_said_of_each_sample_when_it_is_registered(desk: Desk) -> None:
    dataset = dataset_of(desk.project)
    StoredFile.objects.create(
        dataset=dataset, name="dataset.json", blob=keep_file(Path(desk.put("d.json", a=1)))
    )
    done = desk.done("t", kind="teacher", dataset="pets", outcomes="said", content="t")
    assert done.state == RegistrationState.REGISTERED, done.sentence
    kept = Measurement.objects.get()
    assert (kept.teacher, kept.dataset, kept.registration) == (done.teacher, dataset, done)
    assert kept.quality["metrics"] == {"top1": 0.5}
    assert kept.outcomes.size == 4
    assert done.teacher is not None
    assert FILE not in done.teacher.files.values_list("name", flat=True)


def test_a_measurement_that_is_asked_for_runs_the_stored_model_and_replaces_an_older_one(
    desk: Desk, tmp_path: Path
) -> None:
    dataset, teacher = dataset_of(desk.project), teacher_of(desk.project, tmp_path, outcomes="first")
    for said in ("first", "again"):
        file = tmp_path / "wants.json"
        file.write_text(json.dumps({"outcomes": said}))
        StoredFile.objects.filter(teacher=teacher).update(blob=keep_file(file))
        done = desk.carry_out(measure(teacher=teacher, dataset=dataset, user=desk.user))
        assert (done.state, done.teacher) == (RegistrationState.REGISTERED, teacher), done.sentence
    assert Measurement.objects.get().outcomes.size == len("again")
    assert Measurement.objects.get().registration == done
    assert Teacher.objects.count() == 1


def test_a_check_that_keeps_nothing_or_asks_something_refuses_the_measurement(
    desk: Desk, tmp_path: Path
) -> None:
    dataset = dataset_of(desk.project)
    for name, wants, sentence in (
        ("mute", {}, "mute: what it says of each sample cannot be kept."),
        ("asks", {"asks": "It knows no cats."}, "asks: what it says of each sample cannot be kept."),
        ("no", {"refuse": "it does not know the class 'cat'."}, "it does not know the class 'cat'."),
    ):
        teacher = teacher_of(desk.project, tmp_path, name=name, **wants)
        done = desk.carry_out(measure(teacher=teacher, dataset=dataset, user=desk.user))
        assert done.state == RegistrationState.REFUSED
        assert done.sentence.endswith(sentence)
        model = next(one for one in models_on(dataset) if one.teacher == teacher)
        assert (model.measurement, model.asked) == (None, done)
    assert not Measurement.objects.exists()


def test_a_teacher_that_was_deleted_meanwhile_is_not_measured(desk: Desk, tmp_path: Path) -> None:
    dataset, teacher = dataset_of(desk.project), teacher_of(desk.project, tmp_path, outcomes="x")
    asked = measure(teacher=teacher, dataset=dataset, user=desk.user)
    delete(teacher)
    done = desk.carry_out(asked)
    assert (done.state, done.sentence) == (
        RegistrationState.REFUSED,
        "The teacher 't' was deleted meanwhile.",
    )


def test_asking_twice_while_it_is_under_way_is_asking_once(
    project: Project, user: User, tmp_path: Path
) -> None:
    dataset, teacher = dataset_of(project), teacher_of(project, tmp_path)
    first = measure(teacher=teacher, dataset=dataset, user=user)
    assert measure(teacher=teacher, dataset=dataset, user=user) == first
    assert Registration.objects.count() == 1
    assert [one.is_under_way for one in models_on(dataset)] == [True]


def test_what_cannot_be_measured_is_refused_with_a_sentence_at_its_field(
    project: Project, user: User, tmp_path: Path
) -> None:
    teacher, now = teacher_of(project, tmp_path), timezone.now()
    other = create_project(name="other", user=user)
    changes: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = (
        ({}, {"project": other}, "dataset: given 'pets', accepted is a dataset of the project of 't'."),
        ({}, {"archived_at": now}, "dataset: given 'pets', which is archived"),
        (
            {},
            {"task": "grounding"},
            "dataset: given 'pets' of task grounding, on which models are not compared",
        ),
        ({"archived_at": now}, {}, "teacher: given 't', which is archived"),
        ({"task": "grounding"}, {}, "teacher: given 't' of task grounding, accepted is a model of"),
        ({"kind": "predictions"}, {}, "teacher: given 't', which is stored predictions"),
    )
    for of_teacher, of_dataset, sentence in changes:
        asked = Teacher(pk=teacher.pk, project=project, name="t", **{"task": "classification", **of_teacher})
        dataset = Dataset(**{"project": project, "name": "pets", "task": "classification", **of_dataset})
        with pytest.raises(UnableToMeasure) as refused:
            measure(teacher=asked, dataset=dataset, user=user)
        assert refused.value.message.startswith(sentence)
    assert not Registration.objects.exists()


def test_outcomes_are_no_garbage_until_teacher_or_dataset_goes(desk: Desk, tmp_path: Path) -> None:
    dataset, teacher = dataset_of(desk.project), teacher_of(desk.project, tmp_path, outcomes="said")
    desk.carry_out(measure(teacher=teacher, dataset=dataset, user=desk.user))
    Blob.objects.update(touched_at=timezone.now() - timedelta(days=2))
    assert remove_garbage() == 0
    delete(dataset)
    assert not Measurement.objects.exists()
    assert remove_garbage() == 1


def test_the_real_engine_measures_a_stored_model_on_another_dataset(
    project: Project, user: User, tmp_path: Path, settings: Settings
) -> None:
    settings.ENGINE_COMMAND = [sys.executable, "-m", "mtkd_engine"]
    dataset = keep_images(project, tmp_path / "images")
    classes = dataset.report["classes"]
    teacher = keep_teacher(project, "tiny", STUDENT, classes=classes, folder=tmp_path, seed=1)
    taken_in(measure(teacher=teacher, dataset=dataset, user=user))
    (model,) = models_on(dataset)
    assert model.measurement is not None
    found = stored_outcomes(model.measurement.outcomes, teacher="tiny")
    counts = {split: known["samples"] for split, known in dataset.report["splits"].items()}
    assert (len(found.split("val")), len(found.split("test"))) == (counts["val"], counts["test"])
    assert found.split("val").known().quality_N.mean() == pytest.approx(model.metrics("val")["top1"])
