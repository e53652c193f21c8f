"""Clips that were sealed by an older version have neither posters nor films: every page does without."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from jobs.models import Dataset, Job, Project, StoredFile, User
from jobs.queries.images import read_images
from jobs.storage.blobs import keep_file
from jobs.storage.previews import labelled_files
from mtkd_engine.data.check.validate import check_dataset
from tests.classifying import make_classifier, make_images
from tests.engine.data.clips.doubles import CLASSES, SPLITS, clip, pretend, write
from tests.inspected_classes import TEACHERS, class_columns, class_files, ended_job

__all__ = ["pretend"]  # fixtures
PREVIEWS = {"images.bin", "images.idx", "plays.bin", "plays.idx"}


@pytest.fixture
def older(project: Project, tmp_path: Path, pretend: None) -> Dataset:
    """Clips of two classes as they were sealed before there were previews."""
    names = [f"{split}/{name}/{n}.mp4" for split in SPLITS for name in CLASSES for n in range(2)]
    raw = write(tmp_path / "raw", {name: clip(number) for number, name in enumerate(names)})
    report = check_dataset(raw, name="acts", seal=tmp_path / "sealed")
    files = sorted((tmp_path / "sealed").iterdir())
    assert {path.name for path in files} >= PREVIEWS
    dataset = Dataset.objects.create(
        project=project,
        name="acts",
        task=report["task"],
        content_hash=report["content_hash"],
        report=report,
    )
    for path in files:
        if path.name not in PREVIEWS:
            StoredFile.objects.create(dataset=dataset, name=path.name, blob=keep_file(path))
    return dataset


@pytest.fixture
def job(older: Dataset, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> Job:
    """One that has told of two clips of test."""
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    make_images(older.project)
    for name in TEACHERS:
        make_classifier(older.project, name)
    files = labelled_files(older)
    assert files is not None
    rows = [
        {"id": one.id, "split": one.split, "source": one.source, "label": CLASSES[one.label]}
        for one in read_images(files, [8, 10])
    ]
    told = class_files(class_columns(rows, classes=list(CLASSES)), classes=list(CLASSES))
    made = ended_job(older.project, people["editor"], told)
    made.dataset = older
    made.save()
    return made


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_pages_of_the_dataset_list_its_clips_in_words(viewer: Client, older: Dataset) -> None:
    for path in ("", "samples/", "samples/?split=test&class=1", "samples/8/"):
        shown = page(viewer, f"/datasets/{older.pk}/{path}")
        assert "test/" in shown
        assert "<video" not in shown
        assert f"/datasets/{older.pk}/images/" not in shown
    assert "2.00 s" in page(viewer, f"/datasets/{older.pk}/samples/8/")


@pytest.mark.parametrize("base", ["/datasets", "/api/v1/datasets"])
@pytest.mark.parametrize("kind", ["clips", "images"])
def test_posters_and_films_are_not_found(viewer: Client, older: Dataset, base: str, kind: str) -> None:
    assert viewer.get(f"{base}/{older.pk}/{kind}/8/").status_code == 404


def test_rest_lists_its_clips(viewer: Client, older: Dataset) -> None:
    told = viewer.get(f"/api/v1/datasets/{older.pk}/clips/?split=test&limit=1").json()
    assert told["after"] == 8
    assert told["clips"][0] == {
        "row": 8,
        "id": "test/jump/0.mp4",
        "split": "test",
        "source": "test/jump/0.mp4",
        "label": 0,
        "name": "jump",
        "sha256": told["clips"][0]["sha256"],
        "width": 64,
        "height": 48,
        "frames": 20,
        "rate": 10.0,
    }


def test_inspect_tells_of_its_clips_without_pictures(viewer: Client, job: Job) -> None:
    for path in ("", "0/"):
        shown = page(viewer, f"/jobs/{job.pk}/samples/{path}")
        assert "test/jump/0.mp4" in shown
        assert "<video" not in shown
        assert f"/datasets/{job.dataset_id}/images/" not in shown
    assert viewer.get(f"/api/v1/jobs/{job.pk}/samples/0/").status_code == 200
