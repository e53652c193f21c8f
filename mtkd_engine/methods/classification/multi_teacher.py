"""Several classifiers, weighed by an aggregator, teach one student.

The family of You et al. 2017 (AVER), EBKD, CA-MKD, AE-KD, MMKD and MTKD-RL: what tells them apart is the aggregator.
Departures, for all of them: teachers are calibrated and speak of the dataset's classes before any weighting; weights
sum to 1 unless the spec says `paper`; what learns, learns on held-out samples; the best state is chosen on validation.

Shape suffixes: B samples of a batch, N of validation, T teachers, C classes, F features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.aggregators.class_evidence import labels_of
from mtkd_engine.aggregators.classification import ClassAggregator, ClassContext, ClassSignals, Space
from mtkd_engine.aggregators.source import SignalSource
from mtkd_engine.evaluation.classification.asking import Answers, ask
from mtkd_engine.evaluation.classification.weighing import Occasion, mixed, weigh
from mtkd_engine.evaluation.telling import weights_told
from mtkd_engine.events import Event, Metrics
from mtkd_engine.methods.base import Measured, Method, Terms
from mtkd_engine.methods.classification.feature_terms import FeatureTerms
from mtkd_engine.methods.classification.hidden import guessed
from mtkd_engine.methods.classification.learning import Learner, Lesson
from mtkd_engine.methods.classification.sight import Seen, Sight
from mtkd_engine.methods.classification.soft import Soft
from mtkd_engine.methods.watch import Watch
from mtkd_engine.spec import MultiTeacherSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.losses import hard_label_loss, mean_of
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a job measures on: validation, what the teachers believe of it, and whose weights are shown."""

    val: ClassSplit
    signals: ClassSignals
    probe_rows: list[int]


class MultiTeacher(Method[ClassBatch]):
    """Student, aggregator and what teaches the aggregator.

    Loss = weight * hard + weight * scale * soft + sum of weight * feature loss; what has no weight is not computed.
    Weights carry no gradient into these: an aggregator that learns does so after each step, in `learner`, by a rule and
    an optimiser of its own. `fixed_T` are the weights of teachers whose beliefs were mixed into one beforehand.
    """

    def __init__(
        self,
        sight: Sight,
        *,
        spec: MultiTeacherSpec,
        aggregator: ClassAggregator,
        learner: Learner | None,
        features: FeatureTerms | None,
        soft: Soft,
        source: SignalSource,
        held: Held,
        fixed_T: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.student = sight.model
        self.aggregator = aggregator
        self.learner = learner
        self.features = features
        self._sight = sight
        self._spec = spec
        self._soft = soft
        self._source = source
        self._held = held
        self._fixed_T = fixed_T
        self._watch = Watch()
        self._lesson: Lesson | None = None
        self._steps = 0

    @property
    def space(self) -> Space:
        """Where the aggregated belief is averaged when it is looked at on its own."""
        return "logit" if self._soft.space == "logit" else "probability"

    def fitted(self) -> Iterator[nn.Parameter]:
        """This will give what the loop's optimiser fits: the student and what stands between features."""
        yield from (p for p in self.student.parameters() if p.requires_grad)
        if self.features is not None:
            yield from (p for p in self.features.parameters() if p.requires_grad)

    def get_extra_state(self) -> dict[str, Any]:
        """This will give the number of steps done, for a checkpoint."""
        return {"steps": self._steps}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """This will take up the number of steps done."""
        self._steps = state["steps"]

    def terms(self, batch: ClassBatch) -> Terms:
        """This will compute `hard`, `kd` and a term per feature loss, as far as each has a weight."""
        # Teachers first: they need much memory for a moment, the student holds its own until the backward pass.
        signals, given = self._ask(batch)
        seen = self._sight.look(batch.inputs)
        weights_BT = self._weigh(signals, seen, batch)
        known = guessed(batch, signals)
        losses: dict[str, Tensor] = {}
        if self._spec.hard_weight > 0:
            hard = mean_of([hard_label_loss(logits_BC, batch) for logits_BC in seen.taught])
            losses["hard"] = self._spec.hard_weight * hard
        if self._spec.distill_weight > 0:
            soft_B = mean_of(
                [
                    self._soft.loss(logits_BC, signals, weights_BT, known, step=self._steps)
                    for logits_BC in seen.taught
                ]
            )
            losses["kd"] = self._spec.distill_weight * soft_B.mean()
            if "hard" in losses:
                self._watch.compare(losses["kd"], losses["hard"], seen.taught)
        if self.features is not None:
            losses |= self.features.terms(seen, given, weights_BT, batch)
        self._note(batch, seen, signals, weights_BT)
        mean_T = weights_BT.mean(0) if self._fixed_T is None else self._fixed_T
        observed = {f"weight/{name}": mean_T[t] for t, name in enumerate(self._held.signals.names)}
        return Terms(losses, observed)

    def stepped(self, *, step: int, rate: float) -> dict[str, Tensor]:
        """This will let the aggregator learn from the step, where it does."""
        self._steps = step
        if self.learner is None or self._lesson is None:
            return {}
        lesson, self._lesson = self._lesson, None
        seen = self.learner.after(lesson, step=step, rate=rate)
        # What an aggregator minimises is no term of the student's loss, and not to be held against these.
        return {"/".join(reversed(name.split("/"))): value for name, value in seen.items()}

    def measure(self, *, step: int) -> Measured:
        """This will measure student, aggregated belief and weights on validation."""
        answers = ask(self.student, self._sight.reads, self._held.val)
        labels_N = self._held.val.labels_N.cpu()
        values = Quality.of(answers.log_probs(), labels_N).values
        weights_NT = self.weigh(Occasion(self._held.signals, answers, labels_N))
        target = Quality.of(mixed(weights_NT, self._held.signals, space=self.space), labels_N)
        named = {f"val/{name}": value for name, value in values.items()}
        named["val/target_top1"] = target.values["top1"]
        spoken = weights_told(
            weights_NT, teachers=self._held.signals.names, probe_rows=self._held.probe_rows, step=step
        )
        warned = self._watch.look(spoken, learned=self.learner is not None)
        events: list[Event] = [Metrics(step=step, values=named), spoken, *warned]
        return Measured(values["top1"], events, weights_NT.unsqueeze(1))

    def weigh(self, occasion: Occasion) -> Tensor:
        """This will give the weights (N, T) of all samples of a split, in its order, on the CPU."""
        return weigh(self.aggregator, occasion, device=next(self.student.parameters()).device)

    def answers(self, split: ClassSplit) -> Answers:
        """This will ask the student about a split as it is."""
        return ask(self.student, self._sight.reads, split)

    def _ask(self, batch: ClassBatch) -> tuple[ClassSignals, Sequence[Mapping[str, Tensor]]]:
        """The teachers' beliefs on a batch, and what their taps gave where feature losses need it."""
        if self.features is None:
            return self._source.signals(batch), ()
        return self.features.source.look(batch)

    def _weigh(self, signals: ClassSignals, seen: Seen, batch: ClassBatch) -> Tensor:
        if len(signals.names) < len(self._held.signals.names):  # one belief stands for all
            return signals.like.new_ones((signals.batch, 1))
        classes = signals.like.shape[2]
        with torch.no_grad():
            weights_BHT = self.aggregator.weights(
                signals,
                ClassContext(seen.features_BF.detach()),
                student=seen.logits_BC.detach(),
                labels=labels_of(guessed(batch, signals), classes=classes)
                if self.aggregator.needs_labels
                else None,
            )
        return weights_BHT[:, 0]

    def _note(self, batch: ClassBatch, seen: Seen, signals: ClassSignals, weights_BT: Tensor) -> None:
        """Keep what is looked at after the step: who taught whom, and what an aggregator learns from."""
        if self._fixed_T is not None:
            weights_BT = self._fixed_T.expand(signals.batch, -1)
        self.last_weights = (batch.sample_ids, weights_BT.unsqueeze(1))
        if self.learner is not None:
            self._lesson = Lesson(
                guessed(batch, signals), signals, seen.logits_BC.detach(), seen.features_BF.detach()
            )
