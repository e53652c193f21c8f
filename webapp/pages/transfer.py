"""Who taught whom: how often each source taught each learner, what that brought, and what they knew before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobs.queries.participants import mapping
from webapp.pages.result_details import is_number
from webapp.templatetags.site import signed

DEEP = 0.65
"""From here on words are bright on their colour."""
OWN_START = "own start"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One source and one learner; `depth` from 0 to 1 is how strong its colour is, `tone` which one."""

    text: str
    about: str
    depth: float
    tone: str = ""
    is_own: bool = False

    @property
    def is_deep(self) -> bool:
        """This will tell whether dark words would not be read on it."""
        return self.depth >= DEEP


@dataclass(frozen=True, kw_only=True)
class LearnerRow:
    """One learner, a cell for each source."""

    name: str
    cells: list[Cell]


def transfer_context(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """This will lay out both tables of a result; nothing where it has none."""
    found = mapping((result or {}).get("transfer"))
    learners, sources = (_names(found.get(key)) for key in ("learners", "sources"))
    if not learners or not sources:
        return {}
    shares = _numbers(found.get("share"), learners, sources)
    brought = _numbers(found.get("brought"), learners, sources)
    taught = _numbers(found.get("samples"), learners, sources)
    known = _numbers(found.get("known_best"), learners, sources)
    most = max((abs(value) for row in brought for value in row if value is not None), default=0.0)
    return {
        "transfer_sources": [source_title(name) for name in sources],
        "transfer_shares": [
            LearnerRow(
                name=learner,
                cells=[_share(learner, *cell) for cell in zip(sources, row, counts, strict=True)],
            )
            for learner, row, counts in zip(learners, shares, taught, strict=True)
        ],
        "transfer_brought": [
            LearnerRow(
                name=learner,
                cells=[
                    _brought(learner, *cell, most=most) for cell in zip(sources, row, counts, strict=True)
                ],
            )
            for learner, row, counts in zip(learners, brought, known, strict=True)
        ]
        if any(value is not None for row in brought for value in row)
        else [],
    }


def source_title(name: str) -> str:
    """This will write the name of a source; a learner's own start stands in brackets there."""
    return OWN_START if name.strip("()") == OWN_START else name


def _is_own(learner: str, source: str) -> bool:
    return source == learner or source_title(source) == OWN_START


def _share(learner: str, source: str, value: float | None, samples: float | None) -> Cell:
    is_own = _is_own(learner, source)
    if value is None:
        return Cell(text="–", about="not known", depth=0.0, is_own=is_own)
    text = f"{100 * value:.1f} %"
    who = f"{learner} kept to itself" if is_own else f"{source_title(source)} taught {learner}"
    about = f"{who} {text} of what was seen" + (f", {int(samples):,} times" if samples is not None else "")
    return Cell(text=text, about=about, depth=max(0.0, min(1.0, value)), is_own=is_own)


def _brought(learner: str, source: str, value: float | None, samples: float | None, *, most: float) -> Cell:
    count = f"{int(samples):,}" if samples is not None else ""
    who = source_title(source)
    of = f"mean over {count} samples that {who} knew best" if count else f"{who} knew no sample best"
    if value is None:
        return Cell(text="–", about=of, depth=0.0, is_own=_is_own(learner, source))
    return Cell(
        text=signed(100 * value),
        about=of,
        depth=abs(value) / most if most else 0.0,
        tone="" if abs(100 * value) < 0.05 else "good" if value > 0 else "bad",
        is_own=_is_own(learner, source),
    )


def _names(value: object) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _numbers(value: object, learners: Sequence[str], sources: Sequence[str]) -> list[list[float | None]]:
    """A table of the size that it should have, whatever was written; what is no number is not known."""
    rows = value if isinstance(value, list) else []
    return [
        [
            float(cell)
            if place < len(rows)
            and isinstance(rows[place], list)
            and at < len(rows[place])
            and is_number(cell := rows[place][at])
            else None
            for at in range(len(sources))
        ]
        for place in range(len(learners))
    ]
