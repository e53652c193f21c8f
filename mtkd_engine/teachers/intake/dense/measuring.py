"""How good a segmentation or saliency network is on a dataset, measured before it may teach: on val and on test.

Shape suffixes: B samples of a batch, C classes of the dataset, K outputs of the network; h and w cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.data.progress import Progress
from mtkd_engine.evaluation.dense.face import DenseTask, Judged
from mtkd_engine.evaluation.dense.looking import Run, as_it_is
from mtkd_engine.evaluation.dense.tasks import task_on
from mtkd_engine.modelfile import ModelError
from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.predictions.outcomes import Outcomes, joined, outcomes_of
from mtkd_engine.spec import (
    DenseDataSpec,
    FilmInput,
    GazeDataSpec,
    GazeVideoDataSpec,
    MaskDataSpec,
    SegmenterCard,
)
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.teachers.dense.load import misfit_of

SPLITS = ("val", "test")
LARGEST = 1024
"""Pixels a side at which a dataset is seen at the most; a network that reads larger ones gets these enlarged."""


@dataclass(frozen=True, kw_only=True)
class DenseMeasured:
    """What was measured, as the report states it."""

    primary: str
    """The metric that says how good it is."""
    quality: dict[str, Any]
    """`split`, `primary`, `samples` (of videos windows), `metrics` and `blind` of the split asked for; all by split
    in `splits`."""
    outcomes: Outcomes
    """How good it was on each sample of these splits."""


def measure_dense(
    net: DenseNet,
    card: AnyDenseCard,
    data: DenseDataset,
    *,
    split: str,
    say: Progress,
    name: str,
    only: bool = False,
) -> DenseMeasured:
    """This will run a network on the samples of val and test, and of `split` if that is another; or of that `only`.

    Raises ModelError where it does not fit the dataset, and where what it says is not finite.
    """
    if (why := misfit_of(card, data, named=name)) is not None:
        raise ModelError(why)
    task = task_on(data, seen_by(card, data), device="cpu")
    asked = (split,) if only else (*SPLITS, split)
    wanted = [one for one in dict.fromkeys(asked) if data.splits.get(one)]
    if not wanted:
        raise ModelError(
            f"split: given {split!r}, of which {data.name} has no samples; accepted is one that it has."
        )
    run, blind = _told_by(net, card, data), task.blind()
    total, done = sum(len(task.splits[one]) for one in wanted), 0
    splits: dict[str, dict[str, Any]] = {}
    outcomes: list[Outcomes] = []
    for one in wanted:
        say.say("quality", done=done, of=total)
        judged = task.judge(run, one)
        splits[one] = {
            "samples": len(task.splits[one]),
            "metrics": judged.values,
            "blind": task.judge(blind, one, thorough=False).values,
            **({"classes": judged.extra["per_class"]} if "per_class" in judged.extra else {}),
        }
        outcomes.append(_outcomes(judged, task, data, split=one))
        done += len(task.splits[one])
    shown = split if split in splits else wanted[0]
    quality = {"split": shown, "primary": task.primary, **splits[shown], "splits": splits}
    return DenseMeasured(primary=task.primary, quality=quality, outcomes=joined(outcomes))


def seen_by(card: AnyDenseCard, data: DenseDataset) -> DenseDataSpec:
    """This will say how a dataset is seen where its samples have the size that a network reads."""
    reads = card.input
    common = {
        "dataset": data.name,
        "height": min(LARGEST, reads.height),
        "width": min(LARGEST, reads.width),
    }
    if data.kind == "masks":
        return MaskDataSpec.model_validate(common)
    if data.kind == "gaze":
        return GazeDataSpec.model_validate(common)
    frames = reads.frames if isinstance(reads, FilmInput) else 8
    return GazeVideoDataSpec.model_validate({**common, "frames": frames, "stride": frames})


def _told_by(net: DenseNet, card: AnyDenseCard, data: DenseDataset) -> Run:
    """Logits in the order of the dataset's classes."""
    classes = None
    if isinstance(card, SegmenterCard) and isinstance(data, MaskDataset):
        classes = ClassMap.of(card.classes, data.classes)
    asked = as_it_is(net, card.input)

    def run(shared: Tensor) -> Tensor:
        logits = asked(shared)
        if not bool(torch.isfinite(logits).all()):
            raise ModelError(
                "its scores are NaN or infinite on samples of the dataset; finite ones are accepted."
            )
        return logits if classes is None else classes.apply(logits, dim=1)

    return run


def _outcomes(judged: Judged, task: DenseTask, data: DenseDataset, *, split: str) -> Outcomes:
    samples = task.splits[split].samples  # of videos these are windows
    return outcomes_of(
        dataset_hash=data.whole_hash,
        measure=task.quality,
        ids=[sample.sample_id for sample in samples],
        split=split,
        sources=[sample.source_id for sample in samples],
        quality_N=judged.quality_N.clamp(0, 1).cpu().numpy(),
    )
