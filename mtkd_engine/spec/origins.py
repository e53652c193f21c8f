"""Whose idea a way of training is: what was published, and what is our own design where it was not; torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STAGED = (
    "Method staged is after Wang & Tang (arXiv 2307.05201), whose formulas are not public: stages, losses and pseudo "
    "labels are our own design, so their tables are no measure of these results."
)
STREAMS = (
    "Compressed streams follow the published encoding of CoViAR (Wu et al., arXiv 1712.00636): I-frames, motion and "
    "residuals traced back to the I-frame; networks and training are our own choice."
)
TAUGHT_STREAMS = (
    "Several teachers for such a student are after Wu & Chiu (doi 10.1016/j.sysarc.2019.101695), whose full text is "
    "not public: how they are weighed and what the student learns from them is our own design, so their tables are no "
    "measure of these results."
)
OWN_MEAN = (
    "Method self with its moving mean is after the mean teacher (Tarvainen & Valpola, arXiv 1703.01780); soft labels "
    "in place of the published consistency cost between two noisy views are our own choice, so those tables are no "
    "measure of these results."
)
SNAPSHOT = (
    "Method self with snapshots is after Snapshot Distillation (Yang et al., arXiv 1812.00123), with one temperature "
    "for both sides and a learning rate that does not begin anew with each cycle: that is our own choice, so those "
    "tables are no measure of these results."
)


def origins_of(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """This will say in sentences what of a plain spec is after papers that left much open; most specs have none."""
    is_of_streams = (spec.get("data") or {}).get("kind") == "streams"
    method = spec.get("method") or {}
    is_staged, is_own = method.get("kind") == "staged", method.get("kind") == "self"
    said = (
        (STAGED, is_staged),
        (STREAMS, is_of_streams),
        (TAUGHT_STREAMS, is_of_streams and bool(spec.get("teachers"))),
        (OWN_MEAN, is_own and method.get("teacher", "ema") == "ema"),
        (SNAPSHOT, is_own and method.get("teacher", "ema") == "snapshot"),
    )
    return tuple(sentence for sentence, holds in said if holds)
