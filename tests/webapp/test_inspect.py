from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.test import Client

from jobs.models import Artifact, Dataset, Job, Project, Selection
from jobs.queries.inspect.table import PER_SAMPLE
from jobs.storage.blobs import local_path
from tests.engine_double import EngineDouble
from tests.inspected import NAMES, columns_of, files_of, parquet
from tests.sealed_double import Row, keep_files, sample_row, write_sealed
from tests.webapp.conftest import MakeJob

SCRIPT = "<script>alert(1)</script> שלום 🎬 " + "very long " * 60
LAST = NAMES[2]


@pytest.fixture
def rows() -> list[Row]:
    rows = [sample_row(number, split=("train", "val")[number % 2]) for number in range(120)]
    rows[3] |= {"sentence": SCRIPT, "windows": [[1.0, 2.0], [5.0, 9.5]]}
    return rows


@pytest.fixture
def job(make_job: MakeJob, dataset: Dataset, rows: list[Row], tmp_path: Path) -> Job:
    """A job that ended, on a dataset whose samples are stored."""
    folder = write_sealed(tmp_path / "sealed", rows, files={"v1": "videos/v1.mp4"})
    (folder / "videos").mkdir()
    (folder / "videos" / "v1.mp4").write_bytes(b"film")
    keep_files(dataset, folder, rows)
    return ended(make_job(taught=True), files_of(rows))


def ended(job: Job, files: dict[str, bytes]) -> Job:
    double = EngineDouble()
    double.start()
    double.finish(files=files)
    job.refresh_from_db()
    return job


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def order(shown: str, job: Job) -> list[int]:
    return [int(row) for row in re.findall(rf'href="/jobs/{job.pk}/samples/(\d+)/', shown)]


def test_samples_are_listed_with_who_leads(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/")
    for text in (
        "120 samples",
        "Page 1 of 3",
        'rel="next" href="?page=2"',
        "leads",
        "Teachers disagree most",
    ):
        assert text in shown
    assert order(shown, job) == list(range(50))
    assert "<script>alert" not in shown
    assert 'id="plan-weights"' in shown
    assert "Make a selection" not in shown
    assert order(page(viewer, f"/jobs/{job.pk}/samples/?page=3"), job) == list(range(100, 120))
    assert order(page(viewer, f"/jobs/{job.pk}/samples/?page=99"), job) == list(range(100, 120))


def test_every_state_stands_in_the_address(viewer: Client, job: Job) -> None:
    asked = "split=val&q=opens&student_iou.min=0.25&sort=-disagreement"
    shown = page(viewer, f"/jobs/{job.pk}/samples/?{asked}&page=1")
    spelled = asked.replace("&", "&amp;")
    assert f'href="/jobs/{job.pk}/samples/file.csv?{spelled}"' in shown
    assert f"samples/119/?{spelled}" in shown or "?page=2" not in shown
    assert 'name="student_iou.min" value="0.25"' in shown
    assert 'aria-sort="descending"' in shown
    assert len(order(shown, job)) == 45
    assert "45 of 120 samples" in shown


def test_teachers_may_be_called_anything(viewer: Client, job: Job) -> None:
    asked = {f"{LAST}/weight.min": "0.4", "sort": f"-{LAST}/weight", "leading": LAST}
    answer = viewer.get(f"/jobs/{job.pk}/samples/", asked)
    shown = answer.content.decode()
    values = answer.context["table"].numbers(f"{LAST}/weight")[order(shown, job)]
    assert (values >= 0.4).all()
    assert values.tolist() == sorted(values, reverse=True)
    assert not answer.context["asked"].problems


def test_what_cannot_be_asked_is_told_and_left_out(viewer: Client, job: Job) -> None:
    asked = {
        "sort": "nonsense",
        "gain.min": "high",
        "nobody/weight.max": "1",
        "leading": "nobody",
        "page": "-1",
        "q": "\0",
        "utm": "x",
    }
    answer = viewer.get(f"/jobs/{job.pk}/samples/", asked)
    assert set(answer.context["asked"].problems) == set(asked) - {"utm"}
    assert "120 samples" in answer.content.decode()
    assert "Nothing found" in page(viewer, f"/jobs/{job.pk}/samples/?split=dev")


def test_what_was_found_is_taken_away(viewer: Client, job: Job) -> None:
    address = f"/jobs/{job.pk}/samples/file"
    answer = viewer.get(f"{address}.csv?split=val&sort=-student_iou")
    lines = answer.getvalue().decode().splitlines()
    assert (len(lines), answer["Content-Type"]) == (61, "text/csv; charset=utf-8")
    assert f"job-{job.pk}-samples.csv" in answer["Content-Disposition"]
    assert lines[1].startswith('"v59#1","val"')
    read = pq.read_table(io.BytesIO(viewer.get(f"{address}.parquet?split=val").getvalue()))
    assert set(read.column("split").to_pylist()) == {"val"}
    assert viewer.get(f"{address}.xlsx").status_code == 404


def test_a_sample_says_who_taught_it_and_why(viewer: Client, job: Job) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/samples/3/?split=val&sort=student_iou")
    for text in (
        "leads with",
        "agrees with",
        "The student reaches",
        f'src="/datasets/{job.dataset_id}/videos/v1.mp4#t=1.000"',
        "Play 1.0–2.0 s",
        "Play 5.0–9.5 s",
        "Without teachers",
        "Target",
        "Over training",
        "5 steps recorded",
        f'href="/datasets/{job.dataset_id}/samples/3/"',
        f'data-key="p" href="/jobs/{job.pk}/samples/1/?split=val&amp;sort=student_iou"',
        f'data-key="n" href="/jobs/{job.pk}/samples/5/?split=val&amp;sort=student_iou"',
        "2 of 60",
        "&lt;script&gt;alert(1)",
    ):
        assert text in shown
    assert "not among the 60 found" in page(viewer, f"/jobs/{job.pk}/samples/2/?split=val")
    assert viewer.get(f"/jobs/{job.pk}/samples/120/").status_code == 404
    assert viewer.get(f"/jobs/{job.pk}/samples/99999999999999999999/").status_code == 404


def test_a_sample_without_film_or_weights_shows_what_there_is(
    viewer: Client, make_job: MakeJob, dataset: Dataset, rows: list[Row]
) -> None:
    job = ended(make_job(), {PER_SAMPLE: parquet(columns_of(rows, teachers=(), solo=False))})
    listed = page(viewer, f"/jobs/{job.pk}/samples/")
    assert "Samples of this job" in listed
    assert "Leading teacher" not in listed
    shown = page(viewer, f"/jobs/{job.pk}/samples/3/")
    assert "<video" not in shown
    assert "No playable video was registered" in shown
    assert "Over training" not in shown
    assert "leads with" not in shown


def test_teachers_of_the_same_weight_are_tied_in_the_list(
    viewer: Client, make_job: MakeJob, rows: list[Row]
) -> None:
    columns: dict[str, Any] = columns_of(rows[:2])
    for name, weights in zip(NAMES, ((0.45, 0.8), (0.1, 0.1), (0.45, 0.1)), strict=True):
        columns[f"{name}/weight"] = list(weights)
    columns["leading"] = [NAMES[0], NAMES[0]]
    shown = page(viewer, f"/jobs/{ended(make_job(taught=True), {PER_SAMPLE: parquet(columns)}).pk}/samples/")
    assert f"<bdi>{NAMES[0]}, {LAST}</bdi> are tied" in shown
    assert shown.count(f"<bdi>{NAMES[0]}</bdi> leads") == 1


def test_odd_values_are_shown_as_unknown(viewer: Client, make_job: MakeJob, rows: list[Row]) -> None:
    columns: dict[str, Any] = columns_of(rows)
    for name in ("student_start", "student_iou", "span/weight", "span/start", "disagreement", "duration"):
        columns[name][0] = float("nan")
    columns["leading"][0] = None
    columns["duration"][1] = 0.0
    job = ended(make_job(taught=True), {PER_SAMPLE: parquet(columns)})
    page(viewer, f"/jobs/{job.pk}/samples/?sort=disagreement")
    assert "length of the video is not known" in page(viewer, f"/jobs/{job.pk}/samples/0/")
    assert viewer.get(f"/jobs/{job.pk}/samples/1/").status_code == 200


def test_a_job_without_a_table_says_so(viewer: Client, make_job: MakeJob, rows: list[Row]) -> None:
    waiting = make_job()
    assert "has not ended yet" in page(viewer, f"/jobs/{waiting.pk}/samples/")
    for path in ("0/", "file.csv"):
        assert viewer.get(f"/jobs/{waiting.pk}/samples/{path}").status_code == 404
    job = ended(waiting, {PER_SAMPLE: parquet(columns_of(rows))})
    stored = local_path(Artifact.objects.get(job=job, name=PER_SAMPLE).blob)
    assert stored is not None
    stored.unlink()
    assert "cannot be read" in page(viewer, f"/jobs/{job.pk}/samples/")


def test_a_finished_job_leads_to_ready_views(viewer: Client, job: Job, make_job: MakeJob) -> None:
    shown = page(viewer, f"/jobs/{job.pk}/")
    assert f'href="/jobs/{job.pk}/samples/?sort=-disagreement"' in shown
    assert "Largest gain" not in shown  # its spec did not ask for solo
    assert "Inspect the samples" not in page(viewer, f"/jobs/{make_job().pk}/")


def chosen(client: Client, job: Job, **fields: Any) -> str:
    answer = client.post(f"/jobs/{job.pk}/samples/selection/", fields)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_ticked_samples_become_a_selection(editor: Client, job: Job, project: Project) -> None:
    assert "Make a selection" in page(editor, f"/jobs/{job.pk}/samples/")
    asked = {"name": "hard ones", "row": ["3", "7", "x", "9999"], "which": "ticked"}
    to = chosen(editor, job, use="leave_out", query="split=val", **asked)
    assert to == f"/projects/{project.slug}/jobs/new/?like={job.pk}&leave_out=hard+ones"
    made = Selection.objects.get()
    assert (made.text, made.from_job, made.dataset) == ("v1#1\nv3#1\n", job, job.dataset)
    shown = page(editor, f"/datasets/{job.dataset_id}/")
    assert "hard ones" in shown
    assert "2 samples, chosen among those of" in shown
    prefilled = page(editor, to)
    assert "hard ones" in prefilled


def test_everything_that_was_found_becomes_a_selection(editor: Client, job: Job) -> None:
    to = chosen(editor, job, name="val", which="all", use="keep", query="split=val&sort=-gain")
    assert to == f"/jobs/{job.pk}/samples/?split=val&sort=-gain"
    assert Selection.objects.get().count == 60


def test_a_refused_selection_says_why(editor: Client, job: Job) -> None:
    assert chosen(editor, job, name="nothing", which="ticked", use="keep") == f"/jobs/{job.pk}/samples/"
    assert "given 0, accepted are 1 to 200,000" in page(editor, f"/jobs/{job.pk}/samples/")
    assert not Selection.objects.exists()


def test_a_selection_is_deleted_unless_it_is_needed(editor: Client, job: Job, make_job: MakeJob) -> None:
    chosen(editor, job, name="val", which="all", use="keep")
    made = Selection.objects.get()
    waiting = make_job()
    waiting.selections.add(made)
    address = f"/selections/{made.pk}/deletion/"
    assert editor.post(address)["Location"] == f"/datasets/{job.dataset_id}/"
    assert f"job {waiting.pk} is queued" in page(editor, f"/datasets/{job.dataset_id}/")
    waiting.selections.clear()
    editor.post(address)
    assert not Selection.objects.exists()
    assert editor.post(address).status_code == 404
