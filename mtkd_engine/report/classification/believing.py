"""What networks say of the splits that are measured, calibrated on val, and how good that is.

Shape suffixes: N samples, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from mtkd_engine.evaluation.classification.asking import Answers, ask
from mtkd_engine.methods.classification.job import ClassJob
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.tasks.classification.calibrate import fit_temperature
from mtkd_engine.tasks.classification.metrics import Quality

MEASURED = ("val", "test")


@dataclass(frozen=True)
class Believed:
    """What a network says, calibrated on val: log-probabilities (N, C) by split, and how good it is."""

    answers: dict[str, Answers]
    log_probs: dict[str, Tensor]
    quality: dict[str, Quality]
    temperature: float

    @property
    def values(self) -> dict[str, dict[str, float]]:
        """The metrics by split."""
        return {split: quality.values for split, quality in self.quality.items()}


def asked(job: ClassJob, model: nn.Module, *, splits: Sequence[str] = MEASURED) -> Believed:
    """This will ask a network about splits, val among them, and calibrate what it says."""
    assert isinstance(model, Classifier)
    return believed(
        job, {split: ask(model, job.card.input, job.splits[split], in_crops=True) for split in splits}
    )


def believed(job: ClassJob, answers: Mapping[str, Answers]) -> Believed:
    """This will calibrate answers on splits, val among them, and say how good they are."""
    labels = {split: job.splits[split].labels_N.cpu() for split in answers}
    temperature = fit_temperature(answers["val"].logits_NC, labels["val"])
    log_probs = {split: one.log_probs(temperature) for split, one in answers.items()}
    quality = {split: Quality.of(log_probs[split], labels[split]) for split in answers}
    return Believed(dict(answers), log_probs, quality, temperature)
