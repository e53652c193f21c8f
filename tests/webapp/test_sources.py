from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jobs.models import Dataset, Project, Registration, Teacher, TeacherKind, User
from tests.sealed_double import keep_sealed, sample_row, told_statistics, write_sealed
from tests.webapp.conftest import MakeJob

QUALITY = {
    "split": "test",
    "samples": 3720,
    "metrics": {"r1@0.3": 0.6, "r1@0.5": 0.42, "r1@0.7": 0.21, "miou": 0.39},
    "blind": {"r1@0.3": 0.4, "r1@0.5": 0.22, "r1@0.7": 0.09, "miou": 0.27},
}
PROBLEMS = [
    {"code": "words", "severity": "note", "message": "Three sentences are empty.", "count": 3, "places": []},
    {
        "code": "outside",
        "severity": "warning",
        "message": "Windows end after their video.",
        "count": 25,
        "repair": None,
        "places": [{"file": "train.txt", "row": 7, "detail": "<b>31.0</b> of 30.0 s"}],
    },
    {"code": "clip", "severity": "warning", "message": "Was clipped.", "count": 2, "repair": "clip_windows"},
]
REPAIRS = [
    {
        "name": "clip_windows",
        "title": "Clip windows to their video",
        "count": 2,
        "needed": True,
        "accepted": True,
    },
    {"name": "drop_rows", "title": "Drop rows", "count": 1, "needed": False, "accepted": False},
]


@pytest.fixture
def admin(people: dict[str, User], project: Project) -> Client:
    client = Client()
    client.force_login(people["admin"])
    return client


def card(client: Client, source: Dataset | Teacher) -> str:
    answer = client.get(f"/{source._meta.model_name}s/{source.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def told(source: Dataset | Teacher, **report: Any) -> None:
    source.report = source.report | report
    source.save()


def test_a_dataset_shows_its_splits_and_hash(viewer: Client, dataset: Dataset) -> None:
    page = card(viewer, dataset)
    for text in ("d" * 64, "train", "30", "No job has used it yet.", "before statistics were kept"):
        assert text in page


def test_a_dataset_of_which_nothing_is_told_still_has_a_card(viewer: Client, dataset: Dataset) -> None:
    for report in ({}, {"problems": ["One sentence.", "<b>Another.</b>"], "splits": None, "statistics": {}}):
        dataset.report = report
        dataset.save()
        assert "Where it is used" in card(viewer, dataset)
    assert "&lt;b&gt;Another.&lt;/b&gt;" in card(viewer, dataset)


def test_a_dataset_tells_where_it_comes_from(viewer: Client, dataset: Dataset) -> None:
    dataset.origin = {"files": [{"name": "train.<txt>", "bytes": 1234, "sha256": "f" * 64}]}
    dataset.save()
    told(
        dataset,
        format="charades_sta",
        bytes=5_000_000,
        word_vectors={"width": 300, "words": 9, "vocabulary": 10},
    )
    page = card(viewer, dataset)
    for text in (
        "train.&lt;txt&gt;",
        "1.2 kB",
        "f" * 64,
        "Charades-STA",
        "5.0 MB",
        "300 wide, for 9 of 10 words",
    ):
        assert text in page


def test_what_remains_is_told_and_what_was_repaired_is_not_a_problem(
    viewer: Client, dataset: Dataset
) -> None:
    told(dataset, problems=PROBLEMS, repairs=REPAIRS)
    page = card(viewer, dataset)
    assert page.index("Windows end after") < page.index("Three sentences")
    for text in ("First 1 of 25 places", "train.txt:7", "&lt;b&gt;31.0", "Clip windows to their video"):
        assert text in page
    for text in ("Was clipped", "Drop rows"):
        assert text not in page


def test_statistics_are_drawn_and_told_in_words(viewer: Client, dataset: Dataset) -> None:
    told(dataset, statistics=told_statistics())
    page = card(viewer, dataset)
    for text in (
        'id="plan-window-share"',
        'id="plan-position-train"',
        "train: mean 15.0 s, median 12.0 s",
        'title="person"',
        "9,000",
        "12 in val, 97 in test",
    ):
        assert text in page


def test_versions_are_listed_newest_first(viewer: Client, project: Project, dataset: Dataset) -> None:
    newer = Dataset.objects.create(project=project, name="world", version=2, content_hash="e" * 64)
    page = card(viewer, dataset)
    assert page.index(f'href="/datasets/{newer.pk}/"') < page.index('aria-current="page">Version 1')
    assert page.count(">newest<") == 1
    lists = viewer.get("/projects/moments/").content.decode()
    assert f'older: <a href="/datasets/{dataset.pk}/">1</a>' in lists


def test_a_new_version_begins_with_the_name_of_the_old(editor: Client, dataset: Dataset) -> None:
    address = f"/projects/moments/datasets/new/?version_of={dataset.pk}"
    assert f'href="{address}"' in card(editor, dataset)
    form = editor.get(address).context["form"]
    assert (form["name"].value(), form["new_version"].value()) == ("world", True)


def test_a_source_leads_to_how_it_came_in(viewer: Client, dataset: Dataset, project: Project) -> None:
    row = Registration.objects.create(project=project, kind="dataset", name="world", dataset=dataset)
    assert f'href="/registrations/{row.pk}/"' in card(viewer, dataset)


def test_a_dataset_names_what_uses_it(
    viewer: Client, dataset: Dataset, teachers: list[Teacher], make_job: MakeJob
) -> None:
    job = make_job()
    Teacher.objects.filter(pk=teachers[0].pk).update(dataset=dataset, kind=TeacherKind.PREDICTIONS)
    Teacher.objects.filter(pk=teachers[1].pk).update(dataset=dataset)
    page = card(viewer, dataset)
    for text in (f"/jobs/{job.pk}/", "queued", "stored predictions for it", "teacher measured on it"):
        assert text in page


def test_first_samples_lead_to_their_pages(viewer: Client, project: Project, tmp_path: Path) -> None:
    rows = [sample_row(number) for number in range(9)]
    sealed = keep_sealed(project, write_sealed(tmp_path / "sealed", rows), rows)
    page = card(viewer, sealed)
    assert f'href="/datasets/{sealed.pk}/samples/4/"' in page
    assert "person 5" not in page


def test_a_dataset_without_stored_samples_quotes_its_report(viewer: Client, dataset: Dataset) -> None:
    told(dataset, samples=[sample_row(1, sentence="<i>quoted</i>")])
    page = card(viewer, dataset)
    assert "&lt;i&gt;quoted&lt;/i&gt;" in page
    assert "All samples" not in page


def test_a_teacher_shows_what_it_is(viewer: Client, teachers: list[Teacher]) -> None:
    page = card(viewer, teachers[0])
    for text in ("a" * 64, "1,000", "It has not taught yet", "It was not measured"):
        assert text in page


def test_the_quality_of_a_teacher_stands_beside_blind(
    viewer: Client, dataset: Dataset, teachers: list[Teacher]
) -> None:
    told(teachers[0], quality=QUALITY)
    Teacher.objects.filter(pk=teachers[0].pk).update(dataset=dataset)
    page = card(viewer, teachers[0])
    for text in (
        "R1@0.5",
        "42.0",
        "22.0",
        "+20.0",
        "3,720 samples",
        "plan-quality",
        f"/datasets/{dataset.pk}/",
    ):
        assert text in page
    assert "Worse than blind" not in page
    assert "39.0 % mIoU on test" in viewer.get("/projects/moments/").content.decode()


def test_a_teacher_worse_than_blind_is_told(viewer: Client, teachers: list[Teacher]) -> None:
    told(teachers[0], quality=QUALITY | {"metrics": {"miou": 0.2}})
    assert "Worse than blind" in card(viewer, teachers[0])


def test_measures_of_a_models_own_card_are_told_as_such(viewer: Client, teachers: list[Teacher]) -> None:
    told(teachers[0], card={"net": {"family": "span", "width": 8}, "metrics": {"test/miou": 0.31}})
    page = card(viewer, teachers[0])
    for text in ("span: width 8", "mIoU on test", "31.0 %", "it was not measured here"):
        assert text in page


def test_stored_predictions_show_what_they_cover(viewer: Client, project: Project, dataset: Dataset) -> None:
    coverage = {"train": {"covered": 1500, "of": 3000}, "val": {"covered": 10, "of": 10}}
    unknown = {"count": 1200, "first": [f"x{number}" for number in range(20)]}
    report = {
        "kind": "predictions",
        "form": "span",
        "samples": 1510,
        "coverage": coverage,
        "unknown": unknown,
    }
    found = Teacher.objects.create(
        project=project,
        name="stored",
        content_hash="c" * 64,
        report=report,
        dataset=dataset,
        kind="predictions",
    )
    page = card(viewer, found)
    for text in (
        "stored predictions",
        "It cannot teach",
        "1,500",
        "3,000",
        "50.0 %",
        "1,200 predictions name",
        '<span class="mono">x4</span>',
        "scores of start",
    ):
        assert text in page
    assert '<span class="mono">x5</span>' not in page


def test_predictions_without_features_can_teach_where_there_is_no_student(
    viewer: Client, project: Project, dataset: Dataset
) -> None:
    told(dataset, feature_width=None)
    found = Teacher.objects.create(
        project=project,
        name="stored",
        content_hash="c" * 64,
        report={"kind": "predictions", "coverage": {"val": {"covered": 10, "of": 10}}},
        dataset=dataset,
        kind="predictions",
    )
    page = card(viewer, found)
    assert "choose it in a job with method aggregate" in page
    assert f"{dataset.label} was registered without features" in page
    assert "It cannot teach" not in page


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_an_archived_source_is_out_of_the_way_and_comes_back(
    editor: Client, dataset: Dataset, teachers: list[Teacher], noun: str
) -> None:
    source = {"dataset": dataset, "teacher": teachers[0]}[noun]
    link = f'href="/{noun}s/{source.pk}/"'
    assert link in editor.get("/projects/moments/").content.decode()
    editor.post(f"/{noun}s/{source.pk}/archive/", {"archived": "yes"})
    assert "Unarchive" in card(editor, source)
    lists = editor.get("/projects/moments/").content.decode()
    assert link not in lists
    assert "Show 1 archived" in lists
    assert link in editor.get("/projects/moments/?archived=shown").content.decode()
    editor.post(f"/{noun}s/{source.pk}/archive/", {"archived": "no"})
    assert link in editor.get("/projects/moments/").content.decode()


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_what_nothing_depends_on_is_deleted_at_a_click(
    admin: Client, dataset: Dataset, teachers: list[Teacher], noun: str
) -> None:
    source = {"dataset": dataset, "teacher": teachers[0]}[noun]
    address = f"/{noun}s/{source.pk}/deletion/"
    assert "Nothing depends on it" in admin.get(address).content.decode()
    answer = admin.post(address)
    assert answer["Location"] == "/projects/moments/"
    assert not type(source)._default_manager.filter(pk=source.pk).exists()


@pytest.mark.parametrize("noun", ["dataset", "teacher"])
def test_what_is_used_goes_only_with_its_users_and_its_name_typed(
    admin: Client, dataset: Dataset, teachers: list[Teacher], make_job: MakeJob, noun: str
) -> None:
    job = make_job(taught=True, state="succeeded")
    source = {"dataset": dataset, "teacher": teachers[0]}[noun]
    address = f"/{noun}s/{source.pk}/deletion/"
    assert f"/jobs/{job.pk}/" in admin.get(address).content.decode()
    for typed in ("", "World", source.name[:-1]):
        answer = admin.post(address, {"name": typed})
        assert answer.status_code == 422
        assert f"accepted is &#x27;{source.name}&#x27;" in answer.content.decode()
    assert admin.post(address, {"name": source.name}).status_code == 302
    assert not type(source)._default_manager.filter(pk=source.pk).exists()


def test_a_version_is_deleted_and_archived_under_its_label(
    admin: Client, dataset: Dataset, make_job: MakeJob
) -> None:
    make_job(state="succeeded")
    Dataset.objects.filter(pk=dataset.pk).update(superseded=True)
    address = f"/datasets/{dataset.pk}/deletion/"
    assert "<bdi>world@1</bdi>" in admin.get(address).content.decode()
    assert admin.post(address, {"name": "world"}).status_code == 422
    assert "world@1</td>" in admin.get("/projects/moments/").content.decode()
    archived = admin.post(f"/datasets/{dataset.pk}/archive/", follow=True).content.decode()
    assert "“world@1” is archived" in archived
    assert admin.post(address, {"name": "world@1"}).status_code == 302


def test_a_refusal_to_delete_is_told(admin: Client, dataset: Dataset, make_job: MakeJob) -> None:
    make_job(state="running")
    answer = admin.post(f"/datasets/{dataset.pk}/deletion/", {"name": "world"})
    assert answer.status_code == 422
    assert 'class="note is-error"' in answer.content.decode()
    assert Dataset.objects.filter(pk=dataset.pk).exists()


def test_buttons_are_for_those_who_may_press_them(
    viewer: Client, editor: Client, admin: Client, dataset: Dataset
) -> None:
    shown = {who: card(client, dataset) for who, client in (("v", viewer), ("e", editor), ("a", admin))}
    for text, allowed in (("New version", "ea"), ("/archive/", "ea"), ("/deletion/", "a")):
        assert {who for who, page in shown.items() if text in page} == set(allowed)
