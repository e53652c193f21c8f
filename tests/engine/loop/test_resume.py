"""Stop and resume is the same as no stop, to the bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine import checkpoint
from mtkd_engine.distill import Place, distill
from mtkd_engine.events import Checkpointed, Event, Finished, Started, Stepped
from mtkd_engine.sources import Sources
from mtkd_engine.spec import Spec, parse
from tests.engine.loop.conftest import SOLO
from tests.engine.methods.conftest import points as measured

MakeSpec = Callable[..., Spec]


def run_all(
    spec: Spec, *, base: Path, folder: Path, stop_at: int | None = None, resume: Path | None = None
) -> list[Event]:
    loop = distill(
        spec, sources=Sources(base=base), place=Place(folder=folder, cache=base / "cache"), resume=resume
    )
    events: list[Event] = []
    for event in loop:
        events.append(event)
        if isinstance(event, Stepped) and event.step == stop_at:
            loop.close()
    return events


def points(events: list[Event]) -> dict[tuple[str, int], float]:
    return {at: value for at, value in measured(events).items() if not at[0].startswith("fold/")}


def emtm(base: Path) -> Spec:
    for name, net in {
        "one": {"family": "span", "clips": 16, "width": 16, "encoder_layers": 1, "heads": 2},
        "two": {"family": "map2d", "clips": 8, "width": 8, "map_layers": 1},
    }.items():
        if not (base / name).exists():
            run_all(parse({**SOLO, "student": {"net": net}}), base=base, folder=base / name)
    return parse(
        {
            **SOLO,
            "teachers": ["one/artifacts/student.safetensors", "two/artifacts/student.safetensors"],
            "method": {"kind": "emtm", "folds": 2},
        }
    )


@pytest.fixture(scope="module", params=["solo", "emtm"])
def unbroken(
    request: pytest.FixtureRequest, planted: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Spec, list[Event], Path]:
    """A job that nothing stopped: its spec, its events, its folder."""
    folder = tmp_path_factory.mktemp("unbroken")
    spec = parse(SOLO) if request.param == "solo" else emtm(planted)
    return spec, run_all(spec, base=planted, folder=folder), folder


@pytest.mark.parametrize("stop_at", [3, 7])
def test_stop_and_resume_gives_the_same_bits_and_points_as_no_stop(
    unbroken: tuple[Spec, list[Event], Path], stop_at: int, planted: Path, tmp_path: Path
) -> None:
    spec, whole, folder = unbroken
    first = run_all(spec, base=planted, folder=tmp_path / "first", stop_at=stop_at)
    assert not any(isinstance(event, Finished) for event in first)
    newest = checkpoint.latest(tmp_path / "first" / "checkpoint")
    assert newest is not None
    torch.rand(3)  # a resumed process has drawn other numbers before
    second = run_all(spec, base=planted, folder=tmp_path / "second", resume=newest)

    started = next(event for event in second if isinstance(event, Started))
    assert started.resumed_from_step == stop_at
    joined = {**points(first), **points(second)}
    assert joined == points(whole)
    assert not {key for key in points(first) if key in points(second)}
    ours = load_file(tmp_path / "second" / "artifacts" / "student.safetensors")
    theirs = load_file(folder / "artifacts" / "student.safetensors")
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_same_spec_gives_the_same_bits_and_another_seed_gives_others(
    planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    found = []
    for number, seed in enumerate((1, 1, 2)):
        run_all(spec_of(seed=seed), base=planted, folder=tmp_path / str(number))
        found.append(load_file(tmp_path / str(number) / "artifacts" / "student.safetensors"))
    name = "head.predict.start.1.weight"
    assert torch.equal(found[0][name], found[1][name])
    assert not torch.equal(found[0][name], found[2][name])


def test_checkpoints_come_as_often_as_asked_and_only_the_newest_two_stay(
    planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    events = run_all(spec_of(), base=planted, folder=tmp_path / "run")
    steps = [event.step for event in events if isinstance(event, Checkpointed)]
    assert steps == [5, 10, 15, 20]
    assert len(list((tmp_path / "run" / "checkpoint").glob("*.pt"))) == checkpoint.KEPT


def test_a_checkpoint_of_another_spec_is_refused_with_a_sentence(
    planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    run_all(spec_of(), base=planted, folder=tmp_path / "run", stop_at=3)
    newest = checkpoint.latest(tmp_path / "run" / "checkpoint")
    with pytest.raises(checkpoint.CheckpointError, match="belongs to another spec"):
        run_all(spec_of(seed=9), base=planted, folder=tmp_path / "other", resume=newest)


def test_a_student_that_learns_beats_the_blind_window(
    planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    optim = {"epochs": 20, "batch_size": 8, "learning_rate": 3e-3}
    events = run_all(spec_of(optim=optim), base=planted, folder=tmp_path / "run")
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.metrics["r1@0.5"] > finished.baselines["blind"]["r1@0.5"] + 0.15
