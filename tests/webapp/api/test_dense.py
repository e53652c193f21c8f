"""Dense datasets and jobs over REST: pictures, masks and maps as they are, or as they are laid over a picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rest_framework.test import APIClient

from jobs.models import Dataset, Job, Project
from tests.kept_dense import MAPPED, MODELS, dense_job, keep_masks


@pytest.fixture
def streets(project: Project, tmp_path: Path) -> Dataset:
    return keep_masks(project, tmp_path)


@pytest.fixture
def job(project: Project, streets: Dataset) -> Job:
    return dense_job(project, streets)


def test_pictures_with_masks_are_listed_without_a_class_of_their_own(
    api: APIClient, streets: Dataset
) -> None:
    found = api.get(f"/api/v1/datasets/{streets.pk}/images/?split=test&limit=2").json()
    assert [(one["id"], one["label"], one["name"]) for one in found["images"]] == [
        ("p7", None, ""),
        ("p8", None, ""),
    ]
    assert "images/" in api.get(f"/api/v1/datasets/{streets.pk}/samples/").json()["detail"]
    assert api.get(f"/api/v1/datasets/{streets.pk}/clips/").status_code == 404


def test_a_mask_is_sent_as_numbers_of_classes_or_in_colours(api: APIClient, streets: Dataset) -> None:
    address = f"/api/v1/datasets/{streets.pk}/overlays/0/mask/"
    values = np.array(Image.open(io.BytesIO(api.get(f"{address}?form=values").content)))
    assert set(np.unique(values).tolist()) == {0, 1, 2, 255}
    coloured = Image.open(io.BytesIO(api.get(address).content))
    assert coloured.mode == "P"
    assert np.array(coloured).tolist() == values.tolist()
    refused = api.get(f"{address}?form=picture")
    assert (refused.status_code, "form" in refused.json()["fields"]) == (400, True)
    assert api.get(f"/api/v1/datasets/{streets.pk}/overlays/0/density/").status_code == 404


def test_a_sample_of_a_job_tells_where_its_maps_are(api: APIClient, job: Job) -> None:
    told = api.get(f"/api/v1/jobs/{job.pk}/samples/0/").json()
    assert [one["who"] for one in told["maps"]] == list(MAPPED)
    assert told["answers"] == []
    for one in told["maps"]:
        assert api.get(one["url"]).content.startswith(b"\x89PNG")
    values = api.get(f"/api/v1/jobs/{job.pk}/samples/0/map/", {"who": MODELS[0], "form": "values"})
    assert Image.open(io.BytesIO(values.content)).mode == "L"
    assert api.get(f"/api/v1/jobs/{job.pk}/samples/0/map/?who=nobody").status_code == 404
    assert api.get(f"/api/v1/jobs/{job.pk}/samples/7/").json()["maps"] == []


def test_samples_of_a_job_are_listed_by_quality(api: APIClient, job: Job) -> None:
    told = api.get(f"/api/v1/jobs/{job.pk}/samples/?sort=-student_quality&limit=2").json()
    assert [one["sample_id"] for one in told["samples"]] == ["p11", "p10"]
    assert told["rightness"] == []
    assert api.get(f"/api/v1/jobs/{job.pk}/samples/confusion/").status_code == 404
