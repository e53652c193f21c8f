"""What is sealed becomes a dataset or teacher whole, or leaves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.intake import registrar
from jobs.models import Dataset, Registration, RegistrationState, StoredFile
from jobs.operations.removal import delete
from jobs.storage.hashing import StorageError
from tests.jobs.registering import Desk, nothing_is_left, stored

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "error", [StorageError("The disk is full."), OSError(28, "No space left on device", "/a/b")]
)
def test_a_disk_that_refuses_fails_the_registration_with_its_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def full(_path: Path) -> None:
        raise error

    monkeypatch.setattr(registrar, "keep_file", full)
    done = desk.done("tiny")
    assert done.state == RegistrationState.FAILED
    assert done.sentence in {"The disk is full.", "b could not be read or written: No space left on device."}
    assert not Dataset.objects.exists()
    assert nothing_is_left()


def test_identical_content_is_refused_under_any_name(desk: Desk) -> None:
    desk.done("tiny", content="a")
    before = stored()
    again = desk.done("other", content="a")
    assert again.state == RegistrationState.REFUSED
    assert again.sentence == "The same content is registered already, as dataset 'tiny'."
    assert stored() == before


def test_a_name_that_was_taken_meanwhile_is_refused(desk: Desk) -> None:
    asked = desk.ask("tiny")
    Dataset.objects.create(project=desk.project, name="tiny", content_hash="f" * 64)
    assert desk.carry_out(asked).state == RegistrationState.REFUSED
    assert "of that name already" in asked.sentence
    assert nothing_is_left()


def test_what_is_taken_while_the_files_are_stored_is_refused_and_not_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, keep = desk.ask("tiny"), registrar.keep_file

    def keep_late(path: Path) -> Any:
        Dataset.objects.get_or_create(project=desk.project, name="tiny", content_hash="f" * 64)
        return keep(path)

    monkeypatch.setattr(registrar, "keep_file", keep_late)
    assert desk.carry_out(asked).state == RegistrationState.REFUSED
    assert not StoredFile.objects.exists()
    assert nothing_is_left()


def test_new_versions_count_up(desk: Desk) -> None:
    desk.done("tiny", content="a")
    done = desk.done("tiny", content="b", new_version=True)
    assert done.dataset is not None
    assert (done.dataset.version, done.dataset.label) == (2, "tiny@2")
    assert Dataset.objects.get(version=1).label == "tiny@1"  # the plain name now leads to the newer one


def test_the_number_of_a_deleted_version_is_not_given_again(desk: Desk) -> None:
    desk.done("tiny", content="a")
    delete(desk.done("tiny", content="b", new_version=True).dataset)
    done = desk.done("tiny", content="c", new_version=True)
    assert done.dataset is not None
    assert done.dataset.version == 3


def test_a_project_that_is_full_takes_nothing_in(desk: Desk) -> None:
    desk.done("tiny", content="a", size=900)
    type(desk.project).objects.filter(pk=desk.project.pk).update(quota_bytes=1000)
    before = stored()
    done = desk.done("more", content="b", size=950)
    assert done.state == RegistrationState.REFUSED
    assert "Delete something first" in done.sentence
    assert stored() == before


def test_a_link_that_leads_out_is_refused_before_anything_is_read(desk: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    asked = desk.ask("tiny")
    (desk.folder / "tiny" / "train.json").symlink_to(secret)
    assert desk.carry_out(asked).state == RegistrationState.REFUSED
    assert "train.json leads to a place" in asked.sentence


def test_what_a_teacher_is_measured_on_may_not_vanish_before_it_is_taken_in(
    desk: Desk, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = registrar.keep_file

    def keep_late(path: Path) -> Any:
        Registration.objects.update(measured_on=None)
        Dataset.objects.all().delete()
        return keep(path)

    asked = desk.ask("stored", kind="teacher", dataset="world")
    monkeypatch.setattr(registrar, "keep_file", keep_late)
    assert desk.carry_out(asked).state == RegistrationState.REFUSED
    assert asked.sentence == "The dataset 'world' was deleted meanwhile."
    assert nothing_is_left()


def test_a_new_version_takes_only_the_room_of_what_is_new(desk: Desk, settings: Settings) -> None:
    desk.done("tiny", content="a", size=1_000_000)
    settings.PROJECT_QUOTA = 1_500_000
    again = desk.done("tiny", content="b", size=1_000_000, new_version=True)
    assert again.state == RegistrationState.REGISTERED, again.sentence
    before = stored()
    third = desk.done("tiny", content="c", size=1_000_001, new_version=True)
    assert third.state == RegistrationState.REFUSED
    assert "1,000,002 bytes do not fit" in third.sentence
    assert stored() == before
