"""Inspect on jobs of dense tasks: the list and its order, one sample with what everybody says of it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from jobs.models import Dataset, Job, Project
from tests.kept_dense import MODELS, TABLES, dense_files, dense_job, keep_gaze, keep_masks, solo_files


@pytest.fixture
def streets(project: Project, tmp_path: Path) -> Dataset:
    return keep_masks(project, tmp_path)


@pytest.fixture
def job(project: Project, streets: Dataset) -> Job:
    return dense_job(project, streets)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(client: Client, job: Job, query: str = "") -> list[int]:
    shown = page(client, f"/jobs/{job.pk}/samples/?{query}")
    return [int(row) for row in re.findall(rf'class="pictured" href="/jobs/{job.pk}/samples/(\d+)/', shown)]


def test_samples_are_listed_as_pictures_with_quality_and_nothing_of_classes(
    viewer: Client, job: Job, streets: Dataset
) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/")
    for text in (
        "8 samples",
        "mIoU after",
        "mIoU before",
        "Gain",
        f"/datasets/{streets.pk}/overlays/4/mask.png",
        "Worst first",
    ):
        assert text in shown
    for text in ("Sentence", "Confusion matrix", "true class", "(no words)", "Who is right"):
        assert text not in shown
    assert listed(viewer, job) == list(range(8))


def test_samples_are_sorted_and_filtered(viewer: Client, job: Job) -> None:
    for query, rows in (
        ("split=val", [0, 1, 2]),
        ("source=s3&sort=-gain", [7, 6]),
        ("gain.min=0.1", [4, 5, 6, 7]),
        ("leading=big", []),
    ):
        assert listed(viewer, job, query) == rows, query


def test_a_sample_shows_the_picture_the_truth_and_every_model_before_and_after(
    viewer: Client, job: Job, streets: Dataset
) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/2/")
    for text in (
        f'src="/datasets/{streets.pk}/images/6/"',
        "Map of Truth",
        "map.png?who=big+at+start",
        "map.png?who=v1.2%2Fodd",
        "<bdi>disc</bdi>",
        'value="truth"',
        "3 of 8",
    ):
        assert text in shown
    numbers = re.findall(r'<span class="number" title="mIoU">([\d.]+)', shown)
    assert numbers == ["0.40", "0.42", "0.50", "0.53"]
    assert "is-ahead" in shown


def test_what_a_model_says_is_sent_in_the_colours_of_the_classes(viewer: Client, job: Job) -> None:
    address = f"/jobs/{job.pk}/samples/2/map.png"
    answer = viewer.get(address, {"who": MODELS[1]})
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    pixels = np.array(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
    assert set(np.unique(pixels[..., 3]).tolist()) == {0, 255}
    assert viewer.get(address).status_code == 200
    for query in ("?who=nobody", "?who=student"):
        assert viewer.get(address + query).status_code == 404
    assert viewer.get(f"/jobs/{job.pk}/samples/99/map.png").status_code == 404


def test_a_sample_without_maps_shows_the_truth_of_the_dataset(
    viewer: Client, job: Job, streets: Dataset
) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/7/")
    assert "was not kept pixel by pixel" in shown
    assert f"/datasets/{streets.pk}/overlays/11/mask.png" in shown


def test_the_other_model_has_samples_of_its_own(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/0/?participant=v1.2%2Fodd")
    assert 'number">0.40' in shown
    assert "Samples as seen by" in page(viewer, f"/jobs/{job.pk}/samples/")


def test_a_single_student_is_shown_beside_the_truth(
    viewer: Client, project: Project, streets: Dataset
) -> None:
    spec = {"method": {"kind": "solo"}, "teachers": []}
    job = dense_job(project, streets, files=solo_files(streets), **spec)
    assert "Student’s mIoU" in page(viewer, f"/jobs/{job.pk}/samples/")
    shown = page(viewer, f"/jobs/{job.pk}/samples/0/")
    assert "Map of Student" in shown
    assert "0.30" in shown


def test_maps_of_saliency_are_drawn_as_heat(viewer: Client, project: Project, tmp_path: Path) -> None:
    glances = keep_gaze(project, tmp_path)
    job = dense_job(project, glances)
    assert "SIM after" in page(viewer, f"/jobs/{job.pk}/samples/")
    shown = page(viewer, f"/jobs/{job.pk}/samples/0/")
    assert "SIM on this image" in shown
    assert "Classes" not in shown
    content = viewer.get(f"/jobs/{job.pk}/samples/0/map.png").content
    pixels = np.array(Image.open(io.BytesIO(content)).convert("RGBA"))
    assert len(np.unique(pixels[..., 3])) > 20


def test_rows_become_files_and_selections(editor: Client, job: Job) -> None:
    body = editor.get(f"/jobs/{job.pk}/samples/file.csv?split=test").getvalue()  # type: ignore[attr-defined]
    assert body.count(b"\n") == 6
    editor.post(
        f"/jobs/{job.pk}/samples/selection/",
        {"name": "hard", "which": "all", "use": "keep", "query": "split=test"},
    )
    assert job.dataset is not None
    assert job.dataset.selections.get().count == 5


def test_pages_about_classes_and_sentences_are_not_offered(
    viewer: Client, project: Project, streets: Dataset
) -> None:
    files = {**dense_files(streets), "student.safetensors": b"weights"}
    job = dense_job(project, streets, files=files)
    shown = page(viewer, f"/jobs/{job.pk}/")
    for text in ("Try it", "samples/confusion", "R1@", "of the videos"):
        assert text not in shown, text
    assert viewer.get(f"/jobs/{job.pk}/samples/confusion/").status_code == 404
    assert "<form" not in page(viewer, f"/jobs/{job.pk}/prediction/").partition("<main")[2]
    assert TABLES[0] in shown
