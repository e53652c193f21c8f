from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from rest_framework.test import APIClient

from jobs.models import Dataset, Job, Project, Selection
from jobs.queries.inspect.table import PER_SAMPLE
from tests.engine_double import EngineDouble
from tests.inspected import NAMES, columns_of, parquet
from tests.sealed_double import keep_files, sample_row, write_sealed
from tests.webapp.conftest import MakeJob

ROWS = [sample_row(number, split=("train", "val")[number % 2]) for number in range(80)]
LAST = NAMES[2]


@pytest.fixture
def job(make_job: MakeJob, dataset: Dataset, tmp_path: Path) -> Job:
    keep_files(dataset, write_sealed(tmp_path / "sealed", ROWS), ROWS)
    columns: dict[str, Any] = columns_of(ROWS)
    columns["gain"][1], columns["student_score"][1] = math.nan, math.inf
    job = make_job(taught=True)
    double = EngineDouble()
    double.start()
    double.finish(files={PER_SAMPLE: parquet(columns)})
    job.refresh_from_db()
    return job


def test_samples_come_by_pages_with_all_their_columns(api: APIClient, job: Job) -> None:
    asked = {"split": "val", "limit": 15, "page": 2, "sort": "-student_iou", f"{LAST}/weight.min": "0"}
    answer = api.get(f"/api/v1/jobs/{job.pk}/samples/", asked).json()
    assert (answer["total"], answer["page"], answer["pages"]) == (40, 2, 3)
    assert [sample["row"] for sample in answer["samples"]] == list(range(49, 19, -2))
    assert answer["samples"][0][f"{LAST}/weight"] > 0
    assert answer["teachers"] == list(NAMES)
    assert "disagreement" in answer["quantities"]
    assert [len(spread["counts"]) for spread in answer["weights"]] == [20, 20, 20]
    assert sum(spread["leads"] for spread in answer["weights"]) == 40


def test_what_is_no_number_is_null(api: APIClient, job: Job) -> None:
    sample = api.get(f"/api/v1/jobs/{job.pk}/samples/").json()["samples"][1]
    assert (sample["gain"], sample["student_score"]) == (None, None)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"sort": "nonsense"}, "sort"),
        ({"gain.min": "x"}, "gain.min"),
        ({"gian.min": "1"}, "gian.min"),
        ({"spilt": "val"}, "spilt"),
        ({"leading": "nobody"}, "leading"),
        ({"limit": "5000"}, "limit"),
        ({"page": "0"}, "page"),
    ],
)
def test_what_cannot_be_asked_is_refused(api: APIClient, job: Job, asked: dict[str, str], field: str) -> None:
    answer = api.get(f"/api/v1/jobs/{job.pk}/samples/", asked)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_what_was_found_comes_as_a_file(api: APIClient, job: Job, make_job: MakeJob) -> None:
    body = api.get(f"/api/v1/jobs/{job.pk}/samples/file.parquet", {"split": "val"}).getvalue()
    assert pq.read_table(io.BytesIO(body)).num_rows == 40
    assert api.get(f"/api/v1/jobs/{job.pk}/samples/file.csv").getvalue().count(b"\n") == 81
    assert api.get(f"/api/v1/jobs/{job.pk}/samples/file.doc").status_code == 404
    assert api.get(f"/api/v1/jobs/{job.pk}/samples/file.csv", {"limit": 3}).status_code == 400
    empty = api.get(f"/api/v1/jobs/{make_job().pk}/samples/")
    assert (empty.status_code, "left no table" in empty.json()["detail"]) == (404, True)


def test_selections_are_made_listed_read_and_deleted(api: APIClient, job: Job, project: Project) -> None:
    address = f"/api/v1/projects/{project.slug}/selections/"
    by_filter = {"name": "hard", "job": job.pk, "filter": "sort=-student_iou", "first": 3}
    made = api.post(address, by_filter, format="json")
    assert (made.status_code, made.json()["count"], made.json()["from_job"]) == (201, 3, job.pk)
    by_id = {"name": "two", "dataset": "world", "samples": ["v1#0", "v2#1"]}
    assert api.post(address, by_id, format="json").json()["dataset"] == "world"
    assert [row["name"] for row in api.get(address, {"dataset": "world"}).json()] == ["hard", "two"]
    one = f"{address}{made.json()['id']}/"
    assert api.get(one).json()["samples"] == ["v39#1", "v39#0", "v38#1"]
    body = {"project": project.slug, "spec": {"data": {"dataset": "world", "leave_out": ["hard"]}}}
    waiting = api.post("/api/v1/jobs/", body, format="json").json()["id"]
    refused = api.delete(one)
    assert (refused.status_code, f"job {waiting} is queued" in refused.json()["detail"]) == (409, True)
    assert api.put(f"/api/v1/jobs/{waiting}/cancellation/").status_code == 200
    assert api.delete(one).status_code == 204
    assert api.get(f"/api/v1/projects/elsewhere/selections/{Selection.objects.get().pk}/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "samples"),
        ({"samples": ["v1#0"]}, "dataset"),
        ({"samples": ["v1#0"], "dataset": "nowhere"}, "dataset"),
        ({"samples": ["v1#0"], "dataset": "world", "first": 1}, "first"),
        ({"samples": ["nobody"], "dataset": "world"}, "samples"),
        ({"job": "mine", "samples": ["v1#0"]}, "samples"),
        ({"job": "mine", "filter": "gian.min=1"}, "filter"),
        ({"job": "mine", "filter": "spilt=val"}, "filter"),
        ({"job": "mine", "dataset": "nowhere"}, "dataset"),
        ({"job": 10**9}, "job"),
    ],
)
def test_what_is_no_selection_is_refused(
    api: APIClient, job: Job, project: Project, asked: dict[str, Any], field: str
) -> None:
    if asked.get("job") == "mine":
        asked = {**asked, "job": job.pk}
    body = {"name": "x", **asked}
    answer = api.post(f"/api/v1/projects/{project.slug}/selections/", body, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
