"""Registrations with the real engine, and the command that carries them out in a shell."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from jobs.models import Dataset, Registration, RegistrationState, Upload
from jobs.operations.registrations import decide, register
from jobs.operations.uploads import add_part, begin_upload
from jobs.storage.fetching import fetch_source
from mtkd_engine.data.images.load import load_images
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from tests.jobs.registering import Desk, nothing_is_left, stored, work_left

pytestmark = pytest.mark.django_db(transaction=True)
SPLITS = ("train", "val", "test")


@pytest.fixture(autouse=True)
def _the_real_engine(desk: Desk, settings: Settings) -> None:
    settings.ENGINE_COMMAND = [sys.executable, "-m", "mtkd_engine"]


@pytest.fixture
def world(desk: Desk) -> Path:
    return make_world(desk.folder / "world")


def make_world(folder: Path, *, end: float = 4.0, word: str = "square") -> Path:
    folder.mkdir(parents=True)
    for split in SPLITS:
        entry = {"duration": 10.0, "timestamps": [[1.0, end]], "sentences": [f"the {word} moves"]}
        (folder / f"{split}.json").write_text(json.dumps({f"{split}-1": entry}))
    features = {f"{split}-1": np.ones((5, 3), np.float32) for split in SPLITS}
    np.savez(folder / "features.npz", **features)  # type: ignore[arg-type]
    return folder


def uploaded(desk: Desk, folder: Path) -> list[Upload]:
    uploads = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        body, name = path.read_bytes(), str(path.relative_to(folder.parent))
        upload = begin_upload(project=desk.project, user=desk.user, name=name, size=len(body))
        uploads.append(add_part(upload=upload, offset=0, stream=io.BytesIO(body), length=len(body)))
    return uploads


def command(desk: Desk, *arguments: str, **options: Any) -> str:
    out = io.StringIO()
    given = {"project": desk.project.slug, "user": desk.user.username, "stdout": out, "stderr": io.StringIO()}
    call_command("register", *arguments, **{**given, **options})
    return out.getvalue()


def test_a_dataset_at_a_path_is_sealed_and_can_be_fetched(desk: Desk, world: Path) -> None:
    done = desk.done("tiny", path=str(world))
    assert (done.state, done.sentence) == (RegistrationState.REGISTERED, "")
    dataset = Dataset.objects.get()
    assert dataset.report["splits"]["train"]["samples"] == 1
    assert dataset.report["feature_width"] == 3
    assert {"dataset.json", "samples.jsonl", "features.npz"} <= {
        path.name for path in fetch_source(dataset).iterdir()
    }


def test_the_same_dataset_is_taken_in_from_uploads_under_the_same_hash(
    desk: Desk, world: Path, settings: Settings
) -> None:
    uploads = uploaded(desk, world)
    done = desk.done("up", uploads=uploads)
    assert (done.state, done.sentence) == (RegistrationState.REGISTERED, "")
    assert done.dataset is not None
    assert done.dataset.origin["how"] == "upload"
    assert {file["name"] for file in done.dataset.origin["files"]} >= {"world/train.json"}
    assert not Upload.objects.exists()
    assert not (Path(settings.STORAGE) / "uploads").exists() or not any(
        path.is_file() for path in (Path(settings.STORAGE) / "uploads").rglob("*")
    )
    again = desk.done("path", path=str(world))
    assert again.state == RegistrationState.REFUSED
    assert "registered already, as dataset 'up'" in again.sentence


def test_windows_beyond_the_end_wait_and_are_clipped_when_that_is_accepted(desk: Desk) -> None:
    place = make_world(desk.folder / "late", end=12.5)
    waits = desk.done("late", path=str(place))
    assert waits.state == RegistrationState.WAITING, waits.sentence
    assert waits.report is not None
    names = [repair["name"] for repair in waits.report["repairs"]]
    assert "clip_windows" in names
    decide(registration=waits, user=desk.user, accepted=["clip_windows"])
    done = desk.carry_out(waits)
    assert done.state == RegistrationState.REGISTERED, done.sentence


def test_images_are_registered_from_an_archive_with_the_repairs_that_were_decided_on(desk: Desk) -> None:
    place = desk.folder / "shapes"
    make_images(place, images=ImagesPerSplit(24, 6, 6), size=10, classes=3, form="folders")
    (place / "train" / "disc" / "broken.png").write_bytes(b"\x89PNG")
    with zipfile.ZipFile(desk.folder / "shapes.zip", "w") as archive:
        for path in sorted(place.rglob("*.*")):
            archive.write(path, path.relative_to(desk.folder))
    waits = desk.done("shapes", path=str(desk.folder / "shapes.zip"))
    assert (waits.state, waits.report and waits.report["repairs"][0]["name"]) == ("waiting", "drop_images")
    decide(registration=waits, user=desk.user, accepted=["drop_images"])
    done = desk.carry_out(waits)
    assert done.state == RegistrationState.REGISTERED, done.sentence
    dataset = Dataset.objects.get()
    assert (dataset.task, dataset.report["classes"]) == ("classification", ["disc", "square", "triangle"])
    loaded = load_images(fetch_source(dataset))
    assert loaded.content_hash == dataset.content_hash
    assert len(loaded.splits["train"]) == 24
    other = desk.done("rows", path=str(desk.folder / "shapes"), format="parquet")
    assert other.state == RegistrationState.REFUSED


def test_a_dataset_with_a_fault_is_refused_and_leaves_nothing(
    desk: Desk, world: Path, settings: Settings
) -> None:
    broken = {f"{split}-1": np.full((5, 3), np.nan, np.float32) for split in SPLITS}
    np.savez(world / "features.npz", **broken)  # type: ignore[arg-type]
    uploads = uploaded(desk, world)
    done = desk.done("tiny", uploads=uploads)
    assert done.state == RegistrationState.REFUSED
    assert "features.npz" in done.sentence
    assert str(settings.MTKD_HOME) not in done.sentence
    assert str(settings.MTKD_HOME) not in json.dumps(done.report)
    assert nothing_is_left()


@pytest.mark.slow
def test_a_pickle_in_place_of_a_model_is_refused_in_one_sentence(desk: Desk) -> None:
    (desk.folder / "span.safetensors").write_bytes(b"\x80\x04parameters")
    done = register(
        project=desk.project,
        user=desk.user,
        kind="teacher",
        name="span",
        path=str(desk.folder / "span.safetensors"),
    )
    desk.carry_out(done)
    assert done.state == RegistrationState.REFUSED
    assert "span.safetensors" in done.sentence
    assert stored() == []


def test_the_command_registers_and_refuses_in_one_sentence(desk: Desk, world: Path) -> None:
    assert command(desk, "dataset", "tiny", str(world)).startswith("Registered dataset 'tiny'")
    with pytest.raises(CommandError, match="of that name already"):
        command(desk, "dataset", "tiny", str(world))
    with pytest.raises(CommandError, match="registered already, as dataset 'tiny'"):
        command(desk, "dataset", "other", str(world))
    with pytest.raises(CommandError, match="no project 'none'"):
        command(desk, "dataset", "tiny", str(world), project="none")


def test_the_command_takes_a_path_relative_to_where_one_stands_and_counts_versions(
    desk: Desk, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.parent)
    assert command(desk, "dataset", "near", world.name).startswith("Registered dataset 'near'")
    make_world(desk.folder / "newer", word="circle")
    said = command(desk, "dataset", "near", "newer", new_version=True)
    assert said.startswith("Registered dataset 'near@2'")


def test_the_command_says_which_repairs_there_are_and_how_to_accept_them(desk: Desk) -> None:
    place = str(make_world(desk.folder / "late", end=12.5))
    with pytest.raises(CommandError, match=r"say --accept clip_windows to make them, --accept all"):
        command(desk, "dataset", "late", place)
    assert Registration.objects.get().state == RegistrationState.CANCELLED
    assert command(desk, "dataset", "late", place, accept="all").startswith("Registered")
    assert work_left() == []
