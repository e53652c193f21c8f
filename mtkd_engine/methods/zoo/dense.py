"""Tasks with an output for every pixel as the methods of a zoo see them: the lowest loss says who knows best.

What moves is a divergence of beliefs with its gradient whole: the released segmentation code of arXiv 2510.22208
detaches both sides of it, so that nothing moves there but by the labels.

Shape suffixes: B samples, N samples of a split, C classes, T frames, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from mtkd_engine.evaluation.dense.face import DenseTask
from mtkd_engine.evaluation.dense.looking import Run, as_it_is
from mtkd_engine.methods.dense.sight import Sight
from mtkd_engine.methods.zoo.face import Answer, Criterion, Discipline, Standing
from mtkd_engine.methods.zoo.knowing import NEVER
from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.spec import PixelOptimSpec, SegmenterCard
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.dense import DenseBatch


class DenseDiscipline(Discipline[DenseBatch]):
    """Segmenters of one dataset's classes, or networks that say where people look, each behind its own input."""

    def __init__(
        self,
        cards: Sequence[tuple[str, AnyDenseCard]],
        *,
        task: DenseTask,
        classes: Sequence[str] = (),
        optim: PixelOptimSpec,
    ) -> None:
        """This will hold the cards of all participants by name; raises ValueError where one lacks a class."""
        self.primary = task.primary
        self.task = task
        self._cards = [card for _, card in cards]
        self._maps = [
            ClassMap.of(card.classes, classes, teacher=name) if isinstance(card, SegmenterCard) else None
            for name, card in cards
        ]
        self._optim = optim

    def runner(self, model: nn.Module, place: int) -> Callable[[DenseBatch], Answer]:
        """This will run a network on what is shared; logits stay at its own stride, in the dataset's class order."""
        assert isinstance(model, DenseNet)
        sight = Sight(model, self._cards[place].input, optim=self._optim)
        return lambda batch: Answer(self._in_order(sight.look(batch.inputs), place))

    def supervised(self, answer: Answer, batch: DenseBatch) -> Tensor:
        """This will give the task's loss of masks or maps, mean over samples."""
        return self.task.losses(self.task.belief(answer.logits, batch), batch).mean()

    def criterion(self, answer: Answer, batch: DenseBatch, *, by: Criterion, temperature: float) -> Tensor:
        """This will give minus the loss of each sample, or how sure an answer is of it, (B,).

        By the truth nobody can tell of a sample of which nothing is told.
        """
        belief = self.task.belief(answer.logits.detach(), batch, temperature=temperature)
        if by == "own_confidence":
            return self.task.sureness(belief)
        return torch.where(self.task.is_told(batch), -self.task.losses(belief, batch), NEVER)

    def transfer(self, source: Answer, learner: Answer, *, batch: DenseBatch, temperature: float) -> Tensor:
        """This will give T^2 times the divergence of the learner's belief from the source's, (B,)."""
        told = self.task.belief(source.logits, batch, temperature=temperature)
        own = self.task.belief(learner.logits, batch, temperature=temperature)
        return temperature**2 * self.task.transfer(told, own, batch)

    def standing(
        self, model: nn.Module, place: int, split: str, *, by: Criterion, thorough: bool = False
    ) -> Standing:
        """This will measure a network at full resolution."""
        run = self.run(model, place)
        judged = self.task.judge(run, split, thorough=thorough)
        if by == "own_confidence":
            criterion_N = self._sure(run, split)
        else:
            untold_N = judged.by_sample[self.task.quality].isnan()
            criterion_N = (-judged.loss_N).masked_fill(untold_N, NEVER)
        values = {self.primary: judged.score(self.primary), **judged.values}
        return Standing(values, judged.quality_N, criterion_N, judged.right_N, said=judged)

    def run(self, model: nn.Module, place: int) -> Run:
        """This will give how a participant is asked in evaluation, in the dataset's class order."""
        assert isinstance(model, DenseNet)
        asked = as_it_is(model, self._cards[place].input)
        return lambda shared: self._in_order(asked(shared), place)

    def _in_order(self, logits: Tensor, place: int) -> Tensor:
        classes = self._maps[place]
        return logits if classes is None else classes.apply(logits, dim=1)

    def _sure(self, run: Run, split: str) -> Tensor:
        parts = []
        with torch.no_grad():
            for batch in self.task.splits[split].in_order():
                parts.append(self.task.sureness(self.task.belief(run(batch.inputs), batch)).cpu())
        return torch.cat(parts)
