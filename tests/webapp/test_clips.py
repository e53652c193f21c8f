"""Datasets of clips and of their features on their pages and over REST: there may be nothing to look at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from jobs.models import Dataset, Project, Registration, RegistrationState, User
from jobs.operations.selections import create_selection
from tests.kept_features import keep_features
from tests.seen_as import make_held, make_reader
from webapp.pages.findings import findings

POSTER = b"\xff\xd8\xff\xe0" + bytes(12)


@pytest.fixture
def moves(project: Project, tmp_path: Path) -> Dataset:
    return keep_features(project, tmp_path)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def words_of(shown: str) -> str:
    main = re.search(r"<main.*</main>", shown, re.S)
    assert main
    return re.sub(r"<[^>]*>", " ", main[0])


def test_the_card_shows_classes_rows_and_width_and_lists_clips(editor: Client, moves: Dataset) -> None:
    shown = page(editor, f"/datasets/{moves.pk}/")
    for text in (
        '<th scope="col" class="number">Rows</th>',
        "32 wide, up to 6 rows a clip",
        "arrays of features",
        "Some clips",
        "train-film-0000",
        "?dataset=moves",
    ):
        assert text in shown
    assert "Annotations only" not in shown
    assert "image" not in words_of(shown).lower()


def test_clips_are_listed_by_split_class_and_text(viewer: Client, moves: Dataset) -> None:
    address = f"/datasets/{moves.pk}/samples/"
    assert "60 clips" in page(viewer, address)
    assert "12 clips" in page(viewer, f"{address}?split=test")
    assert "6 clips of <bdi>disc-down</bdi>" in page(viewer, f"{address}?class=1&split=train")
    assert "1 clip with" in page(viewer, f"{address}?q=TRAIN-00007")
    assert "No clip fits" in page(viewer, f"{address}?q=nobody")


def test_one_clip_has_a_page_without_a_picture(viewer: Client, moves: Dataset) -> None:
    shown = page(viewer, f"/datasets/{moves.pk}/samples/59/")
    for text in ("6 of width 32", "60 of 60", "test-00011", "test-film-0003"):
        assert text in shown
    assert "<img" not in shown
    assert viewer.get(f"/datasets/{moves.pk}/images/59/").status_code == 404
    assert viewer.get(f"/datasets/{moves.pk}/samples/60/").status_code == 404


def test_posters_that_are_there_are_shown(viewer: Client, project: Project, tmp_path: Path) -> None:
    films = keep_features(project, tmp_path, posters=POSTER)
    assert f'src="/datasets/{films.pk}/images/0/"' in page(viewer, f"/datasets/{films.pk}/samples/")
    assert f'src="/datasets/{films.pk}/images/5/"' in page(viewer, f"/datasets/{films.pk}/samples/5/")
    answer = viewer.get(f"/datasets/{films.pk}/images/5/")
    assert (answer.content, answer["Content-Type"]) == (POSTER, "image/jpeg")


def test_clips_are_listed_over_rest(viewer: Client, moves: Dataset, dataset: Dataset) -> None:
    address = f"/api/v1/datasets/{moves.pk}/clips/"
    first = viewer.get(f"{address}?limit=1&split=val&class=disc-right").json()
    one = first["clips"][0]
    assert (one["name"], one["frames"], one["width"], one["rate"]) == ("disc-right", 6, 32, 0)
    rest = viewer.get(f"{address}?split=val&class=disc-right&after={first['after']}").json()
    assert len(rest["clips"]) == 1
    answer = viewer.get(f"{address}?class=dog")
    assert (answer.status_code, "class" in answer.json()["fields"]) == (400, True)
    assert viewer.get(f"/api/v1/datasets/{dataset.pk}/clips/").status_code == 404
    for other in ("samples", "images"):
        said = viewer.get(f"/api/v1/datasets/{moves.pk}/{other}/")
        assert (said.status_code, "clips/" in said.json()["detail"]) == (404, True)


def test_selections_of_clips_are_checked_by_their_ids(people: dict[str, User], moves: Dataset) -> None:
    create_selection(dataset=moves, user=people["editor"], name="few", ids=["train-00001"])


def test_a_registration_says_what_was_found_of_clips(project: Project) -> None:
    report = make_held(project, "clips").report
    report["splits"]["train"]["seconds"] = 81.5
    report["statistics"] = {"shorter_side": {"mean": {"train": 240.0}, "median": {"train": 240.0}}}
    found = findings(
        Registration(project=project, kind="dataset", report=report, state=RegistrationState.REGISTERED)
    )
    assert found["columns"] == ["Samples", "Classes", "Sources", "Frames", "Seconds"]
    assert found["splits"][0] == ("train", [1000, 4, 1000, 8000, 82])
    assert found["measures"][0]["title"] == "Shorter side of a clip"


@pytest.mark.parametrize(
    ("reads", "said"),
    [
        ("features", "features 32 wide, up to 8 rows"),
        ("streams", "compressed stream, 2 segments, 16 px"),
    ],
)
def test_a_teacher_says_what_it_reads_of_a_clip(
    viewer: Client, project: Project, reads: str, said: str
) -> None:
    net = {"family": "streams", "iframe": {"family": "cifar_resnet", "depth": 8}, "motion": None}
    teacher = make_reader(project, "net", reads=reads)
    teacher.report["card"]["net"] = net
    teacher.save()
    shown = page(viewer, f"/teachers/{teacher.pk}/")
    assert said in shown
    assert "streams: iframe (cifar_resnet: depth 8), motion none" in shown


def test_the_project_says_what_its_datasets_hold(viewer: Client, project: Project) -> None:
    make_held(project, "clips")
    make_held(project, "features")
    shown = page(viewer, "/projects/moments/")
    assert "clips of 4 classes" in shown
    assert "features of clips of 4 classes" in shown
    assert "annotations only" not in shown
