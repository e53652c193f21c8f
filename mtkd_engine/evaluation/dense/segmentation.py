"""Task segmentation as methods, evaluation and reports see it.

Shape suffixes: B samples of a batch, N samples of a split, C classes, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import torch
from torch import Tensor

from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.evaluation.dense.face import DenseTask, Drawn, Judged, defined
from mtkd_engine.evaluation.dense.looking import Run
from mtkd_engine.evaluation.dense.pngs import png_of_classes
from mtkd_engine.nets.dense.base import resized
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.dense import CLEAN, DenseBatch
from mtkd_engine.tasks.segmentation import Confusion, MaskSplit, belief, per_sample_loss, transfer
from mtkd_engine.tasks.segmentation.belief import label_map


class SegmentationTask(DenseTask):
    """The classes of one dataset; masks are measured at their own size, whatever size was learned from."""

    primary = "miou"
    quality = "image_miou"

    def __init__(self, splits: Mapping[str, MaskSplit]) -> None:
        super().__init__(splits)
        self._splits = splits
        self.classes = splits["train"].classes
        self._as_they_are = ClassMap.of(self.classes, self.classes)

    def belief(self, logits: Tensor, batch: DenseBatch, *, temperature: float = 1.0) -> Tensor:
        """This will give log-probabilities of classes, (B, C, H, W)."""
        height, width = batch.inputs.shape[-2:]
        return belief(logits, temperature=temperature, classes=self._as_they_are, height=height, width=width)

    def is_told(self, batch: DenseBatch) -> Tensor:
        """This will tell of which samples a pixel is told, (B,)."""
        return (batch.truth != VOID).flatten(1).any(1)

    def losses(self, belief: Tensor, batch: DenseBatch) -> Tensor:
        """This will give the cross-entropy, mean over told pixels, (B,)."""
        return per_sample_loss(belief, batch.truth)

    def transfer(self, source: Tensor, learner: Tensor, batch: DenseBatch) -> Tensor:
        """This will give KL(source || learner), mean over told pixels, (B,)."""
        return transfer(source, learner, batch.truth)

    def sureness(self, belief: Tensor) -> Tensor:
        """This will give the log-probability of the likeliest class, mean over pixels, (B,)."""
        return belief.amax(1).mean((1, 2))

    def judge(self, run: Run, split: str, *, thorough: bool = True) -> Judged:
        """This will measure mIoU and accuracies at the size of each mask; thorough or not is the same."""
        samples, parts, losses = self._splits[split], [], []
        with torch.no_grad():
            for batch in samples.in_order():
                log_BCHW = self.belief(run(batch.inputs), batch)
                losses.append(self.losses(log_BCHW, batch).cpu())
                truths = [samples.full_truth(row) for row in batch.rows_B.tolist()]
                parts.append(Confusion.at_full(log_BCHW, truths))
        found = Confusion.joined(parts)
        is_told_N = found.truth_NC.sum(1) > 0
        of_each_N = found.quality_N.double().masked_fill(~is_told_N, torch.nan)
        return Judged(
            values=defined({**found.values, self.quality: float(of_each_N.nanmean())}),
            by_sample={self.quality: of_each_N, "pixel_accuracy": found.right_N.double()},
            quality_N=found.quality_N,
            loss_N=torch.cat(losses),
            right_N=found.right_N,
            extra={"per_class": [asdict(row) for row in found.by_class(self.classes)]},
        )

    def blind(self) -> Run:
        """This will give the most frequent class of each place of training pictures, as log-probabilities."""
        train = self._splits["train"]
        counts_CHW = torch.zeros(len(self.classes), train.height, train.width, device=train.device)
        for batch in train.in_order():
            for place in range(len(self.classes)):
                counts_CHW[place] += (batch.truth == place).sum(0)
        # Where two classes are as frequent at a place, the one that is more frequent anywhere is said.
        everywhere_C11 = counts_CHW.mean((1, 2), keepdim=True) / counts_CHW.mean().clamp(min=1e-12)
        log_CHW = (counts_CHW + 1e-6 * (1 + everywhere_C11)).log()
        return lambda shared: log_CHW.expand(len(shared), -1, -1, -1)

    def drawn(self, run: Run, split: str, rows: Sequence[int]) -> Iterator[Drawn]:
        """This will draw the class that is said of each pixel, at the size of the mask."""
        samples = self._splits[split]
        for row in rows:
            batch = samples.at_view(CLEAN, [row])
            size = samples.full_truth(row).shape
            with torch.no_grad():
                log_BCHW = resized(self.belief(run(batch.inputs), batch), *size)
            yield Drawn(row, 0, png_of_classes(label_map(log_BCHW)[0].cpu().numpy()))

    def truth_drawn(self, split: str, rows: Sequence[int]) -> Iterator[Drawn]:
        """This will draw masks."""
        for row in rows:
            yield Drawn(row, 0, png_of_classes(self._splits[split].full_truth(row).cpu().numpy()))
