"""Reading the log of a job over REST."""

from __future__ import annotations

from django.test import Client
from rest_framework.test import APIClient

from jobs.models import Attempt, Job, LogChunk


def write(job: Job, *lines: str) -> None:
    attempt, _ = Attempt.objects.get_or_create(job=job, number=1, defaults={"fence": 1, "worker": "w"})
    last = LogChunk.objects.filter(attempt=attempt).order_by("-start").first()
    start = 0 if last is None else last.start + last.size
    text = "\n".join(lines)
    LogChunk.objects.create(job=job, attempt=attempt, start=start, size=len(text) + 1, text=text)


def test_lines_come_oldest_first_with_the_cursor_behind_them(api: APIClient, job: Job) -> None:
    write(job, "one", "two")
    answer = api.get(f"/api/v1/jobs/{job.pk}/log/").json()
    assert answer["lines"] == [
        {"attempt": 1, "byte": 0, "text": "one"},
        {"attempt": 1, "byte": 4, "text": "two"},
    ]
    assert not answer["more"]
    write(job, "three")
    again = api.get(f"/api/v1/jobs/{job.pk}/log/?after={answer['after']}").json()
    assert [line["text"] for line in again["lines"]] == ["three"]


def test_it_begins_with_the_newest_lines_where_asked_to(api: APIClient, job: Job) -> None:
    write(job, *map(str, range(50)))
    answer = api.get(f"/api/v1/jobs/{job.pk}/log/?tail=2").json()
    assert [line["text"] for line in answer["lines"]] == ["48", "49"]


def test_a_search_and_a_limit_narrow_it(api: APIClient, job: Job) -> None:
    write(job, "Loss 1", "other", "loss 2", "LOSS 3")
    answer = api.get(f"/api/v1/jobs/{job.pk}/log/?search=loss&limit=2&attempt=1").json()
    assert [line["text"] for line in answer["lines"]] == ["Loss 1", "loss 2"]
    assert answer["more"]
    assert api.get(f"/api/v1/jobs/{job.pk}/log/?attempt=2").json()["lines"] == []


def test_senseless_values_are_refused_with_a_sentence(api: APIClient, job: Job) -> None:
    for asked in ("limit=0", "after=-1", "attempt=x", "tail=99999", "search=%00"):
        answer = api.get(f"/api/v1/jobs/{job.pk}/log/?{asked}")
        assert answer.status_code == 400, asked
        assert asked.split("=")[0] in answer.json()["fields"]


def test_a_viewer_reads_it_too(viewer: Client, job: Job) -> None:
    write(job, "one")
    assert viewer.get(f"/api/v1/jobs/{job.pk}/log/").json()["lines"][0]["text"] == "one"
