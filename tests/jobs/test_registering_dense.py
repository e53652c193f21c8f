"""Pictures with masks are registered with the real engine, and read where pages show them."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytest_django import Settings

from jobs.models import Dataset, RegistrationState
from jobs.operations.registrations import decide
from jobs.operations.uploads import add_part, begin_upload
from jobs.queries.kinds import held_by, subjects_of
from jobs.storage.dense import mask_of
from jobs.storage.fetching import fetch_source
from jobs.storage.previews import image_files
from mtkd_engine.data.masks.load import load_masks
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from tests.jobs.registering import Desk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _the_real_engine(desk: Desk, settings: Settings) -> None:
    settings.ENGINE_COMMAND = [sys.executable, "-m", "mtkd_engine"]


def test_an_uploaded_archive_of_masks_is_mended_and_read(desk: Desk) -> None:
    folder = desk.folder / "raw"
    make_masks(folder, pictures=PicturesPerSplit(train=4, val=2, test=2), size=16)
    next(path for path in sorted(folder.rglob("*.png")) if "mask" in str(path.parent)).unlink()
    body = Path(shutil.make_archive(str(desk.folder / "streets"), "zip", folder)).read_bytes()
    upload = begin_upload(project=desk.project, user=desk.user, name="streets.zip", size=len(body))
    add_part(upload=upload, offset=0, stream=io.BytesIO(body), length=len(body))
    waits = desk.done("streets", uploads=[upload])
    assert waits.state == RegistrationState.WAITING, waits.sentence
    decide(registration=waits, user=desk.user, accepted=["drop_images"])
    done = desk.carry_out(waits)
    assert (done.state, done.sentence) == (RegistrationState.REGISTERED, "")
    dataset = Dataset.objects.get()
    assert (dataset.task, held_by(dataset), subjects_of(dataset)) == (
        "segmentation",
        "masks",
        ("segmentation",),
    )
    loaded = load_masks(fetch_source(dataset))
    assert loaded.content_hash == dataset.content_hash
    files = image_files(dataset)
    assert files is not None
    assert len(files.rows("")) == 7
    for row in files.rows(""):
        mask = mask_of(dataset, row=row)
        assert mask is not None
        assert np.array_equal(np.array(Image.open(io.BytesIO(mask))), loaded.masks.at(row))
