"""What a network, or all teachers, say of a split as it is.

Shape suffixes: N samples, C classes, F features, T teachers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.aggregators.source import SignalSource
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.spec import AnyInput
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.losses import mean_of
from mtkd_engine.tasks.classification.splits.base import ClassSplit

LARGEST_FLOATS = 2**28
"""Numbers of teachers' beliefs that are kept in single precision; more are kept in half precision."""


@dataclass(frozen=True)
class Answers:
    """What a network says of every sample of a split: logits (N, C) and last features (N, F), on the CPU."""

    logits_NC: Tensor
    features_NF: Tensor

    def log_probs(self, temperature: float = 1.0) -> Tensor:
        """This will give its belief at a temperature, log-probabilities (N, C)."""
        return torch.log_softmax(self.logits_NC / temperature, dim=1)


def ask(model: Classifier, reads: AnyInput, split: ClassSplit, *, in_crops: bool = False) -> Answers:
    """This will ask a network about every sample of a split as it is, in evaluation mode and single precision.

    With `in_crops` it is asked about all crops that the end is measured in, and the mean of what it says is taken.
    """
    was_training = model.training
    model.eval()
    logits: list[Tensor] = []
    features: list[Tensor] = []
    with torch.no_grad():
        for crops in split.in_crops() if in_crops else ([batch.inputs] for batch in split.in_order()):
            seen = [model.features(to_input(shared, reads)) for shared in crops]
            logits.append(mean_of([model.head(features_BF) for features_BF in seen]).float().cpu())
            features.append(mean_of(seen).float().cpu())
    model.train(was_training)
    return Answers(torch.cat(logits), torch.cat(features))


def beliefs_on(source: SignalSource, split: ClassSplit) -> ClassSignals:
    """This will give the teachers' log-probabilities on every sample of a split as it is, (T, N, C), on the CPU."""
    parts: list[Tensor] = []
    for batch in split.in_order():
        log_probs_TBC = source.signals(batch).log_probs_TBC.float().cpu()
        large = log_probs_TBC[:, :1].numel() * len(split) > LARGEST_FLOATS
        parts.append(log_probs_TBC.half() if large else log_probs_TBC)
    return ClassSignals(torch.cat(parts, dim=1), list(source.names))
