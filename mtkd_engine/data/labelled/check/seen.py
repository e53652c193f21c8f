"""What is known of one sample once it was read to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtkd_engine.data.labelled.rows import LabelledRow


@dataclass(frozen=True, slots=True)
class Seen:
    """Bytes, and sizes in pixels, upright; `fault` names the problem that makes it useless, `said` says it."""

    sha256: str = ""
    size: int = 0
    width: int = 0
    height: int = 0
    fault: str = ""
    said: str = ""
    truth: str = ""
    """What is told of it beside its class, where that is a file of its own: the sha256 of that."""


def hashes_of(seen: Mapping[int, Seen]) -> dict[int, str]:
    """This will give the sha256 of what lies at each place; what could not be read is like nothing else."""
    return {place: look.sha256 or f"none of {place}" for place, look in seen.items()}


def content_of(row: LabelledRow, seen: Mapping[int, Seen]) -> tuple[object, ...]:
    """This will give what makes two samples of one split duplicates of each other."""
    look = seen[row.place]
    return row.split, (row.label, look.truth), look.sha256 or row.place
