"""EMTM: several frozen teachers, weighted per sample, teach one student on a shared encoder.

After Liang et al., arXiv 2308.03725. Departures, each because the released code falls short: teachers are calibrated
probabilities before any weighting (its scales decided the weights); the soft loss is one masked KL with temperature
squared (its double softmax left no gradient); the gate masks padding and starts uniform; the best state is chosen on
validation, measured on real time stamps.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mtkd_engine.aggregators.base import Aggregator, Context, Signals, mix
from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.evaluation.student import quality
from mtkd_engine.evaluation.targets import target_windows
from mtkd_engine.events import Event, Metrics, Warned, Weights
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.nets.grounding.span import Encoded, SpanHead, SpanModel
from mtkd_engine.spec import EmtmSpec
from mtkd_engine.tasks.grounding.batches import Batch, SplitData
from mtkd_engine.tasks.grounding.losses import distill_loss, gate_loss, hard_label_loss

DEAD_GRADIENT = 1e-3
COLLAPSED = 0.98


class Emtm(Method):
    """Student, isomorphic twin head and aggregator, trained together.

    Loss = hard(student) + weight * hard(twin) + weight * hard(aggregated belief) + weight * soft(student).
    """

    def __init__(
        self,
        student: SpanModel,
        *,
        twin: SpanHead | None,
        aggregator: Aggregator,
        spec: EmtmSpec,
        train_faculty: Faculty,
        val_faculty: Faculty,
        val: SplitData,
        probe_ids: list[str],
    ) -> None:
        super().__init__()
        self.student = student
        self.twin = twin
        self.aggregator = aggregator
        self._spec = spec
        self._train_faculty = train_faculty
        self._val_faculty = val_faculty
        self._val = val
        self._probe_ids = probe_ids
        self.last_weights: tuple[list[str], Tensor] | None = None
        """Samples of the last batch and the weights (B, H, T) that taught them, without gradient."""
        self._ratio: Tensor | None = None
        self._warned: set[str] = set()

    def terms(self, batch: Batch) -> Terms:
        """This will compute the terms `hard`, `kd` and, where they apply, `twin` and `gate`."""
        encoded: Encoded = self.student.encoder(batch.inputs)
        output = self.student.head(encoded)
        signals = self._signals(self._train_faculty, batch)
        weights_BHT = self.aggregator.weights(signals, Context.of(encoded))
        mixed_BLL = mix(weights_BHT, signals, encoded.clip_mask_BL)
        losses = {
            "hard": hard_label_loss(output, batch.targets),
            "kd": self._spec.distill_weight
            * distill_loss(output, mixed_BLL.detach(), self._spec.temperature),
        }
        if self.twin is not None:
            losses["twin"] = self._spec.isomorphic.weight * hard_label_loss(self.twin(encoded), batch.targets)
        if self.aggregator.trained:
            losses["gate"] = self._spec.gate_weight * gate_loss(mixed_BLL, batch.targets)
        if self._ratio is None and self._spec.distill_weight > 0:
            self._ratio = _gradient_ratio(losses["kd"], losses["hard"], (output.start_BL, output.end_BL))
        self.last_weights = (batch.sample_ids, weights_BHT.detach())
        mean_T = weights_BHT.detach().mean((0, 1))
        observed = {f"weight/{name}": mean_T[t] for t, name in enumerate(signals.names)}
        return Terms(losses, observed)

    def weigh(self, split: SplitData, faculty: Faculty) -> Tensor:
        """This will give the weights (N, H, T) of all samples of a split, in its order, on the CPU."""
        parts: list[Tensor] = []
        for batch in split.in_order():
            encoded = self.student.encoder(batch.inputs)
            parts.append(self.aggregator.weights(self._signals(faculty, batch), Context.of(encoded)).cpu())
        return torch.cat(parts)

    def measure(self, *, step: int) -> Measured:
        """This will measure student, aggregated target and weights on validation."""
        values = quality(self.student, self._val)
        weights_NHT = self.weigh(self._val, self._val_faculty)
        windows_N2 = target_windows(weights_NHT, self._val_faculty, self._val)
        target = self._val.score(windows_N2)
        named = {f"val/{name}": value for name, value in values.items()}
        named["val/target_miou"] = target.values["miou"]
        spoken = self._weights_event(weights_NHT.mean(1), step=step)
        events: list[Event] = [Metrics(step=step, values=named), spoken, *self._warnings(spoken)]
        return Measured(values["miou"], events, weights_NHT)

    def _signals(self, faculty: Faculty, batch: Batch) -> Signals:
        length = batch.inputs.clip_mask_BL.shape[1]
        device = batch.inputs.features_BLD.device
        return faculty.signals(batch.sample_ids, length=length, device=device)

    def _weights_event(self, weights_NT: Tensor, *, step: int) -> Weights:
        rows = {sample.sample_id: row for row, sample in enumerate(self._val.samples)}
        probe = [[round(float(w), 5) for w in weights_NT[rows[sample_id]]] for sample_id in self._probe_ids]
        return Weights(
            step=step,
            teachers=self._val_faculty.names,
            mean=[round(float(w), 6) for w in weights_NT.mean(0)],
            probe=probe,
            entropy=round(normalised_entropy(weights_NT), 6),
        )

    def _warnings(self, spoken: Weights) -> list[Event]:
        found: list[Event] = []
        top = max(spoken.mean)
        if len(spoken.mean) > 1 and top > COLLAPSED:
            name = spoken.teachers[spoken.mean.index(top)]
            message = f"The weights collapsed: teacher {name!r} holds {top:.1%} of them on average."
            found.append(Warned(code="weights_collapsed", message=message, step=spoken.step))
        ratio = None if self._ratio is None else float(self._ratio)
        self._ratio = None
        if ratio is not None and ratio < DEAD_GRADIENT:
            message = (
                f"The distillation loss moves the student {ratio:.1e} times as hard as the labels do; "
                "the teachers hardly count. A larger distillation weight or lower temperature helps."
            )
            found.append(Warned(code="kd_gradient_dead", message=message, step=spoken.step))
        fresh = [event for event in found if isinstance(event, Warned) and event.code not in self._warned]
        self._warned |= {event.code for event in fresh}
        return list(fresh)


def normalised_entropy(weights_NT: Tensor) -> float:
    """This will give the mean entropy of the rows divided by log T: 1 is uniform; one teacher counts as 1."""
    teachers = weights_NT.shape[-1]
    if teachers < 2:
        return 1.0
    return float(torch.special.entr(weights_NT).sum(-1).mean()) / math.log(teachers)


def _gradient_ratio(kd: Tensor, hard: Tensor, logits: tuple[Tensor, ...]) -> Tensor:
    def norm(loss: Tensor) -> Tensor:
        grads = torch.autograd.grad(loss, logits, retain_graph=True)
        both: Tensor = torch.stack([g.norm() for g in grads]).norm()
        return both

    ratio: Tensor = norm(kd) / norm(hard).clamp_min(1e-12)
    return ratio.detach()
