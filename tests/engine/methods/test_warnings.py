"""What goes wrong between teachers and student is said as a warning; each is planted here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mtkd_engine.events import ArtifactWritten, Entered, Event, Finished, Warned, Weights
from mtkd_engine.export import OnnxDiffersError
from mtkd_engine.methods.watch import Watch, below_blind
from tests.engine.loop.conftest import SOLO
from tests.engine.methods.conftest import School, codes


def warned(events: list[Event], code: str) -> list[tuple[str, str]]:
    """The part of the work in which a warning came, and its words."""
    found, part = [], ""
    for event in events:
        part = event.part if isinstance(event, Entered) else part
        if isinstance(event, Warned) and event.code == code:
            found.append((part, event.message))
    return found


def test_a_teacher_worse_than_blind_is_named_before_training_and_again_on_test(
    school: School, tmp_path: Path
) -> None:
    events = list(school.start(school.spec({"aggregator": {"kind": "uniform"}}), folder=tmp_path))
    before, after = warned(events, "teacher_below_blind")
    assert before[0] == "beliefs"
    assert "'wrong'" in before[1]
    assert "validation" in before[1]
    assert after[0] == "evaluation"
    assert "'wrong'" in after[1]
    assert "test" in after[1]


def test_a_distillation_loss_that_is_numerically_dead_is_warned_of_once(
    school: School, tmp_path: Path
) -> None:
    events = list(school.start(school.spec({"distill_weight": 1e-7}), folder=tmp_path))
    ((part, message),) = warned(events, "kd_gradient_dead")
    assert part == "training"
    assert "teachers hardly count" in message


def test_a_gate_that_collapses_on_one_teacher_is_warned_of_once(school: School, tmp_path: Path) -> None:
    gate = {"kind": "static", "fitted": "beforehand", "epochs": 80}
    events = list(school.start(school.spec({"aggregator": gate}), folder=tmp_path))
    ((part, message),) = warned(events, "weights_collapsed")
    assert part == "training"
    assert "'sharp'" in message


def test_a_healthy_job_warns_of_outsiders_only(school: School, tmp_path: Path) -> None:
    teachers = ["sharp", "vague"]
    events = list(school.start(school.spec({}, teachers=teachers), folder=tmp_path))
    assert codes(events) == ["outsider"] * 2


def test_beliefs_in_sample_are_warned_of(school: School, tmp_path: Path) -> None:
    from mtkd_engine.distill import Place, distill
    from mtkd_engine.sources import Sources
    from mtkd_engine.spec import parse

    place = Place(folder=tmp_path / "live", cache=tmp_path / "cache")
    for _ in distill(parse(SOLO), sources=Sources(base=school.base), place=place):
        pass
    live = School(school.base, {"live": place.artifacts / "student.safetensors", **school.teachers})
    events = list(live.start(live.spec({"beliefs": "in_sample"}), folder=tmp_path / "taught"))
    ((_, message),) = warned(events, "in_sample_beliefs")
    assert "'live'" in message


def test_an_onnx_file_that_differs_costs_a_job_nothing_but_that_file(
    school: School, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(*_: object, **__: object) -> None:
        raise OnnxDiffersError("The exported ONNX file differs from the student by 0.5.")

    monkeypatch.setenv("MTKD_ONNX", "1")
    monkeypatch.setattr("mtkd_engine.export.student.write_onnx", differs)
    events = list(school.start(school.spec({}), folder=tmp_path))
    ((part, message),) = warned(events, "onnx_differs")
    assert (part, "0.5" in message) == ("export", True)
    assert isinstance(events[-1], Finished)
    names = {event.name for event in events if isinstance(event, ArtifactWritten)}
    assert names >= {"student.safetensors", "student.json", "MODEL_CARD.md", "result.json"}
    assert "student.onnx" not in names


def spoken(*mean: float, step: int = 1) -> Weights:
    return Weights(step=step, teachers=list("abc"[: len(mean)]), mean=list(mean), probe=[], entropy=0.0)


def test_only_learned_weights_of_several_teachers_collapse_and_it_is_said_once() -> None:
    watch = Watch()
    assert not watch.look(spoken(1.0), learned=True)
    assert not watch.look(spoken(0.99, 0.01), learned=False)
    assert not watch.look(spoken(0.97, 0.03), learned=True)
    (event,) = watch.look(spoken(0.99, 0.01, step=8), learned=True)
    assert isinstance(event, Warned)
    assert (event.code, event.step) == ("weights_collapsed", 8)
    assert not watch.look(spoken(0.99, 0.01), learned=True)


@pytest.mark.parametrize(("factor", "says"), [(1e-2, False), (1e-4, True), (0.0, True)])
def test_a_dead_loss_is_one_that_pulls_a_thousand_times_less(factor: float, says: bool) -> None:
    watch = Watch()
    logits = torch.ones(2, 3, requires_grad=True)
    watch.compare(factor * logits.sum(), logits.sum(), (logits,))
    assert [getattr(e, "code", "") for e in watch.look(spoken(1.0), learned=True)] == (
        ["kd_gradient_dead"] if says else []
    )


def test_teachers_below_the_blind_window_are_named() -> None:
    found = below_blind(["a", "b", "c"], [0.2, 0.31, 0.3], blind=0.3)
    assert [event.message.split("'")[1] for event in found] == ["a"]
