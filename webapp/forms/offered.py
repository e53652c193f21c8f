"""What a field of a spec offers to choose from: fixed words, or what the project has, with what to know of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from webapp.forms.layout import TEST_ON_FIELD
from webapp.forms.nodes import Field

Offered = tuple[Sequence[str], Mapping[str, str]]
"""Names, and what to know of some of them."""


def options_of(node: Field, value: Any, offered: Offered | None) -> list[tuple[str, str]]:
    """This will give pairs of value and label; a name that was chosen and is gone by now stands last, and says so."""
    if offered is None:
        return [(str(option), str(option).replace("_", " ") or "none") for option in node.options]
    known, notes = offered
    gone = [name for name in (value if isinstance(value, list) else [value]) if name and name not in known]
    none = [("", "the dataset's own test split")] if node.path == TEST_ON_FIELD else []
    return [
        *none,
        *((name, _noted(name, notes)) for name in known),
        *((name, _noted(name, notes) if name in notes else f"{name} (not in this project)") for name in gone),
    ]


def _noted(name: str, notes: Mapping[str, str]) -> str:
    return f"{name} ({notes[name]})" if notes.get(name) else name
