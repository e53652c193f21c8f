"""The journal becomes rows exactly once."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from pytest_django import Settings

from jobs.attempt import recorder as module
from jobs.attempt.recorder import Recorder, open_journal
from jobs.models import Attempt, Event, Job, MetricChunk
from jobs.operations.claims import Claim, FencedOutError
from jobs.operations.endings import lose
from jobs.queries.history import integrity, latest_seq, points_after, series
from mtkd_engine import events as say
from mtkd_engine.journal import Journal

pytestmark = pytest.mark.django_db
Take = Callable[[], Claim]


@pytest.fixture
def claim(make_job: Any, take: Take) -> Claim:
    make_job()
    taken = take()
    taken.folder.mkdir(parents=True)
    open_journal(claim=taken)
    return taken


@pytest.fixture
def journal(claim: Claim) -> Journal:
    return Journal(claim.folder / "journal.jsonl")


def follow(claim: Claim) -> Recorder:
    return Recorder(claim=claim, attempt=Attempt.objects.get(pk=claim.attempt_id))


def losses(journal: Journal, first: int, last: int) -> None:
    for step in range(first, last + 1):
        journal.append(say.Metrics(step=step, values={"loss/total": float(step), "lr": 1.0}))


def steps(claim: Claim, metric: str = "loss/total") -> list[int]:
    found = series(job_id=claim.job_id)
    return found[metric].steps.tolist() if metric in found else []


def test_events_become_rows_and_metrics_become_chunks(claim: Claim, journal: Journal) -> None:
    losses(journal, 1, 3)
    journal.append(say.Warned(code="x", message="Look.", step=3))
    assert follow(claim).flush() == 4
    event = Event.objects.get(job_id=claim.job_id)
    assert (event.seq, event.kind, event.step) == (4, "warned", 3)
    assert event.payload == {"code": "x", "message": "Look.", "step": 3}
    assert steps(claim) == [1, 2, 3]
    assert Job.objects.get(pk=claim.job_id).step == 3
    assert latest_seq(claim.job_id) == 4


def test_a_second_recorder_goes_on_where_the_first_stopped(claim: Claim, journal: Journal) -> None:
    losses(journal, 1, 3)
    follow(claim).flush()
    losses(journal, 4, 6)
    again = follow(claim)
    assert again.flush() == 3
    assert again.flush() == 0
    assert steps(claim) == [1, 2, 3, 4, 5, 6]


def test_a_half_written_line_waits_for_its_end(claim: Claim, journal: Journal) -> None:
    losses(journal, 1, 1)
    with journal.path.open("ab") as file:
        file.write(b'{"seq":2,"t":5,"kind":"metrics","step":2,')
        file.flush()
        recorder = follow(claim)
        assert recorder.flush() == 1
        assert recorder.flush() == 0
        file.write(b'"values":{"loss/total":2.0}}\n')
    assert recorder.flush() == 1
    assert steps(claim) == [1, 2]


def test_a_transaction_that_fails_leaves_nothing_and_is_repeated_whole(
    claim: Claim, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses(journal, 1, 700)
    journal.append(say.Entered(part="training"))
    recorder = follow(claim)
    with monkeypatch.context() as broken:

        def fail(**_: Any) -> None:
            raise OperationalError("gone")

        broken.setattr(module, "notify", fail)
        with pytest.raises(OperationalError):
            recorder.flush()
    assert not MetricChunk.objects.exists()
    assert not Event.objects.exists()
    while recorder.flush():
        pass
    assert steps(claim) == list(range(1, 701))
    assert Event.objects.count() == 1


def test_an_unknown_outcome_of_a_commit_doubles_nothing(
    claim: Claim, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses(journal, 1, 5)
    recorder = follow(claim)
    real = Recorder._store

    def commit_and_lose_the_answer(self: Recorder, *given: Any, **named: Any) -> None:
        real(self, *given, **named)
        raise OperationalError("the connection broke while the answer came")

    with monkeypatch.context() as broken:
        broken.setattr(Recorder, "_store", commit_and_lose_the_answer)
        with pytest.raises(OperationalError):
            recorder.flush()
    losses(journal, 6, 7)
    assert recorder.flush() == 2
    assert steps(claim) == [1, 2, 3, 4, 5, 6, 7]


def test_who_lost_the_job_writes_nothing(claim: Claim, journal: Journal) -> None:
    losses(journal, 1, 2)
    recorder = follow(claim)
    recorder.flush()
    lose(claim=claim, reason="its worker died.")
    losses(journal, 3, 4)
    with pytest.raises(FencedOutError):
        recorder.flush()
    assert steps(claim) == [1, 2]


def test_full_runs_are_sealed_and_open_chunks_stay_few(
    claim: Claim, journal: Journal, settings: Settings
) -> None:
    recorder = follow(claim)
    for step in range(1, 1101):
        losses(journal, step, step)
        if step % 3 == 0:
            recorder.flush(tell=False)
    recorder.flush()
    chunks = MetricChunk.objects.filter(job_id=claim.job_id, metric="lr")
    assert list(chunks.filter(sealed=True).values_list("points", flat=True)) == [512, 512]
    assert chunks.filter(sealed=False).count() <= 33
    assert steps(claim) == list(range(1, 1101))


def test_values_that_are_not_finite_are_kept(claim: Claim, journal: Journal) -> None:
    for step, value in enumerate([math.nan, math.inf, -math.inf, 1.0], start=1):
        journal.append(say.Metrics(step=step, values={"grad_norm": value}))
    follow(claim).flush()
    values = points_after(job_id=claim.job_id, seq=0)["grad_norm"].values
    assert [str(value) for value in values] == ["nan", "inf", "-inf", "1.0"]


def test_text_that_the_database_cannot_hold_is_mended(claim: Claim, journal: Journal) -> None:
    journal.append(say.Warned(code="x", message="zero\x00 half\ud800"))
    follow(claim).flush()
    assert Event.objects.get().payload["message"] == "zero half?"


def test_the_attempt_knows_its_last_checkpoint(claim: Claim, journal: Journal, tmp_path: Path) -> None:
    for step in (10, 20):
        journal.append(say.Checkpointed(step=step, path=f"checkpoint/{step}", sha256="0" * 64))
    follow(claim).flush()
    attempt = Attempt.objects.get(pk=claim.attempt_id)
    assert (attempt.checkpoint_step, attempt.checkpoint_path) == (20, "checkpoint/20")


def test_times_are_the_databases_whatever_the_workers_clock_says(claim: Claim) -> None:
    ten_minutes = 600_000
    Attempt.objects.filter(pk=claim.attempt_id).update(clock_ms=time.time_ns() // 10**6 + ten_minutes)
    began = int(Attempt.objects.get(pk=claim.attempt_id).started_at.timestamp() * 1000)  # as times are kept
    wrong = time.time_ns() // 10**6 + ten_minutes
    lines = [
        {"seq": 1, "t": wrong + 5_000, "kind": "metrics", "step": 1, "values": {"lr": 1.0}},
        {"seq": 2, "t": wrong + 6_000, "kind": "entered", "part": "training", "detail": ""},
    ]
    (claim.folder / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    follow(claim).flush()
    point = points_after(job_id=claim.job_id, seq=0)["lr"].times_ms[0]
    event = Event.objects.get(job_id=claim.job_id)
    assert 0 <= point - (began + 5_000) < 1_000
    assert 0 <= event.at.timestamp() * 1000 - (began + 6_000) < 1_000


def test_metrics_of_the_machine_move_no_step(claim: Claim, journal: Journal) -> None:
    losses(journal, 1, 5)
    journal.append(say.Metrics(step=3, values={"system/cpu": 1.0}))
    journal.append(say.Metrics(step=900, values={"fold/1/loss": 1.0}))
    journal.append(say.Metrics(step=900, values={"gate/loss/gate": 1.0}))
    follow(claim).flush()
    assert Job.objects.get(pk=claim.job_id).step == 5
    assert steps(claim, "system/cpu") == [3]
    assert integrity(claim.job_id) == []


@pytest.mark.parametrize(
    "line",
    [
        b"nothing\n",
        b"1,2\n",
        b"[]\n",
        b'{"seq":1}\n',
        b'{"seq":1,"t":0,"kind":"metrics"}\n',
        b'{"seq":1,"t":0,"kind":"x"}\n',
    ],
)
def test_a_line_that_is_no_event_is_named_with_its_place(claim: Claim, line: bytes) -> None:
    (claim.folder / "journal.jsonl").write_bytes(line)
    with pytest.raises(ValueError, match=r"kind|journal\.jsonl: the line at byte 0"):
        follow(claim).flush()
    assert not MetricChunk.objects.exists()


def test_metrics_that_come_and_go_stay_in_their_order(claim: Claim, journal: Journal) -> None:
    for step in range(1, 1001):
        values = {"a": float(step)} | ({"b": -float(step)} if step % 3 == 0 else {})
        journal.append(say.Metrics(step=step, values=values))
    follow(claim).flush()
    assert steps(claim, "a") == list(range(1, 1001))
    assert steps(claim, "b") == list(range(3, 1001, 3))
    assert integrity(claim.job_id) == []
