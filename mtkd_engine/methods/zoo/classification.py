"""Task classification as the methods of a zoo see it: confidence on the true class says who knows best.

Shape suffixes: B samples, N samples of a split, C classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from mtkd_engine.evaluation.classification.asking import ask
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.zoo.face import Answer, Criterion, Discipline, Standing
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.spec import ClassifierCard, ClassOptimSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.calibrate import fit_temperature
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.losses import hard_label_loss, kd, mean_of
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit


class ClassDiscipline(Discipline[ClassBatch]):
    """Classifiers of one dataset's classes, each behind its own input and class order."""

    primary = "top1"

    def __init__(
        self,
        cards: Sequence[tuple[str, ClassifierCard]],
        *,
        classes: Sequence[str],
        splits: Mapping[str, ClassSplit],
        optim: ClassOptimSpec,
        calibrated: bool,
    ) -> None:
        """This will hold the cards of all participants by name; raises ValueError where one lacks a class."""
        self._cards = [card for _, card in cards]
        self._maps = [ClassMap.of(card.classes, classes, teacher=name) for name, card in cards]
        self._splits = splits
        self._optim = optim
        self._calibrated = calibrated

    def runner(self, model: nn.Module, place: int) -> Callable[[ClassBatch], Answer]:
        """This will run a classifier on what is shared, and bring its logits into the dataset's class order."""
        assert isinstance(model, Classifier)
        sight = Sight(model, self._cards[place].input, optim=self._optim)
        classes = self._maps[place]

        def run(batch: ClassBatch) -> Answer:
            seen = sight.look(batch.inputs)
            return Answer(classes.apply(seen.logits_BC), tuple(classes.apply(part) for part in seen.parts))

        return run

    def supervised(self, answer: Answer, batch: ClassBatch) -> Tensor:
        """This will give the cross-entropy, mean over the samples that have a label."""
        return mean_of([hard_label_loss(logits_BC, batch) for logits_BC in answer.taught])

    def criterion(self, answer: Answer, batch: ClassBatch, *, by: Criterion, temperature: float) -> Tensor:
        """This will give the log-probability of the true class, or of the likeliest one, (B,).

        Of mixed images it is that of their mixed label. By the truth nobody can tell where a label is hidden.
        """
        log_BC = torch.log_softmax(answer.logits.detach().float() / temperature, dim=1)
        if by == "own_confidence":
            return log_BC.amax(1)
        known_B = _of_truth(log_BC, batch)
        hidden_B = _hidden(batch)
        return known_B if hidden_B is None else known_B.masked_fill(hidden_B, float("-inf"))

    def transfer(self, source: Answer, learner: Answer, *, batch: ClassBatch, temperature: float) -> Tensor:
        """This will give T^2 KL(source || learner), (B,); of a network in parts the mean over them."""
        target_BC = torch.log_softmax(source.logits.float() / temperature, dim=1)
        return mean_of([kd(logits_BC, target_BC, temperature=temperature) for logits_BC in learner.taught])

    def standing(
        self, model: nn.Module, place: int, split: str, *, by: Criterion, thorough: bool = False
    ) -> Standing:
        """This will measure a classifier, calibrated on validation: top-1, top-5, calibration error, likelihood."""
        assert isinstance(model, Classifier)
        logits_NC = self._logits(model, place, split)
        held_NC = logits_NC if split == "val" else self._logits(model, place, "val")
        fitted = fit_temperature(held_NC, self._splits["val"].labels_N.cpu())
        quality = Quality.of(
            log_NC := torch.log_softmax(logits_NC / fitted, dim=1), self._splits[split].labels_N.cpu()
        )
        compared = fitted if self._calibrated else 1.0
        return Standing(
            values=quality.values,
            quality_N=quality.log_truth_N.exp(),
            criterion_N=_confidence(logits_NC / compared, self._splits[split].labels_N.cpu(), by=by),
            right_N=quality.correct_N.float(),
            temperature=compared,
            fitted=fitted,
            said=log_NC,
        )

    def _logits(self, model: Classifier, place: int, split: str) -> Tensor:
        answers = ask(model, self._cards[place].input, self._splits[split], in_crops=split == "test")
        return self._maps[place].apply(answers.logits_NC)


def _confidence(logits_NC: Tensor, labels_N: Tensor, *, by: Criterion) -> Tensor:
    log_NC = torch.log_softmax(logits_NC, dim=1)
    if by == "own_confidence":
        return log_NC.amax(1)
    return log_NC.gather(1, labels_N.unsqueeze(1)).squeeze(1)


def _of_truth(log_BC: Tensor, batch: ClassBatch) -> Tensor:
    own_B = log_BC.gather(1, batch.labels_B.unsqueeze(1)).squeeze(1)
    if batch.mixed is None:
        return own_B
    other_B = log_BC.gather(1, batch.mixed.labels_B.unsqueeze(1)).squeeze(1)
    return torch.lerp(other_B, own_B, batch.mixed.share_B)


def _hidden(batch: ClassBatch) -> Tensor | None:
    """Whose label, or that of a partner, may not be looked at; None where there is no such sample."""
    if batch.labelled_B is None:
        return None
    hidden_B = batch.labelled_B == 0
    if batch.mixed is not None and batch.mixed.labelled_B is not None:
        hidden_B = hidden_B | (batch.mixed.labelled_B == 0)
    return hidden_B
