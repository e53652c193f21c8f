"""What draws a substage of the student to those of its teachers, weighed as the teachers' beliefs are.

Shape suffixes: B samples, T teachers, C classes. Maps are (B, D, L, H, W): D channels, L moments in time, H and W
positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassSignals, softened
from mtkd_engine.aggregators.source import TappedSource
from mtkd_engine.methods.classification.sight import Seen
from mtkd_engine.methods.classification.staged.adapters import Adapter
from mtkd_engine.methods.classification.staged.cuts import Cut, Tutor
from mtkd_engine.methods.classification.staged.plan import Stage
from mtkd_engine.nets.classification.taps import Tapped
from mtkd_engine.spec.classification.kinds import AnyInput
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.losses import kd
from mtkd_engine.tasks.classification.substages import Sizes, between, distribution, similarity

Taps = Mapping[str, Tensor]


@dataclass(frozen=True)
class Observed:
    """All that is known of a batch: what the student made of it, and what every teacher did and believes."""

    batch: ClassBatch
    seen: Seen
    taps: Sequence[Taps]
    signals: ClassSignals
    weights_BT: Tensor


@dataclass(frozen=True)
class Compared:
    """The terms of a stage by name, each (B,), and what the hybrids of student and teachers believe."""

    terms: dict[str, Tensor]
    hybrid_BC: Tensor | None
    """Log-probabilities under the weights of the teachers, without gradient; None where no hybrid was asked."""


class SubstageTerms(nn.Module):
    """Student and teachers cut into substages, with adapters between those that correspond: one per teacher.

    Of a student of K substages number k corresponds to number k * L / K, rounded up, of a teacher of L. A hybrid is
    the student up to k, the adapter, and the teacher from there on, whose parameters are frozen.
    """

    adapters: nn.ModuleList

    def __init__(self, own: Cut, tutors: Sequence[Tutor], *, temperature: float) -> None:
        """This will stand between these networks; `begin` makes the adapters."""
        super().__init__()
        self.own = own
        self.tutors = list(tutors)
        self.adapters = nn.ModuleList()
        self._temperature = temperature

    def begin(self, reads: AnyInput, source: TappedSource, batch: ClassBatch) -> None:
        """This will make the adapters for the widths that a batch shows, from torch's global generator.

        They begin with the moments of the teachers' features on it. `reads` is what the student does.
        """
        taps = self._taps_of_student(reads, batch)
        _, given = source.look(batch)
        for k in range(1, len(self.own) + 1):
            own = self.own.maps(k, taps)
            others = [self._other(k, tutor, given[place]) for place, tutor in enumerate(self.tutors)]
            several = [Adapter(own.shape[1], other.shape[1]) for other in others]
            for adapter, other in zip(several, others, strict=True):
                adapter.to(other.device).begin_at(own, other)
            self.adapters.append(nn.ModuleList(several))

    def learns(self, rates: Sequence[float]) -> None:
        """This will say of the adapters of each substage whether they learn: where its share of the rate is not 0."""
        for several, rate in zip(self.adapters, rates, strict=False):
            several.requires_grad_(rate > 0)

    def rest(self, rates: Sequence[float]) -> None:
        """This will let those that do not learn do what they do in evaluation."""
        for several, rate in zip(self.adapters, rates, strict=False):
            if not rate:
                several.eval()

    def compare(self, stage: Stage, observed: Observed) -> Compared:
        """This will compute the terms of a stage: sums over teachers of weight * loss, for each sample."""
        assert stage.substage is not None
        sums: dict[str, list[Tensor]] = {name: [] for name in stage.losses}
        hybrids: list[Tensor] = []
        for place in range(len(self.tutors)):
            weight_B = observed.weights_BT[:, place]
            found, hybrid_BC = self._apart(stage.substage, place, observed, stage.losses)
            for name, loss_B in found.items():
                sums[name].append(weight_B * loss_B)
            if hybrid_BC is not None:
                hybrids.append(hybrid_BC.detach().exp() * weight_B.unsqueeze(1))
        mixed_BC = (
            torch.stack(hybrids).sum(0).clamp(min=torch.finfo(torch.float32).tiny).log() if hybrids else None
        )
        return Compared({name: torch.stack(parts).sum(0) for name, parts in sums.items()}, mixed_BC)

    def _apart(
        self, k: int, place: int, observed: Observed, wanted: Mapping[str, float]
    ) -> tuple[dict[str, Tensor], Tensor | None]:
        """How far the student is from one teacher at a substage, each (B,), and what their hybrid believes."""
        tutor, taps = self.tutors[place], observed.taps[place]
        own, other = self.own.maps(k, observed.seen.taps), self._other(k, tutor, taps)
        mapped, met = self._met(k, place, own, other)
        terms: dict[str, Tensor] = {}
        hybrid_BC: Tensor | None = None
        if "hybrid" in wanted:
            hybrid_BC = tutor.after(tutor.cut.partner(k, of=len(self.own)), met, observed.batch)
            target_BC = softened(observed.signals.log_probs_TBC[place], self._temperature)
            terms["hybrid"] = kd(hybrid_BC, target_BC, temperature=self._temperature)
        if "distribution" in wanted:
            terms["distribution"] = distribution(mapped, other, weights_B=observed.weights_BT[:, place])
        if "similarity" in wanted:
            terms["similarity"] = similarity(own, other)
        if "between" in wanted:
            own_before, other_before = (
                self.own.maps(k - 1, observed.seen.taps),
                self._other(k - 1, tutor, taps),
            )
            _, met_before = self._met(k - 1, place, own_before, other_before)
            terms["between"] = between((met_before, met), (other_before, other))
        return terms, hybrid_BC

    def _met(self, k: int, place: int, own: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
        several = self.adapters[k - 1]
        assert isinstance(several, nn.ModuleList)
        sizes: Sizes = (other.shape[2], other.shape[3], other.shape[4])
        mapped, met = several[place](own, sizes)
        return mapped, met

    def _other(self, k: int, tutor: Tutor, taps: Taps) -> Tensor:
        return tutor.cut.maps(tutor.cut.partner(k, of=len(self.own)), taps).detach()

    @torch.no_grad()
    def _taps_of_student(self, reads: AnyInput, batch: ClassBatch) -> Taps:
        """Of the network as it is: by the hooks of a compiled one it would be compiled for this batch alone."""
        was_training = self.own.net.training
        tapped = Tapped(self.own.net, self.own.paths)
        try:
            _, taps = tapped.eval()(to_input(batch.inputs, reads))
        finally:
            tapped.close()
            self.own.net.train(was_training)
        found: Taps = taps
        return found
