"""EMTM: several frozen teachers, weighted per sample, teach one student on a shared encoder.

After Liang et al., arXiv 2308.03725. Departures, each because the released code falls short: teachers are calibrated
probabilities before any weighting (its scales decided the weights); the soft loss is one masked KL with temperature
squared (its double softmax left no gradient); the gate masks padding and starts uniform; the best state is chosen on
validation, measured on real time stamps.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor

from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, Signals, mix
from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.evaluation.student import quality
from mtkd_engine.evaluation.targets import target_windows
from mtkd_engine.evaluation.telling import weights_told
from mtkd_engine.events import Event, Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.gate import Gate
from mtkd_engine.methods.twin import Twin
from mtkd_engine.methods.watch import Watch
from mtkd_engine.methods.weighing import signals_for, weigh
from mtkd_engine.nets.grounding import Encoded, SharedEncoder, SpanModel
from mtkd_engine.spec import EmtmSpec, LearnedSpec
from mtkd_engine.tasks.grounding.alignment import align_loss
from mtkd_engine.tasks.grounding.batches import Batch, SplitData
from mtkd_engine.tasks.grounding.losses import distill_loss, gate_loss, hard_label_loss


class Emtm(Method[Batch]):
    """Student, isomorphic twin and aggregator, trained together.

    Loss = hard(student) + weight * soft(student) + weight * hard(twin) + weight * apart(student, twin) + weight *
    hard(aggregated belief); what has no weight is not computed. An aggregator that is fitted beforehand has an encoder
    of its own where it looks at video and query, a copy of the student's as it begins; it is fitted by `gate` before
    the first step and stays as it is: every sample is taught with the same weights in every epoch.
    """

    def __init__(
        self,
        student: SpanModel,
        *,
        twin: Twin | None,
        aggregator: GroundingAggregator,
        spec: EmtmSpec,
        faculties: Mapping[str, Faculty],
        splits: Mapping[str, SplitData],
        probe_ids: list[str],
    ) -> None:
        super().__init__()
        self.student = student
        self.twin = twin
        self.aggregator = aggregator
        self.gate_encoder: SharedEncoder | None = None
        self._spec = spec
        self._faculties = faculties
        self._splits = splits
        self._probe_ids = probe_ids
        self._watch = Watch()
        self._fixed: dict[str, Tensor] = {}
        self.beforehand = isinstance(spec.aggregator, LearnedSpec) and spec.aggregator.fitted == "beforehand"
        if self.beforehand:
            if aggregator.takes_features:
                self.gate_encoder = copy.deepcopy(student.encoder)
            self.gate().requires_grad_(False)

    def gate(self) -> Gate:
        """This will give the aggregator as it is fitted beforehand, with the same parameters."""
        return Gate(
            self.aggregator,
            self.gate_encoder,
            train_faculty=self._faculties["train"],
            val_faculty=self._faculties["val"],
            val=self._splits["val"],
        )

    def train(self, mode: bool = True) -> Self:
        """This will switch dropout on or off, but not in an encoder that is no longer trained."""
        super().train(mode)
        if self.gate_encoder is not None:
            self.gate_encoder.eval()
        return self

    def terms(self, batch: Batch) -> Terms:
        """This will compute the term `hard` and, where they apply, `kd`, `twin`, `align` and `gate`."""
        encoded: Encoded = self.student.encoder(batch.inputs)
        hidden_BLC = self.student.head.matched(encoded)
        output = self.student.head.predict(hidden_BLC, encoded.clip_mask_BL)
        signals = signals_for(self._faculties["train"], batch)
        weights_BHT = self._weights(signals, batch, encoded)
        mixed_BLL = mix(weights_BHT, signals, encoded.clip_mask_BL)
        losses = {"hard": hard_label_loss(output, batch.targets)}
        if self._spec.distill_weight > 0:
            soft = distill_loss(output, mixed_BLL.detach(), self._spec.temperature)
            losses["kd"] = self._spec.distill_weight * soft
            self._watch.compare(losses["kd"], losses["hard"], (output.start_BL, output.end_BL))
        losses |= self._twin_terms(batch, encoded, hidden_BLC)
        if self.aggregator.trained and not self.beforehand:
            losses["gate"] = self._spec.gate_weight * gate_loss(mixed_BLL, batch.targets)
        self.last_weights = (batch.sample_ids, weights_BHT.detach())
        mean_T = weights_BHT.detach().mean((0, 1))
        observed = {f"weight/{name}": mean_T[t] for t, name in enumerate(signals.names)}
        return Terms(losses, observed)

    def weigh(self, split: SplitData, faculty: Faculty) -> Tensor:
        """This will give the weights (N, H, T) of all samples of a split, in its order, on the CPU."""
        encoder = self.student.encoder if self.gate_encoder is None else self.gate_encoder
        return weigh(self.aggregator, encoder, split=split, faculty=faculty)

    def measure(self, *, step: int) -> Measured:
        """This will measure student, aggregated target and weights on validation."""
        val, faculty = self._splits["val"], self._faculties["val"]
        values = quality(self.student, val)
        weights_NHT = self.weigh(val, faculty)
        target = val.score(target_windows(weights_NHT, faculty, val))
        named = {f"val/{name}": value for name, value in values.items()}
        named["val/target_miou"] = target.values["miou"]
        rows = {sample.sample_id: row for row, sample in enumerate(self._splits["val"].samples)}
        spoken = weights_told(
            weights_NHT.mean(1),
            teachers=faculty.names,
            probe_rows=[rows[sample_id] for sample_id in self._probe_ids],
            step=step,
        )
        warned = self._watch.look(spoken, learned=self.aggregator.trained)
        events: list[Event] = [Metrics(step=step, values=named), spoken, *warned]
        return Measured(values["miou"], events, weights_NHT)

    def _weights(self, signals: Signals, batch: Batch, encoded: Encoded) -> Tensor:
        if not self.beforehand:
            return self.aggregator.weights(signals, Context.of(encoded), labels=batch.targets)
        if not self._fixed:
            # Of whole splits in their order: what a sample's weights are to the last bit depends on its batch.
            train = self._splits["train"]
            with torch.no_grad():
                weights_NHT = self.weigh(train, self._faculties["train"]).to(encoded.clip_mask_BL.device)
            self._fixed = {s.sample_id: row for s, row in zip(train.samples, weights_NHT, strict=True)}
        return torch.stack([self._fixed[sample_id] for sample_id in batch.sample_ids])

    def _twin_terms(self, batch: Batch, encoded: Encoded, hidden_BLC: Tensor) -> dict[str, Tensor]:
        if self.twin is None:
            return {}
        spec = self._spec.isomorphic
        twin_BLC = self.twin.states(batch.inputs, encoded)
        output = self.twin.predict(twin_BLC, encoded.clip_mask_BL)
        terms = {"twin": spec.weight * hard_label_loss(output, batch.targets)}
        if spec.align_weight > 0:
            terms["align"] = spec.align_weight * align_loss(hidden_BLC, twin_BLC, encoded.clip_mask_BL)
        return terms
