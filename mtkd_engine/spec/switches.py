"""Parts of a spec that can be switched off, to see what they bring; torch-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mtkd_engine.spec.aggregators import LearnedSpec
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.methods import AggregateSpec, EmtmSpec

Patch = dict[str, Any]
TEACHER = "teacher:"
AGGREGATORS = {
    "uniform": "uniform weights",
    "static": "one weight per teacher",
    "kau": "KAU",
    "kau_plus": "KAU+",
    "best_single": "the best single teacher",
    "medoid": "the medoid",
    "oracle": "the oracle",
}


class CellText(NamedTuple):
    """What a cell is called, and the sentence "`brings` brings so much over `over`"; `over` may be empty."""

    title: str
    brings: str
    over: str


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A part that can be left out: `change` gives the merge patch, None where a spec has no such part.

    `help` is for people who choose it, `methods` those that have it; {aggregator} in the texts is the reference's.
    """

    help: str
    needs: str
    methods: tuple[str, ...]
    text: CellText
    change: Callable[[Spec], Patch | None]


def _without_kau(spec: Spec) -> Patch | None:
    method = spec.method
    if isinstance(method, EmtmSpec | AggregateSpec) and method.aggregator.kind in {"kau", "kau_plus"}:
        return {"method": {"aggregator": {"kind": "uniform"}}}
    return None


def _static(spec: Spec) -> Patch | None:
    method = spec.method
    if not isinstance(method, EmtmSpec | AggregateSpec) or method.aggregator.kind == "static":
        return None
    fitting = {}
    if isinstance(method.aggregator, LearnedSpec):  # the same chance for both
        fitting = {"fitted": method.aggregator.fitted, "epochs": method.aggregator.epochs}
    return {"method": {"aggregator": {"kind": "static", **fitting}}}


def _own_encoders(spec: Spec) -> Patch | None:
    method = spec.method
    if isinstance(method, EmtmSpec) and method.isomorphic.enabled and method.isomorphic.shares:
        return {"method": {"isomorphic": {"shares": []}}}
    return None


def _without_twin(spec: Spec) -> Patch | None:
    if isinstance(spec.method, EmtmSpec) and spec.method.isomorphic.enabled:
        return {"method": {"isomorphic": {"enabled": False}}}
    return None


def _hard_labels(spec: Spec) -> Patch | None:
    if isinstance(spec.method, EmtmSpec) and spec.method.distill_weight:
        return {"method": {"distill_weight": 0}}
    return None


def _in_sample(spec: Spec) -> Patch | None:
    if isinstance(spec.method, EmtmSpec) and spec.method.beliefs == "out_of_fold":
        return {"method": {"beliefs": "in_sample"}}
    return None


def _solo(spec: Spec) -> Patch | None:
    if isinstance(spec.method, EmtmSpec):
        return {"method": {"kind": "solo"}, "teachers": [], "evaluation": {"compare_solo": False}}
    return None


SWITCHES: dict[str, Switch] = {
    "kau": Switch(
        help="KAU: all teachers with equal weight instead",
        needs="an aggregator kau or kau_plus",
        methods=("emtm", "aggregate"),
        text=CellText("uniform weights", "{aggregator}", "uniform weights"),
        change=_without_kau,
    ),
    "static": Switch(
        help="Weighing per sample: one learned weight per teacher instead",
        needs="method emtm or aggregate with another aggregator than static",
        methods=("emtm", "aggregate"),
        text=CellText("static weights", "{aggregator}", "one learned weight per teacher"),
        change=_static,
    ),
    "shared_encoder": Switch(
        help="The shared encoder: student and twin have one each",
        needs="method emtm with an isomorphic teacher that shares blocks",
        methods=("emtm",),
        text=CellText("no shared encoder", "Sharing the encoder", ""),
        change=_own_encoders,
    ),
    "isomorphic_teacher": Switch(
        help="The isomorphic teacher",
        needs="method emtm with an isomorphic teacher",
        methods=("emtm",),
        text=CellText("no isomorphic teacher", "The isomorphic teacher", ""),
        change=_without_twin,
    ),
    "soft_labels": Switch(
        help="Soft labels: labels alone train the student",
        needs="method emtm with a distillation weight above 0",
        methods=("emtm",),
        text=CellText("no soft labels", "Learning from soft labels", ""),
        change=_hard_labels,
    ),
    "out_of_fold": Switch(
        help="Out-of-fold beliefs: the teachers as they are instead",
        needs="method emtm with beliefs out_of_fold",
        methods=("emtm",),
        text=CellText("in-sample beliefs", "Keeping beliefs out of fold", "in-sample beliefs"),
        change=_in_sample,
    ),
    "solo": Switch(
        help="All teachers: the same student from labels alone",
        needs="method emtm",
        methods=("emtm",),
        text=CellText("solo", "Being taught", "labels alone"),
        change=_solo,
    ),
}
"""By name, in the order in which they are offered."""


def change_of(switch: str, spec: Spec) -> Patch:
    """This will give the merge patch that switches a part of a spec off; raises ValueError with a sentence."""
    if switch.startswith(TEACHER):
        return _without_teacher(switch.removeprefix(TEACHER), spec)
    if switch not in SWITCHES:
        known = ", ".join(SWITCHES)
        raise ValueError(f"given {switch[:80]!r}, accepted is one of {known}, or {TEACHER}NAME.")
    patch = SWITCHES[switch].change(spec)
    if patch is None:
        raise ValueError(
            f"given {switch!r}, which this spec does not have; it takes {SWITCHES[switch].needs}."
        )
    return patch


def text_of(switch: str, spec: Spec) -> CellText:
    """This will say what a cell without a part is called, and what its comparison with the reference means."""
    if switch.startswith(TEACHER):
        name = switch.removeprefix(TEACHER)
        return CellText(f"without {name}", f"Teacher {name}", "")
    kind = getattr(getattr(spec.method, "aggregator", None), "kind", "")
    title, brings, over = SWITCHES[switch].text
    name = AGGREGATORS.get(kind, kind)
    return CellText(title, brings.format(aggregator=name[:1].upper() + name[1:]), over)


def _without_teacher(name: str, spec: Spec) -> Patch:
    names = [teacher.name for teacher in spec.teachers]
    if name not in names:
        raise ValueError(
            f"given teacher {name[:80]!r}, accepted is one of {', '.join(names) or 'none at all'}."
        )
    return {
        "teachers": [teacher.model_dump(mode="json") for teacher in spec.teachers if teacher.name != name]
    }
