"""One node of the form of a Spec with its value and its error, ready for a template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from webapp.forms.nodes import Node


@dataclass(frozen=True, kw_only=True)
class Said:
    """A title and a help that stand there with some methods only."""

    title: str
    help: str
    only_with: str
    hidden: bool


@dataclass
class Shown:
    """One node with its value and its error, ready for a template."""

    node: Node
    kind: str
    value: Any = None
    error: str = ""
    hidden: bool = False
    options: list[tuple[str, str]] = field(default_factory=list)
    parts: list[Shown] = field(default_factory=list)
    more: list[Shown] = field(default_factory=list)
    only_with: str = ""
    hints: Sequence[str] = ()
    wordings: Sequence[Said] = ()
    """Other titles and helps by method, the usual ones among them; nothing where they are the same with all."""
    advice: Said | None = None
    is_set: bool = False
    """Whether it has another value than it would have by itself."""

    @property
    def id(self) -> str:
        """The element's id: the name without characters that selectors would need escaped."""
        return "f-" + "-".join(self.node.name.replace("[", ".").replace("]", "").split("."))

    @property
    def text(self) -> str:
        """The value as it stands in an input: numbers without a needless exponent or ".0"."""
        return f"{self.value:.10g}" if isinstance(self.value, float) else str(self.value)

    @property
    def has_error(self) -> bool:
        """Whether this node or one below it was refused."""
        return bool(self.error) or any(part.has_error for part in (*self.parts, *self.more))

    @property
    def is_noticed(self) -> bool:
        """Whether somebody should see it, however deep it is folded away."""
        return self.has_error or self.is_set or any(part.is_noticed for part in (*self.parts, *self.more))
