"""What only a person knows of a teacher: asked for by its check, said, and asked again where it does not fit."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now

from jobs.models import Dataset, Project, RegistrationState, TeacherKind, Upload
from jobs.operations.completing import complete
from jobs.operations.errors import UnableToDecide, UnableToRegister
from jobs.operations.registrations import decide
from jobs.operations.several import register_each
from tests.jobs.registering import Desk

pytestmark = pytest.mark.django_db(transaction=True)
SAID = {"classes": "dataset", "input": "cifar10"}


@pytest.fixture
def images(project: Project) -> Dataset:
    return Dataset.objects.create(
        project=project, name="images", task="classification", content_hash="i" * 64
    )


@pytest.fixture
def grounding(project: Project) -> Dataset:
    return Dataset.objects.create(project=project, name="world", content_hash="w" * 64)


def test_a_bare_teacher_waits_until_it_is_said_what_it_is(desk: Desk, images: Dataset) -> None:
    waits = desk.done("net", kind="teacher", asks="its classes do not fit.")
    assert (waits.state, waits.report["asks"]["problem"]) == (RegistrationState.WAITING, None)
    with pytest.raises(UnableToDecide) as refused:
        complete(registration=waits, user=desk.user, card=None)
    assert set(refused.value.fields) == {"card", "dataset"}
    going_on = complete(registration=waits, user=desk.user, card=SAID, dataset="images", split="test")
    assert (going_on.state, going_on.lease_until) == (RegistrationState.QUEUED, None)
    done = desk.carry_out(waits)
    assert done.state == RegistrationState.REGISTERED
    assert done.teacher is not None
    assert done.teacher.dataset == images
    assert done.asked["card"]["input"] == "cifar10"


def test_what_does_not_fit_is_asked_again_and_nothing_is_lost(desk: Desk, images: Dataset) -> None:
    waits = desk.done("net", kind="teacher", asks="its classes do not fit.")
    complete(registration=waits, user=desk.user, card={"classes": ["a", "b"]}, dataset="images")
    again = desk.carry_out(waits)
    assert again.state == RegistrationState.WAITING
    assert again.report["asks"]["problem"] == "its classes do not fit."
    complete(registration=again, user=desk.user, card=SAID)
    assert desk.carry_out(again).state == RegistrationState.REGISTERED


@pytest.mark.parametrize(
    ("card", "label", "field", "words"),
    [
        ({"input": "imagenot"}, "images", "card.input", "given"),
        ({"classes": "those"}, "images", "card.classes", "given"),
        ({"net": {"family": "onnx"}}, "images", "card.net", "cifar_resnet"),
        (SAID, "nothing", "dataset", "is none of this project"),
        (SAID, "world", "dataset", "task grounding; accepted is one of classification"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    desk: Desk, images: Dataset, grounding: Dataset, card: dict[str, Any], label: str, field: str, words: str
) -> None:
    waits = desk.done("net", kind="teacher", asks="no")
    with pytest.raises(UnableToDecide) as refused:
        complete(registration=waits, user=desk.user, card=card, dataset=label)
    named = next(name for name in refused.value.fields if name.startswith(field))
    assert words in refused.value.fields[named]


def test_repairs_are_not_for_teachers_and_datasets_are_not_completed(desk: Desk, images: Dataset) -> None:
    teacher = desk.done("net", kind="teacher", asks="no")
    with pytest.raises(UnableToDecide, match="it suggests no repairs"):
        decide(registration=teacher, user=desk.user, accepted=[])
    data = desk.done("tiny", repairs=["clip_windows"])
    with pytest.raises(UnableToDecide, match="waits for nothing to be said"):
        complete(registration=data, user=desk.user, card=SAID, dataset="images")


def test_what_is_said_beforehand_is_checked_at_once_and_needs_no_waiting(desk: Desk, images: Dataset) -> None:
    with pytest.raises(UnableToRegister) as refused:
        desk.ask("net", kind="teacher", card={"input": "imagenot"}, dataset="images")
    assert any(name.startswith("card.input") for name in refused.value.fields)
    done = desk.done("net", kind="teacher", asks="no", card=SAID, dataset="images")
    assert done.state == RegistrationState.REGISTERED


def test_a_program_is_a_teacher_of_its_own_kind(desk: Desk, images: Dataset) -> None:
    done = desk.done("net", kind="teacher", card=SAID, dataset="images", content="p")
    assert done.teacher is not None
    done.teacher.kind = TeacherKind.ONNX
    done.teacher.full_clean(exclude=["created_by"])
    assert done.teacher.get_kind_display() == "ONNX program"


def test_several_checkpoints_at_once_are_a_teacher_each_with_one_word_for_all(
    desk: Desk, images: Dataset, project: Project
) -> None:
    uploads = [
        Upload.objects.create(project=project, user=desk.user, name=name, size=1, received=1)
        for name in ("a.th", "b.th", "c.onnx")
    ]
    made = register_each(
        project=project, user=desk.user, uploads=uploads, prefix="", dataset="images", split="val", card=SAID
    )
    assert [row.name for row in made] == ["a", "b", "c"]
    assert all(row.asked["card"] == SAID for row in made)


def test_a_dataset_that_was_archived_while_a_person_was_waited_for_measures_nothing(
    desk: Desk, images: Dataset
) -> None:
    waits = desk.done("net", kind="teacher", asks="no", dataset="images")
    Dataset.objects.update(archived_at=Now())
    with pytest.raises(UnableToDecide, match="was archived; accepted is") as refused:
        complete(registration=waits, user=desk.user, card=SAID)
    assert list(refused.value.fields) == ["dataset"]
    Dataset.objects.all().delete()
    with pytest.raises(UnableToDecide, match="given none, accepted is the name of a dataset"):
        complete(registration=waits, user=desk.user, card=SAID)
