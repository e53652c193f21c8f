"""Parts of a spec that can be switched off, to see what they bring; torch-free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mtkd_engine.spec.aggregators import LearnedSpec
from mtkd_engine.spec.classification.aggregators import HeldOutLearnedSpec
from mtkd_engine.spec.classification.methods import MultiTeacherSpec
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.spec.in_turn import (
    AGGREGATOR,
    TITLES,
    CellText,
    Patch,
    aggregator_change,
    aggregator_of,
    aggregator_text,
    capital,
)
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.methods import AggregateSpec, EmtmSpec
from mtkd_engine.spec.online import EnsembleSpec, SelfSpec

TEACHER = "teacher:"


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A part that can be left out: `change` gives the merge patch, None where a spec has no such part.

    `help` is for people who choose it, `methods` those that have it; {aggregator} and {inner} in the texts are
    the reference's.
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
    if (
        not isinstance(method, EmtmSpec | AggregateSpec | MultiTeacherSpec)
        or method.aggregator.kind == "static"
    ):
        return None
    fitting: Patch = {}
    if isinstance(method.aggregator, HeldOutLearnedSpec):
        fitting = {"samples": method.aggregator.samples}
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
    if isinstance(spec.method, EmtmSpec | MultiTeacherSpec | EnsembleSpec) and spec.method.distill_weight:
        return {"method": {"distill_weight": 0}}
    return None


def _weighed_by(kind: str) -> Callable[[Spec], Patch | None]:
    def change(spec: Spec) -> Patch | None:
        if isinstance(spec.method, MultiTeacherSpec) and spec.method.aggregator.kind != kind:
            return {"method": {"aggregator": {"kind": kind}}}
        return None

    return change


def _without_features(spec: Spec) -> Patch | None:
    if isinstance(spec.method, MultiTeacherSpec) and spec.method.features:
        return {"method": {"features": []}}
    return None


def _plain_loss(spec: Spec) -> Patch | None:
    if isinstance(spec.method, MultiTeacherSpec) and spec.method.inner.kind != "kd":
        return {"method": {"inner": {"kind": "kd"}}}
    return None


def _without_assistants(spec: Spec) -> Patch | None:
    if isinstance(spec.method, StagedSpec) and spec.method.assistants:
        return {"method": {"assistants": []}}
    return None


def _in_sample(spec: Spec) -> Patch | None:
    if isinstance(spec.method, EmtmSpec) and spec.method.beliefs == "out_of_fold":
        return {"method": {"beliefs": "in_sample"}}
    return None


def _solo(spec: Spec) -> Patch | None:
    if isinstance(spec.method, EmtmSpec | MultiTeacherSpec | EnsembleSpec | SelfSpec):
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
    "weighing": Switch(
        help="Weighing: all teachers with equal weight instead",
        needs="method multi_teacher with another aggregator than uniform",
        methods=("multi_teacher",),
        text=CellText("the average", "{aggregator}", "the average"),
        change=_weighed_by("uniform"),
    ),
    "static": Switch(
        help="Weighing per sample: one learned weight per teacher instead",
        needs="method emtm, aggregate or multi_teacher with another aggregator than static",
        methods=("emtm", "aggregate", "multi_teacher"),
        text=CellText("static weights", "{aggregator}", "one learned weight per teacher"),
        change=_static,
    ),
    "best_single": Switch(
        help="Several teachers: the best single one instead",
        needs="method multi_teacher with another aggregator than best_single",
        methods=("multi_teacher",),
        text=CellText("the best single teacher", "{aggregator}", "the best single teacher"),
        change=_weighed_by("best_single"),
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
        needs="method emtm, multi_teacher or ensemble with a distillation weight above 0",
        methods=("emtm", "multi_teacher", "ensemble"),
        text=CellText("no soft labels", "Learning from soft labels", ""),
        change=_hard_labels,
    ),
    "features": Switch(
        help="Feature losses: beliefs alone instead",
        needs="method multi_teacher with feature losses",
        methods=("multi_teacher",),
        text=CellText("no feature losses", "Learning from features", ""),
        change=_without_features,
    ),
    "inner": Switch(
        help="DKD or DIST: the ordinary loss of soft labels instead",
        needs="method multi_teacher with the loss dkd or dist",
        methods=("multi_teacher",),
        text=CellText("ordinary soft labels", "{inner}", "ordinary soft labels (KD)"),
        change=_plain_loss,
    ),
    "assistants": Switch(
        help="Assistants: the teachers teach the student themselves",
        needs="method staged with assistants",
        methods=("staged",),
        text=CellText("no assistants", "Going through assistants", "being taught by the teachers themselves"),
        change=_without_assistants,
    ),
    "out_of_fold": Switch(
        help="Out-of-fold beliefs: the teachers as they are instead",
        needs="method emtm with beliefs out_of_fold",
        methods=("emtm",),
        text=CellText("in-sample beliefs", "Keeping beliefs out of fold", "in-sample beliefs"),
        change=_in_sample,
    ),
    "solo": Switch(
        help="All that teaches: the same student from labels alone",
        needs="method emtm, multi_teacher, ensemble or self",
        methods=("emtm", "multi_teacher", "ensemble", "self"),
        text=CellText("solo", "Being taught", "labels alone"),
        change=_solo,
    ),
}
"""By name, in the order in which they are offered."""


def change_of(switch: str, spec: Spec) -> Patch:
    """This will give the merge patch that switches a part of a spec off; raises ValueError with a sentence."""
    if switch.startswith(TEACHER):
        return _without_teacher(switch.removeprefix(TEACHER), spec)
    if switch.startswith(AGGREGATOR):
        return aggregator_change(switch.removeprefix(AGGREGATOR), spec)
    if switch not in SWITCHES:
        fitting = [name for name, one in SWITCHES.items() if spec.method.kind in one.methods]
        known = ", ".join(fitting or SWITCHES)
        raise ValueError(
            f"given {switch[:80]!r}, accepted is one of {known}, {AGGREGATOR}KIND or {TEACHER}NAME."
        )
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
    if switch.startswith(AGGREGATOR):
        return aggregator_text(switch.removeprefix(AGGREGATOR), spec)
    kind, text = aggregator_of(spec), SWITCHES[switch].text
    inner = str(getattr(getattr(spec.method, "inner", None), "kind", ""))
    brings = text.brings.format(aggregator=capital(TITLES.get(kind, kind)), inner=inner.upper())
    return text._replace(brings=brings)


def _without_teacher(name: str, spec: Spec) -> Patch:
    names = [teacher.name for teacher in spec.teachers]
    if name not in names:
        raise ValueError(
            f"given teacher {name[:80]!r}, accepted is one of {', '.join(names) or 'none at all'}."
        )
    return {
        "teachers": [teacher.model_dump(mode="json") for teacher in spec.teachers if teacher.name != name]
    }
