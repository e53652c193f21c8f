from __future__ import annotations

import hashlib
import json
import re

import pytest
from django.test import Client

from jobs.models import Artifact, Job, LogChunk, Registration, State, Teacher
from jobs.operations.errors import UnableToPromote
from jobs.storage.blobs import local_path
from mtkd_engine.events import Warned
from tests.engine_double import EngineDouble
from tests.webapp.conftest import MakeJob


@pytest.fixture
def finished(job: Job) -> Job:
    double = EngineDouble()
    double.start()
    double.finish(files={"student.safetensors": b"weights"})
    job.refresh_from_db()
    return job


def test_a_job_that_waits_says_so_and_offers_its_charts_already(editor: Client, job: Job) -> None:
    page = editor.get(f"/jobs/{job.pk}/").content.decode()
    for text in ("Waiting for a worker", "Cancel job", "Losses", "Who teaches which sample", "span"):
        assert text in page


def test_a_job_that_waits_again_says_so_with_its_step_as_its_feed_does(editor: Client, job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(step=5, total_steps=10)
    assert ">Waiting for a worker · Step 5 of 10<" in editor.get(f"/jobs/{job.pk}/").content.decode()
    Job.objects.filter(pk=job.pk).update(state=State.RUNNING)
    assert ">Step 5 of 10<" in editor.get(f"/jobs/{job.pk}/").content.decode()


def test_a_solo_job_has_no_weights_to_show(editor: Client, make_job: MakeJob) -> None:
    page = editor.get(f"/jobs/{make_job().pk}/").content.decode()
    assert "Who teaches which sample" not in page
    assert "Fold copies" not in page


def test_layouts_travel_as_data_and_no_script_stands_in_the_page(viewer: Client, job: Job) -> None:
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    layouts = re.findall(r'<script id="(layout-\w+)" type="application/json">(.*?)</script>', page)
    assert {name for name, _ in layouts} >= {"layout-loss", "layout-val", "layout-weight"}
    assert all(json.loads(text)["layout"]["uirevision"] == "keep" for _, text in layouts)
    for attributes, body in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S):
        assert "src=" in attributes or "application/json" in attributes
        assert "application/json" in attributes or not body.strip()
    assert not re.search(r"\son[a-z]+=", page)


def test_names_of_a_spec_are_escaped_everywhere(viewer: Client, make_job: MakeJob) -> None:
    job = make_job(name="<img src=x onerror=alert(1)>", failure="<b>bold</b>", state=State.FAILED)
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    assert "<img src=x" not in page
    assert "onerror" not in "".join(re.findall(r"<img[^>]*>", page))
    assert "<b>bold" not in page


def test_a_finished_job_shows_the_student_beside_every_baseline(viewer: Client, finished: Job) -> None:
    page = viewer.get(f"/jobs/{finished.pk}/").content.decode()
    rows = re.findall(r'data-row="([^"]+)"', page)
    assert rows == ["student", "static", "uniform", "best_single", "teacher:span", "oracle", "blind"]
    assert "55.0" in page
    assert "+27.5</span>" in page
    assert "Cancel job" not in page


def test_a_failed_job_says_why(viewer: Client, job: Job) -> None:
    double = EngineDouble()
    double.start()
    double.fail("The loss became NaN at step 7.")
    assert "The loss became NaN at step 7." in viewer.get(f"/jobs/{job.pk}/").content.decode()


def test_the_outcome_alone_can_be_fetched_by_an_open_page(viewer: Client, finished: Job) -> None:
    part = viewer.get(f"/jobs/{finished.pk}/outcome/").content.decode()
    assert "<html" not in part
    assert "student.safetensors" in part


def test_an_artifact_is_downloaded_whole_and_never_shown(viewer: Client, finished: Job) -> None:
    answer = viewer.get(f"/jobs/{finished.pk}/artifacts/student.safetensors")
    body = answer.getvalue()
    assert hashlib.sha256(body).hexdigest() == Artifact.objects.get(job=finished).sha256
    assert answer["Content-Disposition"] == 'attachment; filename="student.safetensors"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_artifact_that_was_changed_is_refused_with_a_sentence(viewer: Client, finished: Job) -> None:
    stored = local_path(Artifact.objects.get(job=finished).blob)
    assert stored is not None
    stored.unlink()
    stored.write_bytes(b"other bytes")
    answer = viewer.get(f"/jobs/{finished.pk}/artifacts/student.safetensors")
    assert answer.status_code == 404
    assert "was changed after it was stored" in answer.content.decode()


def test_an_unknown_artifact_is_named(viewer: Client, finished: Job) -> None:
    answer = viewer.get(f"/jobs/{finished.pk}/artifacts/nope.bin")
    assert answer.status_code == 404
    assert "nope.bin" in answer.content.decode()


def test_cancelling_a_waiting_job_ends_it(editor: Client, job: Job) -> None:
    assert editor.post(f"/jobs/{job.pk}/cancellation/")["Location"] == f"/jobs/{job.pk}/"
    job.refresh_from_db()
    assert job.state == State.CANCELLED


def test_cancelling_a_finished_job_says_that_it_is_too_late(editor: Client, finished: Job) -> None:
    page = editor.post(f"/jobs/{finished.pk}/cancellation/", follow=True).content.decode()
    assert "has ended already" in page


def test_promoting_leads_to_the_registration_of_the_teacher(editor: Client, finished: Job) -> None:
    answer = editor.post(f"/jobs/{finished.pk}/promotion/", {"name": "new teacher"})
    asked = Registration.objects.get()
    assert (asked.name, asked.from_job) == ("new teacher", finished)
    assert answer["Location"] == f"/registrations/{asked.pk}/"


def test_a_refused_promotion_shows_its_sentence_at_the_field(
    editor: Client, finished: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def promote(**given: object) -> Teacher:
        raise UnableToPromote("name: taken.", fields={"name": "already registered as span."})

    monkeypatch.setattr("webapp.pages.job.promote", promote)
    answer = editor.post(f"/jobs/{finished.pk}/promotion/", {"name": "span"})
    assert answer.status_code == 422
    assert "Already registered as span." in answer.content.decode()


def test_a_viewer_is_offered_neither_cancelling_nor_promoting(viewer: Client, finished: Job) -> None:
    page = viewer.get(f"/jobs/{finished.pk}/").content.decode()
    assert "Promote to teacher" not in page
    assert "Resubmit with changes" not in page


def test_what_is_kept_of_the_log_opens_as_plain_text(viewer: Client, job: Job) -> None:
    double = EngineDouble()
    double.start()
    text = "<b>bold</b>\nsecond line"
    LogChunk.objects.create(job=job, attempt=double.attempt, start=0, size=len(text) + 1, text=text)
    answer = viewer.get(f"/jobs/{job.pk}/log/?attempt=1")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.content.decode() == "<b>bold</b>\nsecond line\n"
    assert viewer.get(f"/jobs/{job.pk}/log/?attempt=2").content == b""


def test_what_the_engine_warns_of_stands_at_the_top(viewer: Client, job: Job) -> None:
    double = EngineDouble()
    double.start()
    double.say(*(Warned(code="odd", message=f"<b>warning</b> {number}") for number in range(1, 6)))
    for page in (f"/jobs/{job.pk}/", f"/jobs/{job.pk}/head/"):
        text = viewer.get(page).content.decode()
        places = [text.index(part) for part in ("warning&lt;/b&gt; 1", "2 more", "warning&lt;/b&gt; 5")]
        assert places == sorted(places)
        assert "<b>warning" not in text
