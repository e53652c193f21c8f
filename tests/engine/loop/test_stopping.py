"""A wish to stop is heeded within the work of every phase, and going on afterwards is the same as no stop."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from mtkd_engine import checkpoint, runner
from mtkd_engine.distill import Place
from mtkd_engine.events import Checkpointed, Entered, Event, Finished, Metrics, Started, Stopped
from mtkd_engine.journal import read
from mtkd_engine.runner import STOPPED, SUCCEEDED, run_attempt
from mtkd_engine.sources import Sources
from mtkd_engine.spec import Spec, parse
from tests.engine.loop.conftest import SOLO

STUDENT = "artifacts/student.safetensors"


class Runs:
    """Attempts at jobs on the planted dataset, each in a folder of its own, with one cache."""

    def __init__(self, base: Path, folder: Path) -> None:
        self.base = base
        self.folder = folder
        self.cache = folder / "cache"

    def __call__(self, spec: Spec, name: str, *, resume: Path | None = None) -> int:
        place = Place(folder=self.folder / name, cache=self.cache)
        return run_attempt(spec, sources=Sources(base=self.base), place=place, resume=resume, threads=1)

    def said(self, name: str) -> list[Event]:
        return [line.event for line in read(self.folder / name / "journal.jsonl")]

    def newest(self, name: str) -> Path | None:
        return checkpoint.latest(self.folder / name / "checkpoint")

    def points(self, *names: str) -> list[tuple[str, int, float]]:
        return sorted(
            (metric, event.step, value)
            for name in names
            for event in self.said(name)
            if isinstance(event, Metrics)
            for metric, value in event.values.items()
            if not metric.startswith(("system/", "fold/"))
        )

    def student(self, name: str) -> dict[str, torch.Tensor]:
        return load_file(self.folder / name / STUDENT)

    def same_student(self, name: str, other: Runs) -> bool:
        ours, theirs = self.student(name), other.student("whole")
        return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.fixture
def runs(planted: Path, tmp_path: Path) -> Runs:
    return Runs(planted, tmp_path)


@pytest.fixture(scope="module")
def unbroken(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """One attempt at a solo job, `whole`, that nothing stopped."""
    runs = Runs(planted, tmp_path_factory.mktemp("unbroken"))
    assert runs(parse(SOLO), "whole") == SUCCEEDED
    torch.set_flush_denormal(False)  # the attempt set it for this process, as in `_same_bits`
    return runs


@pytest.fixture
def stop_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sends SIGTERM to this process at the n-th call of a function, before or after it did its work."""

    def arrange(where: str, *, call: int = 1, after: bool = False) -> None:
        module, _, name = where.rpartition(".")
        work: Any = pytest.importorskip(module).__dict__[name] if "." in module else None
        calls = 0

        def wrapped(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == call and not after:
                signal.raise_signal(signal.SIGTERM)
            done = work(*given, **named)
            if calls == call and after:
                signal.raise_signal(signal.SIGTERM)
            return done

        monkeypatch.setattr(where, wrapped)

    return arrange


def test_while_measuring_it_leaves_a_checkpoint_from_which_that_is_made_up_for(
    runs: Runs, unbroken: Runs, stop_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = parse(SOLO)
    with monkeypatch.context():
        stop_in("mtkd_engine.methods.solo.quality", call=2)
        assert runs(spec, "first") == STOPPED
    saved, stopped = runs.said("first")[-2:]
    assert isinstance(saved, Checkpointed)
    assert stopped == Stopped(step=10)
    assert runs(spec, "second", resume=runs.newest("first")) == SUCCEEDED
    assert runs.points("first", "second") == unbroken.points("whole")
    assert runs.same_student("second", unbroken)


def test_in_the_evaluation_it_leaves_all_of_its_training_behind(
    runs: Runs, unbroken: Runs, stop_in: Callable[..., None]
) -> None:
    spec = parse({**SOLO, "recording": {"log_every": 2, "checkpoint_every": 7}})
    stop_in("mtkd_engine.report.ending.quality")
    assert runs(spec, "first") == STOPPED
    assert runs.said("first")[-1] == Stopped(step=20)
    assert [event.step for event in runs.said("first") if isinstance(event, Checkpointed)] == [7, 14, 20]
    assert runs(spec, "second", resume=runs.newest("first")) == SUCCEEDED
    assert not runs.points("second")
    assert runs.same_student("second", unbroken)


def test_while_writing_its_files_it_leaves_too(runs: Runs, stop_in: Callable[..., None]) -> None:
    stop_in("mtkd_engine.report.ending.write_table", after=True)
    assert runs(parse(SOLO), "first") == STOPPED
    assert not any(isinstance(event, Finished) for event in runs.said("first"))
    assert runs(parse(SOLO), "second", resume=runs.newest("first")) == SUCCEEDED


@pytest.mark.parametrize("where", ["load_dataset", "load_teachers"])
def test_while_loading_it_leaves_with_nothing(runs: Runs, stop_in: Callable[..., None], where: str) -> None:
    stop_in(f"mtkd_engine.pipelines.grounding.{where}")
    assert runs(parse(SOLO), "first") == STOPPED
    assert runs.said("first") == [Stopped(step=0)]
    assert runs.newest("first") is None


def test_a_resumed_attempt_that_stops_while_loading_names_the_step_it_came_from(
    runs: Runs, unbroken: Runs, stop_in: Callable[..., None]
) -> None:
    stop_in("mtkd_engine.pipelines.grounding.load_dataset")
    assert runs(parse(SOLO), "again", resume=unbroken.newest("whole")) == STOPPED
    assert runs.said("again") == [Stopped(step=20)]


def test_a_copy_that_was_trained_and_beliefs_that_were_made_are_not_made_again(
    runs: Runs, unbroken: Runs, stop_in: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = str(unbroken.folder / "whole" / STUDENT)
    spec = parse({**SOLO, "teachers": [teacher], "method": {"kind": "emtm", "folds": 2}})
    with monkeypatch.context():
        stop_in("mtkd_engine.teachers.folds.save_model", after=True)
        assert runs(spec, "folds") == STOPPED
    with monkeypatch.context():
        stop_in("mtkd_engine.teachers.prepare.save_beliefs", after=True)
        assert runs(spec, "beliefs") == STOPPED
    assert runs.said("folds")[-1] == runs.said("beliefs")[-1] == Stopped(step=0)
    assert runs(spec, "last") == SUCCEEDED
    trained = [
        [event.detail for event in runs.said(name) if isinstance(event, Entered) and event.part == "folds"]
        for name in ("folds", "beliefs", "last")
    ]
    first, second = (f"{spec.teachers[0].name}: copy {number} of 2" for number in (1, 2))
    assert trained == [[first], [second], []]
    assert len(list((runs.cache / "beliefs").iterdir())) == 3


def test_a_signal_after_the_last_word_changes_nothing(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    say = runner._say
    signalled = []

    def signalling(event: Event) -> None:
        say(event)
        if isinstance(event, Finished):
            signal.raise_signal(signal.SIGTERM)
            signalled.append(event)

    monkeypatch.setattr(runner, "_say", signalling)
    assert runs(parse(SOLO), "first") == SUCCEEDED
    kinds = [event.kind for event in runs.said("first") if not isinstance(event, Metrics)]
    assert (len(signalled), kinds[0], kinds[-1]) == (1, Started.kind, Finished.kind)
