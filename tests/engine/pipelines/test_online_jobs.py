"""Whole jobs of students that nobody else teaches: branches of one network, and oneself; stopped and gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine.events import Finished, ProbeSet, Warned, Weights
from mtkd_engine.modelfile import load_classifier
from mtkd_engine.spec import BranchesNet, CifarResNet, Spec, parse
from mtkd_engine.teachers.check import check_teacher
from tests.engine.attempts import points
from tests.engine.pipelines.cinema import FEATURES, Cinema
from tests.engine.pipelines.conftest import SOLO, STUDENT, Gallery, newest, same_student

pytestmark = pytest.mark.usefixtures("unmeasured")
BRANCHES = ["branch_1", "branch_2", "branch_3"]
METHODS: dict[str, dict[str, Any]] = {
    "ensemble": {"kind": "ensemble", "ramp_epochs": 1},
    "mean": {"kind": "self"},
    "snapshot": {"kind": "self", "teacher": "snapshot", "cycle_epochs": 1},
}


def spec_of(name: str, *, epochs: int = 2, **parts: Any) -> Spec:
    return parse({**SOLO, "method": METHODS[name], "optim": {**SOLO["optim"], "epochs": epochs}, **parts})


def told(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "artifacts" / "result.json").read_text())
    return found


@pytest.mark.parametrize(("name", "stop"), [("ensemble", 4), ("mean", 4), ("snapshot", 4), ("snapshot", 2)])
def test_a_stop_within_an_epoch_or_a_cycle_changes_no_bit(
    name: str, stop: int, gallery: Gallery, tmp_path: Path
) -> None:
    spec = spec_of(name)
    whole = gallery.run(spec, folder=tmp_path / "whole")
    first = gallery.run(spec, folder=tmp_path / "first", stop_at=stop)
    torch.rand(3)  # a resumed process has drawn other numbers before
    second = gallery.run(spec, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert {**points(first), **points(second)} == points(whole)
    assert second[-1] == whole[-1]
    assert same_student(tmp_path / "whole", tmp_path / "second")
    assert told(tmp_path / "whole") == told(tmp_path / "second")


def test_one_branch_is_left_as_a_plain_network_and_all_of_them_are_told_of(
    gallery: Gallery, tmp_path: Path
) -> None:
    events = gallery.run(spec_of("ensemble", evaluation={"probe_samples": 4}), folder=tmp_path)
    assert isinstance(events[-1], Finished)
    assert not [event for event in events if isinstance(event, Warned)]
    probe = next(event for event in events if isinstance(event, ProbeSet))
    weights = [event for event in events if isinstance(event, Weights)]
    assert [one.teachers for one in weights] == [BRANCHES] * 2
    assert all(len(one.probe) == len(probe.sample_ids) == 4 for one in weights)

    _, card = load_classifier(tmp_path / STUDENT)
    assert isinstance(card.net, CifarResNet)
    assert card.recipe is None
    teacher = load_file(gallery.teachers["one"])
    assert {name: t.shape for name, t in load_file(tmp_path / STUDENT).items()} == {
        name: t.shape for name, t in teacher.items()
    }
    result = told(tmp_path)
    assert [row["name"] for row in result["branches"]] == BRANCHES
    (best,) = (row for row in result["branches"] if row["is_best"])
    assert best["test"] == pytest.approx(result["metrics"], abs=1e-5)
    assert best["val"]["top1"] == max(row["val"]["top1"] for row in result["branches"])
    assert sum(row["weight"] for row in result["branches"]) == pytest.approx(1, abs=1e-4)
    assert result["baselines"]["ensemble"] == result["ensemble"]["test"]
    assert "ensemble" in result["comparisons"]


def test_tables_show_branches_as_they_show_teachers(gallery: Gallery, tmp_path: Path) -> None:
    gallery.run(spec_of("ensemble"), folder=tmp_path)
    rows = pq.read_table(tmp_path / "artifacts" / "per_sample.parquet").to_pylist()
    assert {row["split"] for row in rows} == {"val", "test"}
    assert all(sum(row[f"{name}/weight"] for name in BRANCHES) == pytest.approx(1, abs=1e-5) for row in rows)
    assert all(row["leading"] in BRANCHES for row in rows)
    weights = pq.read_table(tmp_path / "artifacts" / "weights.parquet")
    assert weights.column_names == ["sample_id", "step", *BRANCHES]
    assert weights.num_rows == 2 * (96 + 48)


def test_all_branches_are_left_where_they_are_kept_and_teach_in_another_job(
    gallery: Gallery, tmp_path: Path
) -> None:
    spec = parse({**SOLO, "method": {"kind": "ensemble", "keep": "ensemble"}})
    gallery.run(spec, folder=tmp_path / "all")
    _, card = load_classifier(tmp_path / "all" / STUDENT)
    assert isinstance(card.net, BranchesNet)
    result = told(tmp_path / "all")
    assert "best_branch" in result["baselines"]
    assert result["ensemble"]["test"] == result["metrics"]
    report = check_teacher(tmp_path / "all" / STUDENT, dataset=gallery.base / "gallery")
    assert report["family"] == "branches"
    last = list(gallery.start(gallery.spec({}), folder=tmp_path / "taught", one=tmp_path / "all" / STUDENT))[
        -1
    ]
    assert isinstance(last, Finished)


@pytest.mark.parametrize(("name", "title"), [("mean", "own_mean"), ("snapshot", "own_snapshot")])
def test_the_result_says_how_the_own_teacher_compares(
    name: str, title: str, gallery: Gallery, tmp_path: Path
) -> None:
    gallery.run(spec_of(name, epochs=3, evaluation={"compare_solo": True}), folder=tmp_path)
    result = told(tmp_path)
    assert result["last_own_teacher"]["kind"] == title
    assert set(result["last_own_teacher"]) == {"kind", "val", "test"}
    assert "solo" in result["baselines"]
    if result["best_step"] >= 3:  # of the first cycle nothing was taught before its end
        assert result["baselines"][title] == result["own_teacher"]["test"]
        assert title in result["comparisons"]
    assert load_classifier(tmp_path / STUDENT)[1].recipe is None


def test_the_student_alone_is_that_of_a_job_of_its_own(gallery: Gallery, tmp_path: Path) -> None:
    gallery.run(spec_of("ensemble", evaluation={"compare_solo": True}), folder=tmp_path / "both")
    *_, alone = gallery.run(parse(SOLO), folder=tmp_path / "alone")
    assert isinstance(alone, Finished)
    assert told(tmp_path / "both")["solo"] == alone.metrics


def test_a_student_of_features_teaches_itself_where_few_have_labels(cinema: Cinema, tmp_path: Path) -> None:
    data = {**FEATURES["data"], "labels": {"share": 0.5}}
    events = cinema.run(parse({**FEATURES, "data": data, "method": METHODS["mean"]}), folder=tmp_path)
    assert isinstance(events[-1], Finished)
    assert "own_mean" in told(tmp_path)["baselines"]
