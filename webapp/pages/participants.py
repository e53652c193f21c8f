"""The result of models that taught each other: each before and after, fine-tuned alone, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.queries.participants import Participant, mapping, participants_of
from mtkd_engine.spec.measures import SHARES, Measures, title_of
from webapp.pages.result_details import COSTS, amount, is_number

LESS_IS_BETTER = frozenset({"nll", "ece", "kld"})
_FLIPS: dict[str, tuple[tuple[str, str], tuple[str, str], str]] = {
    "top1": (
        ("Put right", "Share of the test samples that were wrong before and are right now"),
        ("Put wrong", "Share of the test samples that were right before and are wrong now"),
        "Put right and put wrong: samples whose answer changed.",
    ),
    "miou": (
        (
            "Rise",
            "Points by which the share of right pixels rose in test images, those in which it fell counting as 0",
        ),
        (
            "Fall",
            "Points by which the share of right pixels fell in test images, those in which it rose counting as 0",
        ),
        "Rise and fall: of the share of right pixels, the mean over all images.",
    ),
    "cc": (
        ("Rise", "Points by which SIM rose in test samples, those in which it fell counting as 0"),
        ("Fall", "Points by which SIM fell in test samples, those in which it rose counting as 0"),
        "Rise and fall: of SIM, the mean over all samples.",
    ),
}
"""What became better and what worse, by the metric that decides: two columns with their help, and a sentence."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A lead in points, or in the metric's own unit: as it is written, and whether it is good; 95 % where known."""

    text: str
    tone: str
    interval: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """One participant, in words; of one that only taught there is no more than where it stood."""

    name: str
    learns: bool
    before: str
    after: str
    gain: Change | None
    alone: str
    over_alone: Change | None
    put_right: str
    put_wrong: str
    costs: list[str]


@dataclass(frozen=True, kw_only=True)
class MeasureRow:
    """One metric of one participant."""

    name: str
    title: str
    before: str
    after: str
    alone: str
    gain: Change | None


def participants_context(result: Mapping[str, Any] | None, measures: Measures) -> dict[str, Any]:
    """This will give what the page of a job shows of its participants; nothing where there are none."""
    found = participants_of(result)
    if not found:
        return {}
    key = str((result or {}).get("primary") or measures.headline)
    rows = [_row(one, key) for one in found]
    learners = [one.name for one in found if one.learns]
    return {
        "models": rows,
        "models_learner": learners[0] if len(learners) == 1 else "",
        "models_measure": title_of(key),
        "models_have_alone": any(row.alone for row in rows),
        "models_flips": _FLIPS[measures.headline] if any(row.put_right for row in rows) else None,
        "models_have_intervals": any(
            one is not None and one.interval for row in rows for one in (row.gain, row.over_alone)
        ),
        "models_costs": [title for _, title in COSTS],
        "models_measures": [row for one in found for row in _measures(one, measures)],
    }


def told(one: Participant, when: str, metric: str) -> float | None:
    """This will give a metric of a participant on test: before, after or alone."""
    value = mapping(mapping(one.told.get(when)).get("test")).get(metric)
    return float(value) if is_number(value) else None


def written(value: object, metric: str) -> str:
    """This will write a metric: a share in percent, everything else as it is; a dash where there is none."""
    if not is_number(value):
        return "–"
    return f"{100 * value:.1f}" if SHARES.fullmatch(metric) else f"{value:.3f}"


def change(value: object, metric: str, within: Mapping[str, Any] | None = None) -> Change | None:
    """This will write a lead, of a share in points; None where it is not known.

    `within` has the ends of its 95 % interval, `low` and `high`: one that holds 0 leaves open which way it goes.
    """
    if not is_number(value):
        return None
    text = _signed(value, metric)
    low, high = ((within or {}).get(end) for end in ("low", "high"))
    interval, is_open = "", not float(text.replace("−", "-").replace("±", ""))
    if is_number(low) and is_number(high):
        interval = f"{_signed(low, metric)} to {_signed(high, metric)}"
        is_open = is_open or low <= 0 <= high
    is_good = (value > 0) != (metric in LESS_IS_BETTER)
    return Change(
        text=text, tone="" if is_open else "is-ahead" if is_good else "is-behind", interval=interval
    )


def _signed(value: float, metric: str) -> str:
    text = f"{100 * value:+.1f}" if SHARES.fullmatch(metric) else f"{value:+.3f}"
    return text.replace("-", "−") if float(text) else f"±{text[1:]}"


def _row(one: Participant, key: str) -> ModelRow:
    flips = mapping(one.told.get("flips"))
    alone = told(one, "alone", key)
    compared = mapping(one.told.get("comparisons"))
    over = {name: mapping(mapping(compared.get(name)).get(key)) for name in ("before", "alone")}
    return ModelRow(
        name=one.name,
        learns=one.learns,
        before=written(told(one, "before", key), key),
        after=written(told(one, "after", key), key) if one.learns else "",
        gain=change(one.told.get("gain"), key, over["before"]) if one.learns else None,
        alone="" if alone is None else written(alone, key),
        over_alone=change(one.told.get("gain_over_alone"), key, over["alone"]) if one.learns else None,
        put_right=_share(flips.get("positive")),
        put_wrong=_share(flips.get("negative")),
        costs=_costs(one),
    )


def _costs(one: Participant) -> list[str]:
    cost = mapping(one.told.get("cost"))
    known = {"parameters": one.told.get("parameters"), **cost}
    return [amount(known.get(key), key) for key, _ in COSTS]


def _share(value: object) -> str:
    return f"{100 * value:.1f}" if is_number(value) else ""


def _measures(one: Participant, measures: Measures) -> Iterable[MeasureRow]:
    for metric in _known(one, measures):
        before, after = told(one, "before", metric), told(one, "after", metric)
        alone = told(one, "alone", metric)
        yield MeasureRow(
            name=one.name,
            title=title_of(metric),
            before=written(before, metric),
            after=written(after, metric),
            alone="" if alone is None else written(alone, metric),
            gain=None if before is None or after is None else change(after - before, metric),
        )


def _known(one: Participant, measures: Measures) -> Sequence[str]:
    """Names of metrics that are told of a participant: those of the task in its order, then any others."""
    told_of = {
        **mapping(mapping(one.told.get("before")).get("test")),
        **mapping(mapping(one.told.get("after")).get("test")),
    }
    first = [name for name, _ in (*measures.columns, *measures.more)]
    names = [name for name, value in told_of.items() if is_number(value)]
    return sorted(names, key=lambda name: (first.index(name) if name in first else len(first), name))
