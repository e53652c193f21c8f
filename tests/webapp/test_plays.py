"""Films of clips: sent whole or by ranges to who may see the dataset, and shown on the pages of samples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponseBase
from django.test import Client

from jobs.models import Dataset, Project, StoredFile, User
from jobs.queries.images import read_images
from jobs.storage.blobs import keep_file, local_path
from jobs.storage.previews import labelled_files
from tests.classifying import make_classifier, make_images
from tests.inspected_classes import TEACHERS, class_columns, class_files, ended_job
from tests.kept_features import keep_features
from webapp.downloads import PieceByPiece

POSTER = b"\xff\xd8\xff\xe0" + bytes(12)
ROWS = 60
FILMS = [bytes([row]) * (100 + row) for row in range(ROWS)]


@pytest.fixture
def films(project: Project, tmp_path: Path) -> Dataset:
    """Clips that have a poster and a film each."""
    dataset = keep_features(project, tmp_path, name="films", posters=POSTER)
    starts = b"".join(sum(map(len, FILMS[:row])).to_bytes(8, "little") for row in range(ROWS + 1))
    add(dataset, "plays.bin", b"".join(FILMS), folder=tmp_path)
    add(dataset, "plays.idx", starts, folder=tmp_path)
    return dataset


def add(dataset: Dataset, name: str, content: bytes, *, folder: Path) -> None:
    (folder / name).write_bytes(content)
    StoredFile.objects.create(dataset=dataset, name=name, blob=keep_file(folder / name))


def body_of(answer: HttpResponseBase) -> bytes:
    assert isinstance(answer, PieceByPiece)
    body: bytes = answer.getvalue()
    return body


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("address", ["/datasets/{}/clips/{}/", "/api/v1/datasets/{}/clips/{}/"])
def test_the_film_of_a_clip_is_sent_whole_or_a_range_of_it(
    viewer: Client, films: Dataset, address: str
) -> None:
    whole = viewer.get(address.format(films.pk, 7))
    assert (whole.status_code, whole["Content-Type"], whole["Content-Length"]) == (200, "video/mp4", "107")
    assert body_of(whole) == FILMS[7]
    assert whole["Accept-Ranges"] == "bytes"
    assert whole["Content-Disposition"] == 'inline; filename="films-7.mp4"'
    for given, first, last in (("bytes=0-", 0, 106), ("bytes=100-999", 100, 106), ("bytes=-3", 104, 106)):
        part = viewer.get(address.format(films.pk, 7), headers={"Range": given})
        assert (part.status_code, part["Content-Range"]) == (206, f"bytes {first}-{last}/107")
        assert body_of(part) == FILMS[7][first : last + 1]
    behind = viewer.get(address.format(films.pk, 7), headers={"Range": "bytes=107-"})
    assert (behind.status_code, behind["Content-Range"]) == (416, "bytes */107")
    assert viewer.head(address.format(films.pk, 7))["Content-Length"] == "107"


def test_a_browser_keeps_a_film_and_asks_no_second_time(viewer: Client, films: Dataset) -> None:
    answer, other = (viewer.get(f"/datasets/{films.pk}/clips/{row}/") for row in (0, 1))
    assert [body_of(answer), body_of(other)] == FILMS[:2]
    assert "private" in answer["Cache-Control"]
    assert answer["ETag"] != other["ETag"]
    again = viewer.get(f"/datasets/{films.pk}/clips/0/", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("row", [ROWS, 2**70])
def test_a_clip_that_is_not_there_is_not_found(viewer: Client, films: Dataset, row: int) -> None:
    assert viewer.get(f"/datasets/{films.pk}/clips/{row}/").status_code == 404
    assert viewer.get(f"/api/v1/datasets/{films.pk}/clips/{row}/").status_code == 404


def test_strangers_see_no_film(people: dict[str, User], films: Dataset) -> None:
    client = Client()
    assert client.get(f"/datasets/{films.pk}/clips/0/").status_code == 302
    client.force_login(people["outsider"])
    assert client.get(f"/datasets/{films.pk}/clips/0/").status_code == 404


def test_films_that_are_gone_or_do_not_fit_are_told(viewer: Client, films: Dataset, tmp_path: Path) -> None:
    plays = films.files.get(name="plays.bin")
    path = local_path(plays.blob)
    assert path is not None
    path.unlink()
    assert viewer.get(f"/datasets/{films.pk}/clips/0/").status_code == 404
    plays.delete()
    add(films, "plays.bin", b"short", folder=tmp_path)
    answer = viewer.get(f"/api/v1/datasets/{films.pk}/clips/0/")
    assert (answer.status_code, "do not fit" in answer.json()["detail"]) == (404, True)


def test_the_page_of_a_sample_plays_its_film(viewer: Client, films: Dataset) -> None:
    shown = page(viewer, f"/datasets/{films.pk}/samples/5/")
    assert f'src="/datasets/{films.pk}/clips/5/"' in shown
    assert f'poster="/datasets/{films.pk}/images/5/"' in shown
    for text in ("<b>Frame</b>", "<b>Motion</b>", "<b>Residual</b>"):
        assert text in shown
    assert "<img" not in shown


def test_a_dataset_without_films_is_shown_as_before(viewer: Client, project: Project, tmp_path: Path) -> None:
    older = keep_features(project, tmp_path, posters=POSTER)
    shown = page(viewer, f"/datasets/{older.pk}/samples/5/")
    assert "<video" not in shown
    assert f'src="/datasets/{older.pk}/images/5/"' in shown
    assert viewer.get(f"/datasets/{older.pk}/clips/5/").status_code == 404


def test_inspect_plays_the_film_of_a_sample(
    viewer: Client, project: Project, people: dict[str, User], films: Dataset, monkeypatch: Any
) -> None:
    monkeypatch.setattr("jobs.operations.jobs.ring", lambda queue: None)
    make_images(project)
    for name in TEACHERS:
        make_classifier(project, name)
    files = labelled_files(films)
    assert files is not None
    kept, classes = read_images(files, [50, 51]), films.report["classes"]
    rows = [
        {"id": one.id, "split": one.split, "source": one.source, "label": classes[one.label]} for one in kept
    ]
    job = ended_job(
        project, people["editor"], class_files(class_columns(rows, classes=classes), classes=classes)
    )
    job.dataset = films
    job.save()
    shown = page(viewer, f"/jobs/{job.pk}/samples/0/")
    assert f'src="/datasets/{films.pk}/clips/50/"' in shown
    assert f'<img src="/datasets/{films.pk}/images/50/"' not in shown
    told = viewer.get(f"/api/v1/jobs/{job.pk}/samples/0/").json()["image"]
    assert told["film"] == f"/api/v1/datasets/{films.pk}/clips/50/"
    films.files.filter(name="plays.bin").delete()
    assert viewer.get(f"/api/v1/jobs/{job.pk}/samples/0/").json()["image"] == {**told, "film": None}
