"""How good a network is on a split of pictures or of videos, at the size of what people looked at.

Predictions are resized bilinearly to the whole frame and scaled to 0..1; of videos, what windows say of a frame that
several of them hold is averaged before. Scores are means over frames where they are defined.

Shape suffixes: N samples of the split, B of a batch, F frames, H and W pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mtkd_engine.tasks.dense.batches import DenseBatch
from mtkd_engine.tasks.saliency.frames import METRICS, frame_metrics
from mtkd_engine.tasks.saliency.metrics import temporal_consistency
from mtkd_engine.tasks.saliency.splits.base import LookedAtSplit
from mtkd_engine.tasks.saliency.splits.videos import Film, GazeVideoSplit
from mtkd_engine.tasks.saliency.windows import averaged

CONSISTENCY = "temporal_consistency"
QUALITY = "sim"
"""The metric that stands for a sample by itself, 0..1."""
Said = Callable[[DenseBatch], Tensor]
"""From a batch to the belief of it, a log-density (B, H, W) or (B, T, H, W)."""


@dataclass(frozen=True)
class Measured:
    """What was measured; NaN where nothing is defined, as all are of samples that nobody looked at."""

    values: dict[str, float]
    """`auc_j`, `s_auc`, `cc`, `sim`, `nss` and `kld` (nats), those that were asked for; of videos also
    `temporal_consistency`."""
    by_sample: dict[str, Tensor]
    """The same of each sample, float64 (N,): of windows the means over their frames."""

    @property
    def quality_N(self) -> Tensor:
        """SIM of each sample, 0..1; 0 where nothing is defined."""
        return self.by_sample[QUALITY].nan_to_num(0.0)


def measured(said: Said, split: LookedAtSplit, *, metrics: Sequence[str] = METRICS) -> Measured:
    """This will measure what is said of every sample, clean and in order; `metrics` must name SIM.

    Random parts are drawn from the names of frames, so that the same maps get the same numbers anywhere.
    """
    assert QUALITY in metrics, metrics
    with torch.no_grad():
        if isinstance(split, GazeVideoSplit):
            return _of_videos(said, split, metrics)
        return _of_pictures(said, split, metrics)


def film_maps(said: Said, split: GazeVideoSplit) -> Iterator[tuple[Film, Tensor]]:
    """This will yield each video and the density of every frame that is seen of it, (F, H, W), windows averaged."""
    waiting: list[Tensor] = []
    films = iter(split.films)
    film = next(films, None)
    for batch in split.in_order():
        waiting += said(batch).exp().unbind(0)
        while film is not None and len(waiting) >= len(film.starts):
            windows, waiting = waiting[: len(film.starts)], waiting[len(film.starts) :]
            yield film, averaged(windows, film.starts, frames=len(film.frames))
            film = next(films, None)


def _of_pictures(said: Said, split: LookedAtSplit, metrics: Sequence[str]) -> Measured:
    shown = split.shown()
    parts: list[dict[str, Tensor]] = []
    for batch in split.in_order():
        frames = [shown[row] for row in batch.rows_B.tolist()]
        parts.append(
            frame_metrics(said(batch).exp(), frames, truths=split.truths, pool=split.pool, metrics=metrics)
        )
    found = _joined(parts, metrics)
    return Measured({name: _mean(values_N) for name, values_N in found.items()}, found)


def _of_videos(said: Said, split: GazeVideoSplit, metrics: Sequence[str]) -> Measured:
    shown = split.shown()
    parts: list[dict[str, Tensor]] = []
    maps: list[Tensor] = []
    for film, maps_FHW in film_maps(said, split):
        frames = shown[film.first_frame : film.first_frame + len(film.frames)]
        parts.append(frame_metrics(maps_FHW, frames, truths=split.truths, pool=split.pool, metrics=metrics))
        maps.append(maps_FHW)
    found = _joined(parts, metrics)
    values = {name: _mean(values_F) for name, values_F in found.items()}
    values[CONSISTENCY] = _consistency(maps)
    return Measured(values, _of_windows(split, found, maps))


def _of_windows(
    split: GazeVideoSplit, found: Mapping[str, Tensor], maps: Sequence[Tensor]
) -> dict[str, Tensor]:
    """Means over the frames of each window."""
    by_window: dict[str, list[float]] = {name: [] for name in (*found, CONSISTENCY)}
    for film, maps_FHW in zip(split.films, maps, strict=True):
        for row in range(film.first_row, film.first_row + len(film.starts)):
            steps = sorted(set(split.frames_of(row)))
            for name, values_F in found.items():
                own = values_F[film.first_frame + steps[0] : film.first_frame + steps[-1] + 1]
                by_window[name].append(_mean(own))
            by_window[CONSISTENCY].append(temporal_consistency(maps_FHW[steps[0] : steps[-1] + 1]))
    return {name: torch.tensor(values, dtype=torch.float64) for name, values in by_window.items()}


def _consistency(maps: Sequence[Tensor]) -> float:
    """The mean over all pairs of frames that follow each other."""
    pairs = [len(maps_FHW) - 1 for maps_FHW in maps]
    if not sum(pairs):
        return float("nan")
    each = [
        temporal_consistency(maps_FHW) * count for maps_FHW, count in zip(maps, pairs, strict=True) if count
    ]
    return sum(each) / sum(pairs)


def _joined(parts: Sequence[Mapping[str, Tensor]], metrics: Sequence[str]) -> dict[str, Tensor]:
    return {name: torch.cat([part[name] for part in parts]) for name in metrics}


def _mean(values_N: Tensor) -> float:
    return float(values_N.nanmean())
