"""What the engine seals of dense datasets, and what it reports of them, as pages show it."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from numpy.typing import NDArray
from PIL import Image

from jobs.models import Dataset, Project, Registration, RegistrationState, User
from jobs.queries.inspect.maps import MAPS
from jobs.queries.inspect.table import PER_SAMPLE
from jobs.queries.kinds import subjects_of
from jobs.storage import dense
from jobs.storage.dense import looks_of
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.gaze import files, looks
from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze, make_gaze_videos
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from tests.inspected import parquet
from tests.kept_datasets import keep_sealed
from tests.kept_dense import dense_job
from webapp.painting import grey_png


@dataclass(frozen=True)
class World:
    """A sealed folder of the engine, and its report."""

    sealed: Path
    report: dict[str, Any]


def sealed(folder: Path) -> World:
    report = check_dataset(folder / "raw", name="world", seal=folder / "sealed")
    return World(folder / "sealed", report)


@pytest.fixture(scope="module")
def masks(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("masks")
    make_masks(folder / "raw", pictures=PicturesPerSplit(5, 2, 2), size=24)
    return sealed(folder)


@pytest.fixture(scope="module")
def gaze(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("gaze")
    make_gaze(folder / "raw", pictures=LookedAtPerSplit(4, 2, 2), size=24)
    return sealed(folder)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("films")
    make_gaze_videos(folder / "raw", videos=LookedAtPerSplit(1, 1, 1), frames=12)
    return sealed(folder)


def keep(project: Project, world: World) -> Dataset:
    return keep_sealed(project, world.sealed, name="world", report=world.report)


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def pixels(client: Client, path: str) -> NDArray[np.uint8]:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return np.array(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def test_fixations_are_read_as_the_engine_writes_them() -> None:
    assert dense.FIXATION == looks.FIXATION
    assert dense.NOBODY == looks.NOBODY
    names = (dense.LOOKS, dense.LOOK_STARTS, dense.MAPS, dense.MAP_STARTS)
    assert names == (files.LOOKS, files.LOOK_STARTS, files.MAPS, files.MAP_STARTS)


def test_masks_of_the_engine_are_shown_with_their_classes(
    viewer: Client, project: Project, masks: World
) -> None:
    dataset = keep(project, masks)
    shown = page(viewer, f"/datasets/{dataset.pk}/")
    for name in (*masks.report["classes"], "share of the pixels of each split", "images with masks", "void"):
        assert str(name) in shown
    assert pixels(viewer, f"/datasets/{dataset.pk}/overlays/0/mask.png").shape == (24, 24, 4)
    assert "24 × 24 pixels" in page(viewer, f"/datasets/{dataset.pk}/samples/8/")


def test_gaze_of_the_engine_is_shown_with_its_viewers(viewer: Client, project: Project, gaze: World) -> None:
    dataset = keep(project, gaze)
    shown = page(viewer, f"/datasets/{dataset.pk}/")
    for text in ("Fixations", "table of fixations", "Some images"):
        assert text in shown
    shown = page(viewer, f"/datasets/{dataset.pk}/samples/0/")
    assert "Viewers" in shown
    for of in ("density", "fixations"):
        assert pixels(viewer, f"/datasets/{dataset.pk}/overlays/0/{of}.png")[..., 3].max() > 0


def test_videos_are_played_with_the_density_of_a_frame(
    viewer: Client, project: Project, films: World
) -> None:
    dataset = keep(project, films)
    assert (subjects_of(dataset), looks_of(dataset, row=99)) == (("video_saliency",), None)
    assert "Some videos" in page(viewer, f"/datasets/{dataset.pk}/")
    shown = page(viewer, f"/datasets/{dataset.pk}/samples/0/")
    for text in ("<gaze-film", f'src="/datasets/{dataset.pk}/clips/0/"', "12</dd>", "frame by frame"):
        assert text in shown
    film = viewer.get(f"/datasets/{dataset.pk}/clips/0/")
    assert (film["Content-Type"], film.getvalue()[4:8]) == ("video/mp4", b"ftyp")  # type: ignore[attr-defined]
    address = f"/datasets/{dataset.pk}/overlays/0/density.png?frame="
    first, last = pixels(viewer, f"{address}0"), pixels(viewer, f"{address}11")
    assert first.shape == last.shape
    for odd in ("x", "99999999", "-1", ""):
        assert viewer.get(f"{address}{odd}").status_code == 200


def test_a_part_of_a_video_is_inspected_over_the_frame_that_was_drawn(
    viewer: Client, project: Project, films: World
) -> None:
    dataset = keep(project, films)
    rows = [json.loads(line) for line in (films.sealed / "samples.jsonl").read_text().splitlines()]
    [last] = [row for row in rows if row["split"] == "test"]
    sample_id = f"{last['id']}@4"
    table: dict[str, list[Any]] = {
        "sample_id": [sample_id],
        "split": ["test"],
        "source_id": ["x"],
        "student_quality": [0.5],
    }
    maps: dict[str, list[Any]] = {
        "sample_id": [sample_id] * 2,
        "participant": ["truth", "student"],
        "frame": [6, 6],
        "png": [grey_png(np.eye(4, dtype=np.uint8))] * 2,
    }
    files = {PER_SAMPLE: parquet(table), MAPS: parquet(maps)}
    job = dense_job(project, dataset, files=files, method={"kind": "solo"}, teachers=[])
    assert f"/datasets/{dataset.pk}/images/2/" in page(viewer, f"/jobs/{job.pk}/samples/")
    shown = page(viewer, f"/jobs/{job.pk}/samples/0/")
    moment = f"/datasets/{dataset.pk}/clips/2/#t={6 / last['rate']:.4f}"
    for text in (moment, "Frame 6 of", "Map of Student", "SIM on this video"):
        assert text in shown


@pytest.mark.parametrize("kind", ["masks", "gaze", "films"])
def test_a_registration_shows_what_was_found(
    viewer: Client, people: dict[str, User], project: Project, kind: str, request: pytest.FixtureRequest
) -> None:
    world: World = request.getfixturevalue(kind)
    row = Registration.objects.create(
        project=project,
        user=people["editor"],
        kind="dataset",
        name="world",
        state=RegistrationState.REGISTERED,
        report=world.report,
    )
    shown = page(viewer, f"/registrations/{row.pk}/")
    told = {
        "masks": ("Images with masks", "share of the pixels", *world.report["classes"]),
        "gaze": ("Fixations of an image", "Viewers of an image", "CSV of fixations"),
        "films": ("Frames of a video", "Length of a video", "Fixations of a video"),
    }
    for text in (*told[kind], "A few samples", "What was found"):
        assert text in shown
    for text in ("Annotations only", "no features", "jobs that need features"):
        assert text not in shown


def test_what_is_accepted_is_told_on_the_form(editor: Client, project: Project) -> None:
    shown = page(editor, f"/projects/{project.slug}/datasets/new/")
    for text in ("Images with masks", "Maps of saliency", 'value="mask_folders"', 'value="fixation_table"'):
        assert text in shown
