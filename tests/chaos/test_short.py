"""The short form of `make chaos`: a few schedules with the most different faults, whose moments are drawn."""

from __future__ import annotations

import pytest

from tests.chaos.faults import FAULTS
from tests.chaos.runner import Task, run
from tests.chaos.schedule import draw_schedule, in_words

SHORT = (
    ("worker_killed", "sockets_troubled", "web_killed"),
    ("partition", "kicked_five_times", "disk_full"),
    ("disk_deleted", "never_kicked", "database_killed"),
    ("supervisor_stopped", "broker_killed", "worker_asked"),
)


def test_the_same_seed_draws_the_same_schedule_and_all_faults_are_drawn() -> None:
    drawn = [draw_schedule(seed) for seed in range(200)]
    assert [in_words(one) for one in drawn] == [in_words(draw_schedule(seed)) for seed in range(200)]
    assert {stroke.fault.kind for one in drawn for stroke in one} == set(FAULTS)
    assert all(1 <= len(one) <= 3 and sum(stroke.fault.losses for stroke in one) <= 2 for one in drawn)


def test_a_fault_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="given 'rain'"):
        draw_schedule(1, only=["rain"])


@pytest.mark.slow
@pytest.mark.longest
def test_whatever_breaks_the_jobs_end_as_if_nothing_had_happened() -> None:
    tasks = [Task(seed=number, only=kinds) for number, kinds in enumerate(SHORT, 1)]
    # Faults strike while steps are recorded; to translate the student then would take longer than to train it.
    report = run(tasks, scale=15, lanes=1, machines=2, patience=300, environment={"MTKD_ONNX": "0"})
    violated = [text for one in report.played for text in one["violations"]]
    assert (violated, report.broken_lanes, len(report.played)) == ([], [], len(SHORT))
    struck = {kind for one in report.played for kind in [*one["faults"], *one["missed"]]}
    assert struck | set(report.left_out) >= {kind for kinds in SHORT for kind in kinds}
    assert len(report.summary()["faults"]) >= len(struck) - 2  # a loaded machine may be too late for one
