"""The page of a project's models on a dataset, and who could learn from whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from jobs.models import Dataset, Project, Registration, RegistrationKind, Teacher, User
from tests.classifying import make_classifier, make_images
from tests.zoo_double import keep_masks, keep_measured, saying

URL = "/projects/moments/zoo/"


@pytest.fixture
def pets(project: Project) -> Dataset:
    return make_images(project)


@pytest.fixture
def models(project: Project, pets: Dataset, tmp_path: Path) -> dict[str, Teacher]:
    """One knows cats and dogs, one foxes and most dogs, one was never measured."""
    made = {name: make_classifier(project, name) for name in ("hound", "vixen", "shy")}
    keep_measured(made["hound"], pets, saying("cat", "dog"), folder=tmp_path / "made")
    keep_measured(made["vixen"], pets, saying("fox", "dog", but=(1, 5)), folder=tmp_path / "made")
    return made


def shown(client: Client, query: str = "", status: int = 200) -> str:
    answer = client.get(f"{URL}{query}")
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_models_stand_with_their_quality_and_pairs_with_what_they_know(
    viewer: Client, models: dict[str, Teacher]
) -> None:
    page = shown(viewer)
    assert 'hound</bdi></a><span class="muted small">' in page
    assert "50.0 %" in page
    assert "45.0 %" in page
    assert "not measured here" in page


def test_words_and_numbers_of_a_pair_are_those_of_the_samples(
    viewer: Client, models: dict[str, Teacher]
) -> None:
    page = shown(viewer)
    # hound is right about 10 cats and 10 dogs, vixen about 10 foxes and 8 of the dogs: 8 both, 30 of 40 at least one
    assert "Together they know 25.0 points more than the better one" in page
    assert "<dt>Only hound is right</dt><dd>30.0 % " in page
    assert "<dt>Only vixen is right</dt><dd>25.0 % " in page
    assert "<dt>Both are right</dt><dd>20.0 %</dd>" in page
    assert "<dt>Neither is right</dt><dd>25.0 %</dd>" in page
    assert "<dt>Whoever is better at each sample</dt><dd>75.0 %</dd>" in page


def test_a_button_leads_to_the_form_with_these_participants(
    editor: Client, viewer: Client, models: dict[str, Teacher]
) -> None:
    address = (
        "/projects/moments/jobs/new/?dataset=pets&amp;method=mutual&amp;teachers=hound&amp;teachers=vixen"
    )
    assert f'href="{address}"' in shown(editor)
    assert "Let them teach each other" not in shown(viewer)
    form = editor.get(address.replace("&amp;", "&")).content.decode()
    assert '<option value="mutual" selected>' in form
    for name in ("hound", "vixen"):
        assert f'name="teachers" value="{name}" checked' in form
    assert 'name="teachers" value="shy" checked' not in form


def test_the_classes_of_a_pair_say_who_leads(viewer: Client, models: dict[str, Teacher]) -> None:
    page = shown(viewer, "?dataset=pets&split=test&first=hound&second=vixen")
    area = page[page.index("Who knows which class") :]
    assert area.index("<bdi>cat</bdi>") < area.index("<bdi>dog</bdi>")
    assert '<span class="zoo-name" data-side="first"><bdi>hound</bdi></span></td>' in area
    assert '<span class="muted">open</span>' in area


def test_the_partners_of_one_model_have_it_first(viewer: Client, models: dict[str, Teacher]) -> None:
    page = shown(viewer, "?dataset=pets&of=vixen")
    assert "Partners of <bdi>vixen</bdi>" in page
    assert page.index('data-side="first"><bdi>vixen') < page.index('data-side="second"><bdi>hound')
    assert "measure it, and its partners are known" in shown(viewer, "?dataset=pets&of=shy")


def test_where_nothing_can_be_compared_it_says_what_to_do(
    viewer: Client, project: Project, tmp_path: Path
) -> None:
    assert "No dataset to compare on" in shown(viewer)
    pets = make_images(project)
    assert "No model of this task yet" in shown(viewer)
    assert "Nothing to compare" not in shown(viewer)
    hound = make_classifier(project, "hound")
    assert "register another one, or promote a student" in shown(viewer)
    make_classifier(project, "vixen")
    assert "measure those that were not" in shown(viewer)
    keep_measured(hound, pets, saying("cat"), folder=tmp_path / "made")
    assert "measure those that were not" in shown(viewer)


def test_what_is_not_there_is_said_in_a_sentence(
    viewer: Client, models: dict[str, Teacher], dataset: Dataset
) -> None:
    for query, sentence in (
        ("?dataset=none", "which is none of this project; accepted is one of pets"),
        ("?dataset=world", "which is of task grounding"),
        ("?dataset=pets&split=train", "accepted is one of val, test"),
        ("?dataset=pets&of=nobody", "accepted is one of hound, shy, vixen"),
        ("?dataset=pets&first=hound&second=shy", "accepted is a model that was measured on it"),
    ):
        assert sentence in shown(viewer, query, status=404), query


def test_an_editor_asks_for_measurements_and_a_viewer_does_not(
    editor: Client, viewer: Client, models: dict[str, Teacher]
) -> None:
    given = {"dataset": "pets", "teacher": ["shy"]}
    assert viewer.post(f"{URL}measurements/", given).status_code == 403
    answer = editor.post(f"{URL}measurements/", given)
    assert answer["Location"] == f"{URL}?dataset=pets"
    row = Registration.objects.get()
    assert (row.kind, row.teacher, row.name) == (RegistrationKind.MEASUREMENT, models["shy"], "shy")
    page = shown(viewer)
    assert "being measured" in page
    assert "shy is being measured on pets" in shown(editor)
    seen = viewer.get(f"/registrations/{row.pk}/").content.decode()
    assert "Measurement, registration" in seen


def test_what_cannot_be_measured_is_said_and_what_is_gone_too(
    editor: Client, project: Project, models: dict[str, Teacher]
) -> None:
    models["shy"].kind = "predictions"
    models["shy"].save()
    editor.post(f"{URL}measurements/", {"dataset": "pets", "teacher": "shy"})
    assert "accepted is a model that can be run" in shown(editor)
    editor.post(f"{URL}measurements/", {"dataset": "pets", "teacher": "gone"})
    assert "the dataset or the model is not there any more" in shown(editor)
    assert not Registration.objects.exists()


def test_a_measurement_that_ended_leads_to_the_zoo(
    viewer: Client, project: Project, pets: Dataset, models: dict[str, Teacher], people: dict[str, User]
) -> None:
    row = Registration.objects.create(
        project=project,
        kind="measurement",
        name="shy",
        state="registered",
        teacher=models["shy"],
        measured_on=pets,
        asked={"teacher": "shy", "dataset": "pets", "split": "val"},
    )
    page = viewer.get(f"/registrations/{row.pk}/").content.decode()
    assert "shy was measured." in page
    assert f'href="{URL}?dataset=pets"' in page


def test_project_and_dataset_lead_to_the_zoo(
    viewer: Client, pets: Dataset, models: dict[str, Teacher]
) -> None:
    assert f'href="{URL}"' in viewer.get("/projects/moments/").content.decode()
    assert f'href="{URL}?dataset=pets"' in viewer.get(f"/datasets/{pets.pk}/").content.decode()


def test_where_a_teacher_came_from_is_not_where_it_was_measured(
    viewer: Client, project: Project, models: dict[str, Teacher]
) -> None:
    given = {"project": project, "name": "shy", "state": "registered", "teacher": models["shy"]}
    came = Registration.objects.create(kind="teacher", **given)
    measured = Registration.objects.create(kind="measurement", **given)
    page = viewer.get(f"/teachers/{models['shy'].pk}/").content.decode()
    assert f'href="/registrations/{came.pk}/"' in page
    assert f'href="/registrations/{measured.pk}/"' not in page


def test_models_of_masks_are_told_by_who_is_better_and_have_no_classes(
    viewer: Client, project: Project, tmp_path: Path
) -> None:
    streets = Dataset.objects.create(
        project=project, name="streets", task="segmentation", content_hash="streets"
    )
    for name, quality in (("segformer", [0.5, 0.9, 0.25, 0.0]), ("upernet", [0.75, 0.5, 0.25, 0.1])):
        teacher = Teacher.objects.create(
            project=project, name=name, task="segmentation", content_hash=f"hash of {name}"
        )
        keep_masks(teacher, streets, quality, folder=tmp_path / "made")
    page = shown(viewer, "?dataset=streets")
    assert "mIoU on val" in page
    assert "<dt>segformer is better</dt><dd>25.0 % " in page
    assert "<dt>As good as each other</dt><dd>25.0 %</dd>" in page
    assert "The better of both at each sample is 8.8 points better than the better model" in page
    assert "Class by class" not in page
    assert "Neither is right" not in page
    chosen = shown(viewer, "?dataset=streets&first=segformer&second=upernet")
    assert "Both share no sample of val with a class" in chosen
