"""What a model card tells of one of several models that taught each other, in place of a student."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mtkd_engine.export.figures import section, table

_AGAINST = {
    "alone": "fitted to the labels alone",
    "average": "average of all starts",
    "before": "its start",
    "best_before": "best of all starts",
    "oracle": "oracle over all starts",
}
"""What others are called beside one participant; those that the task adds keep their names."""
_AS_IT_BEGAN = (
    "Nothing that it learnt measured better on validation: these are the parameters that it began with."
)


def as_participant(result: Mapping[str, Any], name: str) -> dict[str, Any]:
    """This will give of a result what the card of one learner shows: its own start and costs, and who took part."""
    told = next(one for one in result["participants"] if one["name"] == name)
    starts = {who: found for who, found in result["baselines"].items() if who not in ("before", "alone")}
    own = {who: told[who]["test"] for who in ("before", "alone") if who in told}
    return {
        **result,
        "called": name,
        "title": f"{name}, after learning from other models",
        "metrics": told["after"]["test"],
        "baselines": _named({**starts, **own}),
        "comparisons": _named(told["comparisons"]),
        "cost": {name: told["cost"]},
        "note": None if told["best_step"] else _AS_IT_BEGAN,
        "took_part": [
            (one["name"], one["content_hash"], _part(one, is_this=one is told))
            for one in result["participants"]
        ],
    }


def participant_in(result: Mapping[str, Any], file: str) -> str | None:
    """This will name the participant of a result whose model file is called `file`; None where there is none."""
    for one in result.get("participants") or ():
        if (one.get("files") or {}).get("model") == file:
            return str(one["name"])
    return None


def took_part(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """This will list the models that took part, as they were registered."""
    cells = [[name, f"`{content_hash}`", part] for name, content_hash, part in rows]
    return section("Models that took part", table(["model", "content hash at its start", "what"], cells))


def _part(told: Mapping[str, Any], *, is_this: bool) -> str:
    if is_this:
        return "this one"
    return "learnt and taught" if told["learns"] else "taught, and stood still"


def _named(found: Mapping[str, Any]) -> dict[str, Any]:
    return {_AGAINST.get(who, who): values for who, values in found.items()}
