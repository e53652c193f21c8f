"""Task saliency, of pictures or of videos, as methods, evaluation and reports see it.

Shape suffixes: B samples of a batch, H and W pixels; `...` frames of videos, where there are any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from mtkd_engine.evaluation.dense.face import DenseTask, Drawn, Judged, defined
from mtkd_engine.evaluation.dense.looking import Run
from mtkd_engine.evaluation.dense.pngs import png_of_map
from mtkd_engine.tasks.dense import CLEAN, DenseBatch
from mtkd_engine.tasks.saliency import (
    GazeVideoSplit,
    LookedAtSplit,
    belief,
    measured,
    per_sample_loss,
    transfer,
)
from mtkd_engine.tasks.saliency.frames import METRICS, QUICK
from mtkd_engine.tasks.saliency.measuring import QUALITY
from mtkd_engine.tasks.saliency.truth import Floats, resized_map

WHILE_TRAINING = (*QUICK, "nss")
"""What is measured then; areas under curves take longer than all of these."""
SPREAD = 0.01
_LEAST = 1e-12
_LEAST_LOG = -1e4
"""A log-density below which nothing is looked at: 0 times minus infinity is no number."""


class SaliencyTask(DenseTask):
    """Where people look; frames are measured at their own size, of videos what several windows say is averaged."""

    primary = "cc"
    quality = QUALITY

    def __init__(self, splits: Mapping[str, LookedAtSplit]) -> None:
        super().__init__(splits)
        self._splits = splits

    def belief(self, logits: Tensor, batch: DenseBatch, *, temperature: float = 1.0) -> Tensor:
        """This will give log-densities, (B, ..., H, W)."""
        height, width = batch.inputs.shape[-2:]
        return belief(logits, temperature=temperature, height=height, width=width)

    def is_told(self, batch: DenseBatch) -> Tensor:
        """This will tell of which samples somebody looked at a frame, (B,)."""
        return (batch.truth > 0).flatten(1).any(1)

    def losses(self, belief: Tensor, batch: DenseBatch) -> Tensor:
        """This will give KLD - CC, mean over frames that somebody looked at, (B,)."""
        return per_sample_loss(belief, batch.truth)

    def transfer(self, source: Tensor, learner: Tensor, batch: DenseBatch) -> Tensor:
        """This will give KL(source || learner), mean over frames, (B,)."""
        return transfer(source, learner)

    def sureness(self, belief: Tensor) -> Tensor:
        """This will give minus the entropy of the density, mean over frames, (B,)."""
        return (belief.exp() * belief.clamp(min=_LEAST_LOG)).sum((-2, -1)).flatten(1).mean(1)

    def judge(self, run: Run, split: str, *, thorough: bool = True) -> Judged:
        """This will measure maps at the size of frames; without `thorough` no area under a curve."""
        losses: list[Tensor] = []

        def said(batch: DenseBatch) -> Tensor:
            log_density = self.belief(run(batch.inputs), batch)
            losses.append(self.losses(log_density, batch).cpu())
            return log_density

        found = measured(said, self._splits[split], metrics=METRICS if thorough else WHILE_TRAINING)
        return Judged(
            values=defined(found.values),
            by_sample=found.by_sample,
            quality_N=found.quality_N.float(),
            loss_N=torch.cat(losses),
            right_N=found.quality_N.float(),
        )

    def blind(self) -> Run:
        """This will give the mean density of training samples, whatever is seen: people look at the middle.

        A hundredth of it is spread over all places: few samples do not say where nobody will ever look.
        """
        train = self._splits["train"]
        sum_HW = torch.zeros(train.height, train.width, dtype=torch.float64, device=train.device)
        for batch in train.in_order():
            sum_HW += batch.truth.double().flatten(0, -3).sum(0)
        mean_HW = sum_HW / sum_HW.sum().clamp(min=_LEAST)
        log_HW = torch.lerp(mean_HW, torch.full_like(mean_HW, 1 / mean_HW.numel()), SPREAD).log().float()
        return lambda shared: log_HW.expand(*shared.shape[:-3], -1, -1)

    def drawn(self, run: Run, split: str, rows: Sequence[int]) -> Iterator[Drawn]:
        """This will draw the density that is said; of a window that of its middle frame."""
        samples = self._splits[split]
        for row in rows:
            batch = samples.at_view(CLEAN, [row])
            with torch.no_grad():
                said = self.belief(run(batch.inputs), batch)[0].exp().cpu()
            step, frame = _middle(samples, row)
            map_HW: Floats = (said if said.ndim == 2 else said[step]).numpy()
            yield Drawn(row, frame, png_of_map(resized_map(map_HW, *self._size(samples, row))))

    def truth_drawn(self, split: str, rows: Sequence[int]) -> Iterator[Drawn]:
        """This will draw the density of where people looked; of a window that of its middle frame."""
        samples = self._splits[split]
        for row in rows:
            _, frame = _middle(samples, row)
            height, width = self._size(samples, row)
            place = samples.samples[row].place
            map_HW = samples.truths.density(place, frame, height=height, width=width)
            yield Drawn(row, frame, png_of_map(map_HW))

    def _size(self, samples: LookedAtSplit, row: int) -> tuple[int, int]:
        return samples.truths.full_size(samples.samples[row].place)


def _middle(samples: LookedAtSplit, row: int) -> tuple[int, int]:
    """Which step of a window is in its middle, and the number of its frame in the video; of a picture the only one."""
    if not isinstance(samples, GazeVideoSplit):
        return 0, 0
    steps = samples.frames_of(row)
    step = len(steps) // 2
    film = next(film for film in reversed(samples.films) if film.first_row <= row)
    return step, film.frames[steps[step]]
