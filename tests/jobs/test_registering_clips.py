"""Features of clips are registered with the real engine, and what jobs may ask of them is known afterwards."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from pytest_django import Settings

from jobs.models import Dataset, RegistrationState
from jobs.operations.asking import FORMATS
from jobs.operations.registrations import decide
from jobs.operations.uploads import add_part, begin_upload
from jobs.queries.kinds import held_by, subjects_of, width_of
from jobs.storage.fetching import fetch_source
from jobs.storage.previews import image_files, labelled_files
from mtkd_engine.data.clips.finding import FORMATS as CLIP_FORMATS
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips
from mtkd_engine.data.gaze.finding import FORMATS as GAZE_FORMATS
from mtkd_engine.data.images.finding import FORMATS as IMAGE_FORMATS
from mtkd_engine.data.masks.finding import FORMATS as MASK_FORMATS
from mtkd_engine.data.readers import READERS
from tests.jobs.registering import Desk
from webapp.forms.sources import FORMATS as OFFERED

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _the_real_engine(desk: Desk, settings: Settings) -> None:
    settings.ENGINE_COMMAND = [sys.executable, "-m", "mtkd_engine"]


@pytest.fixture
def features(desk: Desk) -> Path:
    folder = desk.folder / "raw"
    make_clips(folder, clips=ClipsPerSplit(train=18, val=6, test=6), frames=5, form="features")
    return folder / "features.npz"


def test_every_format_of_the_engine_may_be_asked_for() -> None:
    assert set(FORMATS) == {
        "auto",
        *READERS,
        *IMAGE_FORMATS,
        *CLIP_FORMATS,
        *MASK_FORMATS,
        *GAZE_FORMATS,
    }
    assert {name for name, _ in OFFERED} == set(FORMATS)


def test_one_uploaded_file_of_features_becomes_a_dataset(desk: Desk, features: Path) -> None:
    body = features.read_bytes()
    upload = begin_upload(project=desk.project, user=desk.user, name="moves.npz", size=len(body))
    add_part(upload=upload, offset=0, stream=io.BytesIO(body), length=len(body))
    done = desk.done("moves", uploads=[upload], format="feature_arrays")
    assert (done.state, done.sentence) == (RegistrationState.REGISTERED, "")
    dataset = Dataset.objects.get()
    assert (dataset.task, held_by(dataset), width_of(dataset)) == ("classification", "features", 32)
    assert subjects_of(dataset) == ("features",)
    assert {"features.npy", "lengths.npy", "samples.jsonl"} <= {file.name for file in dataset.files.all()}
    loaded = load_clips(fetch_source(dataset))
    assert (loaded.content_hash, len(loaded.splits["train"])) == (dataset.content_hash, 18)
    assert image_files(dataset) is None
    listed = labelled_files(dataset)
    assert listed is not None
    assert len(listed.rows("")) == 30


def test_features_that_are_no_numbers_wait_for_a_decision(desk: Desk, features: Path) -> None:
    with np.load(features) as arrays:
        given = dict(arrays)
    given["features"][0, 0, 0] = np.nan
    np.savez(features, **given)
    waits = desk.done("moves", path=str(features))
    assert waits.state == RegistrationState.WAITING, waits.sentence
    decide(registration=waits, user=desk.user, accepted=["drop_clips"])
    done = desk.carry_out(waits)
    assert done.state == RegistrationState.REGISTERED, done.sentence
    assert Dataset.objects.get().report["splits"]["train"]["samples"] == 17
