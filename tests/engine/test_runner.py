"""The log of an engine stays small, and its words come in order."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from mtkd_engine import runner
from mtkd_engine.events import Entered, Event, Metrics, Stepped, Warned
from mtkd_engine.modelfile import load_model, save_model
from mtkd_engine.nets.registry import build
from mtkd_engine.pipelines.place import Place
from mtkd_engine.sources import Sources
from mtkd_engine.spec import GroundingCard, SpanNet, parse


def test_points_of_curves_are_printed_once_a_second_at_most(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([10.0, 10.5, 11.1, 11.2])
    monkeypatch.setattr(runner.time, "monotonic", lambda: next(clock))
    say = runner.Speaker()
    for step in range(4):
        say(Metrics(step=step, values={"loss": 1.0}))
        say(Warned(code="x", message=f"warning {step}"))
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines() if line.startswith("step")] == ["0", "2"]
    assert said.count("warning") == 4


def test_a_half_written_model_of_another_process_is_in_nobodys_way(tmp_path: Path) -> None:
    path = tmp_path / "copy.safetensors"
    path.with_suffix(".partial").mkdir()
    path.with_suffix(".1.partial").write_bytes(b"half")
    card = GroundingCard(
        net=SpanNet(clips=8, width=8, encoder_layers=1, heads=2),
        feature_width=4,
        max_words=6,
        vocabulary=("<pad>", "<unk>"),
    )
    save_model(path, parameters=build(card.net, feature_width=4, vocabulary_size=2).state_dict(), card=card)
    assert load_model(path)[1] == card


@pytest.mark.parametrize("part", ["training", "stage", "solo", "evaluation"])
def test_a_stop_waits_for_the_end_of_a_step_and_for_nothing_where_there_are_none(
    part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[str] = []

    def distill(*_: object, **__: object) -> Iterator[Event]:
        yield Entered(part=part)
        os.kill(os.getpid(), signal.SIGTERM)
        done.append("what was begun")
        yield Stepped(step=1)
        done.append("the next one")

    monkeypatch.setattr(runner, "distill", distill)
    code = runner.run_attempt(
        parse({"data": {"dataset": "world"}}),
        sources=Sources(base=tmp_path),
        place=Place(folder=tmp_path / "attempt", cache=tmp_path / "cache"),
        resume=None,
        threads=torch.get_num_threads(),
    )
    assert code == runner.STOPPED
    assert done == ([] if part == "evaluation" else ["what was begun"])
