"""What a person should know is said, once, as a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.events import Metrics, Warned, Weights
from mtkd_engine.loop import JobError, Progress, fit
from mtkd_engine.methods.base import Method, Terms
from mtkd_engine.schedule import Schedule
from mtkd_engine.spec import OptimSpec, Spec
from mtkd_engine.tasks.grounding.batches import Batch, SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from tests.engine.attempts import run
from tests.engine.loop.conftest import Done


def test_a_distillation_loss_that_moves_nothing_is_warned_of_once(
    emtm: Spec, planted: Path, tmp_path: Path
) -> None:
    weak = emtm.model_copy(update={"method": emtm.method.model_copy(update={"distill_weight": 1e-6})})
    events = run(weak, base=planted, folder=tmp_path / "run")
    codes = [event.code for event in events if isinstance(event, Warned)]
    assert codes.count("kd_gradient_dead") == 1
    assert codes.count("loss_terms_apart") == 1


def test_a_healthy_job_warns_of_no_dead_gradient(distilled: Done) -> None:
    events = distilled.events
    codes = {event.code for event in events if isinstance(event, Warned)}
    assert not codes & {"kd_gradient_dead", "loss_terms_apart", "in_sample_beliefs"}
    spoken = [event for event in events if isinstance(event, Weights)]
    assert spoken
    assert all(sum(event.mean) == pytest.approx(1.0, abs=1e-4) for event in spoken)
    assert all(sum(row) == pytest.approx(1.0, abs=1e-4) for event in spoken for row in event.probe)
    weights = [event.values for event in events if isinstance(event, Metrics) and "loss/kd" in event.values]
    assert all(any(name.startswith("weight/") for name in values) for values in weights)


class Broken(Method):
    """One parameter whose loss is no number after the first step."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.calls = 0

    def terms(self, batch: Batch) -> Terms:
        self.calls += 1
        return Terms({"hard": self.weight.sum() * (1.0 if self.calls == 1 else torch.nan)})


def test_a_loss_that_is_not_finite_ends_the_job_with_step_and_term(planted: Path) -> None:
    dataset = load_dataset(planted / "planted")
    collator = Collator(vocabulary=["<pad>", "<unk>"], max_words=4, clips=8, features=dataset.features)
    train = SplitData(dataset.splits["train"], collator, device="cpu")
    schedule = Schedule(optim=OptimSpec(epochs=1, batch_size=8), seed=0, log_every=1, measure_every=1)
    with pytest.raises(JobError, match="loss/hard became nan at step 2") as failed:
        list(fit(Broken(), train=train, schedule=schedule, progress=Progress()))
    assert (failed.value.cause, failed.value.step) == ("not_finite", 2)
