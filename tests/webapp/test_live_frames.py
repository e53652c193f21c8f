"""What a reader is sent, and that nothing is lost or doubled on the way."""

from __future__ import annotations

import json
import math
import time
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from pytest_django import Settings

from jobs.models import Attempt, Job
from jobs.operations.endings import lose
from mtkd_engine.events import Checkpointed, Entered, Evaluated, Metrics, Warned
from tests.engine_double import EngineDouble
from webapp.live import frames
from webapp.live.frames import read_frame


def losses(double: EngineDouble, first: int, last: int) -> None:
    for step in range(first, last + 1):
        double.say(Metrics(step=step, values={"loss/total": float(step)}))


def steps(frame: dict[str, object], metric: str = "loss/total") -> list[int]:
    return frame["points"].get(metric, {"steps": []})["steps"]  # type: ignore[attr-defined,no-any-return]


def test_a_waiting_job_has_a_state_and_nothing_else(job: Job) -> None:
    frame = read_frame(job_id=job.pk, after=0, px=100)
    assert frame["job"]["state"] == "queued"
    assert (frame["seq"], frame["events"], frame["points"], frame["more"]) == (0, [], {}, False)


def test_the_first_frame_replaces_and_the_next_ones_go_on_behind_it(job: Job) -> None:
    double = EngineDouble()
    double.start()
    losses(double, 1, 3)
    first = read_frame(job_id=job.pk, after=0, px=100)
    assert (first["replace"], steps(first), first["seq"]) == (True, [1, 2, 3], 4)
    losses(double, 4, 5)
    tail = read_frame(job_id=job.pk, after=first["seq"], px=100)
    assert (tail["replace"], steps(tail), tail["seq"]) == (False, [4, 5], 6)
    assert [event["kind"] for event in first["events"]] == ["started"]


def test_nothing_new_is_an_empty_frame(job: Job) -> None:
    double = EngineDouble()
    double.start()
    frame = read_frame(job_id=job.pk, after=1, px=100)
    assert (frame["seq"], frame["events"], frame["points"]) == (1, [], {})


def test_a_reader_far_behind_gets_thinned_curves_with_every_spike(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "FAR_BEHIND", 50)
    double = EngineDouble()
    double.start()
    for step in range(1, 301):
        double.journal.append(Metrics(step=step, values={"loss/total": 99.0 if step == 137 else 1.0}))
    double.recorder.flush()
    frame = read_frame(job_id=job.pk, after=5, px=10)
    assert frame["replace"]
    assert len(steps(frame)) <= 40
    assert 137 in steps(frame)
    assert 99.0 in frame["points"]["loss/total"]["values"]


def test_what_is_not_a_number_travels_as_a_word(job: Job) -> None:
    double = EngineDouble()
    double.start()
    for step, value in enumerate((1.0, math.nan, math.inf, -math.inf)):
        double.say(Metrics(step=step, values={"loss/total": value}))
    frame = read_frame(job_id=job.pk, after=1, px=100)
    assert frame["points"]["loss/total"]["values"] == [1.0, "NaN", "Infinity", "-Infinity"]
    json.dumps(frame, allow_nan=False)


def test_a_resumed_attempt_sends_its_steps_again(job: Job) -> None:
    double = EngineDouble()
    double.start()
    losses(double, 1, 6)
    seen = read_frame(job_id=job.pk, after=0, px=100)["seq"]
    lose(claim=double.claim, reason="The worker was killed.")
    Job.objects.filter(pk=job.pk).update(lease_until=None)
    again = EngineDouble(first_seq=seen + 1)
    losses(again, 4, 5)
    tail = read_frame(job_id=job.pk, after=seen, px=100)
    assert (steps(tail), tail["job"]["attempt"]) == ([4, 5], 2)
    assert steps(read_frame(job_id=job.pk, after=0, px=100)) == [1, 2, 3, 4, 5]
    assert Attempt.objects.filter(job=job).count() == 2


def test_many_events_come_in_several_frames(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "EVENTS_AT_ONCE", 3)
    double = EngineDouble()
    double.start()
    for number in range(7):
        double.say(Warned(code="x", message=f"{number}"))
    after, seen, more = 1, [], True
    while more:
        frame = read_frame(job_id=job.pk, after=after, px=100)
        after, more = frame["seq"], frame["more"]
        seen += [event["message"] for event in frame["events"]]
    assert seen == [str(number) for number in range(7)]


def test_the_probe_set_is_sent_however_old_it_is(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "EVENTS_AT_ONCE", 3)
    double = EngineDouble()
    double.probe(step=0, labels=["the dog runs"], first=0.5)
    for number in range(5):
        double.say(Entered(part=f"part {number}"))
    kinds = [event["kind"] for event in read_frame(job_id=job.pk, after=0, px=100)["events"]]
    assert kinds == ["probeset", "entered", "entered", "entered"]


def test_checkpoints_are_not_news_for_a_reader(job: Job) -> None:
    double = EngineDouble()
    double.start()
    double.say(Checkpointed(step=1, path="x", sha256="y"))
    frame = read_frame(job_id=job.pk, after=1, px=100)
    assert (frame["events"], frame["seq"]) == ([], 2)


def again(job: Job, double: EngineDouble) -> EngineDouble:
    seen = Job.objects.get(pk=job.pk).cursor_seq
    lose(claim=double.claim, reason="The worker was killed.")
    return EngineDouble(first_seq=seen + 1)


def test_evaluations_that_a_later_attempt_repeats_are_marked(job: Job) -> None:
    double = EngineDouble()
    for step in (0, 50, 100):
        double.probe(step=step, labels=["the dog runs"], first=0.5)
        double.say(Evaluated(step=step, split="val", which="current", values={"r1": 0.5}))
    resumed = again(job, double)
    resumed.say(Evaluated(step=100, split="val", which="current", values={"r1": 0.6}))
    events = read_frame(job_id=job.pk, after=0, px=100)["events"]
    masked = [(event["kind"], event["step"]) for event in events if event.get("masked")]
    assert masked == [("evaluated", 100)]
    assert len([event for event in events if event["kind"] == "weights"]) == 3


def test_a_job_begun_from_scratch_sends_its_reader_everything_anew(job: Job) -> None:
    double = EngineDouble()
    double.start()
    losses(double, 1, 6)
    double.say(Metrics(step=6, values={"val": 0.5}))
    seen = read_frame(job_id=job.pk, after=0, px=100)["seq"]
    job.attempts.update(is_void=True)
    anew = again(job, double)
    anew.start()
    losses(anew, 1, 2)
    frame = read_frame(job_id=job.pk, after=seen, px=100)
    assert (frame["replace"], steps(frame), "val" in frame["points"]) == (True, [1, 2], False)
    losses(anew, 3, 3)
    tail = read_frame(job_id=job.pk, after=frame["seq"], px=100)
    assert (tail["replace"], steps(tail)) == (False, [3])


def test_metrics_of_the_system_carry_their_times_and_are_not_masked(job: Job) -> None:
    double = EngineDouble()
    for step in (1, 2, 3):
        double.say(Metrics(step=step, values={"system/cpu": 1.0, "loss/total": 1.0}))
    resumed = again(job, double)
    resumed.say(Metrics(step=2, values={"system/cpu": 2.0, "loss/total": 2.0}))
    for after in (0, 1):
        points = read_frame(job_id=job.pk, after=after, px=100)["points"]
        assert points["system/cpu"]["steps"] == [1, 2, 3, 2][after:]
        times = points["system/cpu"]["times"]
        assert times == sorted(times)
        assert abs(times[0] / 1000 - time.time()) < 60
        assert points["loss/total"]["steps"] == [1, 2][after:]
        assert "times" not in points["loss/total"]


def test_a_silent_supervisor_and_a_long_journal_are_told_as_a_lag(job: Job, settings: Settings) -> None:
    double = EngineDouble()
    double.start()
    attempt = Attempt.objects.filter(job=job)
    attempt.update(heartbeat_at=Now())
    assert read_frame(job_id=job.pk, after=0, px=100)["job"]["lag"] is None
    attempt.update(journal_behind=10**6)
    assert read_frame(job_id=job.pk, after=0, px=100)["job"]["lag"] == {"since": None, "bytes": 10**6}
    attempt.update(heartbeat_at=Now() - timedelta(minutes=1))
    lag = read_frame(job_id=job.pk, after=0, px=100)["job"]["lag"]
    assert lag["since"] is not None
    json.dumps(lag)


def test_a_waiting_job_says_why_and_a_pausing_one_that_it_does(job: Job) -> None:
    assert "no worker serves queue cpu" in read_frame(job_id=job.pk, after=0, px=100)["job"]["waits"]
    double = EngineDouble()
    double.start()
    Job.objects.filter(pk=job.pk).update(pause_requested_at=Now(), deadline_at=Now())
    state = read_frame(job_id=job.pk, after=0, px=100)["job"]
    assert (state["pausing"], state["waits"], state["queue"]) == (True, None, "cpu")
    assert state["deadline_at"] is not None
