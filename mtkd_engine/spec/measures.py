"""What the results of each task are measured by, and what decides between them; torch-free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Measures:
    """Of one task: the metric that decides, the one that sentences tell, and those that tables show, with titles.

    All of `columns` are shares from 0 to 1, more being better; `more` are told below them.
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
MEASURES: Mapping[str, Measures] = {"grounding": GROUNDING, "classification": CLASSIFICATION}
HEADLINES = tuple(measures.headline for measures in MEASURES.values())
"""The metric that decides in each task, the eldest task first."""
SHARES = re.compile(r"miou|r\d+@.+|map(@.+)?|top\d+|ece")
"""Metrics from 0 to 1, which are shown in percent."""
BY_SAMPLE = re.compile(r"miou|r1@(\d?\.\d+)|top1")
"""Metrics that are means over samples, so that two jobs can be held against each other sample by sample."""
_TITLES = {"miou": "mIoU", "map": "mAP", "top1": "Top-1", "top5": "Top-5", "ece": "ECE", "nll": "NLL"}


def measures_of(spec: Mapping[str, Any]) -> Measures:
    """This will give the measures of the task of a plain spec; one that names none is of the eldest."""
    return MEASURES.get(str(spec.get("task", "")), GROUNDING)


def title_of(metric: str) -> str:
    """This will write a metric as tables do: r1@0.5 as R1@0.5, miou as mIoU."""
    head, at, rest = metric.partition("@")
    return _TITLES.get(head, head.upper() if at else head) + at + rest
