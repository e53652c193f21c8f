"""Stored predictions as a teacher: what somebody's model said, without the model.

It is asked like any other teacher and is never trained again, so it has no out-of-fold copies: it counts as a frozen
outsider. Its temperature is fitted on the validation split of the job's dataset, as a live teacher's once was; its
scores of clips, where it has any, are brought to mean 0 and spread 1 there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.nets.grounding import Map2dOutput, SpanOutput
from mtkd_engine.predictions.content import Predictions
from mtkd_engine.predictions.saliency import Saliency
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.tasks.grounding.calibrate import fit_temperature, fit_window_temperature
from mtkd_engine.tasks.grounding.collate import Targets, targets_of
from mtkd_engine.tasks.grounding.grid import clip_mask
from mtkd_engine.tasks.grounding.saliency import saliency_on_grid
from mtkd_engine.tasks.grounding.unify import unify
from mtkd_engine.tasks.grounding.windows import ScoredWindows, unify_windows
from mtkd_engine.teachers.live import student_clips

LARGEST_BATCH = 64
CELLS_AT_ONCE = 2**22
FITTED_SAMPLES = 1000
FITTED_CELLS = 2**25
LEAST_PROBABILITY = 1.0e-12

Rows = NDArray[np.int64]
Said = ScoredWindows | SpanOutput | Map2dOutput


@dataclass(frozen=True)
class StoredTeacher:
    """Predictions that cover all samples of one dataset, under a teacher's name."""

    name: str
    predictions: Predictions
    content_hash: str

    def saw(self, dataset: Dataset) -> bool:
        """Whatever it was trained on, it cannot be trained again on less: it is taken as it is."""
        return False

    def beliefs(self, *, split: str, dataset: Dataset, student_length: int, device: str) -> Belief:
        """This will bring what it said on a split to the student's grid."""
        val, samples = dataset.splits["val"], dataset.splits[split]
        clips = student_clips((*val, *samples), dataset=dataset, student_length=student_length)
        held_out = self.predictions.take_ids(sample.sample_id for sample in val)
        temperature = fitted_temperature(held_out, val, clips=clips, length=student_length)
        taught = self.predictions.take_ids(sample.sample_id for sample in samples)
        if taught.saliency is not None:
            assert held_out.saliency is not None, "both are parts of the same"
            taught = replace(taught, saliency=taught.saliency.scaled_like(held_out.saliency))
        return believed(
            taught,
            samples,
            temperature=temperature,
            clips=clips,
            length=student_length,
            device=device,
        )


def believed(
    predictions: Predictions,
    samples: Sequence[Sample],
    *,
    temperature: float,
    clips: dict[str, int],
    length: int,
    device: str = "cpu",
    top_k: int = 5,
) -> Belief:
    """This will turn predictions, a row a sample, into beliefs on a grid of `length` clips, `clips` by video."""
    parts: list[Belief] = []
    for rows in _batches(predictions):
        batch = [samples[row] for row in rows]
        part = predictions.take(rows)
        said = _said(part, device=device)
        clips_B = torch.tensor([clips[s.video_id] for s in batch], device=device)
        grid = {
            "temperature": temperature,
            "durations_B": _durations(batch, device),
            "student_clips_B": clips_B,
            "student_length": length,
            "top_k": top_k,
        }
        if isinstance(said, ScoredWindows):
            belief = unify_windows(said.windows_BK2, said.scores_BK, said.valid_BK, **grid)  # type: ignore[arg-type]
        else:
            belief = unify(said, **grid)  # type: ignore[arg-type]
        if part.saliency is not None:
            belief = replace(belief, saliency_BL=_salient(part.saliency, clips_B, length))
        parts.append(belief.to("cpu"))
    return Belief.cat(parts)


def best_windows(predictions: Predictions, samples: Sequence[Sample]) -> Tensor:
    """This will give the likeliest window of each sample in seconds, (N, 2); no clip grid plays a part."""
    return believed(
        predictions,
        samples,
        temperature=1.0,
        clips={sample.video_id: 1 for sample in samples},
        length=1,
        top_k=1,
    ).windows_BK2[:, 0]


def fitted_temperature(
    predictions: Predictions, samples: Sequence[Sample], *, clips: dict[str, int], length: int
) -> float:
    """This will fit the temperature that calibrates predictions, a row a held-out sample.

    Windows are held against the truth on the student's grid, spans and maps on their own. Up to 1,000 samples,
    evenly chosen, take part.
    """
    cells = int(predictions.sizes.max()) ** 2 if predictions.form != "windows" else length
    most = max(1, min(FITTED_SAMPLES, FITTED_CELLS // cells))
    chosen = np.unique(np.linspace(0, len(samples) - 1, min(most, len(samples))).astype(np.int64))
    part, kept = predictions.take(chosen), [samples[row] for row in chosen]
    windows: list[tuple[ScoredWindows, Targets]] = []
    dense: list[tuple[SpanOutput | Map2dOutput, Targets]] = []
    for rows in _batches(part):
        batch = [kept[row] for row in rows]
        said = _said(part.take(rows), device="cpu")
        if isinstance(said, ScoredWindows):
            grid = torch.tensor([clips[sample.video_id] for sample in batch])
            windows.append((said, targets_of(batch, clips_B=grid, length=length)))
        else:
            mask_BL = said.clip_mask_BL
            dense.append((said, targets_of(batch, clips_B=mask_BL.sum(1), length=mask_BL.shape[1])))
    return fit_window_temperature(windows) if windows else fit_temperature(dense)


def _batches(predictions: Predictions) -> Iterator[Rows]:
    widest = int(predictions.sizes.max())
    each = max(1, min(LARGEST_BATCH, CELLS_AT_ONCE // max(1, widest**2)))
    for start in range(0, len(predictions), each):
        yield np.arange(start, min(start + each, len(predictions)))


def _said(part: Predictions, *, device: str) -> Said:
    """Rows of unequal size side by side: what is missing is marked, and zero."""
    sizes_B = torch.from_numpy(part.sizes)
    valid_BK = clip_mask(sizes_B, max(1, int(sizes_B.max()))).to(device)
    probable = part.scale == "probabilities"
    if part.form == "windows":
        scores_BK = _logits(_padded(part, "scores"), probable)
        return ScoredWindows(_padded(part, "windows").to(device), scores_BK.to(device), valid_BK)
    if part.form == "span":
        start_BL, end_BL = (_logits(_padded(part, name), probable).to(device) for name in ("start", "end"))
        return SpanOutput(start_BL, end_BL, valid_BK)
    return Map2dOutput(_logits(_maps(part), probable).to(device), valid_BK)


def _salient(part: Saliency, clips_B: Tensor, length: int) -> Tensor:
    widest = max(1, int(part.sizes.max()))
    table_BS = np.zeros((len(part.sizes), widest), np.float32)
    table_BS[np.arange(widest) < part.sizes[:, None]] = part.values
    scores_BS = torch.from_numpy(table_BS).to(clips_B.device)
    sizes_B = torch.from_numpy(part.sizes).to(clips_B.device)
    each = max(1, CELLS_AT_ONCE // (widest * length))
    parts = [slice(start, start + each) for start in range(0, len(sizes_B), each)]
    return torch.cat(
        [
            saliency_on_grid(
                scores_BS[rows], from_clips_B=sizes_B[rows], to_clips_B=clips_B[rows], to_length=length
            )
            for rows in parts
        ]
    )


def _logits(scores: Tensor, probable: bool) -> Tensor:
    """Logits as they are, and the logarithm of probabilities."""
    return scores.clamp_min(LEAST_PROBABILITY).log() if probable else scores


def _padded(part: Predictions, name: str) -> Tensor:
    value, rows = part.values[name], part.rows()
    places = np.arange(len(rows)) - part.offsets[:-1][rows]
    table = np.zeros((len(part), max(1, int(part.sizes.max())), *value.shape[1:]), value.dtype)
    table[rows, places] = value
    return torch.from_numpy(table)


def _maps(part: Predictions) -> Tensor:
    widest = int(part.sizes.max())
    table = np.zeros((len(part), widest, widest), np.float32)
    for row, (size, begin) in enumerate(zip(part.sizes, part.offsets, strict=False)):
        table[row, :size, :size] = part.values["map"][begin : begin + size**2].reshape(size, size)
    return torch.from_numpy(table)


def _durations(samples: Sequence[Sample], device: str) -> Tensor:
    return torch.tensor([sample.duration for sample in samples], dtype=torch.float64, device=device)
