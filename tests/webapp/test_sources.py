from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from jobs.models import Dataset, Project, Teacher
from jobs.operations.errors import UnableToRegister


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_the_form_names_the_folders_that_are_allowed(editor: Client, project: Project, noun: str) -> None:
    page = editor.get(f"/projects/moments/{noun}s/new/").content.decode()
    assert str(settings.DATA_ROOTS[0]) in page


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_registering_leads_to_the_new_page(
    editor: Client, dataset: Dataset, teachers: list[Teacher], noun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {"dataset": dataset, "teacher": teachers[0]}[noun]
    asked: dict[str, object] = {}
    monkeypatch.setattr(f"webapp.pages.sources.register_{noun}", lambda **given: asked.update(given) or made)
    answer = editor.post(f"/projects/moments/{noun}s/new/", {"name": "new", "path": "/data/x"})
    assert answer["Location"] == f"/{noun}s/{made.pk}/"
    assert (asked["name"], asked["path"]) == ("new", "/data/x")
    assert "is registered" in editor.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_a_refusal_stands_at_its_field_and_what_was_typed_stays(
    editor: Client, project: Project, noun: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def register(**given: object) -> None:
        raise UnableToRegister("path: no.", fields={"path": "clip.npz holds NaN.", "name": "is taken."})

    monkeypatch.setattr(f"webapp.pages.sources.register_{noun}", register)
    page = editor.post(
        f"/projects/moments/{noun}s/new/", {"name": "mine", "path": "/data/x"}
    ).content.decode()
    for text in ("clip.npz holds NaN.", "Is taken.", 'value="mine"', 'value="/data/x"'):
        assert text in page


def test_a_path_outside_the_allowed_folders_is_refused(
    editor: Client, project: Project, tmp_path: Path
) -> None:
    settings.DATA_ROOTS[0].mkdir(parents=True)
    page = editor.post("/projects/moments/datasets/new/", {"name": "etc", "path": "/etc"}).content.decode()
    assert 'id="id_path-error"' in page
    assert not Dataset.objects.exists()


def test_a_dataset_shows_its_splits_and_hash(viewer: Client, dataset: Dataset) -> None:
    page = viewer.get(f"/datasets/{dataset.pk}/").content.decode()
    for text in ("d" * 64, "train", "30", "No job has used it yet."):
        assert text in page


def test_a_teacher_shows_what_it_is(viewer: Client, teachers: list[Teacher]) -> None:
    page = viewer.get(f"/teachers/{teachers[0].pk}/").content.decode()
    for text in ("a" * 64, "1,000", "It has not taught yet"):
        assert text in page
