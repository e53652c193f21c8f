"""What a person should be warned of while models teach each other; each once."""

from __future__ import annotations

from collections.abc import Iterable

from mtkd_engine.events import Event, Warned, Weights
from mtkd_engine.methods.zoo.face import Standing

FELL = 0.01
"""How far below its start a learner may measure before a person is told."""
ALMOST_ALL = 0.98


class ZooWatch:
    """Notices learners that lose what they knew, and a zoo in which one model knows everything best."""

    def __init__(self, *, alone: bool = False) -> None:
        """This will begin with nothing said; `alone` where models are fitted beside the job to the labels alone."""
        self._said: set[str] = set()
        self._who = ", fitted to the labels alone," if alone else ""

    def said(self) -> list[str]:
        """This will give what need not be said again, for a checkpoint."""
        return sorted(self._said)

    def take_up(self, said: Iterable[str]) -> None:
        """This will not say again what a checkpoint says was said."""
        self._said = set(said)

    def fallen(self, name: str, metric: str, *, begun: Standing, now: Standing, step: int) -> list[Event]:
        """This will warn of a learner that measures worse on validation than it began."""
        before, after = begun.values[metric], now.values[metric]
        if after >= before - FELL or not self._is_new(f"below_start:{name}"):
            return []
        message = (
            f"{name!r}{self._who} fell below its start on validation, {metric} from {before:.3f} to {after:.3f}; a "
            "lower learning rate often helps models that are trained already."
        )
        return [Warned(code="below_start", message=message, step=step)]

    def one_knows_all(self, spoken: Weights) -> list[Event]:
        """This will warn where there is almost nothing that others could teach one model."""
        top = max(spoken.mean)
        if top <= ALMOST_ALL or not self._is_new("one_knows_all"):
            return []
        name = spoken.teachers[spoken.mean.index(top)]
        message = (
            f"{name!r} knows best of {top:.1%} of validation: there is little that others could teach it."
        )
        return [Warned(code="one_knows_all", message=message, step=spoken.step)]

    def _is_new(self, code: str) -> bool:
        fresh = code not in self._said
        self._said.add(code)
        return fresh
