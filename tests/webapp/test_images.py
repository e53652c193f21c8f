"""Datasets of images on their pages: classes, images by split and class, and bytes under a type that runs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from jobs.models import Dataset, Project, User
from jobs.operations.errors import UnableToSelect
from jobs.operations.selections import create_selection
from jobs.storage.blobs import local_path
from tests.kept_images import keep_images


@pytest.fixture
def shapes(project: Project, tmp_path: Path) -> Dataset:
    return keep_images(project, tmp_path)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_card_shows_classes_counts_and_some_images(viewer: Client, shapes: Dataset) -> None:
    shown = page(viewer, f"/datasets/{shapes.pk}/")
    for text in (
        '<th scope="col" class="number">Classes</th>',
        f'<a href="/datasets/{shapes.pk}/samples/?class=1"><bdi>square</bdi></a>',
        "60 png",
        "Balance in train",
        f'src="/datasets/{shapes.pk}/images/0/" alt="',
        "classification",
    ):
        assert text in shown
    assert "Videos" not in shown
    assert "Annotations only" not in shown


def test_images_are_listed_by_split_class_and_text(viewer: Client, shapes: Dataset) -> None:
    address = f"/datasets/{shapes.pk}/samples/"
    assert "60 images" in page(viewer, address)
    assert "10 images" in page(viewer, f"{address}?split=test")
    of_class = page(viewer, f"{address}?class=2&split=train")
    assert "13 images of <bdi>triangle</bdi>" in of_class
    assert of_class.count('alt="triangle, train-') == 13
    assert "1 image with" in page(viewer, f"{address}?q=TRAIN-00007")
    assert "Nothing found" in page(viewer, f"{address}?q=nobody")


@pytest.mark.parametrize(
    "query", ["page=99", "page=x", "class=9", "class=-1", "split=%00", "q=%00", "class=²"]
)
def test_odd_addresses_show_a_list(viewer: Client, shapes: Dataset, query: str) -> None:
    assert "image" in page(viewer, f"/datasets/{shapes.pk}/samples/?{query}")


def test_one_image_has_a_page_and_bytes_that_run_nothing(viewer: Client, shapes: Dataset) -> None:
    shown = page(viewer, f"/datasets/{shapes.pk}/samples/59/")
    for text in (f'src="/datasets/{shapes.pk}/images/59/"', "12 × 12 pixels", "60 of 60", "test-00009"):
        assert text in shown
    answer = viewer.get(f"/datasets/{shapes.pk}/images/59/")
    assert answer.content.startswith(b"\x89PNG")
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    again = viewer.get(f"/datasets/{shapes.pk}/images/59/", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert viewer.get(f"/datasets/{shapes.pk}/images/60/").status_code == 404
    assert viewer.get(f"/datasets/{shapes.pk}/samples/60/").status_code == 404


def test_what_only_claims_to_be_an_image_is_not_sent(viewer: Client, shapes: Dataset) -> None:
    path = local_path(shapes.files.get(name="images.bin").blob)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"<html>" + path.read_bytes()[6:])
    assert viewer.get(f"/datasets/{shapes.pk}/images/0/").status_code == 404


def test_images_are_listed_and_sent_over_rest(viewer: Client, shapes: Dataset, dataset: Dataset) -> None:
    address = f"/api/v1/datasets/{shapes.pk}/images/"
    first = viewer.get(f"{address}?limit=2&split=val&class=disc").json()
    assert [one["name"] for one in first["images"]] == ["disc", "disc"]
    second = viewer.get(f"{address}?split=val&class=disc&after={first['after']}").json()
    assert second["after"] is None
    assert [one["split"] for one in second["images"]] == ["val"] * 2
    one = first["images"][0]
    assert (one["width"], one["height"], one["kind"], one["id"][:4]) == (12, 12, "png", "val-")
    assert viewer.get(f"{address}{one['row']}/").content.startswith(b"\x89PNG")
    for query, field in (("split=all", "split"), ("class=dog", "class"), ("limit=0", "limit")):
        answer = viewer.get(f"{address}?{query}")
        assert (answer.status_code, field in answer.json()["fields"]) == (400, True)
    assert viewer.get(f"/api/v1/datasets/{dataset.pk}/images/").status_code == 404
    said = viewer.get(f"/api/v1/datasets/{shapes.pk}/samples/")
    assert (said.status_code, "images/" in said.json()["detail"]) == (404, True)


def test_outsiders_see_none_of_it(people: dict[str, User], shapes: Dataset) -> None:
    outsider = Client()
    outsider.force_login(people["outsider"])
    for path in ("", "samples/", "samples/0/", "images/0/"):
        assert outsider.get(f"/datasets/{shapes.pk}/{path}").status_code == 404


def test_selections_of_images_are_checked_by_their_ids(people: dict[str, User], shapes: Dataset) -> None:
    create_selection(dataset=shapes, user=people["editor"], name="few", ids=["train-00001"])
    with pytest.raises(UnableToSelect, match="none of 'shapes'"):
        create_selection(dataset=shapes, user=people["editor"], name="odd", ids=["nobody"])
