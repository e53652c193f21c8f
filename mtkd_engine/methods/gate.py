"""An aggregator on its own, before there is a student to teach."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, mix
from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.evaluation.targets import target_windows
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.weighing import signals_for
from mtkd_engine.nets.grounding import SharedEncoder
from mtkd_engine.tasks.grounding.batches import Batch, SplitData
from mtkd_engine.tasks.grounding.losses import gate_loss


class Gate(Method[Batch]):
    """An aggregator and, where it looks at video and query, an encoder of its own; one loss term, `gate`.

    The best state is the one whose mixed beliefs make the labels of validation likeliest: `gate_loss` there.
    """

    def __init__(
        self,
        aggregator: GroundingAggregator,
        encoder: SharedEncoder | None,
        *,
        train_faculty: Faculty,
        val_faculty: Faculty,
        val: SplitData,
    ) -> None:
        super().__init__()
        self.aggregator = aggregator
        self.encoder = encoder
        self._train_faculty = train_faculty
        self._val_faculty = val_faculty
        self._val = val

    def terms(self, batch: Batch) -> Terms:
        """This will compute the label loss of the mixed belief."""
        weights_BHT, loss = self._asked(batch, self._train_faculty)
        mean_T = weights_BHT.detach().mean((0, 1))
        names = self._train_faculty.names
        return Terms({"gate": loss}, {f"weight/{name}": mean_T[t] for t, name in enumerate(names)})

    def measure(self, *, step: int) -> Measured:
        """This will measure the mixed belief and the window that it says on validation."""
        weights: list[Tensor] = []
        total = 0.0
        for batch in self._val.in_order():
            weights_BHT, loss = self._asked(batch, self._val_faculty)
            weights.append(weights_BHT.cpu())
            total += float(loss) * len(batch.samples)
        mean = total / len(self._val)
        said_N2 = target_windows(torch.cat(weights), self._val_faculty, self._val)
        named = {"val/gate": mean, "val/target_miou": self._val.score(said_N2).values["miou"]}
        return Measured(-mean, [Metrics(step=step, values=named)])

    def _asked(self, batch: Batch, faculty: Faculty) -> tuple[Tensor, Tensor]:
        signals = signals_for(faculty, batch)
        context = None if self.encoder is None else Context.of(self.encoder(batch.inputs))
        weights_BHT = self.aggregator.weights(signals, context, labels=batch.targets)
        mixed_BLL = mix(weights_BHT, signals, batch.inputs.clip_mask_BL)
        return weights_BHT, gate_loss(mixed_BLL, batch.targets)
