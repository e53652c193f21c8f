"""Inspect on jobs that classify: the list and its filters, the matrix, one image."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jobs.models import Job, Project, Selection, User
from tests.classifying import CLASSES, make_classifier, make_images
from tests.inspected_classes import TEACHERS, class_columns, class_files, ended_job, images
from tests.kept_images import keep_images

ROWS = images()


@pytest.fixture(autouse=True)
def _silent(monkeypatch: Any) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)


@pytest.fixture
def pets(project: Project) -> Project:
    make_images(project)
    for name in TEACHERS:
        make_classifier(project, name)
    return project


@pytest.fixture
def job(pets: Project, people: dict[str, User]) -> Job:
    return ended_job(pets, people["editor"], class_files(class_columns(ROWS)))


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client: Client, job: Job, query: str = "") -> list[int]:
    shown = page(client, f"/jobs/{job.pk}/samples/?{query}")
    return [int(row) for row in re.findall(rf'class="pictured" href="/jobs/{job.pk}/samples/(\d+)/', shown)]


def test_teachers_of_the_same_weight_are_tied_in_the_list(
    viewer: Client, pets: Project, people: dict[str, User]
) -> None:
    columns = class_columns(ROWS)
    for name in TEACHERS:
        columns[f"{name}/weight"][0] = 1 / len(TEACHERS)
    shown = page(viewer, f"/jobs/{ended_job(pets, people['editor'], class_files(columns)).pk}/samples/")
    assert f"<bdi>{', '.join(TEACHERS)}</bdi> are tied" in shown
    assert shown.count(f'title="{TEACHERS[0]}, leads"') == 23


def test_images_are_listed_with_what_everybody_says(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/")
    assert "48 samples" in shown
    assert listed(viewer, job) == list(range(48))
    for text in (
        "Who is right",
        "Right where teachers disagree",
        "Confusion matrix",
        "Student is wrong",
        "66.7 %",
    ):
        assert text in shown
    assert "Sentence" not in shown


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("class=cat", lambda n: n % 4 == 0),
        ("right=no", lambda n: n % 3 == 2),
        ("class=cat&said=dog", lambda n: n % 4 == 0 and n % 3 == 2),
        ("who=teacher:big&right=no", lambda n: n % 5 == 4),
        ("who=teacher:v1.2/odd&class=owl&said=cat", lambda n: n % 4 == 3),
        ("outcome=disagree", lambda n: len({n % 5 == 4, n % 3 == 2, n % 2 == 1}) > 1),
        ("outcome=thanks", lambda n: n % 3 != 2 and n % 2 == 1),
        ("outcome=misled", lambda n: n % 3 == 2 and n % 2 == 0),
        ("outcome=despite", lambda n: n % 3 != 2 and n % 5 == 4),
        ("outcome=unheeded", lambda n: n % 3 == 2 and n % 5 != 4),
        ("outcome=outvoted", lambda n: n % 5 == 4 and (n % 3 != 2 or n % 2 == 0)),
        ("outcome=nobody", lambda n: n % 30 == 29),
        ("leading=small&split=test", lambda n: n % 2 == 1 and n >= 24),
        ("big/weight.min=0.5", lambda n: n % 2 == 0),
    ],
)
def test_filters_find_what_they_say(viewer: Client, job: Job, query: str, rows: Any) -> None:
    assert listed(viewer, job, query) == [n for n in range(48) if rows(n)]


def test_what_cannot_be_asked_is_told_and_left_out(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/?class=horse&who=teacher:nobody&right=maybe&outcome=luck")
    for text in (
        "no class of this job",
        "accepted is one of student, target, solo",
        "accepted is one of yes, no",
    ):
        assert text in shown
    assert "48 samples" in shown


def test_ready_views_stand_in_the_address(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/?right=no&sort=student_quality")
    assert '<a href="?right=no&amp;sort=student_quality" aria-current="page">Student is wrong</a>' in shown
    assert "?outcome=outvoted&amp;sort=target_quality" in shown
    shown = page(viewer, f"/jobs/{job.pk}/")
    assert f"/jobs/{job.pk}/samples/confusion/" in shown
    assert f"/jobs/{job.pk}/samples/?outcome=disagree&amp;sort=-disagreement" in shown


def test_rows_become_files_and_selections(editor: Client, job: Job) -> None:
    body = editor.get(f"/jobs/{job.pk}/samples/file.csv?right=no&split=test").getvalue()  # type: ignore[attr-defined]
    assert body.count(b"\n") == 9
    assert b"v1.2/odd/class" in body
    editor.post(
        f"/jobs/{job.pk}/samples/selection/",
        {"name": "wrong", "which": "all", "use": "keep", "query": "right=no&split=test"},
    )
    assert Selection.objects.get().count == 8


def test_cells_of_the_matrix_lead_to_their_samples(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/confusion/")
    assert "24 samples" in shown
    assert "cat said to be dog: 2, 33.3 %" in shown
    query = re.search(r'href="/jobs/\d+/samples/\?([^"]*)" data-true="cat" data-said="dog"', shown)
    assert query is not None
    assert len(listed(viewer, job, query[1].replace("&amp;", "&"))) == 2
    shown = page(viewer, f"/jobs/{job.pk}/samples/confusion/?who=teacher%3Av1.2%2Fodd&split=all&order=alike")
    query = re.search(r'href="/jobs/\d+/samples/\?([^"]*)" data-true="owl" data-said="cat"', shown)
    assert query is not None
    assert "who=teacher%3Av1.2%2Fodd" in query[1]
    assert len(listed(viewer, job, query[1].replace("&amp;", "&"))) == 12


def test_one_class_is_looked_at_closer(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/confusion/?class=dog")
    assert "What its 6 samples are said to be" in shown
    assert "What the 6 said to be it are" in shown
    assert "What its" not in page(viewer, f"/jobs/{job.pk}/samples/confusion/?class=horse")


def test_a_hundred_classes_are_drawn_and_of_more_the_worst(
    viewer: Client, pets: Project, people: dict[str, User]
) -> None:
    classes = [f"class number {number}" for number in range(120)]
    make_images(pets, name="many", classes=classes)
    columns = class_columns(images(600, classes=classes), classes=classes, teachers=(), solo=False)
    found = ended_job(
        pets, people["editor"], class_files(columns, classes=classes), teachers=(), dataset="many"
    )
    shown = page(viewer, f"/jobs/{found.pk}/samples/confusion/?split=all")
    assert "the 100 of 120 classes with the most mistakes are drawn" in shown
    assert shown.count('class="row-label"') == 100
    assert "teacher" not in page(viewer, f"/jobs/{found.pk}/samples/").lower().split("<main")[1]


def test_a_sample_shows_what_everybody_says_and_why(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/4/?outcome=disagree")
    assert re.findall(r'data-who="([^"]*)"', shown) == [f"teacher:{name}" for name in TEACHERS] + [
        "target",
        "student",
        "solo",
    ]
    assert ("big leads with 0.60: it says dog (0.64); small and v1.2/odd say cat.") in shown
    assert "is wrong; small (0.20) and v1.2/odd (0.20) are right and outvoted." in shown
    assert "The student says cat (0.68), right in spite of the target" in shown
    assert shown.count(", the true class") == 6
    assert 'id="plan-course"' in shown
    assert "keeps no image of it here" in shown
    assert viewer.get(f"/jobs/{job.pk}/samples/48/").status_code == 404


def test_a_training_image_is_told_by_what_was_kept(
    viewer: Client, pets: Project, people: dict[str, User]
) -> None:
    rows = [row | {"split": "train"} for row in ROWS[:4]] + ROWS
    for place, row in enumerate(rows):
        rows[place] = row | {"id": f"i{place}"}
    found = ended_job(pets, people["editor"], class_files(class_columns(rows)))
    shown = page(viewer, f"/jobs/{found.pk}/samples/2/")
    assert "only the class that each names and the true one were kept" in shown
    assert "all others" not in shown


def test_images_are_those_of_the_dataset(
    viewer: Client, pets: Project, people: dict[str, User], tmp_path: Path
) -> None:
    dataset = keep_images(pets, tmp_path)
    classes = dataset.report["classes"]
    from jobs.queries.images import list_images
    from jobs.storage.previews import image_files

    files = image_files(dataset)
    assert files is not None
    known = list_images(files, limit=100).images
    kept = [one for one in known if one.split != "train"][3:]  # some were left out
    rows = [
        {"id": one.id, "split": one.split, "source": one.source, "label": classes[one.label]} for one in kept
    ]
    rows.append({"id": "gone", "split": "test", "source": "gone", "label": classes[0]})
    columns = class_columns(rows, classes=classes, teachers=(), solo=False)
    found = ended_job(
        pets, people["editor"], class_files(columns, classes=classes), teachers=(), dataset="shapes"
    )
    shown = page(viewer, f"/jobs/{found.pk}/samples/")
    told = [int(row) for row in re.findall(rf'src="/datasets/{dataset.pk}/images/(\d+)/"', shown)]
    assert told == [one.row for one in kept]
    shown = page(viewer, f"/jobs/{found.pk}/samples/0/")
    assert f'src="/datasets/{dataset.pk}/images/{kept[0].row}/"' in shown
    assert f"/datasets/{dataset.pk}/samples/{kept[0].row}/" in shown


def test_samples_without_classes_have_no_matrix(viewer: Client, project: Project, make_job: Any) -> None:
    assert viewer.get(f"/jobs/{make_job().pk}/samples/confusion/").status_code == 404


def test_names_of_classes_are_shown_as_they_are(
    viewer: Client, pets: Project, people: dict[str, User]
) -> None:
    classes = ["<i>cat</i>", 'a "quoted" & odd class', *CLASSES]
    make_images(pets, name="odd", classes=classes)
    columns = class_columns(images(24, classes=classes), classes=classes, teachers=(), solo=False)
    found = ended_job(
        pets, people["editor"], class_files(columns, classes=classes), teachers=(), dataset="odd"
    )
    for path in ("", "confusion/", "0/"):
        assert "<i>cat</i>" not in page(viewer, f"/jobs/{found.pk}/samples/{path}")
    assert listed(viewer, found, "class=%3Ci%3Ecat%3C%2Fi%3E") == [0, 6, 12, 18]
