"""Badges: who sees them, what they say, and what they do with hostile words."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from django.test import Client
from pytest_django import Settings

from jobs.models import Baseline, FinalMetric, Job, Project
from tests.webapp.conftest import MakeJob
from webapp.badges import Badge, drawn, key_of, number


def address(job: Job, **asked: str) -> str:
    return f"/badges/jobs/{job.pk}.svg?" + urlencode({"key": key_of(f"job:{job.pk}"), **asked})


def said(client: Client, where: str) -> str:
    answer = client.get(where)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml; charset=utf-8")
    title = ElementTree.fromstring(answer.content).find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    return str(title.text)


def test_a_badge_is_shown_to_whoever_has_its_key_and_to_nobody_else(
    make_job: MakeJob, editor: Client
) -> None:
    job, other = make_job(state="succeeded"), make_job()
    assert said(Client(), address(job)) == f"job {job.pk}: succeeded"
    for key in ("", "x", key_of(f"job:{other.pk}"), key_of(f"baseline:jobs/{job.pk}"), "ключ"):
        for client in (Client(), editor):
            assert client.get(f"/badges/jobs/{job.pk}.svg", {"key": key}).status_code == 404
    assert Client().get(f"/badges/jobs/{job.pk}.svg").status_code == 404


def test_a_badge_shows_the_gate_where_there_is_one_or_the_metric_that_is_asked_for(make_job: MakeJob) -> None:
    job = make_job(state="succeeded", gate_outcome="failed")
    FinalMetric.objects.create(job=job, name="test/miou", value=0.421349)
    assert said(Client(), address(job)) == "gate: failed"
    assert said(Client(), address(job, metric="test/miou")) == f"job {job.pk} test/miou: 0.4213"
    assert said(Client(), address(job, metric="miou")) == f"job {job.pk} miou: 0.4213"
    assert said(Client(), address(job, metric="nothing")) == f"job {job.pk} nothing: unknown"


def test_the_badge_of_a_baseline_moves_with_it(make_job: MakeJob, project: Project) -> None:
    jobs = [make_job(state="succeeded") for _ in range(2)]
    for value, job in enumerate(jobs, start=1):
        FinalMetric.objects.create(job=job, name="val/miou", value=value / 10)
    baseline = Baseline.objects.create(project=project, name="main", job=jobs[0])
    where = f"/badges/moments/main.svg?key={key_of('baseline:moments/main')}"
    assert said(Client(), where) == f"main: job {jobs[0].pk}"
    assert said(Client(), f"{where}&metric=val/miou") == "main val/miou: 0.1"
    Baseline.objects.update(job=jobs[1])
    assert said(Client(), f"{where}&metric=val/miou") == "main val/miou: 0.2"
    baseline.delete()
    assert said(Client(), where) == "main: gone"
    assert Client().get("/badges/moments/main.svg", {"key": key_of("baseline:other/main")}).status_code == 404


def test_a_badge_that_has_not_changed_is_not_sent_again(make_job: MakeJob) -> None:
    job = make_job()
    first = Client().get(address(job))
    assert first["Cache-Control"] == "public, max-age=60"
    assert "Cookie" not in first.get("Vary", "")
    same = Client().get(address(job), headers={"if-none-match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    Job.objects.update(state="failed")
    other = Client().get(address(job), headers={"if-none-match": first["ETag"]})
    assert (other.status_code, other["ETag"] != first["ETag"]) == (200, True)


@pytest.mark.parametrize(
    "words",
    [
        "</title><script>alert(1)</script>",
        '"><image href="x" onerror="alert(1)"/>',
        "]]><!--",
        "&lt;b&gt; &amp;",
        "\x01\x08\ufffe\u202eevil\u2066",
        "x" * 5000,
        "書" * 300,
        "{label}%s",
        "\0",
    ],
)
def test_hostile_words_stay_words(make_job: MakeJob, words: str) -> None:
    answer = Client().get(address(make_job(), metric=words))
    assert answer.status_code == 200
    root = ElementTree.fromstring(answer.content)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags == {"svg", "title", "clipPath", "rect", "g", "text"}
    assert not any(
        name.startswith("on") or "href" in name for element in root.iter() for name in element.attrib
    )
    assert len(answer.content) < 3000


def test_another_secret_of_the_installation_closes_all_badges(make_job: MakeJob, settings: Settings) -> None:
    where = address(make_job())
    settings.SECRET_KEY = "another" * 10
    assert Client().get(where).status_code == 404


def test_members_find_the_markdown_of_a_badge_on_the_page_of_the_job(viewer: Client, job: Job) -> None:
    page = viewer.get(f"/jobs/{job.pk}/").content.decode()
    assert (
        f"[![job {job.pk}](http://testserver/badges/jobs/{job.pk}.svg?key={key_of(f'job:{job.pk}')})]" in page
    )
    assert f"(http://testserver/jobs/{job.pk}/)" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.42134, "0.4213"), (3.0, "3"), (1234567.0, "1,234,567"), (12345.67, "12,345.7"), (1.5e-7, "1.5e-07")],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


def test_a_wider_word_makes_a_wider_badge() -> None:
    def width(word: str) -> Any:
        return int(
            ElementTree.fromstring(drawn(Badge(label="gate", value=word, colour="#000"))).attrib["width"]
        )

    assert width("i") < width("passed") < width("passed at last")
