"""Saying what a segmentation or saliency network is; and the page of one that teaches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from jobs.models import Dataset, Project, Registration, RegistrationState, Teacher, User
from tests.kept_dense import keep_gaze, keep_masks

NET = "family: pyramid\ndecoder: sum"
SAID = {
    "net": NET,
    "height": "48",
    "width": "64",
    "mean": "0.5, 0.5, 0.5",
    "std": "0.25 0.25 0.25",
    "split": "val",
}


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.registrations.ring", lambda queue: None)


@pytest.fixture
def streets(project: Project, tmp_path: Path) -> Dataset:
    return keep_masks(project, tmp_path)


def waiting(project: Project, user: User, task: str, on: Dataset | None) -> Registration:
    asks = {"needs": ["card", "net"], "proposed": None, "said": None, "problem": ""}
    asked: dict[str, Any] = {"split": "val", "files": [{"name": "net.pth", "bytes": 5}]}
    return Registration.objects.create(
        project=project,
        user=user,
        kind="teacher",
        name="net",
        state=RegistrationState.WAITING,
        report={"kind": "model", "task": task, "sealed": False, "asks": asks},
        asked=asked if on is None else {**asked, "dataset": on.label},
        measured_on=on,
    )


def test_a_segmentation_network_is_said_to_be_what_it_is(
    editor: Client, project: Project, people: dict[str, User], streets: Dataset
) -> None:
    row = waiting(project, people["editor"], "segmentation", streets)
    shown = editor.get(f"/registrations/{row.pk}/").content.decode()
    for text in ("Families: pyramid", "Those of the dataset", '<option value="streets" selected>'):
        assert text in shown
    assert "Frames that follow" not in shown
    answer = editor.post(
        f"/registrations/{row.pk}/decision/", {**SAID, "dataset": "streets", "classes": "dataset"}
    )
    assert answer.status_code == 302
    row.refresh_from_db()
    card = row.asked["card"]
    assert (row.state, card["task"], card["net"]["family"]) == ("queued", "segmentation", "pyramid")
    assert (card["input"]["height"], card["input"]["std"]) == (48, [0.25, 0.25, 0.25])


def test_what_does_not_fit_is_said_at_its_field(
    editor: Client, project: Project, people: dict[str, User], streets: Dataset
) -> None:
    row = waiting(project, people["editor"], "segmentation", streets)
    given = {**SAID, "dataset": "streets", "classes": "dataset"}
    for name, value, words in (
        ("net", "", "This field is required."),
        ("net", "family: pyramid\ndepth: x", "depth"),
        ("mean", "red", "Accepted are numbers"),
        ("classes", "list", "This field is required."),
        ("height", "4", "greater than or equal to 8"),
    ):
        answer = editor.post(f"/registrations/{row.pk}/decision/", {**given, name: value})
        assert answer.status_code == 422, name
        assert words in answer.content.decode()


def test_a_saliency_network_of_videos_says_how_many_frames_it_reads(
    editor: Client, project: Project, people: dict[str, User], tmp_path: Path
) -> None:
    glances = keep_gaze(project, tmp_path)
    row = waiting(project, people["editor"], "saliency", glances)
    given = {**SAID, "dataset": "glances", "net": "family: conv3d_maps", "input": "film"}
    assert "Names of its outputs" not in editor.get(f"/registrations/{row.pk}/").content.decode()
    assert editor.post(f"/registrations/{row.pk}/decision/", given).status_code == 422
    answer = editor.post(f"/registrations/{row.pk}/decision/", {**given, "frames": "6"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.asked["card"]["input"]["frames"] == 6


def test_a_dataset_of_another_task_makes_the_check_ask_anew(
    editor: Client, project: Project, people: dict[str, User], streets: Dataset
) -> None:
    row = waiting(project, people["editor"], "classification", None)
    assert '<option value="streets">streets (segmentation)</option>' in (
        editor.get(f"/registrations/{row.pk}/").content.decode()
    )
    given = {"dataset": "streets", "split": "val", "classes": "dataset", "input": "cifar10"}
    assert editor.post(f"/registrations/{row.pk}/decision/", given).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.measured_on) == ("queued", streets)
    assert "card" not in row.asked


def test_it_is_said_over_rest_too(
    api: APIClient, project: Project, people: dict[str, User], streets: Dataset
) -> None:
    row = waiting(project, people["editor"], "segmentation", streets)
    card = {"task": "segmentation", "net": {"family": "pyramid"}, "input": {"kind": "film", "frames": 0}}
    refused = api.put(f"/api/v1/registrations/{row.pk}/decision/", {"card": card}, format="json")
    assert refused.status_code in {400, 409}
    card["input"] = {"kind": "picture"}
    assert (
        api.put(f"/api/v1/registrations/{row.pk}/decision/", {"card": card}, format="json").status_code == 200
    )


def test_the_page_of_a_segmentation_network_tells_how_good_it_is(
    viewer: Client, project: Project, streets: Dataset
) -> None:
    metrics = {"miou": 0.61, "pixel_accuracy": 0.9, "class_accuracy": 0.7, "image_miou": 0.58}
    quality = {
        "split": "test",
        "primary": "miou",
        "samples": 5,
        "metrics": metrics,
        "blind": {"miou": 0.2, "pixel_accuracy": 0.5},
        "classes": [{"name": "disc", "pixels": 9, "predicted": 8, "iou": 0.51, "accuracy": None}],
    }
    card = {
        "task": "segmentation",
        "net": {"family": "pyramid"},
        "classes": ["ground", "disc", "box"],
        "input": {"kind": "picture", "height": 48, "width": 64, "mean": [0.5] * 3, "std": [0.2] * 3},
    }
    teacher = Teacher.objects.create(
        project=project,
        name="unet",
        task="segmentation",
        content_hash="u" * 64,
        dataset=streets,
        report={"task": "segmentation", "card": card, "quality": quality, "parameters": 1234},
    )
    shown = viewer.get(f"/teachers/{teacher.pk}/").content.decode()
    for text in ("mIoU", "61.0", "+41.0", "64 × 48 px", "<bdi>disc</bdi>", "51.0", "mutual or partition"):
        assert text in shown
    for text in ("R1@", "neither video nor sentence", "method emtm"):
        assert text not in shown
