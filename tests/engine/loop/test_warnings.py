"""What a person should know is said, once, as a sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mtkd_engine.events import Finished, Metrics, Warned, Weights
from mtkd_engine.loop import JobError
from mtkd_engine.spec import Spec
from tests.engine.loop.test_resume import emtm, run_all

MakeSpec = Callable[..., Spec]


def test_a_distillation_loss_that_moves_nothing_is_warned_of_once(
    planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    spec = emtm(planted, tmp_path, spec_of)
    weak = spec.model_copy(update={"method": spec.method.model_copy(update={"distill_weight": 1e-6})})
    events = run_all(weak, base=planted, folder=tmp_path / "run")
    codes = [event.code for event in events if isinstance(event, Warned)]
    assert codes.count("kd_gradient_dead") == 1
    assert codes.count("loss_terms_apart") == 1


def test_a_healthy_job_warns_of_no_dead_gradient(planted: Path, tmp_path: Path, spec_of: MakeSpec) -> None:
    events = run_all(emtm(planted, tmp_path, spec_of), base=planted, folder=tmp_path / "run")
    codes = {event.code for event in events if isinstance(event, Warned)}
    assert not codes & {"kd_gradient_dead", "loss_terms_apart", "in_sample_beliefs"}
    spoken = [event for event in events if isinstance(event, Weights)]
    assert spoken
    assert all(sum(event.mean) == pytest.approx(1.0, abs=1e-4) for event in spoken)
    assert all(sum(row) == pytest.approx(1.0, abs=1e-4) for event in spoken for row in event.probe)
    weights = [event.values for event in events if isinstance(event, Metrics) and "loss/kd" in event.values]
    assert all(any(name.startswith("weight/") for name in values) for values in weights)


def test_a_loss_that_is_not_finite_ends_the_job_with_step_and_term(
    planted: Path, tmp_path: Path, spec_of: MakeSpec
) -> None:
    optim = {"epochs": 50, "batch_size": 8, "learning_rate": 1.0, "clip_norm": 1000.0}
    try:
        events = run_all(spec_of(optim=optim), base=planted, folder=tmp_path / "run")
    except JobError as error:
        assert error.cause == "not_finite"
        assert f"at step {error.step}" in str(error)
    else:  # a network may survive even this rate; then it must have finished
        assert isinstance(events[-1], Finished)
