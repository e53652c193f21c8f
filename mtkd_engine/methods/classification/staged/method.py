"""A student that learns in stages: substage by substage after those of its teachers, then as a whole.

After Wang & Tang 2023 (arXiv 2307.05201), whose formulas are not public; the stages are of our own design. What tells
it from the published relative that has code (Stagewise KD, arXiv 1911.06786): what is frozen is in evaluation mode as
well, or its batch normalisation would go on to learn statistics; hybrids of student and teacher are taught soft
labels; there are several teachers, weighed per sample; samples without labels learn in the last stage too.

Shape suffixes: B samples of a batch, N of a split, T teachers, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import Tensor, nn

from mtkd_engine.aggregators.classification import ClassAggregator, ClassSignals
from mtkd_engine.evaluation.classification.weighing import Occasion, uniform_weights
from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Measured, ParameterGroup, Terms
from mtkd_engine.methods.classification.hidden import veiled
from mtkd_engine.methods.classification.learning import Learner
from mtkd_engine.methods.classification.multi_teacher import Held, MultiTeacher
from mtkd_engine.methods.classification.sight import Seen, Sight
from mtkd_engine.methods.classification.soft import Soft
from mtkd_engine.methods.classification.staged.groups import groups_of
from mtkd_engine.methods.classification.staged.labels import label_terms
from mtkd_engine.methods.classification.staged.parts import parts_of
from mtkd_engine.methods.classification.staged.plan import Stage, whole_spec
from mtkd_engine.methods.classification.staged.pseudo import PseudoLabels, Tally
from mtkd_engine.methods.classification.staged.sources import Sources
from mtkd_engine.methods.classification.staged.terms import Observed, SubstageTerms
from mtkd_engine.methods.classification.staged.validation import on_validation
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.tasks.classification.batches import ClassBatch

Clean = Callable[[Sequence[int]], ClassBatch]


class Staged(MultiTeacher):
    """Student, adapters, aggregator and pseudo labels; what they do depends on the stage, which the caller enters.

    In a stage of a substage: loss = sum of weight * mean over samples of sum over t of w_t loss_t, none of which looks
    at a label, and the best state is that of least loss on validation. In the last one, as of `MultiTeacher`:
    (1 - a) hard + a soft, and the best state is that of the highest top-1 there. Of samples that have no label the
    true class is put out of sight before anything else happens; aggregators that ask for labels get what the
    teachers' average says (those that ask for the student's answers weigh evenly until the last stage, and learn in
    that), and the last stage takes accepted pseudo labels:
    hard = sum over samples of v_b CE_b / sum of v_b (at least 1), v = 1 where there is a label, 1 - u where a pseudo
    label is accepted, of which the parts are reported as `hard` and `pseudo`.

    The teachers' parameters are no part of its state, and get no gradient; adapters are of no use after training.
    """

    def __init__(
        self,
        sight: Sight,
        *,
        spec: StagedSpec,
        plan: Sequence[Stage],
        substages: SubstageTerms,
        aggregator: ClassAggregator,
        learner: Learner | None,
        sources: Sources,
        held: Held,
        pseudo: PseudoLabels | None = None,
        labels_N: Tensor | None = None,
        clean: Clean | None = None,
    ) -> None:
        """This will begin in the first stage of the plan.

        `sight` taps the student after each of its substages. `pseudo` is None where all samples have labels, or
        nothing may stand in for those that are missing; `labels_N` are the true classes of the training samples,
        against which pseudo labels are held when they are reported, and nothing else. `clean` gives training samples
        as they are, for views that are mixed of two: what is said of such is no belief about either.
        """
        inner = whole_spec(spec)
        super().__init__(
            sight,
            spec=inner,
            aggregator=aggregator,
            learner=learner,
            features=None,
            soft=Soft(spec=inner, scale=1.0, steps_of_epoch=1),
            source=sources.signals,
            held=held,
        )
        self.plan = tuple(plan)
        self.substages = substages
        self.pseudo = pseudo
        self._labels_N = labels_N
        self._clean = clean
        self._tapped = sources.tapped
        self._parts = parts_of(sight.model, substages.own.paths)
        self._logits_BC: Tensor | None = None
        self.stage = self.plan[0]
        self.enter(self.stage)

    def enter(self, stage: Stage) -> None:
        """This will begin a stage: what is trained from now on, and by what. The optimiser is to be made anew."""
        assert len(stage.rates) == len(self._parts)
        self.stage = stage
        for part, rate in zip(self._parts, stage.rates, strict=True):
            part.learns(rate > 0)
        self.substages.learns(self._adapter_rates)

    def train(self, mode: bool = True) -> Staged:
        """This will go into training, but for what rests in this stage."""
        super().train(mode)
        if mode:
            for part, rate in zip(self._parts, self.stage.rates, strict=True):
                if not rate:
                    part.rest()
            self.substages.rest(self._adapter_rates)
        return self

    def groups(self) -> list[ParameterGroup]:
        """This will give what is fitted in this stage by its share of the learning rate, the whole rate first."""
        rates = self.stage.rates
        student = [(rate, part.parameters) for part, rate in zip(self._parts, rates, strict=True)]
        between = [
            (rate, list(several.parameters()))
            for several, rate in zip(self.substages.adapters, self._adapter_rates, strict=True)
        ]
        return groups_of([*student, *between])

    def fitted(self) -> Iterator[nn.Parameter]:
        """This will give what is fitted in this stage, whatever its share of the learning rate."""
        for group in self.groups():
            yield from group["params"]

    def get_extra_state(self) -> dict[str, Any]:
        """This will say at which stage it is."""
        return {**super().get_extra_state(), "stage": self.stage.number}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """This will enter the stage that a state was left in."""
        super().set_extra_state(state)
        self.enter(self.plan[state["stage"]])

    def terms(self, batch: ClassBatch) -> Terms:
        """This will compute the terms of the stage."""
        batch = veiled(batch)
        return self._of_whole(batch) if self.stage.substage is None else self._of_substage(batch)

    def measure(self, *, step: int) -> Measured:
        """This will measure on validation: as `MultiTeacher`, the terms of the stage, and pseudo labels on train."""
        measured = super().measure(step=step)
        values: dict[str, float] = {}
        score = measured.score
        if self.stage.substage is not None:
            values = on_validation(
                self._held.val.in_order(),
                compare=lambda batch: self.substages.compare(self.stage, self._observed(batch)),
                weights=self.stage.losses,
            )
            score = -values["val/loss"]
        if (tally := self.tally()) is not None:
            values |= {f"pseudo/{name}": value for name, value in tally.values.items()}
        said = [Metrics(step=step, values=values)] if values else []
        return Measured(score, [*measured.events, *said], measured.weights_NHT)

    def tally(self) -> Tally | None:
        """This will count pseudo labels and how many of them are right; None where there are none."""
        if self.pseudo is None or self._labels_N is None:
            return None
        return self.pseudo.tally(self._labels_N)

    @property
    def _adapter_rates(self) -> Sequence[float]:
        """Those of the substages whose features they adapt; nothing asks for them in the last stage."""
        count = len(self.substages.adapters)
        return (0.0,) * count if self.stage.substage is None else self.stage.rates[:count]

    def _observed(self, batch: ClassBatch) -> Observed:
        """Teachers first: they need much memory for a moment. The student goes no further than somebody asks for."""
        signals, taps = self._tapped.look(batch)
        if self._asks_for_answers:
            seen = self._sight.look(batch.inputs)
        else:
            assert self.stage.substage
            last = self.substages.own.paths[self.stage.substage - 1]
            nothing = signals.like.new_empty(signals.batch, 0)
            seen = Seen(nothing, nothing, taps=self._sight.look_up_to(last, batch.inputs))
        return Observed(batch, seen, taps, signals, self._weigh(signals, seen, batch))

    def _of_substage(self, batch: ClassBatch) -> Terms:
        found = self._observed(batch)
        self._note(batch, found.seen, found.signals, found.weights_BT)
        compared = self.substages.compare(self.stage, found)
        losses = {name: self.stage.losses[name] * loss_B.mean() for name, loss_B in compared.terms.items()}
        mean_T = found.weights_BT.mean(0)
        return Terms(losses, {f"weight/{name}": mean_T[t] for t, name in enumerate(found.signals.names)})

    def _of_whole(self, batch: ClassBatch) -> Terms:
        terms = super().terms(batch)
        logits_BC, self._logits_BC = self._logits_BC, None
        if self.pseudo is None or logits_BC is None or batch.labelled_B is None or "hard" not in terms.losses:
            return terms
        parts = label_terms(
            terms.losses["hard"],
            logits_BC,
            batch=batch,
            targets=self.pseudo.targets(batch.rows_B),
            weight=self.stage.losses["hard"],
        )
        return Terms({**terms.losses, **parts}, terms.observed)

    def weigh(self, occasion: Occasion) -> Tensor:
        """This will give the weights (N, T) of all samples of a split, as they are in this stage."""
        return uniform_weights(occasion.signals) if self._says_nothing_yet else super().weigh(occasion)

    @property
    def _asks_for_answers(self) -> bool:
        """Whether the aggregator, or what teaches it, looks at the student's logits or features."""
        return self.aggregator.takes_features or self.learner is not None

    @property
    def _says_nothing_yet(self) -> bool:
        """Whether the aggregator looks at what a student says whose head has not begun to learn."""
        return self.stage.substage is not None and self.aggregator.needs_student

    def _weigh(self, signals: ClassSignals, seen: Seen, batch: ClassBatch) -> Tensor:
        if self._says_nothing_yet:
            return signals.like.new_full((signals.batch, len(signals.names)), 1.0 / len(signals.names))
        return super()._weigh(signals, seen, batch)

    def _note(self, batch: ClassBatch, seen: Seen, signals: ClassSignals, weights_BT: Tensor) -> None:
        super()._note(batch, seen, signals, weights_BT)
        if self._says_nothing_yet:
            self._lesson = None
        if self.pseudo is None:
            return
        if self.stage.substage is None:
            self._logits_BC = seen.logits_BC
        if batch.mixed is None:
            self.pseudo.saw(batch.rows_B, signals.log_probs_TBC, weights_BT)
        elif self.stage.number == 0:  # of frozen teachers, once is enough
            assert self._clean is not None, "pseudo labels of samples that are mixed need `clean`"
            batch = veiled(self._clean(batch.rows_B.tolist()))
            signals = self._source.signals(batch)
            self.pseudo.saw(batch.rows_B, signals.log_probs_TBC, self._weigh(signals, seen, batch))
