"""A gate that is fitted before the student: a part of its own, kept as it is, and no obstacle to stopping."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine import checkpoint
from mtkd_engine.events import Entered, Event, Started, Stepped, Weights
from tests.engine.attempts import WHOLE, points, said_in_pieces
from tests.engine.loop.conftest import SOLO
from tests.engine.methods.conftest import School, codes, curves, entered, last

KINDS = ["static", "kau", "kau_plus"]
STOPS = (3, 7)
"""Steps before and after the job saves by itself, at 5."""


@dataclass(frozen=True)
class Pieces:
    """What a job said that was stopped again and again, and the folder of its attempts."""

    begun: list[Event]
    resumed: list[list[Event]]
    base: Path


def beforehand(kind: str, *, epochs: int = 4) -> dict[str, object]:
    return {"aggregator": {"kind": kind, "fitted": "beforehand", "epochs": epochs}}


def weights_of(folder: Path) -> torch.Tensor:
    """Those of the samples on train, (N, T)."""
    table = pq.read_table(folder / "artifacts" / "per_sample.parquet").to_pydict()
    rows = [row for row, split in enumerate(table["split"]) if split == "train"]
    return torch.tensor(
        [[table[f"{name}/weight"][row] for name in ("sharp", "vague", "wrong")] for row in rows]
    )


@pytest.fixture(scope="module", params=KINDS)
def unbroken(
    request: pytest.FixtureRequest, school: School, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[Event], Path]:
    folder = tmp_path_factory.mktemp("unbroken")
    spec = school.spec(beforehand(request.param))
    return request.param, list(school.start(spec, folder=folder)), folder


def test_the_gate_is_a_part_of_its_own_with_curves_of_its_own(
    unbroken: tuple[str, list[Event], Path],
) -> None:
    _, events, _ = unbroken
    parts = entered(events)
    assert parts.index("gate") == parts.index("training") - 1
    assert {"gate/loss/gate", "gate/val/gate", "gate/val/target_miou", "gate/weight/sharp"} <= curves(events)
    assert {"loss/hard", "loss/kd", "loss/twin"} <= curves(events)
    assert "loss/gate" not in curves(events), "the student's training fits no gate"
    began = next(i for i, e in enumerate(events) if isinstance(e, Entered) and e.part == "training")
    assert not any(event.step for event in events[:began] if isinstance(event, Stepped))


def test_the_gate_finds_who_is_right_and_stays_as_it_is(unbroken: tuple[str, list[Event], Path]) -> None:
    kind, events, folder = unbroken
    spoken = [event for event in events if isinstance(event, Weights)]
    assert len(spoken) == 4
    assert all(event.mean == spoken[0].mean and event.probe == spoken[0].probe for event in spoken)
    assert spoken[0].mean[0] > 0.4
    assert spoken[0].mean[0] == max(spoken[0].mean)
    weights_NT = weights_of(folder)
    assert (float(weights_NT.std(0).max()) < 1e-6) == (kind == "static")
    used = pq.read_table(folder / "artifacts" / "weights.parquet").to_pydict()
    by_sample: dict[str, set[float]] = {}
    for sample_id, weight in zip(used["sample_id"], used["sharp"], strict=True):
        by_sample.setdefault(sample_id, set()).add(weight)
    assert all(len(weights) == 1 for weights in by_sample.values()), "the same in every epoch"


@pytest.fixture(scope="module")
def in_pieces(
    unbroken: tuple[str, list[Event], Path], school: School, tmp_path_factory: pytest.TempPathFactory
) -> Pieces:
    """The same job stopped while its gate is fitted, begun anew, stopped before and after it saves by itself."""
    kind, _, _ = unbroken
    spec, base = school.spec(beforehand(kind)), tmp_path_factory.mktemp("pieces")
    loop = school.start(spec, folder=base / "fitting")
    for event in loop:
        if any(name.startswith("gate/") for name in getattr(event, "values", {})):
            loop.close()
    said = said_in_pieces(partial(school.start, spec), folder=base, stops=STOPS)
    return Pieces(begun=said[0], resumed=said[1:], base=base)


def test_stop_and_resume_is_the_same_as_no_stop_and_fits_no_gate_again(
    unbroken: tuple[str, list[Event], Path], in_pieces: Pieces
) -> None:
    _, whole, folder = unbroken
    for stop_at, events in zip(STOPS, in_pieces.resumed, strict=True):
        assert next(event for event in events if isinstance(event, Started)).resumed_from_step == stop_at
        assert "gate" not in entered(events)
    pieces = [points(in_pieces.begun), *map(points, in_pieces.resumed)]
    assert {at: value for piece in pieces for at, value in piece.items()} == points(whole)
    assert sum(map(len, pieces)) == len(points(whole)), "nothing is measured twice"
    assert_same_student(in_pieces.base / WHOLE, folder)
    assert torch.equal(weights_of(in_pieces.base / WHOLE), weights_of(folder))


def test_a_stop_while_the_gate_is_fitted_leaves_nothing_and_the_next_attempt_gets_the_same_bits(
    unbroken: tuple[str, list[Event], Path], in_pieces: Pieces
) -> None:
    _, whole, folder = unbroken
    assert checkpoint.latest(in_pieces.base / "fitting" / "checkpoint") is None
    begun = points(in_pieces.begun)
    assert "gate" in entered(in_pieces.begun)
    assert begun == {at: value for at, value in points(whole).items() if at in begun}
    assert {at for at in points(whole) if at[0].startswith("gate/")} <= begun.keys()
    assert_same_student(in_pieces.base / WHOLE, folder)


def test_fitting_the_gate_draws_none_of_the_students_random_numbers(school: School, tmp_path: Path) -> None:
    """With no weight on the teachers' target, it matters nothing to the student how long the gate is fitted."""
    for epochs in (1, 3):
        spec = school.spec(
            {**beforehand("kau", epochs=epochs), "distill_weight": 0.0}, optim={**SOLO["optim"], "epochs": 2}
        )
        events = list(school.start(spec, folder=tmp_path / str(epochs)))
        assert not {"loss/kd", "loss/gate"} & curves(events)
        assert "kd_gradient_dead" not in codes(events)
    assert_same_student(tmp_path / "1", tmp_path / "3")


def test_the_best_state_on_validation_is_kept(unbroken: tuple[str, list[Event], Path]) -> None:
    _, events, _ = unbroken
    measured = {step: v for (name, step), v in points(events).items() if name == "gate/val/gate"}
    target = {step: v for (name, step), v in points(events).items() if name == "gate/val/target_miou"}
    assert len(measured) == 4
    best = min(measured, key=measured.__getitem__)
    assert last(events, "val/target_miou") == pytest.approx(target[best], abs=1e-9)


def assert_same_student(one: Path, other: Path) -> None:
    ours, theirs = (load_file(folder / "artifacts" / "student.safetensors") for folder in (one, other))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
