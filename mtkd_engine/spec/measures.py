"""What the results of each task are measured by, and what decides between them; torch-free."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Of one task: the metric that decides, the one that sentences tell, and those that tables show, with titles.

    All of `columns` are shares from 0 to 1, more being better (a correlation may be below 0); `more` are told below
    them.
    """

    headline: str
    told: str
    columns: tuple[tuple[str, str], ...]
    more: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        """How the metric that decides is written."""
        return title_of(self.headline)


GROUNDING = Measures(
    headline="miou",
    told="r1@0.5",
    columns=(("r1@0.3", "R1@0.3"), ("r1@0.5", "R1@0.5"), ("r1@0.7", "R1@0.7"), ("miou", "mIoU")),
)
CLASSIFICATION = Measures(
    headline="top1",
    told="top1",
    columns=(("top1", "Top-1"), ("top5", "Top-5")),
    more=(("ece", "ECE"), ("nll", "NLL")),
)
SEGMENTATION = Measures(
    headline="miou",
    told="miou",
    columns=(
        ("miou", "mIoU"),
        ("pixel_accuracy", "Pixel accuracy"),
        ("class_accuracy", "Class accuracy"),
        ("image_miou", "mIoU of an image"),
    ),
)
SALIENCY = Measures(
    headline="cc",
    told="cc",
    columns=(("cc", "CC"), ("sim", "SIM"), ("auc_j", "AUC-J"), ("s_auc", "s-AUC")),
    more=(("nss", "NSS"), ("kld", "KLD"), ("temporal_consistency", "Consistency in time")),
)
MEASURES: Mapping[str, Measures] = {
    "grounding": GROUNDING,
    "classification": CLASSIFICATION,
    "segmentation": SEGMENTATION,
    "saliency": SALIENCY,
}
HEADLINES = tuple(dict.fromkeys(measures.headline for measures in MEASURES.values()))
"""The metric that decides in each task, each once, the eldest task first."""
SHARES = re.compile(
    r"(image_)?miou|r\d+@.+|map(@.+)?|top\d+|ece|(pixel|class)_accuracy|cc|sim|auc_j|s_auc|temporal_consistency"
)
"""Metrics from 0 to 1, which are shown in percent."""
BY_SAMPLE = re.compile(r"(image_)?miou|r1@(\d?\.\d+)|top1|sim")
"""Metrics that may be means over samples."""
OF_WHOLE = {"miou": "image_miou"}
"""Metrics that are none where another one stands beside them: mIoU of masks counts pixels of all images together."""
_TITLES = {
    "miou": "mIoU",
    "map": "mAP",
    **{name: title for task in MEASURES.values() for name, title in (*task.columns, *task.more)},
}


def measures_of(spec: Mapping[str, Any]) -> Measures:
    """This will give the measures of the task of a plain spec; one that names none is of the eldest."""
    return MEASURES.get(str(spec.get("task", "")), GROUNDING)


def is_by_sample(metric: str, among: Collection[str]) -> bool:
    """This will tell whether a metric, `among` others of the same jobs, is a mean over samples.

    Two jobs can be held against each other sample by sample then.
    """
    return BY_SAMPLE.fullmatch(metric) is not None and OF_WHOLE.get(metric) not in among


def title_of(metric: str) -> str:
    """This will write a metric as tables do: r1@0.5 as R1@0.5, miou as mIoU."""
    head, at, rest = metric.partition("@")
    return _TITLES.get(head, head.upper() if at else head) + at + rest
