"""What the engine is given: uploads put together, students of jobs, datasets to measure on."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.intake import registrar
from jobs.models import Artifact, Attempt, Job, Registration, RegistrationState, State, Upload
from jobs.operations.intake_claims import folder_of
from jobs.operations.registrations import promote
from jobs.operations.removal import delete
from jobs.operations.uploads import add_part, begin_upload
from jobs.storage.blobs import keep_file, local_path
from tests.jobs.registering import Desk, nothing_is_left

pytestmark = pytest.mark.django_db(transaction=True)


def uploaded(desk: Desk, **files: bytes) -> list[Upload]:
    uploads = []
    for name, body in files.items():
        upload = begin_upload(project=desk.project, user=desk.user, name=name, size=len(body))
        uploads.append(add_part(upload=upload, offset=0, stream=io.BytesIO(body), length=len(body)))
    return uploads


def arguments_of(registration: Registration) -> list[str]:
    found: list[str] = json.loads((folder_of(registration.pk) / "arguments.json").read_text())
    return found


def seen_arguments(desk: Desk, monkeypatch: pytest.MonkeyPatch, asked: Registration) -> list[str]:
    seen: list[list[str]] = []
    monkeypatch.setattr(registrar, "clear", lambda _id: seen.append(arguments_of(asked)))
    desk.carry_out(asked)
    assert asked.state == RegistrationState.REGISTERED, asked.sentence
    return seen[0]


def test_one_uploaded_file_is_given_as_it_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = desk.ask("tiny", uploads=uploaded(desk, **{"data/a.zip": b"{}"}))
    assert seen_arguments(desk, monkeypatch, asked)[2] == str(
        folder_of(asked.pk) / "given" / "data" / "a.zip"
    )


def test_several_uploads_are_given_as_the_folder_that_holds_them(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"my/data/wants.json": b"{}", "my/data/features/v.npy": b"-", "glove.txt": b"-"}
    asked = desk.ask("tiny", uploads=uploaded(desk, **files), words="glove.txt")
    arguments = seen_arguments(desk, monkeypatch, asked)
    given = folder_of(asked.pk) / "given"
    assert arguments[2] == str(given / "my" / "data")
    assert arguments[arguments.index("--words") + 1] == str(given / "glove.txt")
    assert asked.dataset is not None
    assert [file["name"] for file in asked.dataset.origin["files"]] == list(files)


def test_a_teacher_may_come_with_its_card(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = desk.ask(
        "span", kind="teacher", uploads=uploaded(desk, **{"m.safetensors": b"{}", "m.json": b"{}"})
    )
    arguments = seen_arguments(desk, monkeypatch, asked)
    given = folder_of(asked.pk) / "given"
    assert arguments[2] == str(given / "m.safetensors")
    assert arguments[arguments.index("--card") + 1] == str(given / "m.json")


def test_a_teacher_may_come_with_what_its_library_saved_beside_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = ("preprocessor_config.json", "config.json", "model.safetensors")
    asked = desk.ask("vit", kind="teacher", uploads=uploaded(desk, **dict.fromkeys(files, b"{}")))
    arguments = seen_arguments(desk, monkeypatch, asked)
    given = folder_of(asked.pk) / "given"
    assert arguments[2] == str(given / "model.safetensors")
    assert arguments[arguments.index("--card") + 1] == str(given / "config.json")


def test_a_teacher_is_one_file(desk: Desk) -> None:
    uploads = uploaded(desk, **{"a.safetensors": b"{}", "b.safetensors": b"{}"})
    done = desk.done("span", kind="teacher", uploads=uploads)
    assert done.sentence == "uploads: a teacher is one file and perhaps its card, but 2 came."
    assert nothing_is_left()


def test_an_upload_that_was_spoilt_fails_and_leaves_nothing(desk: Desk, settings: Settings) -> None:
    asked = desk.ask("tiny", uploads=uploaded(desk, **{"a.json": b"{}"}))
    part = next(path for path in Path(settings.STORAGE, "uploads").rglob("*") if path.is_file())
    part.write_bytes(b"[]")
    assert desk.carry_out(asked).state == RegistrationState.FAILED
    assert asked.sentence.startswith("a.json cannot be put together")
    assert nothing_is_left()


def test_the_student_of_a_job_becomes_a_teacher(desk: Desk, make_job: Any, tmp_path: Path) -> None:
    world = desk.done("other").dataset
    job: Job = make_job(state=State.SUCCEEDED, dataset=world)
    file = tmp_path / "student.safetensors"
    file.write_text('{"content": "weights", "outcomes": "said"}')
    Artifact.objects.create(
        job=job,
        attempt=Attempt.objects.create(job=job, number=1, fence=1, worker="w"),
        name=file.name,
        blob=keep_file(file),
        size=1,
        media_type="application/octet-stream",
    )
    done = desk.carry_out(promote(job=job, user=desk.user, name="graduate"))
    assert done.state == RegistrationState.REGISTERED, done.sentence
    assert done.teacher is not None
    assert (done.teacher.from_job, done.teacher.dataset) == (job, world)
    assert done.teacher.measurements.get().dataset == world
    assert done.teacher.origin == {"how": "job", "job": job.pk, "files": [], "registration": done.pk}


def test_a_student_that_was_changed_in_the_storage_fails(desk: Desk, make_job: Any, tmp_path: Path) -> None:
    job: Job = make_job(state=State.SUCCEEDED)
    file = tmp_path / "student.safetensors"
    file.write_text("{}")
    blob = keep_file(file)
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="w")
    Artifact.objects.create(
        job=job, attempt=attempt, name=file.name, blob=blob, size=1, media_type="application/octet-stream"
    )
    asked = promote(job=job, user=desk.user, name="graduate")
    stored_at = local_path(blob)
    assert stored_at is not None
    stored_at.chmod(0o600)
    stored_at.write_bytes(b"[]")
    assert desk.carry_out(asked).state == RegistrationState.FAILED
    assert "was changed after it was stored" in asked.sentence


def test_what_a_teacher_is_measured_on_may_be_deleted_meanwhile(desk: Desk) -> None:
    world = desk.done("world").dataset
    assert world is not None
    asked = desk.ask("span", kind="teacher", dataset="world")
    delete(world)
    assert desk.carry_out(asked).state == RegistrationState.REFUSED
    assert asked.sentence == "The dataset 'world' was deleted meanwhile."


def test_what_a_registration_of_another_database_left_is_not_taken(desk: Desk) -> None:
    asked = desk.ask("tiny", uploads=uploaded(desk, **{"a.json": b"{}"}))
    left = folder_of(asked.pk) / "given" / "a.json"
    left.parent.mkdir(parents=True)
    left.write_text('{"refuse": "of somebody else"}')
    assert desk.carry_out(asked).state == RegistrationState.REGISTERED


def test_a_name_may_look_like_an_option(desk: Desk) -> None:
    done = desk.done("--seal=/etc", path=desk.put("x"))
    assert done.state == RegistrationState.REGISTERED, done.sentence


@pytest.mark.parametrize("trap", ["pipe", "circle"])
def test_a_trap_below_a_path_is_refused_before_an_engine_reads_it(desk: Desk, trap: str) -> None:
    place = Path(desk.put("tiny"))
    if trap == "pipe":
        os.mkfifo(place / trap)
    else:
        (place / trap).symlink_to(place / trap)
    done = desk.done("tiny", path=str(place))
    assert done.state == RegistrationState.REFUSED
    assert done.sentence.startswith(f"path: {trap} ")
    assert nothing_is_left()


def test_words_that_became_a_link_out_meanwhile_are_refused(desk: Desk) -> None:
    words = desk.folder / "glove.txt"
    words.write_text("-")
    asked = desk.ask("tiny", path=desk.put("x"), words=str(words))
    words.unlink()
    words.symlink_to("/etc/passwd")
    assert desk.carry_out(asked).sentence.startswith("path: glove.txt leads to a place")
    assert nothing_is_left()
