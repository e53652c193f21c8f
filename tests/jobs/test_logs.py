"""Reading a log: by cursor, by attempt, by what is looked for."""

from __future__ import annotations

import pytest

from jobs.models import Attempt, Job, LogChunk
from jobs.queries.logs import read_log, tail_cursor
from tests.jobs.conftest import MakeJob

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(make_job: MakeJob) -> Job:
    """Two attempts, 150 lines each, five lines a row."""
    made = make_job()
    for number in (1, 2):
        attempt = Attempt.objects.create(job=made, number=number, fence=number, worker="w")
        start = 0
        for first in range(0, 150, 5):
            text = "\n".join(f"Step {line} of {number}" for line in range(first, first + 5))
            LogChunk.objects.create(job=made, attempt=attempt, start=start, size=len(text) + 1, text=text)
            start += len(text) + 1
    return made


def test_pages_by_cursor_make_the_whole_log(job: Job) -> None:
    found: list[tuple[int, str]] = []
    cursor, more = 0, True
    while more:
        page = read_log(job_id=job.pk, after=cursor, limit=7)
        found += [(line.attempt, line.text) for line in page.lines]
        cursor, more = page.after, page.more
    assert found == [(number, f"Step {line} of {number}") for number in (1, 2) for line in range(150)]
    assert read_log(job_id=job.pk, after=cursor).lines == []


def test_one_attempt_is_read_alone(job: Job) -> None:
    page = read_log(job_id=job.pk, attempt=2, limit=3)
    assert [(line.attempt, line.byte, line.text) for line in page.lines] == [
        (2, 0, "Step 0 of 2"),
        (2, 12, "Step 1 of 2"),
        (2, 24, "Step 2 of 2"),
    ]


def test_a_search_finds_lines_whatever_their_case(job: Job) -> None:
    page = read_log(job_id=job.pk, search="sTEP 149 OF")
    assert [line.text for line in page.lines] == ["Step 149 of 1", "Step 149 of 2"]
    assert read_log(job_id=job.pk, search="nowhere").lines == []
    assert read_log(job_id=job.pk, search="%").lines == []


def test_a_search_goes_on_behind_its_cursor(job: Job) -> None:
    first = read_log(job_id=job.pk, search="step 7 ", limit=1)
    assert first.more
    second = read_log(job_id=job.pk, search="step 7 ", after=first.after, limit=1)
    assert [line.attempt for line in (*first.lines, *second.lines)] == [1, 2]
    assert not second.more


@pytest.mark.parametrize("lines", [1, 5, 7, 150, 200])
def test_the_newest_lines_begin_behind_the_tail_cursor(job: Job, lines: int) -> None:
    cursor = tail_cursor(job_id=job.pk, lines=lines)
    assert len(read_log(job_id=job.pk, after=cursor).lines) == lines
    own = tail_cursor(job_id=job.pk, lines=lines, attempt=1)
    assert len(read_log(job_id=job.pk, after=own, attempt=1).lines) == min(lines, 150)


def test_rows_that_went_leave_the_rest_readable(job: Job) -> None:
    cursor = read_log(job_id=job.pk, limit=3).after
    LogChunk.objects.filter(attempt__number=1, start__lt=300).delete()
    page = read_log(job_id=job.pk, after=cursor, limit=1)
    assert page.lines[0].attempt == 1
    assert page.lines[0].byte >= 300
