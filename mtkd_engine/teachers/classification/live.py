"""Frozen classifiers that are asked beside the student, batch by batch.

Shape suffixes: T teachers, B samples, C classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.spec import ClassifierCard, SpecError
from mtkd_engine.tasks.classification.batches import ClassBatch, Shared, device_of
from mtkd_engine.tasks.classification.belief import belief
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.teachers.classification.face import ClassTeacher


def beliefs_of(model: nn.Module, card: ClassifierCard, classes: ClassMap, shared: Shared) -> Tensor:
    """This will give a frozen network's calibrated log-probabilities (B, C) on what participants share.

    They are in the order of the dataset's classes.
    """
    # On a CPU, convolutions take channels last as they are, and would rearrange the other order one by one.
    is_on_cpu = device_of(shared).type == "cpu"
    with torch.no_grad():
        logits_BC = model(to_input(shared, card.input, channels_last=is_on_cpu))
    return belief(logits_BC, temperature=card.temperature, classes=classes)


class LiveSource:
    """Teachers that run on every batch, each behind its own transform and class order; a `TappedSource`."""

    def __init__(
        self,
        teachers: Sequence[ClassTeacher],
        *,
        classes: Sequence[str],
        device: torch.device | str,
        paths: Sequence[str] | Mapping[str, Sequence[str]] = (),
    ) -> None:
        """This will move the teachers' networks to a device; `paths` name modules whose output is wanted of each.

        They are the same of all teachers, or those of each by its name.

        Raises SpecError for a teacher that may not run here or has no module of that path.
        """
        self._teachers = list(teachers)
        of_each = paths if isinstance(paths, Mapping) else {teacher.name: paths for teacher in teachers}
        self._sights = [_sight(teacher, of_each[teacher.name], device=device) for teacher in teachers]
        self._maps = [ClassMap.of(t.card.classes, classes, teacher=t.name) for t in teachers]

    @property
    def names(self) -> Sequence[str]:
        """The teachers, in the order of the spec."""
        return [teacher.name for teacher in self._teachers]

    def signals(self, batch: ClassBatch) -> ClassSignals:
        """This will run every teacher on a batch."""
        return self.look(batch)[0]

    def look(self, batch: ClassBatch) -> tuple[ClassSignals, Sequence[Mapping[str, Tensor]]]:
        """This will run every teacher on a batch, and give what its taps gave as well."""
        log_probs: list[Tensor] = []
        taps: list[Mapping[str, Tensor]] = []
        for teacher, sight, classes in zip(self._teachers, self._sights, self._maps, strict=True):
            with torch.no_grad():  # what inference mode makes could not be kept for a student's backward pass
                seen = sight.look(batch.inputs)
            log_probs.append(belief(seen.logits_BC, temperature=teacher.card.temperature, classes=classes))
            taps.append(seen.taps)
        return ClassSignals(torch.stack(log_probs), self.names), taps


def _sight(teacher: ClassTeacher, paths: Sequence[str], *, device: torch.device | str) -> Sight:
    if teacher.model is None:
        raise SpecError(
            {
                "method.signals": f"given 'online' with {teacher.name!r}, which is an ONNX program and never runs "
                "beside a student; accepted is 'cached'."
            }
        )
    assert isinstance(teacher.model, Classifier)
    try:
        return Sight(teacher.model.eval().to(device), teacher.card.input, paths=paths)
    except ValueError as error:
        raise SpecError({"method.features": f"of teacher {teacher.name!r}, {error}"}) from None
