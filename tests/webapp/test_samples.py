from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from jobs.models import Dataset, Project
from jobs.storage.blobs import local_path
from tests.sealed_double import Row, keep_sealed, sample_row, write_sealed

SCRIPT = "<script>alert(1)</script> שלום 🎬 " + "very long " * 60
FILM = bytes(range(256)) * 40


@pytest.fixture
def rows() -> list[Row]:
    rows = [sample_row(number) for number in range(120)]
    rows += [sample_row(number, split="test") for number in range(120, 124)]
    rows[3] |= {"sentence": SCRIPT, "windows": [[1.0, 2.0], [5.0, 9.5]]}
    return rows


@pytest.fixture
def sealed(project: Project, rows: list[Row], tmp_path: Path) -> Dataset:
    folder = write_sealed(tmp_path / "sealed", rows, files={"v1": "videos/v1.mp4", "v2": "videos/gone.mp4"})
    (folder / "videos").mkdir()
    (folder / "videos" / "v1.mp4").write_bytes(FILM)
    return keep_sealed(project, folder, rows)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_samples_are_listed_by_pages(viewer: Client, sealed: Dataset) -> None:
    address = f"/datasets/{sealed.pk}/samples/"
    first = page(viewer, address)
    for text in ("124 samples", "Page 1 of 3", 'rel="next" href="?page=2"', "person 49 opens"):
        assert text in first
    assert "person 50 opens" not in first
    last = page(viewer, f"{address}?page=3")
    assert "person 123 opens" in last
    assert 'rel="next"' not in last
    assert "There is no such page" in page(viewer, f"{address}?page=99")


def test_a_split_and_a_search_stay_while_one_turns_pages(viewer: Client, sealed: Dataset) -> None:
    listed = page(viewer, f"/datasets/{sealed.pk}/samples/?split=train&q=opens+the")
    assert "119 samples with" in listed
    assert "?page=2&amp;split=train&amp;q=opens%20the" in listed
    assert "4 samples" in page(viewer, f"/datasets/{sealed.pk}/samples/?split=test")
    assert "Nothing found" in page(viewer, f"/datasets/{sealed.pk}/samples/?q=nobody")


@pytest.mark.parametrize(
    "query", ["page=x", "page=-1", "page=99999999999", "split=%00", "q=%00", "split=all"]
)
def test_odd_addresses_show_a_list(viewer: Client, sealed: Dataset, query: str) -> None:
    assert "samples" in page(viewer, f"/datasets/{sealed.pk}/samples/?{query}")


def test_words_of_a_sentence_are_only_words(viewer: Client, sealed: Dataset) -> None:
    for path in ("?q=alert", "3/"):
        shown = page(viewer, f"/datasets/{sealed.pk}/samples/{path}")
        assert "&lt;script&gt;alert(1)&lt;/script&gt; שלום 🎬" in shown
        assert "<script>alert" not in shown


def test_a_sample_shows_its_moment(viewer: Client, sealed: Dataset) -> None:
    shown = page(viewer, f"/datasets/{sealed.pk}/samples/3/")
    for text in (
        f'src="/datasets/{sealed.pk}/videos/v1.mp4#t=1.000"',
        'data-start="5.000" data-end="9.500"',
        "Play 5.0–9.5 s",
        'aria-label="1.0–2.0 s, 5.0–9.5 s of 20.0 s"',
        "Other sentences of this video",
        "person 2 opens the door",
        "<feature-strip data-values=",
        f'rel="prev" data-key="p" href="/datasets/{sealed.pk}/samples/2/"',
        "4 of 124",
    ):
        assert text in shown


def test_a_sample_without_video_shows_its_windows_alone(viewer: Client, sealed: Dataset) -> None:
    for row in (0, 4):  # one whose video was never given, one whose file is not among the stored ones
        shown = page(viewer, f"/datasets/{sealed.pk}/samples/{row}/")
        assert "<video" not in shown
        assert "No playable video was registered" in shown


def test_a_dataset_without_features_has_no_strips(
    viewer: Client, project: Project, rows: list[Row], tmp_path: Path
) -> None:
    folder = write_sealed(tmp_path / "plain", rows, strips=False)
    plain = keep_sealed(project, folder, rows, name="plain", feature_width=None)
    shown = page(viewer, f"/datasets/{plain.pk}/samples/0/")
    assert "<feature-strip" not in shown
    assert "there are no features" in shown
    assert "jobs that need features will say so" in page(viewer, f"/datasets/{plain.pk}/")


def test_rows_that_are_not_there_are_not_found(viewer: Client, sealed: Dataset, dataset: Dataset) -> None:
    for path in (
        f"{sealed.pk}/samples/124/",
        f"{sealed.pk}/samples/99999999999999999999/",
        f"{dataset.pk}/samples/0/",
    ):
        assert viewer.get(f"/datasets/{path}").status_code == 404
    assert "No samples are kept" in page(viewer, f"/datasets/{dataset.pk}/samples/")


def test_spoilt_samples_are_told_and_the_card_still_shows(viewer: Client, sealed: Dataset) -> None:
    stored = local_path(sealed.files.get(name="samples.jsonl").blob)
    assert stored is not None
    stored.write_bytes(b"spoilt")
    assert "was changed after it was stored" in page(viewer, f"/datasets/{sealed.pk}/samples/")
    assert "Where it is used" in page(viewer, f"/datasets/{sealed.pk}/")
    assert viewer.get(f"/datasets/{sealed.pk}/samples/0/").status_code == 404


def test_a_film_is_sent_whole_and_by_ranges(viewer: Client, sealed: Dataset) -> None:
    address = f"/datasets/{sealed.pk}/videos/v1.mp4"
    whole = viewer.get(address)
    assert (whole.status_code, whole["Content-Type"], whole.getvalue()) == (200, "video/mp4", FILM)
    assert whole["Accept-Ranges"] == "bytes"
    assert whole["Content-Disposition"].startswith("inline")
    part = viewer.get(address, headers={"range": "bytes=300-699"})
    assert (part.status_code, part.getvalue()) == (206, FILM[300:700])
    assert part["Content-Range"] == f"bytes 300-699/{len(FILM)}"
    assert viewer.get(address, headers={"range": f"bytes={len(FILM)}-"}).status_code == 416


@pytest.mark.parametrize("name", ["v2.mp4", "../samples.jsonl", "..%2fsamples.jsonl", "gone.mp4", "v1.mp4/"])
def test_only_films_of_the_dataset_are_sent(viewer: Client, sealed: Dataset, name: str) -> None:
    assert viewer.get(f"/datasets/{sealed.pk}/videos/{name}").status_code == 404


def test_rest_lists_samples_until_there_are_no_more(api: APIClient, sealed: Dataset) -> None:
    address, seen, after = f"/api/v1/datasets/{sealed.pk}/samples/", [], ""
    while after is not None:
        answer = api.get(address, {"q": "person", "limit": 50, "after": after}).json()
        seen += [sample["row"] for sample in answer["samples"]]
        after = answer["after"]
    assert seen == [row for row in range(124) if row != 3]
    first = api.get(address, {"split": "test", "limit": 1}).json()
    assert first["after"] == 120
    assert first["samples"][0]["windows"] == [[0.0, 4.5]]


def test_rest_refuses_what_it_does_not_know(api: APIClient, sealed: Dataset, dataset: Dataset) -> None:
    address = f"/api/v1/datasets/{sealed.pk}/samples/"
    assert "accepted are train, val, test" in api.get(address, {"split": "dev"}).json()["detail"]
    assert api.get(address, {"limit": 5000}).status_code == 400
    older = api.get(f"/api/v1/datasets/{dataset.pk}/samples/")
    assert (older.status_code, "before samples were kept" in older.json()["detail"]) == (404, True)
