"""How good a classifier is on a dataset, measured before it may teach: on val, where it is calibrated, and on test.

Shape suffixes: N samples, C classes, K outputs of the classifier.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.data.progress import Progress
from mtkd_engine.modelfile import ModelError
from mtkd_engine.predictions.outcomes import Outcomes, joined, outcomes_of
from mtkd_engine.spec import AnyInput, ClassifierCard, FeatureInput, ImageInput
from mtkd_engine.spec.classification.kinds import moments_of
from mtkd_engine.tasks.classification.belief import belief
from mtkd_engine.tasks.classification.calibrate import fit_temperature
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.reading import misread
from mtkd_engine.tasks.classification.splits.base import ClassSplit
from mtkd_engine.tasks.classification.splits.build import clean_split

SPLITS = ("val", "test")
_MOST_AT_ONCE = 256
_PIXELS_AT_ONCE = 256 * 64 * 64


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The temperature that fits val, and what was measured with it, as the report states it."""

    temperature: float
    quality: dict[str, Any]
    """`split`, `samples`, `metrics` and `blind` of the split asked for, and all of it by split in `splits`."""
    outcomes: Outcomes
    """What it said of each sample of these splits."""


def measure(
    net: nn.Module,
    card: ClassifierCard,
    data: LabelledDataset,
    *,
    split: str,
    fit: bool,
    say: Progress,
    name: str,
) -> Measured:
    """This will run a classifier on the clean samples of val and test, and of `split` if that is another.

    `fit` fits the temperature on val; without it that of the card counts. Raises ModelError where the classifier
    does not know a class of the dataset.
    """
    try:
        classes = ClassMap.of(card.classes, data.classes, teacher=name)
    except ValueError as error:
        raise ModelError(str(error)) from None
    if (why := misread(card.input, data)) is not None:
        raise ModelError(f"{name} {why}.")
    wanted = [one for one in dict.fromkeys((*SPLITS, split)) if data.splits.get(one)]
    total, done = sum(len(data.splits[one]) for one in wanted), 0
    logits: dict[str, Tensor] = {}
    for one in wanted:
        seen = clean_split(data, one, card.input)
        logits[one] = _logits(net, card, seen, say=say, done=done, of=total)
        done += len(data.splits[one])
    labels = {one: torch.tensor([sample.label for sample in data.splits[one]]) for one in wanted}
    temperature = card.temperature
    if fit and "val" in wanted:
        temperature = fit_temperature(classes.apply(logits["val"]), labels["val"])
    measured = {
        one: Quality.of(belief(logits[one], temperature=temperature, classes=classes), labels[one])
        for one in wanted
    }
    splits = {one: _told(found, data) for one, found in measured.items()}
    shown = split if split in splits else wanted[0]
    return Measured(
        temperature=temperature,
        quality={"split": shown, **splits[shown], "splits": splits},
        outcomes=joined([_outcomes(found, data, split=one) for one, found in measured.items()]),
    )


def at_once(reads: AnyInput) -> int:
    """This will say how many samples are scored at once: memory does not grow with what is seen of one."""
    if isinstance(reads, FeatureInput):
        return _MOST_AT_ONCE
    moments = 1 if isinstance(reads, ImageInput) else moments_of(reads)
    return max(1, min(_MOST_AT_ONCE, _PIXELS_AT_ONCE // (moments * reads.size**2)))


def _logits(
    net: nn.Module, card: ClassifierCard, seen: ClassSplit, *, say: Progress, done: int, of: int
) -> Tensor:
    parts = []
    with torch.inference_mode():
        for batch in seen.in_order(size=at_once(card.input)):
            say.say("quality", done=done + int(batch.rows_B[0]), of=of)
            parts.append(net(to_input(batch.inputs, card.input)).float().cpu())
    logits_NK = torch.cat(parts)
    if not bool(torch.isfinite(logits_NK).all()):
        raise ModelError(
            "its scores are NaN or infinite on samples of the dataset; finite ones are accepted."
        )
    return logits_NK


def _told(measured: Quality, data: LabelledDataset) -> dict[str, Any]:
    labels_N = measured.labels_N
    most_frequent = Counter(sample.label for sample in data.splits["train"]).most_common(1)[0][0]
    return {
        "samples": len(labels_N),
        "metrics": measured.values,
        "blind": {"top1": float((labels_N == most_frequent).double().mean())},
        "classes": [asdict(row) for row in measured.by_class(data.classes)],
    }


def _outcomes(measured: Quality, data: LabelledDataset, *, split: str) -> Outcomes:
    samples = data.splits[split]
    return outcomes_of(
        dataset_hash=data.whole_hash,
        measure="truth",
        ids=[sample.sample_id for sample in samples],
        split=split,
        sources=[sample.source_id for sample in samples],
        labels=[data.classes[sample.label] for sample in samples],
        said=[data.classes[place] for place in measured.predicted_N.tolist()],
        quality_N=measured.log_truth_N.exp().cpu().numpy(),
    )
