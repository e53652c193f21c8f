"""What makes a group of a job on its form: several seeds, and what is left out in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from pydantic import TypeAdapter, ValidationError

from mtkd_engine.spec import ClassAggregatorSpec
from mtkd_engine.spec.in_turn import AGGREGATOR, AVERAGE, EACH
from mtkd_engine.spec.switches import SWITCHES, TEACHER

SEEDS, ABLATE = "group.seeds", "group.ablate"
EACH_TEACHER = f"{TEACHER}*"
_TAUGHT = ("emtm", "aggregate", "multi_teacher", "staged")
_IN_TURN = SWITCHES["weighing"].methods
_TOLD_BY_EACH = frozenset({"weighing", "static", "best_single"})
_OWN = "ablate.0.change."
_AGGREGATORS: TypeAdapter[Any] = TypeAdapter(ClassAggregatorSpec)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One thing to leave out; it makes sense with the methods of `only_with` ("method.kind=emtm")."""

    value: str
    text: str
    only_with: str
    hidden: bool
    checked: bool


class GroupFields:
    """The two fields; left empty, the form is that of one job."""

    def __init__(self, *, posted: QueryDict | None, start: Mapping[str, Any], method: str) -> None:
        """This will show `posted` where a form came back, else the group document `start` as far as it can.

        `method` is the kind that is chosen now.
        """
        self.method = method
        self.errors: dict[str, str] = {}
        self.has_own = False
        entries = start.get("ablate") or []
        named = [entry for entry in entries if isinstance(entry, str)]
        if posted is not None:
            self.seeds = posted.get(SEEDS, "").strip()
            self.chosen = posted.getlist(ABLATE)
        else:
            self.seeds = ", ".join(str(seed) for seed in start.get("seeds") or ())
            self.chosen = [entry for entry in named if entry in SWITCHES or entry == EACH]
            if any(entry.startswith(TEACHER) for entry in named):
                self.chosen.append(EACH_TEACHER)
        self.own_changes = len(entries) - len(named)

    def choices(self) -> list[Choice]:
        """This will list what can be left out, with any method."""
        offered: list[tuple[str, str, tuple[str, ...]]] = [(EACH, _EACH_HELP, _IN_TURN)]
        offered += [(name, switch.help, switch.methods) for name, switch in SWITCHES.items()]
        offered.append((EACH_TEACHER, "Each teacher, one at a time", _TAUGHT))
        return [
            Choice(
                value=value,
                text=text,
                only_with=f"method.kind={','.join(methods)}",
                hidden=self.method not in methods,
                checked=value in self.chosen,
            )
            for value, text, methods in offered
        ]

    @property
    def has_choices(self) -> bool:
        """Whether anything can be left out with the method that is chosen now."""
        return any(not choice.hidden for choice in self.choices())

    def raw(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """This will return the keys that make a group document of a plain spec; none for a single job.

        Where all aggregators take turns, the average takes the place of the spec's own, which then has a cell.
        """
        keys: dict[str, Any] = {}
        if self.seeds:
            keys["seeds"] = [_number(part) for part in self.seeds.replace(",", " ").split()]
        fitting = [choice.value for choice in self.choices() if choice.checked and not choice.hidden]
        own: list[dict[str, Any]] = []
        if EACH in fitting:
            own, keys["method"] = _averaged(spec["method"])
            self.has_own = bool(own)
            fitting = [value for value in fitting if value not in _TOLD_BY_EACH]
            fitting += [] if "solo" in fitting else ["solo"]
        if fitting:
            teachers = [teacher["name"] for teacher in spec.get("teachers", ())]
            each = [f"{TEACHER}{name}" for name in teachers] if EACH_TEACHER in fitting else []
            keys["ablate"] = [*own, *(value for value in fitting if value != EACH_TEACHER), *each]
        return keys

    def take_errors(self, errors: Mapping[str, str]) -> dict[str, str]:
        """This will keep what is about its fields and return the rest, of the form's own aggregator by its fields."""
        if self.has_own:
            errors = {path.removeprefix(_OWN): text for path, text in errors.items()}
        self.errors = {
            path: text for path, text in errors.items() if path.split(".")[0] in {"seeds", "ablate"}
        }
        return {path: text for path, text in errors.items() if path not in self.errors}

    @property
    def seeds_errors(self) -> list[str]:
        """What is wrong with the seeds."""
        return [text for path, text in self.errors.items() if path.startswith("seeds")]

    @property
    def ablate_errors(self) -> list[str]:
        """What is wrong with what is left out."""
        return [text for path, text in self.errors.items() if path.startswith("ablate")]


_EACH_HELP = (
    "All aggregators in turn, and labels alone, held against the average: was clever weighting worth it?"
)


def _averaged(method: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A cell for the chosen aggregator where it has settings of its own, and the method with the average instead."""
    chosen = dict(method.get("aggregator") or {})
    kind = str(chosen.get("kind", ""))
    if kind == AVERAGE:
        return [], dict(method)
    try:
        is_usual = _AGGREGATORS.validate_python(chosen) == _AGGREGATORS.validate_python({"kind": kind})
    except ValidationError:
        is_usual = False
    cell = {"cell": f"{AGGREGATOR}{kind}", "change": {"method": {"aggregator": chosen}}}
    return [] if is_usual else [cell], {**method, "aggregator": {"kind": AVERAGE}}


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else text
