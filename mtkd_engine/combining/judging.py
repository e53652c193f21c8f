"""Every sample judged by what was learned without its source: aggregators, and all they are held against.

Shape suffixes: N samples, T teachers, H boundaries, F folds.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.aggregators import build
from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.baselines import blind_windows
from mtkd_engine.evaluation.gates import Course, EpochDone, fit_gate, weigh_all
from mtkd_engine.evaluation.lessons import fit_static, folds_of
from mtkd_engine.spec import AggregatorSpec, KauPlusSpec, KauSpec, StaticSpec
from mtkd_engine.tasks.grounding.agreement import Decoding
from mtkd_engine.tasks.grounding.batches import Quality
from mtkd_engine.tasks.grounding.collate import targets_of
from mtkd_engine.tasks.grounding.decode import weighted_medoid
from mtkd_engine.tasks.grounding.metrics import evaluate

MOST_OF_MEDOID = 2
"""Of two windows each agrees with the other as much; the medoid needs more than two teachers."""


@dataclass(frozen=True)
class FoldDone:
    """One of `folds` folds is judged: the static weights found (T,), and the mean IoU of every row on it."""

    folds: int
    static_T: Tensor
    miou: dict[str, float]


@dataclass(frozen=True)
class Judgement:
    """What each row says of every sample, (N, 2) by name, and the weights of the chosen aggregator (N, H, T)."""

    samples: tuple[Sample, ...]
    names: list[str]
    windows: dict[str, Tensor]
    weights_NHT: Tensor
    static_FT: Tensor
    best_single: list[str]
    without: dict[str, NDArray[np.float64]]
    """Overlap with the truth of the static ensemble without each teacher, (N,)."""
    epochs: list[int] = field(default_factory=list)
    decodings: list[Decoding] = field(default_factory=list)
    """How the ensembles of each fold are decoded, chosen on the other folds."""

    def usual_best(self) -> str:
        """This will name the teacher that was best in most folds, by those that it was chosen on."""
        return max(sorted(set(self.best_single)), key=self.best_single.count)

    def quality(self) -> dict[str, Quality]:
        """This will measure every row; that of the chosen aggregator is `aggregated`."""
        return {name: measured(windows_N2, self.samples) for name, windows_N2 in self.windows.items()}


def measured(windows_N2: Tensor, samples: Sequence[Sample]) -> Quality:
    """This will measure one window per sample; neither features nor a clip grid play a part."""
    truths, durations = [s.windows for s in samples], [s.duration for s in samples]
    return Quality(*evaluate(windows_N2.numpy(), truths, durations=durations))


def judge(
    course_of: Callable[[Sequence[int]], Course],
    samples: tuple[Sample, ...],
    *,
    aggregator: AggregatorSpec,
    folds: int,
    seed: int,
    leave_out: bool = True,
) -> Generator[EpochDone | FoldDone, None, Judgement]:
    """This will judge every sample by aggregators that were fitted without its source, fold after fold.

    `course_of` gives all samples with beliefs and a decoding that may depend on those at the rows it is told, and on no
    others.
    With `leave_out` the static ensemble is refitted without each teacher.
    """
    rows_of = folds_of([sample.source_id for sample in samples], count=folds, seed=seed)
    sheets: list[_Sheet] = []
    names: list[str] = []
    for number, (learn, held) in enumerate(rows_of):
        course = course_of(learn)
        names = course.faculty.names
        sheet = yield from _judge_fold(
            course.take(learn),
            course.take(held),
            aggregator=aggregator,
            seed=seed + number,
            leave_out=leave_out,
        )
        sheets.append(sheet)
        judged = [samples[row] for row in held]
        miou = {name: measured(said, judged).values["miou"] for name, said in sheet.windows.items()}
        yield FoldDone(len(rows_of), sheet.static_T, miou)
    order_N = torch.tensor([row for _, held in rows_of for row in held]).argsort()
    return Judgement(
        samples=samples,
        names=names,
        windows={
            name: torch.cat([sheet.windows[name] for sheet in sheets])[order_N] for name in sheets[0].windows
        },
        weights_NHT=torch.cat([sheet.weights_NHT for sheet in sheets])[order_N],
        static_FT=torch.stack([sheet.static_T for sheet in sheets]),
        best_single=[sheet.best_single for sheet in sheets],
        without={
            name: torch.cat([sheet.without[name] for sheet in sheets])[order_N].numpy()
            for name in sheets[0].without
        },
        epochs=[sheet.epochs for sheet in sheets if sheet.epochs is not None],
        decodings=[sheet.decoding for sheet in sheets],
    )


@dataclass(frozen=True)
class _Sheet:
    """One fold's part of a judgement, in the order of its held-out rows."""

    windows: dict[str, Tensor]
    weights_NHT: Tensor
    static_T: Tensor
    best_single: str
    without: dict[str, Tensor]
    epochs: int | None
    decoding: Decoding


def _judge_fold(
    learn: Course, held: Course, *, aggregator: AggregatorSpec, seed: int, leave_out: bool
) -> Generator[EpochDone, None, _Sheet]:
    names, teachers = learn.faculty.names, len(learn.faculty.names)
    epochs: int | None = None
    if isinstance(aggregator, KauPlusSpec):
        gate = yield from fit_gate(
            lambda: build(aggregator, teachers=teachers, feature_width=None),
            learn,
            epochs=aggregator.epochs,
            seed=seed,
        )
        static_T, epochs, weights_NHT = gate.static_T, gate.epochs, weigh_all(gate.aggregator, held)
    else:
        static_T = fit_static(learn.lesson, seed=seed)
        weights_NHT = _weights(aggregator, static_T, learn=learn, held=held)
    best = int(torch.argmax(learn.lesson.own_NT.mean(0)))
    windows = _windows(static_T, best=best, learn=learn, held=held)
    windows["aggregated"] = held.lesson.pool.decode(weights_NHT.mean(1))
    without: dict[str, Tensor] = {}
    if leave_out and teachers > 1:
        for t, name in enumerate(names):
            fewer, rest = learn.lesson.without(t), held.lesson.without(t)
            refitted_T = fit_static(fewer, seed=seed)
            without[name] = rest.quality(refitted_T.expand(len(rest), -1))
    return _Sheet(windows, weights_NHT, static_T, names[best], without, epochs, learn.lesson.decoding)


def _windows(static_T: Tensor, *, best: int, learn: Course, held: Course) -> dict[str, Tensor]:
    """What everything but the chosen aggregator says."""
    lesson, names = held.lesson, held.faculty.names
    own_NT2 = lesson.windows_NT2
    place_N = torch.arange(len(lesson))
    windows = {
        "blind": torch.from_numpy(blind_windows(learn.samples, held.samples)),
        "best_single": own_NT2[:, best],
        "uniform": lesson.pool.decode(torch.full((len(lesson), len(names)), 1 / len(names))),
        "static": lesson.pool.decode(static_T.expand(len(lesson), -1)),
        "oracle": own_NT2[place_N, lesson.own_NT.argmax(1)],
    }
    if len(names) > MOST_OF_MEDOID:
        windows["medoid"] = weighted_medoid(own_NT2.transpose(0, 1), torch.ones(len(lesson), len(names)))
    return windows | {f"teacher:{name}": own_NT2[:, t] for t, name in enumerate(names)}


def _weights(aggregator: AggregatorSpec, static_T: Tensor, *, learn: Course, held: Course) -> Tensor:
    """Weights (N, H, T) of an aggregator without a per-sample part to fit."""
    assert not isinstance(aggregator, KauSpec), "a gate on video and query has nothing to look at here"
    if isinstance(aggregator, StaticSpec):
        return static_T.expand(len(held), -1).unsqueeze(1).float()
    built = build(aggregator, teachers=len(learn.faculty.names), feature_width=None)
    built.told(learn.lesson.own_NT.mean(0))
    ids = [sample.sample_id for sample in held.samples]
    signals = held.faculty.signals(ids, length=held.length, device="cpu")
    clips_B = torch.full((len(held),), held.length)
    return built.weights(signals, None, None, targets_of(held.samples, clips_B=clips_B, length=held.length))
