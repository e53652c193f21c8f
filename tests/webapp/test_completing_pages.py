"""Saying what a classifier is, in the browser and over REST; and its page with conversion and accuracy."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.test import APIClient

from jobs.models import Dataset, Project, Registration, RegistrationState, Teacher, User

NET = {"family": "cifar_resnet", "depth": 20, "factor": 1, "shortcut": "pad"}
CONVERSION: dict[str, Any] = {
    "found_under": "state_dict",
    "prefix": "module.",
    "tensors": 97,
    "renamed": [["module.conv1.weight", "conv1.weight"]],
    "added": ["bn1.num_batches_tracked"],
    "unexpected": ["ema.<b>decay"],
    "converted": [["conv1.weight", "float16", "float32"]],
    "ignored": [["best_prec1", "a float"]],
    "held": {"network": ["system calls"], "files": []},
}
ASKS: dict[str, Any] = {
    "needs": ["dataset", "card"],
    "proposed": {"net": NET, "classes": 10, "channels": 3},
    "said": None,
    "problem": "classes: given 9, but net.th has 10 outputs.",
}
REPORT = {
    "kind": "model",
    "task": "classification",
    "sealed": False,
    "asks": ASKS,
    "conversion": CONVERSION,
    "tensors": {"count": 97, "first": [["conv1.weight", [16, 3, 3, 3], "float32"]]},
}
SPLIT: dict[str, Any] = {
    "samples": 5000,
    "metrics": {"top1": 0.8104, "top5": 0.987, "ece": 0.05, "nll": 0.58},
    "blind": {"top1": 0.1034},
    "classes": [{"name": "air<b>plane", "samples": 500, "predicted": 510, "recall": 0.83, "precision": None}],
}


@pytest.fixture(autouse=True)
def _no_bell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.operations.registrations.ring", lambda queue: None)


@pytest.fixture
def images(project: Project) -> Dataset:
    return Dataset.objects.create(project=project, name="cifar", task="classification", content_hash="c" * 64)


@pytest.fixture
def waiting(project: Project, people: dict[str, User], images: Dataset) -> Registration:
    return Registration.objects.create(
        project=project,
        user=people["editor"],
        kind="teacher",
        name="resnet20",
        state=RegistrationState.WAITING,
        report=REPORT,
        asked={"split": "val", "files": [{"name": "net.th", "bytes": 5}]},
    )


def test_the_page_asks_with_what_was_found_and_what_did_not_fit(
    editor: Client, waiting: Registration
) -> None:
    page = editor.get(f"/registrations/{waiting.pk}/").content.decode()
    for text in (
        "net.th has 10 outputs",
        "depth: 20",
        "module.conv1.weight",
        "bn1.num_batches_tracked",
        "16 × 3",
    ):
        assert text in page
    assert "ema.&lt;b&gt;decay" in page
    assert "could not keep it from files but its own" in page
    assert '<option value="cifar">cifar</option>' in page


def test_a_viewer_reads_it_and_says_nothing(viewer: Client, waiting: Registration) -> None:
    page = viewer.get(f"/registrations/{waiting.pk}/").content.decode()
    assert "Measure and register" not in page
    assert viewer.post(f"/registrations/{waiting.pk}/decision/", {}).status_code in {403, 404}


def test_what_is_said_goes_on_with_the_check(editor: Client, waiting: Registration) -> None:
    said = {"dataset": "cifar", "split": "test", "classes": "list", "names": "cat\n dog \n\n", "input": "own"}
    said |= {
        "size": "16",
        "mean": "0.5, 0.5 0.5",
        "std": "0.25,0.25,0.25",
        "net": "family: cifar_resnet\ndepth: 20",
    }
    answer = editor.post(f"/registrations/{waiting.pk}/decision/", said)
    assert answer.status_code == 302, answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == RegistrationState.QUEUED
    card = waiting.asked["card"]
    assert (card["classes"], card["net"]["depth"]) == (["cat", "dog"], 20)
    assert card["input"] == {"size": 16, "mean": [0.5] * 3, "std": [0.25] * 3}
    assert (waiting.asked["dataset"], waiting.asked["split"]) == ("cifar", "test")


@pytest.mark.parametrize(
    ("reads", "said", "kept"),
    [
        (
            "clip",
            {"moments": "4", "size": "16", "mean": "0.5, 0.5, 0.5", "std": "0.2, 0.2, 0.2"},
            {"kind": "clip", "frames": 4, "size": 16, "mean": [0.5] * 3, "std": [0.2] * 3},
        ),
        ("streams", {"moments": "2", "size": "16"}, {"kind": "streams", "segments": 2, "size": 16}),
        ("features", {"moments": "8", "width": "32"}, {"kind": "features", "frames": 8, "width": 32}),
    ],
)
def test_what_a_network_reads_of_clips_can_be_said(
    editor: Client, waiting: Registration, reads: str, said: dict[str, str], kept: dict[str, Any]
) -> None:
    given = {"dataset": "cifar", "split": "val", "classes": "dataset", "input": reads}
    address = f"/registrations/{waiting.pk}/decision/"
    assert "This field is required" in editor.post(address, given).content.decode()
    answer = editor.post(address, {**given, **said})
    assert answer.status_code == 302, answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.asked["card"]["input"] == kept


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": "list"}, "This field is required"),
        ({"input": "own", "size": "16", "mean": "x", "std": "1"}, "Accepted are numbers"),
        ({"net": "family: [cifar"}, "not readable YAML"),
        ({"net": "family: cifar_resnet\ndepth: 21"}, "accepted is 6n + 2"),
        ({"dataset": "world"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_stays_in_the_form_with_the_reason(
    editor: Client, waiting: Registration, changes: dict[str, str], words: str
) -> None:
    said = {"dataset": "cifar", "split": "val", "classes": "dataset", "input": "cifar10", **changes}
    answer = editor.post(f"/registrations/{waiting.pk}/decision/", said)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    waiting.refresh_from_db()
    assert waiting.state == RegistrationState.WAITING


def test_the_same_over_rest(api: APIClient, waiting: Registration) -> None:
    address = f"/api/v1/registrations/{waiting.pk}/decision/"
    wrong = api.put(address, {"card": {"input": "imagenot"}, "dataset": "world"}, format="json")
    assert wrong.status_code == 409
    assert api.put(address, {"accept": []}, format="json").status_code == 409
    done = api.put(address, {"card": {"net": NET, "input": "imagenet"}, "dataset": "cifar"}, format="json")
    assert (done.status_code, done.json()["state"]) == (200, "queued")


def test_the_page_of_a_classifier_shows_accuracy_classes_and_conversion(
    viewer: Client, project: Project, images: Dataset
) -> None:
    quality = {"split": "val", **SPLIT, "splits": {"val": SPLIT, "test": SPLIT}}
    card = {"net": NET, "classes": ["a"] * 10, "temperature": 2.03}
    card["input"] = {"size": 32, "mean": [0.5] * 3, "std": [0.25] * 3}
    report = {"task": "classification", "card": card, "quality": quality, "conversion": CONVERSION}
    teacher = Teacher.objects.create(
        project=project,
        name="resnet20",
        task="classification",
        content_hash="r" * 64,
        report=report,
        dataset=images,
    )
    page = viewer.get(f"/teachers/{teacher.pk}/").content.decode()
    for text in (
        "81.0",
        "98.7",
        "10.3",
        "air&lt;b&gt;plane",
        "83.0",
        "2.03",
        "32 px, colour",
        "How it was converted",
    ):
        assert text in page
    assert "81.0 % Top-1 on val" in viewer.get("/projects/moments/").content.decode()


def test_an_input_chosen_beforehand_is_said_of_all_checkpoints(editor: Client, images: Dataset) -> None:
    page = editor.get("/projects/moments/teachers/new/").content.decode()
    assert "32 px, mean and spread of CIFAR-10" in page
    place = settings.DATA_ROOTS[0] / "net.th"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"-")
    asked = {"name": "net", "place": "path", "path": str(place), "dataset": "cifar@1", "split": "val"}
    answer = editor.post("/projects/moments/teachers/new/", {**asked, "input": "cifar10"})
    assert answer.status_code == 302, answer.content.decode()
    assert Registration.objects.get(name="net").asked["card"] == {"classes": "dataset", "input": "cifar10"}


def test_without_a_dataset_of_images_the_page_says_what_to_do_first(
    editor: Client, waiting: Registration, images: Dataset
) -> None:
    hint = "Nothing to measure it on."
    assert hint not in editor.get(f"/registrations/{waiting.pk}/").content.decode()
    images.delete()
    page = editor.get(f"/registrations/{waiting.pk}/").content.decode()
    assert hint in page
    assert "/projects/moments/datasets/new/" in page


def test_what_a_classifiers_own_card_claims_is_told_as_its_word(
    viewer: Client, project: Project, images: Dataset
) -> None:
    report = {"card": {"classes": ["a", "b"], "metrics": {"test/top1": 0.725, "test/nll": 0.5}}}
    teacher = Teacher.objects.create(
        project=project, name="net", task="classification", content_hash="r" * 64, report=report
    )
    assert "72.5 % Top-1 on test, as its card says" in viewer.get("/projects/moments/").content.decode()
    assert "Top-1 on test" in viewer.get(f"/teachers/{teacher.pk}/").content.decode()
