"""What a result is held against: blind, best single, uniform, static, medoid, oracle.

Everything that is chosen or fitted here sees train and validation only; test is read once, at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.lessons import fit_static, lesson_of
from mtkd_engine.evaluation.targets import best_of_each, plain_medoid, same_weights, target_windows
from mtkd_engine.tasks.grounding.batches import Quality, SplitData
from mtkd_engine.tasks.grounding.metrics import iou

GRID = 20
BLIND_AT = 0.5


@dataclass(frozen=True)
class Baselines:
    """Quality of each baseline on one split, the teachers' own quality, and the static weights found."""

    named: dict[str, Quality]
    teachers: dict[str, Quality]
    static_weights: dict[str, float]
    best_single: str

    def values(self) -> dict[str, dict[str, float]]:
        """This will give the metrics of all of them; teachers as `teacher:NAME`."""
        result = {name: quality.values for name, quality in self.named.items()}
        return result | {f"teacher:{name}": quality.values for name, quality in self.teachers.items()}


def blind_window(samples: Sequence[Sample]) -> tuple[float, float]:
    """This will find the one window, as fractions of the duration, with the best R1@0.5 on these samples.

    It uses neither video nor sentence; of several true windows of a sample the best match counts, as everywhere;
    ties go to the better mean IoU. Candidates lie on a grid of 1/20.
    """
    truths_N2 = np.array([window for sample in samples for window in sample.windows])
    counts = np.array([len(sample.windows) for sample in samples])
    truths_N2 /= np.repeat([sample.duration for sample in samples], counts)[:, None]
    begins = np.cumsum(counts) - counts
    starts, ends = np.triu_indices(GRID + 1, k=1)
    candidates = np.stack([starts, ends], axis=1) / GRID

    def worth(candidate: NDArray[np.float64]) -> tuple[float, float]:
        overlaps = np.maximum.reduceat(iou(candidate, truths_N2), begins)
        return float((overlaps >= BLIND_AT).mean()), float(overlaps.mean())

    start, end = max(candidates, key=worth)
    return float(start), float(end)


def blind_windows(train: Sequence[Sample], samples: Sequence[Sample]) -> NDArray[np.float64]:
    """This will give the blind window that was found on train on each sample, (N, 2) in seconds."""
    return np.outer([sample.duration for sample in samples], blind_window(train))


def blind_quality(train: tuple[Sample, ...], split: SplitData) -> Quality:
    """This will measure the blind window that was found on train."""
    return split.score(torch.from_numpy(blind_windows(train, split.samples)))


def measure_baselines(*, splits: dict[str, SplitData], faculties: dict[str, Faculty], seed: int) -> Baselines:
    """This will measure every baseline on test; `splits` and `faculties` (the teachers' beliefs) go by split name.

    The medoid needs three teachers or more.
    """
    train, val, test = splits["train"], splits["val"], splits["test"]
    faculty = faculties["test"]
    names = faculty.names
    own_windows, _ = best_of_each(faculty, test.samples)
    teachers = {name: test.score(own_windows[t]) for t, name in enumerate(names)}
    val_windows, _ = best_of_each(faculties["val"], val.samples)
    val_miou = [val.score(val_windows[t]).values["miou"] for t in range(len(names))]
    best = names[int(np.argmax(val_miou))]
    lesson = lesson_of(faculties["train"], train.samples)
    static_T = fit_static(lesson, seed=seed).float()
    count = len(test)
    uniform_T = torch.full((len(names),), 1 / len(names))
    named = {
        "blind": blind_quality(train.samples, test),
        "best_single": teachers[best],
        "uniform": test.score(target_windows(same_weights(uniform_T, count), faculty, test)),
        "static": test.score(target_windows(same_weights(static_T, count), faculty, test)),
        "oracle": test.score(_oracle_windows(own_windows, test)),
    }
    if len(names) > 2:  # of two windows each agrees with the other as much: the first listed would win
        named["medoid"] = test.score(plain_medoid(faculty, test))
    static = {name: round(float(static_T[t]), 6) for t, name in enumerate(names)}
    return Baselines(named=named, teachers=teachers, static_weights=static, best_single=best)


def _oracle_windows(windows_TN2: Tensor, split: SplitData) -> Tensor:
    iou_TN = torch.stack([torch.as_tensor(split.score(windows_N2).iou_N) for windows_N2 in windows_TN2])
    return windows_TN2[iou_TN.argmax(0), torch.arange(windows_TN2.shape[1])]
