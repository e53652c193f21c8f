"""Aggregators put in each other's place, so that a group tells whether clever weighting was worth it; torch-free."""

from __future__ import annotations

from typing import Any, NamedTuple

from mtkd_engine.spec.base import CHOICES
from mtkd_engine.spec.classification.aggregators import HeldOutLearnedSpec
from mtkd_engine.spec.classification.methods import MultiTeacherSpec
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.methods import AggregateSpec, EmtmSpec

Patch = dict[str, Any]
AGGREGATOR = "aggregator:"
EACH = f"{AGGREGATOR}*"
AVERAGE = "uniform"
_NEEDS_STUDENT = frozenset({"kau"})
TITLES = {
    "uniform": "uniform weights",
    "static": "one weight per teacher",
    "kau": "KAU",
    "kau_plus": "KAU+",
    "entropy": "entropy weights (EBKD)",
    "confidence": "confidence weights (CA-MKD)",
    "confidence_softmax": "softmax of confidences",
    "gradient": "gradient-space weights (AE-KD)",
    "meta": "the meta-network (MMKD)",
    "reinforced": "the reinforced agent (MTKD-RL)",
    "best_single": "the best single teacher",
    "medoid": "the medoid",
    "oracle": "the oracle",
}


class CellText(NamedTuple):
    """What a cell is called, and the sentence "`brings` brings so much over `over`"; `over` may be empty.

    Usually the reference has what the cell lacks; with `is_own` it is the cell that brings something, and the
    reference is what it is held against.
    """

    title: str
    brings: str
    over: str
    is_own: bool = False


def capital(text: str) -> str:
    """This will write a text's first letter large."""
    return text[:1].upper() + text[1:]


def aggregator_of(spec: Spec) -> str:
    """This will give the kind of a spec's aggregator, nothing where its method has none."""
    return str(getattr(getattr(spec.method, "aggregator", None), "kind", ""))


def each_of(spec: Spec) -> list[str]:
    """This will name the entries that put every other aggregator of the spec's method in turn."""
    own = aggregator_of(spec)
    return [f"{AGGREGATOR}{kind}" for kind in _kinds(spec) if kind != own]


def aggregator_change(kind: str, spec: Spec) -> Patch:
    """This will give the merge patch that puts another aggregator into a spec; raises ValueError with a sentence.

    One that learns on held-out samples in place of another does so on the same ones.
    """
    known = _kinds(spec)
    if kind not in known:
        accepted = f"one of {', '.join(known)}" if known else "none: this method has no aggregator"
        raise ValueError(f"given aggregator {kind[:80]!r}, accepted is {accepted}.")
    changes: Patch = {"kind": kind}
    own = getattr(spec.method, "aggregator", None)
    if isinstance(own, HeldOutLearnedSpec) and kind in {"static", "kau", "meta"}:
        changes["samples"] = own.samples
    return {"method": {"aggregator": changes}}


def aggregator_text(kind: str, spec: Spec) -> CellText:
    """This will say what a cell with another aggregator is called, and what its lead over the reference means."""
    title, own = TITLES.get(kind, kind), aggregator_of(spec)
    return CellText(title, capital(title), TITLES.get(own, own), is_own=True)


def _kinds(spec: Spec) -> list[str]:
    if not isinstance(spec.method, EmtmSpec | AggregateSpec | MultiTeacherSpec):
        return []
    task = str(getattr(spec, "task", ""))
    left_out = _NEEDS_STUDENT if isinstance(spec.method, AggregateSpec) else frozenset()
    return [kind for kind in CHOICES["aggregator"][1].get(task, ()) if kind not in left_out]
