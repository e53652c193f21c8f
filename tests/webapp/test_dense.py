"""Datasets of dense tasks on their pages: pictures with masks, densities and fixations over them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from numpy.typing import NDArray
from PIL import Image

from jobs.models import Dataset, Project, User
from jobs.storage.blobs import local_path
from tests.kept_dense import keep_gaze, keep_masks
from webapp.painting import class_colours


@pytest.fixture
def streets(project: Project, tmp_path: Path) -> Dataset:
    return keep_masks(project, tmp_path)


@pytest.fixture
def glances(project: Project, tmp_path: Path) -> Dataset:
    return keep_gaze(project, tmp_path)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def seen(content: bytes) -> NDArray[np.uint8]:
    return np.array(Image.open(io.BytesIO(content)).convert("RGBA"))


def test_the_card_shows_classes_with_their_colours_and_pictures_with_masks(
    viewer: Client, streets: Dataset
) -> None:
    shown = page(viewer, f"/datasets/{streets.pk}/")
    for text in (
        f'fill="{class_colours(3)[0]}"',
        "<bdi>disc</bdi>",
        "void",
        "Some images",
        f'src="/datasets/{streets.pk}/images/0/"',
        f'src="/datasets/{streets.pk}/overlays/0/mask.png"',
        'value="truth"',
    ):
        assert text in shown
    for text in ("Annotations only", "First samples", "before statistics", "Videos"):
        assert text not in shown


def test_pictures_are_listed_by_split_and_text_without_classes_of_their_own(
    viewer: Client, streets: Dataset
) -> None:
    address = f"/datasets/{streets.pk}/samples/"
    shown = page(viewer, address)
    assert "12 images" in shown
    assert "every class" not in shown
    assert "5 images" in page(viewer, f"{address}?split=test")
    assert "1 image with" in page(viewer, f"{address}?q=P11")


def test_a_mask_is_sent_in_colours_and_clear_where_it_is_void(viewer: Client, streets: Dataset) -> None:
    shown = page(viewer, f"/datasets/{streets.pk}/samples/0/")
    for text in ("Mask of p0", "Image p0", "48 × 36 pixels", "void: left clear", "1 of 12"):
        assert text in shown
    answer = viewer.get(f"/datasets/{streets.pk}/overlays/0/mask.png")
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    pixels = seen(answer.content)
    assert pixels.shape == (36, 48, 4)
    assert pixels[0, 0, 3] == 0
    red, green, blue = bytes.fromhex(class_colours(3)[1][1:])
    assert pixels[15, 13].tolist() == [red, green, blue, 255]
    again = viewer.get(
        f"/datasets/{streets.pk}/overlays/0/mask.png", headers={"If-None-Match": answer["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


def test_colours_that_a_dataset_names_are_kept(viewer: Client, streets: Dataset) -> None:
    streets.report |= {"colours": ["#102030", "#405060", "#708090"]}
    streets.save()
    assert 'fill="#405060"' in page(viewer, f"/datasets/{streets.pk}/samples/0/")
    pixels = seen(viewer.get(f"/datasets/{streets.pk}/overlays/0/mask.png").content)
    assert pixels[15, 13].tolist() == [0x40, 0x50, 0x60, 255]


def test_density_and_fixations_lie_where_people_looked(viewer: Client, glances: Dataset) -> None:
    shown = page(viewer, f"/datasets/{glances.pk}/samples/2/")
    for text in ("Density of p2", "Fixations of p2", 'Viewers</dt><dd class="number">3', 'value="fixations"'):
        assert text in shown
    density = seen(viewer.get(f"/datasets/{glances.pk}/overlays/2/density.png").content)
    most = np.unravel_index(density[..., 3].argmax(), density.shape[:2])
    assert density.shape[:2] == (180, 240)
    assert abs(int(most[1]) / 5 - 17) < 8
    assert abs(int(most[0]) / 5 - 15) < 8
    points = seen(viewer.get(f"/datasets/{glances.pk}/overlays/2/fixations.png").content)
    assert {0, 200, 230} == set(np.unique(points[..., 3]).tolist())


def test_what_is_not_there_is_not_found(viewer: Client, streets: Dataset, dataset: Dataset) -> None:
    for path in ("0/density", "0/fixations", "12/mask", "0/secrets"):
        assert viewer.get(f"/datasets/{streets.pk}/overlays/{path}.png").status_code == 404, path
    assert viewer.get(f"/datasets/{dataset.pk}/overlays/0/mask.png").status_code == 404


def test_a_spoilt_mask_is_told_of(viewer: Client, streets: Dataset) -> None:
    path = local_path(streets.files.get(name="masks.bin").blob)
    assert path is not None
    path.chmod(0o600)
    path.write_bytes(b"<html>" + path.read_bytes()[6:])
    assert viewer.get(f"/datasets/{streets.pk}/overlays/0/mask.png").status_code == 404
    assert viewer.get(f"/datasets/{streets.pk}/samples/0/").status_code == 200


def test_outsiders_see_nothing_of_it(people: dict[str, User], streets: Dataset) -> None:
    outsider = Client()
    outsider.force_login(people["outsider"])
    for path in ("", "samples/", "samples/0/", "overlays/0/mask.png"):
        assert outsider.get(f"/datasets/{streets.pk}/{path}").status_code == 404
