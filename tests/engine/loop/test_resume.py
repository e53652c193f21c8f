"""Stop and resume is the same as no stop, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine import checkpoint
from mtkd_engine.events import Checkpointed, Event, Finished, Started
from mtkd_engine.spec import Spec
from tests.engine.attempts import WHOLE, run, said_in_pieces, start
from tests.engine.attempts import points as measured
from tests.engine.loop.conftest import Done

MakeSpec = Callable[..., Spec]


def points(events: list[Event]) -> dict[tuple[str, int], float]:
    return {at: value for at, value in measured(events).items() if not at[0].startswith("fold/")}


@pytest.fixture(scope="module", params=["alone", "distilled"])
def unbroken(request: pytest.FixtureRequest) -> Done:
    """A job that nothing stopped, without and with teachers."""
    found: Done = request.getfixturevalue(request.param)
    return found


def test_stop_and_resume_gives_the_same_bits_and_points_as_no_stop(
    unbroken: Done, planted: Path, tmp_path: Path
) -> None:
    stops = (3, 7)  # before and after it saves by itself, at 5
    said = said_in_pieces(partial(start, unbroken.spec, base=planted), folder=tmp_path, stops=stops)
    assert not any(isinstance(event, Finished) for events in said[:-1] for event in events)
    for stop_at, events in zip(stops, said[1:], strict=True):
        started = next(event for event in events if isinstance(event, Started))
        assert started.resumed_from_step == stop_at
    pieces = [points(events) for events in said]
    assert {at: value for piece in pieces for at, value in piece.items()} == points(unbroken.events)
    assert sum(map(len, pieces)) == len(points(unbroken.events)), "nothing is measured twice"
    ours, theirs = (
        load_file(tmp_path / WHOLE / "artifacts" / unbroken.model.name),
        load_file(unbroken.model),
    )
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_same_spec_gives_the_same_bits_and_another_seed_gives_others(
    alone: Done, alone_otherwise: Done, planted: Path, tmp_path: Path
) -> None:
    run(alone.spec, base=planted, folder=tmp_path)
    again = load_file(tmp_path / "artifacts" / alone.model.name)
    name = "head.predict.start.1.weight"
    assert torch.equal(load_file(alone.model)[name], again[name])
    assert not torch.equal(load_file(alone_otherwise.model)[name], again[name])


def test_checkpoints_come_as_often_as_asked_and_only_the_newest_two_stay(alone: Done) -> None:
    steps = [event.step for event in alone.events if isinstance(event, Checkpointed)]
    assert steps == [5, 10, 15, 20]
    assert len(list((alone.folder / "checkpoint").glob("*.pt"))) == checkpoint.KEPT


def test_a_checkpoint_of_another_spec_is_refused_with_a_sentence(
    alone: Done, planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    newest = checkpoint.latest(alone.folder / "checkpoint")
    assert newest is not None
    with pytest.raises(checkpoint.CheckpointError, match="belongs to another spec"):
        run(spec_of(seed=9), base=planted, folder=tmp_path / "other", resume=newest)


def test_a_student_that_learns_beats_the_blind_window(
    planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    optim = {"epochs": 20, "batch_size": 8, "learning_rate": 3e-3}
    events = run(spec_of(optim=optim), base=planted, folder=tmp_path / "run")
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.metrics["r1@0.5"] > finished.baselines["blind"]["r1@0.5"] + 0.15
