"""Every part of EMTM can be left out, and then it is out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.events import Finished, Metrics, Weights
from tests.engine.loop.conftest import SOLO
from tests.engine.methods.conftest import School, codes, curves

EVERYTHING = {"loss/hard", "loss/kd", "loss/twin", "loss/gate"}
SWITCHES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing": ({}, EVERYTHING),
    "kau": ({"aggregator": {"kind": "uniform"}}, EVERYTHING - {"loss/gate"}),
    "kau to static": ({"aggregator": {"kind": "static"}}, EVERYTHING),
    "shared_encoder": ({"isomorphic": {"shares": []}}, EVERYTHING),
    "part of shared_encoder": ({"isomorphic": {"shares": ["words", "convolutions"]}}, EVERYTHING),
    "isomorphic_teacher": (
        {"isomorphic": {"enabled": False, "align_weight": 1.0}},
        EVERYTHING - {"loss/twin"},
    ),
    "soft_labels": ({"distill_weight": 0.0}, EVERYTHING - {"loss/kd"}),
    "out_of_fold": ({"beliefs": "in_sample"}, EVERYTHING),
    "aligned": ({"isomorphic": {"align_weight": 0.5}}, EVERYTHING | {"loss/align"}),
    "boundaries": ({"aggregator": {"kind": "kau_plus", "boundaries": 2}}, EVERYTHING),
}
CONTROLS = ["best_single", "medoid", "oracle"]
TWICE = {"optim": {**SOLO["optim"], "epochs": 2}}
"""Through all samples: what is left out is out from the first step on."""


@pytest.mark.parametrize("switch", SWITCHES)
def test_each_switch_runs_and_leaves_out_what_it_says(school: School, tmp_path: Path, switch: str) -> None:
    method, terms = SWITCHES[switch]
    events = list(school.start(school.spec(method, **TWICE), folder=tmp_path))
    assert isinstance(events[-1], Finished)
    assert {n for n in curves(events) if n.startswith("loss/")} == terms | {"loss/total"}
    assert "loss_terms_apart" not in codes(events)


@pytest.mark.parametrize("kind", CONTROLS)
def test_each_control_teaches_with_weight_on_one_teacher(school: School, tmp_path: Path, kind: str) -> None:
    spec = school.spec({"aggregator": {"kind": kind}}, **TWICE)
    events = list(school.start(spec, folder=tmp_path))
    assert isinstance(events[-1], Finished)
    assert "loss/gate" not in curves(events)
    rows = [row for event in events if isinstance(event, Weights) for row in event.probe]
    assert rows
    assert all(max(row) > 0.49 for row in rows), "one teacher, or two that are equally good"
    assert "weights_collapsed" not in codes(events), "it was chosen, not learned"
    if kind == "best_single":
        assert {tuple(row) for row in rows} == {(1.0, 0.0, 0.0)}
    targets = [
        e.values["val/target_miou"] for e in events if isinstance(e, Metrics) and "val/miou" in e.values
    ]
    assert len(set(targets)) == 1, "nothing is learned"
