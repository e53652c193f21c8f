"""Students that are taught by assistants: who teaches whom, what is told of it, and stops in any stage of any link."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from mtkd_engine import checkpoint
from mtkd_engine.events import Entered, Event, Finished, Metrics, ProbeSet, Started, Weights
from mtkd_engine.report.classification import ending
from mtkd_engine.spec import SpecError, spec_hash
from tests.engine.attempts import points
from tests.engine.pipelines.cinema import OPTIM, STAGED, TEACHERS, Cinema, taught
from tests.engine.pipelines.conftest import newest, same_student

pytestmark = pytest.mark.usefixtures("unmeasured")
ASSISTANTS = [{"net": {"family": "sequence", "stages": 1, "width": 24}}]
"""One of two stages of two epochs each; the student has three."""
METHOD = {**STAGED["method"], "assistants": ASSISTANTS}
CHAIN = {**STAGED, "method": METHOD}
STEPS = 32
Job = tuple[Path, list[Event]]


@pytest.fixture(scope="module")
def unbroken(cinema: Cinema, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job with an assistant that nobody stops."""
    folder = tmp_path_factory.mktemp("unbroken")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ending, "_costs", lambda job, teachers: {})
        return folder, cinema.run(taught(CHAIN), folder=folder)


def result_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "artifacts" / "result.json").read_text())
    return found


def test_an_assistant_has_stages_curves_and_a_place_in_the_result(unbroken: Job) -> None:
    folder, events = unbroken
    started = next(event for event in events if isinstance(event, Started))
    assert started.total_steps == STEPS
    entered = [event.detail for event in events if isinstance(event, Entered) and event.part == "stage"]
    assert entered == [
        "assistant_1/substage_1",
        "assistant_1/whole",
        "substage_1",
        "substage_2",
        "whole",
    ]
    result = result_of(folder)
    assert [(stage["name"], stage["first_step"], stage["last_step"]) for stage in result["stages"]] == [
        ("assistant_1/substage_1", 1, 8),
        ("assistant_1/whole", 9, 16),
        ("substage_1", 17, 20),
        ("substage_2", 21, 24),
        ("whole", 25, 32),
    ]
    (told,) = result["assistants"]
    assert told["name"] == "assistant_1"
    assert told["family"] == "sequence"
    assert told["taught_by"] == list(TEACHERS)
    assert told["parameters"] > 0
    assert 0 <= told["val"]["top1"] <= 1
    assert 24 < result["best_step"] <= STEPS
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.step == STEPS


def test_curves_of_an_assistant_bear_its_name_and_those_of_the_student_none(unbroken: Job) -> None:
    spoken = [event for event in unbroken[1] if isinstance(event, Metrics) and event.step <= STEPS]
    early = {name for event in spoken if event.step <= 16 for name in event.values}
    late = {name for event in spoken if event.step > 16 for name in event.values}
    assert {"assistant_1/loss/hybrid", "assistant_1/val/top1", "assistant_1/pseudo/accepted"} <= early
    assert {name for name in early if not name.startswith("assistant_1/")} == {
        f"weight/{name}" for name in TEACHERS
    }
    assert {"loss/hybrid", "val/top1", "pseudo/accepted"} <= late
    assert not any(name.startswith(("assistant_1/", "weight/")) for name in late)


def test_weights_are_told_of_those_who_had_teachers_to_weigh(unbroken: Job) -> None:
    folder, events = unbroken
    told = [event for event in events if isinstance(event, Weights)]
    assert told
    assert all(event.teachers == list(TEACHERS) and event.step <= 16 for event in told)
    assert sum(isinstance(event, ProbeSet) for event in events) == 1
    over_time = pq.read_table(folder / "artifacts" / "weights.parquet")
    assert over_time.column_names == ["sample_id", "step", *TEACHERS]
    assert 0 < max(over_time["step"].to_pylist()) <= 16
    table = pq.read_table(folder / "artifacts" / "per_sample.parquet").to_pylist()
    assert {row["split"] for row in table} == {"train", "val", "test"}
    assert all(abs(row["wide/weight"] + row["deep/weight"] - 1) < 1e-6 for row in table)
    assert {row["leading"] for row in table} <= set(TEACHERS)
    assert set(result_of(folder)["agreement"]) == set(TEACHERS)


@pytest.mark.parametrize("stop_at", [3, 16, 29], ids=["assistant", "border", "student"])
def test_a_stop_in_any_stage_of_any_link_changes_no_bit(
    stop_at: int, cinema: Cinema, unbroken: Job, tmp_path: Path
) -> None:
    folder, whole = unbroken
    spec = taught(CHAIN)
    first = cinema.run(spec, folder=tmp_path / "first", stop_at=stop_at)
    torch.rand(3)
    second = cinema.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert {**points(first), **points(second)} == points(whole)
    assert second[-1] == whole[-1]
    assert same_student(folder, tmp_path / "second")
    told, after = result_of(folder), result_of(tmp_path / "second")
    assert [told[key] for key in ("stages", "assistants", "pseudo_labels", "agreement")] == [
        after[key] for key in ("stages", "assistants", "pseudo_labels", "agreement")
    ]
    for name in ("per_sample.parquet", "weights.parquet"):
        ours, theirs = (pq.read_table(one / "artifacts" / name) for one in (folder, tmp_path / "second"))
        assert ours.equals(theirs)


def test_checkpoints_of_the_student_hold_its_assistants_which_stand_still(unbroken: Job) -> None:
    kept = sorted((unbroken[0] / "checkpoint").glob("step-*.pt"))
    held = [checkpoint.load(path, spec_hash=spec_hash(taught(CHAIN))) for path in kept]
    assert [one["step"] for one in held] == [24, 32]
    first, last = (one["assistants"][0] for one in held)
    assert set(first) == {"net", "aggregator", "temperature", "metrics"}
    assert first["temperature"] == last["temperature"] > 0
    assert all(torch.equal(value, last["net"][name]) for name, value in first["net"].items())
    assert not any("assistant" in name or "tutor" in name for name in held[0]["method"])


def test_two_assistants_teach_in_turn_and_the_student_alone_comes_after(
    cinema: Cinema, tmp_path: Path
) -> None:
    two = [{"net": {"family": "sequence", "stages": 2, "width": 24}}, *ASSISTANTS]
    method = {**METHOD, "assistants": two, "pseudo": {"enabled": False}}
    spec = taught(CHAIN, method=method, optim={**OPTIM, "epochs": 3}, evaluation={"compare_solo": True})
    whole = cinema.run(spec, folder=tmp_path / "whole")
    assert isinstance(whole[0], Started)
    assert whole[0].total_steps == 48
    told = result_of(tmp_path / "whole")["assistants"]
    assert [one["taught_by"] for one in told] == [list(TEACHERS), ["assistant_1"]]
    assert told[0]["parameters"] > told[1]["parameters"]
    cinema.run(spec, folder=tmp_path / "first", stop_at=40)
    second = cinema.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert second[-1] == whole[-1]
    assert same_student(tmp_path / "whole", tmp_path / "second")


def test_what_does_not_fit_is_refused_before_any_work(cinema: Cinema, tmp_path: Path) -> None:
    spec = taught(CHAIN, optim={**OPTIM, "epochs": 2})
    with pytest.raises(
        SpecError, match=r"optim\.epochs: given 2 for a student of 2 substages, accepted are 3"
    ):
        cinema.run(spec, folder=tmp_path)
    assert not list(tmp_path.iterdir())
