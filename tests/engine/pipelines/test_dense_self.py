"""Jobs of the dense tasks whose student teaches itself: what they say of it, and that a stop changes no bit."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from mtkd_engine.data.gaze.world import LookedAtPerSplit, make_gaze
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.events import Finished
from mtkd_engine.profile import cost_of_dense
from mtkd_engine.report.dense import ending
from mtkd_engine.spec import Spec, parse
from tests.engine.attempts import points, run
from tests.engine.pipelines.conftest import newest, same_student

SIZE = {"height": 16, "width": 16}
METHODS: dict[str, dict[str, Any]] = {
    "own_mean": {"kind": "self", "momentum": 0.9},
    "own_snapshot": {"kind": "self", "teacher": "snapshot", "cycle_epochs": 1},
}


def spec_of(task: str, name: str) -> Spec:
    return parse(
        {
            "task": task,
            "data": {"dataset": task, **SIZE},
            "student": {"net": {"family": "pyramid", "width": 8}, "input": SIZE},
            "method": METHODS[name],
            "optim": {"epochs": 3, "batch_size": 8, "learning_rate": 0.01},
            "evaluation": {"compare_solo": name == "own_mean"},
            "recording": {"log_every": 2, "checkpoint_every": 100},
        }
    )


@pytest.mark.parametrize(("task", "name"), [("segmentation", "own_snapshot"), ("saliency", "own_mean")])
def test_a_student_that_teaches_itself_says_so_and_a_stop_changes_no_bit(
    task: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "cost_of_dense", partial(cost_of_dense, runs=1))
    if task == "segmentation":
        make_masks(
            tmp_path / task, pictures=PicturesPerSplit(train=24, val=6, test=6), size=20, difficulty=0.0
        )
    else:
        make_gaze(
            tmp_path / task, pictures=LookedAtPerSplit(train=24, val=6, test=6), size=20, difficulty=0.0
        )
    spec, base = spec_of(task, name), tmp_path
    whole = run(spec, base=base, folder=tmp_path / "whole")
    first = run(spec, base=base, folder=tmp_path / "first", stop_at=4)
    torch.rand(3)  # a resumed process has drawn other numbers before
    second = run(spec, base=base, folder=tmp_path / "second", resume=newest(tmp_path / "first"))
    assert isinstance(whole[-1], Finished)
    assert second[-1] == whole[-1]
    assert {**points(first), **points(second)} == points(whole)
    assert same_student(tmp_path / "whole", tmp_path / "second")

    result = json.loads((tmp_path / "whole" / "artifacts" / "result.json").read_text())
    terms = {step for said, step in points(whole) if said == "loss/kd"}
    assert terms == {2, 4, 6, 8, 9} - ({2} if name == "own_snapshot" else set())
    assert f"val/target_{result['primary']}" in {said for said, _ in points(whole)}
    assert result["own_teacher"]["kind"] == name
    assert result["baselines"][name] == result["own_teacher"]["test"]
    assert name in result["comparisons"]
    assert ("solo" in result["baselines"]) == (name == "own_mean")
