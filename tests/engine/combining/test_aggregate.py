"""Method aggregate: teachers judged together on stored beliefs, without a student and without features."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.events import Finished, Metrics, ProbeSet, Started, Stepped, Warned, Weights
from tests.engine.combining.conftest import run, spec_of

TEACHERS = ["sharp", "fair", "odd"]


@pytest.fixture(scope="module")
def whole(sealed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], Path]:
    out = tmp_path_factory.mktemp("whole")
    return list(run(sealed, out, spec_of(TEACHERS))), out / "artifacts"


def test_a_job_tells_what_each_way_of_combining_is_worth(whole: tuple[list[Any], Path]) -> None:
    events, folder = whole
    last = events[-1]
    assert isinstance(last, Finished)
    rivals = {"blind", "best_single", "uniform", "medoid", "static", "oracle"}
    assert set(last.baselines) == rivals | {f"teacher:{name}" for name in TEACHERS}
    values = {**last.baselines, "own": last.metrics}
    assert values["oracle"]["miou"] == max(value["miou"] for value in values.values())
    assert values["blind"]["miou"] < values["best_single"]["miou"] < values["static"]["miou"]
    assert last.baselines["best_single"] == last.baselines["teacher:sharp"]
    result = json.loads((folder / "result.json").read_text())
    assert result["metrics"] == last.metrics
    assert result["notes"] == last.notes
    assert result["best_single"] == "sharp"
    assert result["samples"] == 120
    assert result["sources"] == 60
    assert result["splits"] == ["train", "val", "test"]
    assert set(result["comparisons"]) == set(last.baselines)
    against = result["comparisons"]["best_single"]["miou"]
    assert against["low"] <= against["difference"] <= against["high"]
    assert abs(against["difference"] - (last.metrics["miou"] - values["best_single"]["miou"])) < 1e-5
    assert len(result["decodings"]) == 3
    assert all(set(found) == {"offers", "power"} for found in result["decodings"])
    for found in (result["static_weights"], result["weights"]):
        assert set(found) == set(TEACHERS)
        assert abs(sum(found.values()) - 1) < 1e-4


def test_the_verdict_answers_with_intervals(whole: tuple[list[Any], Path]) -> None:
    notes = whole[0][-1].notes
    assert "worth combining" in notes[0]
    assert "sharp" in notes[0]
    assert any("per sample" in note for note in notes)
    assert all(note.endswith(".") for note in notes)
    assert sum(" to " in note for note in notes) >= 3


def test_each_sample_is_in_the_table_once_with_weights_that_sum_to_one(
    whole: tuple[list[Any], Path], sealed: Path
) -> None:
    table = pq.read_table(whole[1] / "per_sample.parquet").to_pydict()
    dataset = load_dataset(sealed / "said")
    wanted = {s.sample_id: split for split, samples in dataset.splits.items() for s in samples}
    assert dict(zip(table["sample_id"], table["split"], strict=True)) == wanted
    assert len(table["sample_id"]) == len(wanted)
    totals = [sum(row) for row in zip(*(table[f"{name}/weight"] for name in TEACHERS), strict=True)]
    assert all(abs(total - 1) < 1e-5 for total in totals)
    assert not [name for name in table if name.startswith("student")]
    mean = sum(table["target_iou"]) / len(wanted)
    assert abs(mean - whole[0][-1].metrics["miou"]) < 1e-6


def test_a_page_sees_steps_curves_and_weights(whole: tuple[list[Any], Path]) -> None:
    events = whole[0]
    started = events[0]
    assert isinstance(started, Started)
    assert started.method == "aggregate"
    steps = [event.step for event in events if isinstance(event, Metrics)]
    assert steps == sorted(steps)
    assert steps[-1] == started.total_steps == events[-1].step
    names = {name for event in events if isinstance(event, Metrics) for name in event.values}
    assert {f"fold/{fold}/inner_overlap" for fold in (1, 2, 3)} <= names
    assert {"gate/static_miou", "gate/aggregated_miou", "weight/sharp"} <= names
    assert all(event.step == 0 for event in events if isinstance(event, Stepped)), (
        "a stop saves no checkpoint"
    )
    probe = next(event for event in events if isinstance(event, ProbeSet))
    (weights,) = [event for event in events if isinstance(event, Weights)]
    assert len(weights.probe) == len(probe.sample_ids) == 16
    assert abs(sum(weights.mean) - 1) < 1e-4


def test_leaving_out_a_teacher_is_worth_what_it_says_and_saves_what_was_measured(
    whole: tuple[list[Any], Path],
) -> None:
    result = json.loads((whole[1] / "result.json").read_text())
    assert set(result["without"]) == set(TEACHERS)
    assert result["without"]["sharp"]["miou"] > 0.02
    assert all(found["seconds"] > 0 for found in result["without"].values())


def test_the_same_spec_gives_the_same_bits(
    whole: tuple[list[Any], Path], sealed: Path, tmp_path: Path
) -> None:
    events, folder = whole
    for _ in range(2):  # beliefs computed, then read from the cache
        again = list(run(sealed, tmp_path, spec_of(TEACHERS)))
        assert again[-1] == events[-1]
        other, own = (
            pq.read_table(place / "per_sample.parquet") for place in (tmp_path / "artifacts", folder)
        )
        assert other.equals(own)
    other_seed = list(run(sealed, tmp_path / "other", spec_of(TEACHERS, seed=1)))
    assert other_seed[-1] != events[-1]


@pytest.mark.parametrize("kind", ["uniform", "static", "best_single", "medoid", "oracle"])
def test_every_aggregator_that_needs_no_features_can_be_judged(
    sealed: Path, tmp_path: Path, kind: str
) -> None:
    spec = spec_of(TEACHERS, method={"aggregator": {"kind": kind}, "folds": 2})
    last = list(run(sealed, tmp_path, spec))[-1]
    assert isinstance(last, Finished)
    if kind in ("uniform", "static"):
        assert last.metrics == last.baselines[kind]
    assert last.metrics["miou"] > last.baselines["blind"]["miou"]


def test_held_out_samples_alone_take_part_where_that_is_asked_for(sealed: Path, tmp_path: Path) -> None:
    spec = spec_of(TEACHERS[:2], method={"aggregator": {"kind": "static"}, "samples": "held_out", "folds": 2})
    events = list(run(sealed, tmp_path, spec))
    dataset = load_dataset(sealed / "said")
    result = json.loads((tmp_path / "artifacts" / "result.json").read_text())
    assert result["samples"] == len(dataset.splits["val"]) + len(dataset.splits["test"])
    assert "medoid" not in events[-1].baselines  # of two windows each agrees with the other as much
    assert not [event for event in events if isinstance(event, Warned)]


def test_a_teacher_worse_than_blind_is_warned_of_and_weighs_nothing(sealed: Path, tmp_path: Path) -> None:
    events = list(run(sealed, tmp_path, spec_of(["sharp", "fair", "lost"])))
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert any("'lost' is worse than guessing without looking" in message for message in warned)
    result = json.loads((tmp_path / "artifacts" / "result.json").read_text())
    weights = result["static_weights"]
    assert weights["lost"] < weights["sharp"]
    assert result["without"]["lost"]["miou"] < result["without"]["sharp"]["miou"]


def test_weights_on_one_teacher_are_warned_of(sealed: Path, tmp_path: Path) -> None:
    spec = spec_of(["sharp", "lost"], method={"aggregator": {"kind": "best_single"}, "folds": 2})
    codes = [event.code for event in run(sealed, tmp_path, spec) if isinstance(event, Warned)]
    assert "weights_collapsed" in codes
    assert codes[0] == "outsider"
