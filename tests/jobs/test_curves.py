"""Charts of long jobs are drawn from summaries, and hide nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from django.db import connection
from django.db.models.functions import Length
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.chunks import LAYOUT, Run, pack
from jobs.models import Attempt, Job, MetricChunk
from jobs.operations.metrics import MetricWriter, seal
from jobs.queries import curves
from jobs.queries.curves import Series, read_curves
from jobs.queries.history import integrity, points_after
from jobs.summaries import BLOCK, RECORD, candidates, records_of, summarise
from tests.jobs.conftest import MakeJob

NAME = "loss/total"


def attempt(job: Job, number: int = 1) -> Attempt:
    return Attempt.objects.create(job=job, number=number, fence=number, worker="w")


def write(
    made: Attempt, steps: np.ndarray, values: np.ndarray, *, first_seq: int = 1, name: str = NAME
) -> None:  # type: ignore[type-arg]
    seqs = np.arange(first_seq, first_seq + len(steps))
    run = Run(seqs, steps.astype(np.int64), values.astype(np.float64), seqs * 100)
    MetricWriter(job_id=made.job_id, attempt_id=made.pk).write({name: run})
    Job.objects.filter(pk=made.job_id).update(cursor_seq=int(seqs[-1]))


def chart(job: Job, **asked: int) -> Series:
    return read_curves(job_ids=[job.pk], metrics=[NAME], **asked)[job.pk, NAME]


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=200),
    st.integers(1, 70),
)
def test_records_hold_both_ends_both_extremes_and_all_that_is_not_finite(
    values: list[float], size: int
) -> None:
    run = Run.of([(seq + 1, 3 * seq, value, seq) for seq, value in enumerate(values)])
    named = candidates(records_of(run, size=size))
    points = set(zip(named.steps.tolist(), map(str, named.values.tolist()), strict=True))
    for first in range(0, len(values), size):
        block = values[first : first + size]
        finite = [value for value in block if math.isfinite(value)]
        expected = {0, len(block) - 1}
        expected |= {block.index(extreme) for extreme in (min(finite), max(finite))} if finite else set()
        assert {(3 * (first + at), str(block[at])) for at in expected} <= points
        for odd in ("nan", "inf", "-inf"):
            where = [at for at, value in enumerate(block) if str(value) == odd]
            assert not where or (3 * (first + where[0]), odd) in points


@pytest.mark.django_db
@pytest.mark.parametrize("length", [30_000, 300_000])
def test_a_spike_and_what_is_not_finite_are_on_every_chart(make_job: MakeJob, length: int) -> None:
    job = make_job()
    values = np.sin(np.arange(length) / 500)
    odd = {7_777: 1e6, 12_345: -1e6, 20_001: math.nan, 25_000: math.inf, 29_998: -math.inf}
    values[list(odd)] = list(odd.values())
    write(attempt(job), np.arange(length), values)
    with CaptureQueriesContext(connection) as queries:
        found = chart(job, px=300)
    assert len(queries) <= 1
    drawn = dict(zip(found.steps.tolist(), map(str, found.values.tolist()), strict=True))
    assert {step: str(value) for step, value in odd.items()}.items() <= drawn.items()
    assert {0, length - 1} <= drawn.keys()
    assert 150 * 2 <= len(found.steps) <= 300 * 7
    assert np.all(np.diff(found.steps) >= 0)
    assert found.last_seq == length
    exact = {step: str(values[step]) for step in drawn}
    assert drawn == exact
    assert chart(job, px=300, step_from=20_000, step_to=20_010).steps.tolist() == list(range(20_000, 20_011))
    assert integrity(job.pk) == []


@pytest.mark.django_db
@pytest.mark.parametrize("px", [20, 100, 100_000])
def test_masks_hold_in_summaries_and_where_only_a_range_is_asked_for(make_job: MakeJob, px: int) -> None:
    job = make_job()
    write(attempt(job, 1), np.arange(10_000), np.full(10_000, 1.0))
    write(attempt(job, 2), np.arange(7_001, 12_000), np.full(4_999, 2.0), first_seq=10_001)
    write(attempt(job, 3), np.arange(9_001, 9_500), np.full(499, 3.0), first_seq=15_001)
    for asked, (low, high) in {
        "all": (None, None),
        "old": (6_000, 7_500),
        "repeated": (9_600, 9_900),
    }.items():
        ends = {} if low is None or high is None else {"step_from": low, "step_to": high}
        found = read_curves(job_ids=[job.pk], metrics=[NAME], px=px, **ends)
        if asked == "repeated":  # attempt 3 began below it, so nobody's points are valid there
            assert found == {}
            continue
        curve = found[job.pk, NAME]
        expected = np.where(curve.steps >= 9_001, 3.0, np.where(curve.steps >= 7_001, 2.0, 1.0))
        assert np.array_equal(curve.values, expected)
        assert {7_000, 7_001} <= set(curve.steps.tolist()) or px < 1000
        assert curve.steps[-1] == (9_499 if asked == "all" else 7_500)


@pytest.mark.django_db
def test_a_retry_from_scratch_hides_all_that_came_before(make_job: MakeJob) -> None:
    job = make_job()
    write(attempt(job, 1), np.arange(100), np.full(100, 1.0))
    write(attempt(job, 1 + 1), np.arange(50, 60), np.full(10, 2.0), first_seq=101, name="val")
    job.attempts.update(is_void=True)
    assert read_curves(job_ids=[job.pk]) == {}
    write(attempt(job, 3), np.arange(3), np.full(3, 3.0), first_seq=111)
    assert chart(job).values.tolist() == [3.0] * 3
    assert {name: found.steps.tolist() for name, found in points_after(job_id=job.pk, seq=0).items()} == {
        NAME: [0, 1, 2]
    }


@pytest.mark.django_db
def test_an_attempt_that_a_later_one_went_back_behind_leaves_no_gap(make_job: MakeJob) -> None:
    job = make_job()
    write(attempt(job, 1), np.arange(500), np.full(500, 1.0))
    write(attempt(job, 2), np.arange(300, 350), np.full(50, 2.0), first_seq=501)
    write(attempt(job, 3), np.arange(480, 520), np.full(40, 3.0), first_seq=551)
    assert len(chart(job).steps) == 390
    job.attempts.filter(number=2).update(is_void=True)
    curve = chart(job)
    assert curve.steps.tolist() == list(range(520))
    assert curve.values.tolist() == [1.0] * 480 + [3.0] * 40
    tail = points_after(job_id=job.pk, seq=0)[NAME]
    assert (tail.steps.tolist(), tail.values.tolist()) == (curve.steps.tolist(), curve.values.tolist())


@pytest.mark.django_db
def test_metrics_of_the_system_go_by_time(make_job: MakeJob) -> None:
    job = make_job()
    steps = np.repeat(np.arange(400), 50)
    values = np.random.default_rng(1).normal(size=len(steps))
    values[11_111] = 77.0
    write(attempt(job, 1), steps, values, name="system/cpu")
    write(attempt(job, 2), steps[:100], values[:100], first_seq=20_001, name="system/cpu")
    found = read_curves(job_ids=[job.pk], px=100)[job.pk, "system/cpu"]
    assert 77.0 in found.values
    assert np.all(np.diff(found.times_ms) >= 0) or job.attempts.count() == 2
    assert found.last_seq == 20_100
    assert len(found.steps) <= 1_000


@pytest.mark.django_db
def test_chunks_of_the_first_layout_stay_readable_beside_new_ones(make_job: MakeJob) -> None:
    job = make_job()
    made = attempt(job)
    steps = np.arange(2_000)
    write(made, steps, steps * 0.5)
    for chunk in MetricChunk.objects.filter(job=job, seq_first__lt=1_000):
        run = Run.of(
            [(seq, seq - 1, (seq - 1) * 0.5, seq * 100) for seq in range(chunk.seq_first, chunk.seq_last + 1)]
        )
        chunk.data = b"".join(
            (
                (run.steps - run.steps[0]).astype("<i4").tobytes(),
                run.values.astype("<f8").tobytes(),
                run.times_ms.astype("<u4").tobytes(),
                (run.seqs - run.seqs[0]).astype("<i4").tobytes(),
            )
        )
        chunk.layout, chunk.summary = 1, None
        chunk.save()
    assert chart(job).steps.tolist() == steps.tolist()
    thinned = chart(job, px=10)
    assert np.array_equal(thinned.values, thinned.steps * 0.5)
    assert integrity(job.pk) == []


@pytest.mark.django_db
def test_a_long_chart_reads_summaries_only(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_job()
    write(attempt(job), np.arange(100_000), np.zeros(100_000))
    read: list[int] = []
    real = curves._rows
    monkeypatch.setattr(
        curves,
        "_rows",
        lambda asked: [read.extend(len(part or b"") for part in row[-2:]) or row for row in real(asked)],
    )
    chart(job, px=200)
    assert sum(read) < 2 * 200 * RECORD.itemsize + 5_000


@pytest.mark.django_db
@pytest.mark.parametrize("stride", [1, 7])
def test_a_long_job_takes_few_bytes_a_point(make_job: MakeJob, stride: int) -> None:
    job = make_job()
    write(attempt(job), np.arange(20_000) * stride, np.random.default_rng(0).normal(size=20_000))
    seal(attempt_id=job.attempts.get().pk)
    rows = MetricChunk.objects.annotate(bytes=Length("data"), more=Length("summary"))
    assert sum(row.bytes + row.more for row in rows) / 20_000 < 13  # type: ignore[attr-defined]


@given(st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=30))
def test_times_of_any_size_come_back(times: list[int]) -> None:
    run = Run.of([(seq, seq, 0.0, at) for seq, at in enumerate(times)])
    whole = np.abs(np.diff(run.times_ms.astype(float))).max(initial=0) < 2**62
    back = curves.unpack(pack(run), layout=LAYOUT, points=len(run), step_first=0, seq_first=0)
    assert not whole or back.times_ms.tolist() == times


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"points": 511}, "its bytes"),
        ({"seq_last": 600}, "its points are numbered"),
        ({"seq_first": 0}, "its points are numbered"),
        ({"step_last": 600}, "its steps are not"),
        ({"maximum": 1e9}, "its extremes are not"),
        ({"summary": b"x"}, "its summary does not fit"),
        ({"summary": None}, "has no summary"),
        ({"data": b"x"}, "its bytes do not hold"),
    ],
)
def test_whatever_is_wrong_with_a_chunk_is_named(
    make_job: MakeJob, change: dict[str, object], words: str
) -> None:
    job = make_job()
    write(attempt(job), np.arange(1024), np.random.default_rng(0).normal(size=1024))
    assert integrity(job.pk) == []
    MetricChunk.objects.filter(seq_first=1).update(**change)
    assert [sentence for sentence in integrity(job.pk) if words in sentence]


@pytest.mark.django_db
def test_a_chunk_that_is_sealed_twice_is_named(make_job: MakeJob, settings: Settings) -> None:
    job = make_job()
    made = attempt(job)
    write(made, np.arange(1024), np.zeros(1024))
    run = Run.of([(seq, seq, 0.0, 0) for seq in range(500, 700)])
    MetricChunk.objects.create(
        job=job,
        attempt=made,
        metric=NAME,
        seq_first=500,
        seq_last=699,
        step_first=500,
        step_last=699,
        points=200,
        minimum=0.0,
        maximum=0.0,
        sealed=True,
        layout=LAYOUT,
        summary=summarise(run),
        data=pack(run),
    )
    assert len([sentence for sentence in integrity(job.pk) if "overlap" in sentence]) == 2
    Job.objects.filter(pk=job.pk).update(cursor_seq=600)
    assert any("beyond the cursor" in sentence for sentence in integrity(job.pk))
    assert BLOCK == 64
