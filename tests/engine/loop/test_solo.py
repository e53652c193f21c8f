"""The same student without teachers, in the same job: it is the student of a solo job, and stops like any other."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from mtkd_engine.events import Entered, Event, Finished, Metrics, Started
from mtkd_engine.spec import Spec, parse
from tests.engine.attempts import WHOLE, run, said_in_pieces, start
from tests.engine.loop.conftest import SOLO
from tests.engine.loop.test_resume import points

STEPS = 20  # four epochs of 36 samples, eight at a time
FILES = ("per_sample.parquet", "weights.parquet", "student.safetensors")


@pytest.fixture(scope="module")
def compared(emtm: Spec) -> Spec:
    evaluation = emtm.evaluation.model_copy(update={"compare_solo": True, "every_epochs": 2})
    return emtm.model_copy(update={"evaluation": evaluation})


@pytest.fixture(scope="module")
def unbroken(
    compared: Spec, planted: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Event], Path]:
    """A job that nothing stopped: its events and its folder."""
    folder = tmp_path_factory.mktemp("compared")
    return run(compared, base=planted, folder=folder), folder / "artifacts"


def test_it_is_bit_for_bit_the_student_of_a_solo_job(
    unbroken: tuple[list[Event], Path], planted: Path, tmp_path: Path
) -> None:
    _, folder = unbroken
    run(parse({**SOLO, "evaluation": {"every_epochs": 2}}), base=planted, folder=tmp_path)
    alone = pq.read_table(tmp_path / "artifacts" / "per_sample.parquet").to_pydict()
    beside = pq.read_table(folder / "per_sample.parquet").filter(pc.field("split") != "train").to_pydict()
    for name in ("start", "end", "iou"):
        assert beside[f"solo_{name}"] == alone[f"student_{name}"]
    metrics = json.loads((tmp_path / "artifacts" / "result.json").read_text())["metrics"]
    assert json.loads((folder / "result.json").read_text())["solo"].items() <= metrics.items()


def test_its_steps_follow_those_of_the_taught_student_and_are_counted(
    unbroken: tuple[list[Event], Path],
) -> None:
    events, _ = unbroken
    started = next(event for event in events if isinstance(event, Started))
    assert started.total_steps == 2 * STEPS
    parts = [event.part for event in events if isinstance(event, Entered)]
    assert parts[-4:] == ["training", "solo", "evaluation", "export"]
    solo = [event for event in events if isinstance(event, Metrics) and "solo/val/miou" in event.values]
    assert [event.step for event in solo] == [STEPS + 10, STEPS + 20]
    own = [event for event in events if isinstance(event, Metrics) and "val/miou" in event.values]
    assert [event.step for event in own] == [10, 20]
    assert any("solo/loss/hard" in event.values for event in events if isinstance(event, Metrics))


def test_the_result_says_what_the_teachers_brought(unbroken: tuple[list[Event], Path]) -> None:
    events, folder = unbroken
    result = json.loads((folder / "result.json").read_text())
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.baselines["solo"] == result["solo"] == result["baselines"]["solo"]
    lead = result["comparisons"]["solo"]["miou"]
    assert lead["low"] <= lead["difference"] <= lead["high"]
    assert lead["difference"] == pytest.approx(result["metrics"]["miou"] - result["solo"]["miou"], abs=1e-6)
    rows = [row for row in pq.read_table(folder / "per_sample.parquet").to_pylist() if row["split"] == "test"]
    assert lead["difference"] == pytest.approx(sum(row["gain"] for row in rows) / len(rows), abs=1e-6)


def test_a_stop_before_or_in_the_midst_of_it_costs_nothing_and_changes_nothing(
    unbroken: tuple[list[Event], Path], compared: Spec, planted: Path, tmp_path: Path
) -> None:
    whole, folder = unbroken
    stops = (7, STEPS, STEPS + 1, STEPS + 13)
    said = said_in_pieces(partial(start, compared, base=planted), folder=tmp_path, stops=stops)
    pieces = [points(events) for events in said]
    assert {at: value for piece in pieces for at, value in piece.items()} == points(whole)
    assert sum(map(len, pieces)) == len(points(whole)), "nothing is measured twice"
    ending = tmp_path / WHOLE / "artifacts"
    for name in FILES:
        assert (ending / name).read_bytes() == (folder / name).read_bytes(), name
    ours, theirs = (json.loads((place / "result.json").read_text()) for place in (ending, folder))
    assert {**ours, "cost": None} == {**theirs, "cost": None}  # latency is measured, not computed


def test_a_job_without_teachers_has_nothing_to_compare(planted: Path, tmp_path: Path) -> None:
    spec = parse({**SOLO, "evaluation": {"compare_solo": True}})
    events = run(spec, base=planted, folder=tmp_path)
    assert not any(isinstance(event, Entered) and event.part == "solo" for event in events)
    assert "solo" not in json.loads((tmp_path / "artifacts" / "result.json").read_text())
