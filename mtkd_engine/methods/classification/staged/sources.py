"""The teachers of a student in stages, as its method asks them."""

from __future__ import annotations

from dataclasses import dataclass

from mtkd_engine.aggregators.source import SignalSource, TappedSource


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where what teachers say comes from."""

    signals: SignalSource
    """Their beliefs, from a cache if there is one: all that the last stage asks for."""
    tapped: TappedSource
    """The same teachers beside the student, tapped after each of their substages."""
