"""What may be asked of a registration, and what is refused before anything is read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from jobs.models import Dataset, Project, Registration, RegistrationState, Upload, User
from jobs.operations.errors import UnableToRegister
from jobs.operations.registrations import register, request_cancel_registration
from jobs.operations.removal import archive
from tests.jobs.registering import Desk

pytestmark = pytest.mark.django_db


def refusal(desk: Desk, name: str = "tiny", **given: Any) -> dict[str, str]:
    with pytest.raises(UnableToRegister) as refused:
        desk.ask(name, **given)
    assert not Registration.objects.filter(name=name, state=RegistrationState.QUEUED).exists()
    return refused.value.fields


@pytest.fixture
def upload(desk: Desk) -> Upload:
    return Upload.objects.create(project=desk.project, user=desk.user, name="a.json", size=4, received=4)


def test_a_request_is_kept_as_it_was_given(desk: Desk) -> None:
    asked = desk.ask(" tiny ", path=desk.put("x"), format="tacos", accepted=["drop_rows"])
    assert (asked.name, asked.state, asked.queue) == ("tiny", RegistrationState.QUEUED, "intake")
    assert asked.asked == {"path": str(desk.folder / "x"), "format": "tacos"}
    assert asked.accepted == ["drop_rows"]


@pytest.mark.parametrize("name", ["", "  ", "a@2", "x" * 121, "a\x07b", "line\nline"])
def test_badly_made_names_are_refused(desk: Desk, name: str) -> None:
    assert "printable characters without @" in refusal(desk, name, path=desk.put("x"))["name"]


def test_a_name_in_use_or_under_way_is_refused(desk: Desk, dataset: Dataset) -> None:
    assert "of that name already" in refusal(desk, "world")["name"]
    first = desk.ask("tiny")
    with pytest.raises(UnableToRegister, match=f"registration {first.pk} of that name is under way"):
        desk.ask("tiny")
    request_cancel_registration(registration=first, user=desk.user)
    assert desk.ask("tiny").pk
    assert desk.ask("tiny", kind="teacher").pk


def test_a_new_version_needs_a_dataset_of_that_name(desk: Desk, dataset: Dataset) -> None:
    assert desk.ask("world", new_version=True).new_version_of == dataset
    assert "no dataset of that name" in refusal(desk, "tiny", new_version=True)["name"]
    assert "no versions" in refusal(desk, "span", kind="teacher", new_version=True)["new_version"]


@pytest.mark.parametrize("path", ["relative", "/etc", "/var/../etc", "\x00", "~nobody-there/x"])
def test_paths_outside_the_data_roots_are_refused(desk: Desk, path: str) -> None:
    assert "accepted is an absolute path inside" in refusal(desk, path=path)["path"]


def test_links_that_lead_out_of_the_data_roots_are_refused(desk: Desk) -> None:
    (desk.folder / "link").symlink_to("/etc")
    assert "accepted is" in refusal(desk, path=str(desk.folder / "link"))["path"]


def test_what_is_not_there_is_refused(desk: Desk) -> None:
    assert "nothing lies there" in refusal(desk, path=str(desk.folder / "no"))["path"]
    folder = desk.put("folder")
    assert (
        "a model (.safetensors, .pt, .pth, .th, .onnx) or predictions"
        in refusal(desk, kind="teacher", path=folder)["path"]
    )


def test_a_place_is_either_a_path_or_uploads(desk: Desk, upload: Upload) -> None:
    assert "either a path on the server or uploads" in refusal(desk, path="")["path"]
    both = {"path": desk.put("x"), "uploads": [upload]}
    assert "either a path on the server or uploads" in refusal(desk, **both)["path"]


def test_every_field_that_does_not_fit_gets_its_sentence(desk: Desk) -> None:
    fields = refusal(desk, "a@b", path="/etc", format="coco", accepted=["rm -rf"])
    assert set(fields) == {"name", "path", "format", "accept"}
    fields = refusal(desk, "t", kind="teacher", path="/etc/x.npz", split="dev")
    assert set(fields) == {"path", "split", "dataset"}


def test_complete_uploads_belong_to_the_registration_from_then_on(desk: Desk, upload: Upload) -> None:
    asked = desk.ask("tiny", uploads=[str(upload.pk)])
    assert list(asked.uploads.all()) == [upload]
    assert asked.asked["files"] == [{"name": "a.json", "bytes": 4}]
    assert "in use already, by registration" in refusal(desk, "other", uploads=[upload])["uploads"]


def test_unfinished_unknown_and_strange_uploads_are_refused(desk: Desk, upload: Upload, user: User) -> None:
    assert "no such upload" in refusal(desk, uploads=[uuid4()])["uploads"]
    assert "accepted is the id of an upload" in refusal(desk, uploads=["x"])["uploads"]
    other = Project.objects.create(name="other", slug="other")
    with pytest.raises(UnableToRegister, match="no such upload"):
        register(project=other, user=user, kind="dataset", name="x", uploads=[upload])
    twin = Upload.objects.create(project=desk.project, user=user, name="a.json", size=1, received=1)
    assert "two of them are named a.json" in refusal(desk, uploads=[upload, twin])["uploads"]
    Upload.objects.filter(pk=upload.pk).update(received=3)
    assert "up to byte 3 of 4; finish it first" in refusal(desk, uploads=[upload])["uploads"]


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "npz", "parquet", "NPZ"])
def test_predictions_need_the_dataset_whose_samples_they_are_for(
    desk: Desk, dataset: Dataset, ending: str
) -> None:
    path = desk.put(f"a.{ending}")
    assert "give its name" in refusal(desk, "a", kind="teacher", path=path)["dataset"]
    assert desk.ask("a", kind="teacher", path=path, dataset="world").measured_on == dataset


def test_a_teacher_is_measured_on_a_dataset_of_the_project_that_is_not_archived(
    desk: Desk, dataset: Dataset
) -> None:
    assert "is none of this project" in refusal(desk, "a", kind="teacher", dataset="wrld")["dataset"]
    archive(dataset)
    assert "is archived" in refusal(desk, "a", kind="teacher", dataset="world")["dataset"]


def test_word_vectors_are_an_upload_or_lie_in_a_data_root(desk: Desk, upload: Upload) -> None:
    words = Path(desk.put("glove.txt"))
    assert desk.ask("one", words=str(words)).asked["words"] == str(words)
    assert "accepted is an absolute path" in refusal(desk, "two", words="/etc/passwd")["words"]
    assert desk.ask("two", uploads=[upload], words="a.json").asked["words"] == "a.json"


def test_only_datasets_and_teachers_are_registered(desk: Desk) -> None:
    with pytest.raises(UnableToRegister, match="accepted is dataset or teacher"):
        register(project=desk.project, user=desk.user, kind="job", name="x", path=desk.put("x"))


def test_pipes_and_links_in_a_circle_are_refused(desk: Desk) -> None:
    pipe, circle = desk.folder / "pipe", desk.folder / "circle"
    os.mkfifo(pipe)
    circle.symlink_to(circle)
    assert "neither a file nor a folder" in refusal(desk, path=str(pipe))["path"]
    assert "neither a file nor a folder" in refusal(desk, path=desk.put("x"), words=str(pipe))["words"]
    assert "accepted is an absolute path" in refusal(desk, path=str(circle))["path"]


def test_words_are_kept_as_the_place_that_was_allowed(desk: Desk) -> None:
    words, link = desk.folder / "glove.txt", desk.folder / "link.txt"
    words.write_text("-")
    link.symlink_to(words)
    assert desk.ask("tiny", path=desk.put("x"), words=str(link)).asked["words"] == str(words)


def test_a_file_cannot_be_a_folder_too(desk: Desk) -> None:
    uploads = [
        Upload.objects.create(project=desk.project, user=desk.user, name=name, size=4, received=4)
        for name in ("data", "data/train.json")
    ]
    assert "data is the name of a file and of a folder" in refusal(desk, uploads=uploads)["uploads"]


@pytest.mark.parametrize("card", [{"a": "\0"}, {"a": "\ud800"}, {"a": [1e999]}, {"a\0": 1}])
def test_a_card_that_no_table_can_hold_is_refused(desk: Desk, upload: Upload, card: dict[str, Any]) -> None:
    assert "holds a NUL" in refusal(desk, kind="teacher", uploads=[upload], card=card)["card"]
