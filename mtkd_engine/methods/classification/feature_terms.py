"""The feature losses of a spec: one loss per tap and teacher, weighed as the teachers' beliefs are.

Shape suffixes: B samples, T teachers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.source import TappedSource
from mtkd_engine.methods.classification.sight import Seen
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import ClassificationSpec, FeatureLossSpec, MultiTeacherSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.features import FeatureLoss, build_feature_loss, refuse_frames, sizes_at
from mtkd_engine.tasks.classification.splits.base import ClassSplit

_LOOKED_AT = 2
"""Images by which the sizes of the teachers' features are found."""


class FeatureTerms(nn.Module):
    """What stands between the student's features and those of every teacher; fitted with the student."""

    losses: nn.ModuleList

    def __init__(
        self,
        specs: Sequence[FeatureLossSpec],
        losses: Iterable[Iterable[FeatureLoss]],
        *,
        source: TappedSource,
    ) -> None:
        super().__init__()
        self._specs = list(specs)
        self._names = _names(specs)
        self.losses = nn.ModuleList(nn.ModuleList(of_teachers) for of_teachers in losses)
        self.source = source

    @classmethod
    def of(
        cls, spec: ClassificationSpec, student: Classifier, *, source: TappedSource, train: ClassSplit
    ) -> FeatureTerms:
        """This will build the losses for the sizes that features have; raises SpecError, field `method.features`."""
        method = spec.method
        assert isinstance(method, MultiTeacherSpec)
        own = sizes_at(student, [one.student for one in method.features], spec.student.input)
        samples = min(_LOOKED_AT, len(train))
        _, taps = source.look(train.batch(range(samples)))
        for found in taps:
            refuse_frames(found, samples=samples)
        labels_N = train.labels_N.cpu()
        losses = [
            [
                build_feature_loss(
                    one,
                    student=own[one.student],
                    teacher=tuple(found[one.teacher].shape[1:]),
                    labels_N=labels_N,
                    seed=derived_seed("features", spec.seed, number, place),
                )
                for place, found in enumerate(taps)
            ]
            for number, one in enumerate(method.features)
        ]
        return cls(method.features, losses, source=source)

    def terms(
        self, seen: Seen, given: Sequence[Mapping[str, Tensor]], weights_BT: Tensor, batch: ClassBatch
    ) -> dict[str, Tensor]:
        """This will compute one term per feature loss: weight * mean over samples of sum over t of w_t loss_t."""
        rows_B = _moved(batch.rows_B, seen.logits_BC.device)
        terms: dict[str, Tensor] = {}
        for name, spec, of_teachers in zip(self._names, self._specs, self.losses, strict=True):
            assert isinstance(of_teachers, nn.ModuleList)
            parts: list[Tensor] = []
            for place, module in enumerate(of_teachers):
                assert isinstance(module, FeatureLoss)
                own, other = seen.taps[spec.student], given[place][spec.teacher]
                parts.append(weights_BT[:, place] * module.loss(own, other, rows_B=rows_B))
            terms[name] = spec.weight * torch.stack(parts).sum(0).mean()
        return terms


def _moved(rows_B: Tensor, device: torch.device) -> Tensor:
    """Without waiting for the device."""
    return rows_B.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else rows_B


def _names(specs: Sequence[FeatureLossSpec]) -> list[str]:
    """The kinds, numbered from the second of a kind on."""
    seen: Counter[str] = Counter()
    names = []
    for spec in specs:
        seen[spec.kind] += 1
        names.append(spec.kind if seen[spec.kind] == 1 else f"{spec.kind}_{seen[spec.kind]}")
    return names
