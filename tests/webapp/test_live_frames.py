"""What a reader is sent, and that nothing is lost or doubled on the way."""

from __future__ import annotations

import json
import math

import pytest

from jobs.models import Attempt, Job
from jobs.operations.endings import lose
from mtkd_engine.events import Checkpointed, Entered, Metrics, Warned
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
