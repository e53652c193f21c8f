"""What charts and live pages read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from jobs.chunks import Run
from jobs.models import Attempt, Event, Job
from jobs.operations.metrics import MetricWriter
from jobs.queries.history import events_after, metric_names, points_after, series, warnings_of

pytestmark = pytest.mark.django_db


def attempt(job: Job, number: int) -> Attempt:
    return Attempt.objects.create(job=job, number=number, fence=number, worker="w")


def write(made: Attempt, metric: str, steps: range, *, first_seq: int, value: float) -> None:
    points = [(first_seq + index, step, value + step, index) for index, step in enumerate(steps)]
    MetricWriter(job_id=made.job_id, attempt_id=made.pk).write({metric: Run.of(points)})


def test_a_resumed_attempt_masks_what_it_repeats(make_job: Any) -> None:
    job = make_job()
    write(attempt(job, 1), "loss", range(1, 101), first_seq=1, value=0.0)
    write(attempt(job, 2), "loss", range(91, 121), first_seq=101, value=1000.0)
    curve = series(job_id=job.pk)["loss"]
    assert curve.steps.tolist() == list(range(1, 121))
    assert curve.values.tolist() == [*range(1, 91), *range(1091, 1121)]
    assert curve.last_seq == 130


def test_a_metric_that_the_new_attempt_has_not_reached_stays_visible(make_job: Any) -> None:
    job = make_job()
    one, two = attempt(job, 1), attempt(job, 2)
    write(one, "val", range(50, 101, 50), first_seq=1, value=0.0)
    write(two, "loss", range(91, 95), first_seq=10, value=0.0)
    assert series(job_id=job.pk)["val"].steps.tolist() == [50, 100]


def test_a_third_attempt_that_goes_further_back_masks_both(make_job: Any) -> None:
    job = make_job()
    for number, (first, last) in enumerate([(1, 50), (41, 60), (21, 70)], start=1):
        write(
            attempt(job, number),
            "loss",
            range(first, last + 1),
            first_seq=100 * number,
            value=1000.0 * number,
        )
    curve = series(job_id=job.pk)["loss"]
    assert curve.steps.tolist() == list(range(1, 71))
    assert (curve.values // 1000).tolist() == [1.0] * 20 + [3.0] * 50


def test_the_live_tail_is_complete_up_to_the_number_it_returns(make_job: Any) -> None:
    job = make_job()
    made = attempt(job, 1)
    writer = MetricWriter(job_id=job.pk, attempt_id=made.pk)
    for start in range(1, 3001, 50):
        points = [(seq, seq, float(seq), seq) for seq in range(start, start + 50)]
        writer.write({name: Run.of(points) for name in ("a", "b", "c")})
    seq = 0
    seen: dict[str, list[int]] = {name: [] for name in ("a", "b", "c")}
    rounds = 0
    while found := points_after(job_id=job.pk, seq=seq, limit_points=1000):
        for name, tail in found.items():
            seen[name] += tail.seqs.tolist()
        seq = max(int(tail.seqs[-1]) for tail in found.values())
        rounds += 1
    assert seen == {name: list(range(1, 3001)) for name in ("a", "b", "c")}
    assert rounds > 2


def test_the_live_tail_of_a_resumed_job_hides_what_is_repeated(make_job: Any) -> None:
    job = make_job()
    write(attempt(job, 1), "loss", range(1, 11), first_seq=1, value=0.0)
    write(attempt(job, 2), "loss", range(6, 16), first_seq=11, value=0.0)
    points = points_after(job_id=job.pk, seq=0)["loss"]
    assert (points.steps.tolist(), points.attempt) == (list(range(1, 16)), 2)
    later = points_after(job_id=job.pk, seq=3)["loss"]
    assert later.steps.tolist() == [4, 5, *range(6, 16)]


def test_a_curve_is_thinned_without_losing_its_spike_and_zooming_brings_all_back(make_job: Any) -> None:
    job = make_job()
    made = attempt(job, 1)
    points = [(step, step, 99.0 if step == 7777 else 1.0, step) for step in range(1, 20_001)]
    MetricWriter(job_id=job.pk, attempt_id=made.pk).write({"loss": Run.of(points)})
    wide = series(job_id=job.pk, metrics=["loss"], px=200)["loss"]
    assert len(wide.steps) <= 800
    assert wide.values.max() == 99.0
    near = series(job_id=job.pk, metrics=["loss"], px=200, step_from=7700, step_to=7800)["loss"]
    assert np.array_equal(near.steps, range(7700, 7801))
    assert series(job_id=job.pk, metrics=["other"]) == {}
    assert metric_names(job.pk) == ["loss"]
    assert events_after(job_id=job.pk, seq=0) == []


def test_warnings_are_told_once_in_their_order_but_not_those_of_void_attempts(make_job: Any) -> None:
    job = make_job()
    gone, stays = attempt(job, 1), attempt(job, 2)
    Attempt.objects.filter(pk=gone.pk).update(is_void=True)
    said = [(gone, "warned", "void"), (stays, "warned", "one"), (stays, "entered", "no")]
    said += [(stays, "warned", "two"), (stays, "warned", "one")]
    for seq, (made, kind, text) in enumerate(said, start=1):
        at, payload = timezone.now(), {"message": text}
        Event.objects.create(job=job, attempt=made, seq=seq, kind=kind, payload=payload, at=at)
    assert warnings_of(job.pk) == ["one", "two"]
