"""What a result says of the stages of a training, and of the assistants between teachers and student."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from webapp.pages.result_details import amount, is_number

WHOLE = "whole"
"""The stage that is about a whole network, whose best state is that of highest top-1."""


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """One stage: who was in it, which of its own, its steps, and how good its best state was, in words."""

    who: str
    name: str
    steps: str
    best_step: int
    score: str


@dataclass(frozen=True, kw_only=True)
class AssistantRow:
    """One assistant; `quality` is its top-1 on validation."""

    name: str
    family: str
    parameters: str
    quality: str
    taught_by: str


def stages_context(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """This will lay out stages and assistants as far as a result holds any."""
    known = result or {}
    stages = [one for one in known.get("stages") or () if isinstance(one, Mapping)]
    assistants = [one for one in known.get("assistants") or () if isinstance(one, Mapping)]
    return {
        "stage_rows": [_stage(one) for one in stages],
        "assistant_rows": [_assistant(one) for one in assistants],
        "student_taught_by": str(assistants[-1].get("name", "")) if assistants else "",
    }


def through_assistants(spec: Mapping[str, Any]) -> str:
    """This will say who taught the student of a spec with assistants, since its teachers did not; else nothing."""
    count = len((spec.get("method") or {}).get("assistants") or ())
    if not count:
        return ""
    return (
        f"The teachers taught assistant_1, which is what their weights and the target are about; assistant_{count} "
        "taught the student."
    )


def _stage(one: Mapping[str, Any]) -> StageRow:
    who, _, name = str(one.get("name", "")).rpartition("/")
    first, last, best = (one.get(key) or 0 for key in ("first_step", "last_step", "best_step"))
    return StageRow(
        who=who or "student",
        name=name.replace("_", " "),
        steps=f"{first:,}–{last:,}",
        best_step=best,
        score=_score(one.get("score"), is_whole=name == WHOLE),
    )


def _score(score: object, *, is_whole: bool) -> str:
    if not is_number(score):
        return "–"
    return f"Top-1 {100 * score:.1f} %" if is_whole else f"loss {-score:.4g}"


def _assistant(one: Mapping[str, Any]) -> AssistantRow:
    quality = (one.get("val") or {}).get("top1")
    return AssistantRow(
        name=str(one.get("name", "")),
        family=str(one.get("family", "")),
        parameters=amount(one.get("parameters"), "parameters"),
        quality=f"{100 * quality:.1f} %" if is_number(quality) else "–",
        taught_by=", ".join(map(str, one.get("taught_by") or ())),
    )
