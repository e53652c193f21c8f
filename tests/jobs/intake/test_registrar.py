"""How a worker carries registrations out, and what each of their ends leaves behind."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from pytest_django import Settings

from jobs import stopping, tasks
from jobs.intake import registrar
from jobs.intake.folder import sweep
from jobs.models import Dataset, Registration, RegistrationState, Teacher
from jobs.operations.claims import FencedOutError
from jobs.operations.intake_claims import folder_of
from jobs.operations.intake_endings import lose
from jobs.operations.leases import reap_registrations
from jobs.operations.registrations import decide, request_cancel_registration
from tests.jobs.conftest import WaitFor
from tests.jobs.registering import Desk, nothing_is_left, stored, work_left

pytestmark = pytest.mark.django_db(transaction=True)
Beside = Callable[[Callable[[], None]], None]


def pid_in(registration: Registration) -> int | None:
    try:
        return int((folder_of(registration.pk) / "engine.pid").read_text())
    except (OSError, ValueError):
        return None


def is_at_work(registration: Registration) -> bool:
    return Registration.objects.filter(pk=registration.pk, part="features").exists()


def test_a_dataset_is_taken_in_with_all_its_files(desk: Desk) -> None:
    done = desk.done("tiny", content="a")
    assert (done.state, done.sentence, done.part) == (RegistrationState.REGISTERED, "", "")
    dataset = Dataset.objects.get()
    assert done.dataset == dataset
    assert (dataset.name, dataset.version, dataset.task, dataset.created_by) == (
        "tiny",
        1,
        "grounding",
        desk.user,
    )
    assert [file.name for file in dataset.files.all()] == ["samples.jsonl", "videos/v.mp4"]
    assert dataset.origin["how"] == "path"
    assert dataset.origin["path"] == str(desk.folder / "tiny")
    assert len(stored()) == 2
    assert work_left() == []


def test_a_teacher_is_taken_in_and_told_what_it_is_measured_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = desk.done("world").dataset
    asked = desk.ask("span", kind="teacher", dataset="world", split="test", content="weights")
    seen: list[list[str]] = []
    monkeypatch.setattr(registrar, "clear", lambda _id: seen.append(_arguments(asked)))
    done = desk.carry_out(asked)
    assert done.state == RegistrationState.REGISTERED, done.sentence
    teacher = Teacher.objects.get()
    assert (done.teacher, teacher.dataset, teacher.kind) == (teacher, world, "model")
    assert seen[0][seen[0].index("--split") + 1] == "test"
    assert "--dataset" in seen[0]


def test_the_engine_gets_a_thin_environment(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    monkeypatch.setenv("DATABASE_URL", os.environ.get("DATABASE_URL", "postgresql:///x"))
    asked = desk.ask("tiny")
    seen: list[dict[str, str]] = []
    environment = folder_of(asked.pk) / "environment.json"
    monkeypatch.setattr(registrar, "clear", lambda _id: seen.append(json.loads(environment.read_text())))
    desk.carry_out(asked)
    assert not {"AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "MTKD_SECRET_KEY"} & set(seen[0])
    assert seen[0]["TMPDIR"] == str(folder_of(asked.pk) / "tmp")


def test_repairs_wait_for_a_decision_and_the_check_goes_on_where_it_stopped(desk: Desk) -> None:
    waits = desk.done("tiny", repairs=["clip_windows", "drop_rows"])
    assert waits.state == RegistrationState.WAITING
    assert waits.report is not None
    assert [repair["name"] for repair in waits.report["repairs"]] == ["clip_windows", "drop_rows"]
    assert f"{waits.pk}/attempts" in work_left()
    sweep()
    assert f"{waits.pk}/attempts" in work_left()
    decide(registration=waits, user=desk.user, accepted=["drop_rows"])
    done = desk.carry_out(waits)
    assert (done.state, done.accepted) == (RegistrationState.REGISTERED, ["drop_rows"])
    assert work_left() == []


def test_what_the_engine_refuses_is_refused_in_its_words_and_leaves_nothing(desk: Desk) -> None:
    done = desk.done("tiny", refuse="no sentences.")
    assert (done.state, done.sentence) == (
        RegistrationState.REFUSED,
        f"{desk.folder}/tiny/a.json: no sentences.",
    )
    assert done.report is not None
    assert nothing_is_left()


def test_a_crash_fails_with_the_last_words_of_the_log(desk: Desk) -> None:
    done = desk.done("tiny", exit=1)
    assert done.state == RegistrationState.FAILED
    assert "Traceback: it broke" in done.sentence
    assert nothing_is_left()


def test_an_end_without_a_word_fails(desk: Desk) -> None:
    done = desk.done("tiny", mute=True)
    assert (done.state, bool(done.sentence)) == (RegistrationState.FAILED, True)
    assert nothing_is_left()


def test_an_engine_that_is_killed_is_tried_again(desk: Desk) -> None:
    lost = desk.done("tiny", kill=1)
    assert (lost.state, lost.attempts_lost) == (RegistrationState.QUEUED, 1)
    assert desk.carry_out(lost).state == RegistrationState.REGISTERED


def test_three_lost_attempts_fail_with_a_sentence_and_leave_nothing(desk: Desk) -> None:
    lost = desk.ask("tiny", kill=9)
    for _ in range(3):
        desk.carry_out(lost)
    assert lost.state == RegistrationState.FAILED
    assert lost.sentence.startswith(
        "The check was lost 3 times and is given up; the last time: the engine was killed"
    )
    assert nothing_is_left()


def test_too_much_memory_ends_the_check_with_the_limit_in_the_sentence(
    desk: Desk, settings: Settings
) -> None:
    settings.CHECK_MEMORY = 120_000_000
    done = desk.done("tiny", eat=200_000_000, pause=30)
    assert done.state == RegistrationState.REFUSED
    assert "more than 0.12 GB of memory" in done.sentence
    assert nothing_is_left()


def test_too_much_time_ends_the_check_with_the_limit_in_the_sentence(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    settings.CHECK_SECONDS = 1
    done = desk.done("tiny", pause=30, child=str(tmp_path / "grandchild"))
    assert done.state == RegistrationState.REFUSED
    assert "took longer than 1 s" in done.sentence
    assert not psutil.pid_exists(int((tmp_path / "grandchild").read_text()))
    assert nothing_is_left()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("deaf", [False, True])
def test_a_running_check_is_cancelled(desk: Desk, meanwhile: Beside, wait_for: WaitFor, deaf: bool) -> None:
    asked = desk.ask("tiny", pause=30, deaf=deaf)

    def cancel() -> None:
        wait_for(lambda: is_at_work(asked))
        request_cancel_registration(registration=asked, user=desk.user)

    meanwhile(cancel)
    assert desk.carry_out(asked).state == RegistrationState.CANCELLED
    assert nothing_is_left()


def test_progress_is_written_down(desk: Desk, meanwhile: Beside, wait_for: WaitFor) -> None:
    asked = desk.ask("tiny", parts=100, pause=0.05)
    seen: list[tuple[int, int]] = []

    def look() -> None:
        wait_for(lambda: is_at_work(asked))
        row = Registration.objects.get(pk=asked.pk)
        seen.append((row.done, row.of))
        request_cancel_registration(registration=asked, user=desk.user)

    meanwhile(look)
    desk.carry_out(asked)
    assert 0 < seen[0][0] <= seen[0][1] == 100


def test_a_worker_that_stops_hands_back_and_loses_nothing(
    desk: Desk, meanwhile: Beside, wait_for: WaitFor
) -> None:
    asked = desk.ask("tiny", pause=30)

    def stop() -> None:
        wait_for(lambda: is_at_work(asked))
        os.kill(os.getpid(), signal.SIGTERM)

    meanwhile(stop)
    with stopping.sigterm_announces():
        desk.carry_out(asked)
    with stopping.sigterm_announces():
        pass  # forgets what was announced
    assert (asked.state, asked.attempts_lost) == (RegistrationState.QUEUED, 0)
    assert f"{asked.pk}/attempts" in work_left()


def test_a_check_that_was_taken_away_ends_at_once_and_writes_nothing(
    desk: Desk, meanwhile: Beside, wait_for: WaitFor
) -> None:
    asked = desk.ask("tiny", pause=30)
    numbers: list[int | None] = []

    def take_away() -> None:
        wait_for(lambda: is_at_work(asked))
        numbers.append(pid_in(asked))
        Registration.objects.filter(pk=asked.pk).update(fence=99)

    meanwhile(take_away)
    desk.carry_out(asked)
    assert asked.state == RegistrationState.CHECKING
    assert numbers[0] is not None
    assert not psutil.pid_exists(numbers[0])
    assert not Dataset.objects.exists()


def test_a_silent_worker_loses_its_registration(desk: Desk, settings: Settings) -> None:
    settings.LEASE_SECONDS = 0
    asked = desk.ask("tiny")
    claim = desk.take()
    assert reap_registrations() == 1
    asked.refresh_from_db()
    assert (asked.state, asked.attempts_lost) == (RegistrationState.QUEUED, 1)
    with pytest.raises(FencedOutError):
        lose(claim=claim, reason="too late")
    for _ in range(2):
        desk.take()
        reap_registrations()
    asked.refresh_from_db()
    assert asked.state == RegistrationState.FAILED
    assert "here:1 was not heard of" in asked.sentence


def test_an_unexpected_error_counts_as_lost(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(registrar, "lay_out", broken)
    asked = desk.done("tiny")
    assert (asked.state, asked.attempts_lost) == (RegistrationState.QUEUED, 1)


def test_the_worker_of_intake_works_until_nothing_waits(desk: Desk) -> None:
    for name in ("a", "b"):
        desk.ask(name, content=name)
    assert tasks.work("intake") == 2
    assert tasks.work("cpu") == 0
    assert Dataset.objects.count() == 2


def test_a_sweep_clears_after_registrations_that_ended_elsewhere(desk: Desk) -> None:
    waits = desk.done("tiny", repairs=["clip_windows"])
    request_cancel_registration(registration=waits, user=desk.user)
    assert work_left() != []
    sweep()
    assert nothing_is_left()


def _arguments(registration: Registration) -> list[str]:
    found: list[str] = json.loads((folder_of(registration.pk) / "arguments.json").read_text())
    return found
