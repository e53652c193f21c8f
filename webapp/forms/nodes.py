"""What the form of a spec is made of.

Every node has a `path`, as the user would write it ("student.net.clips"), and a `name`, its key in a posted
form. They differ inside a choice, where each option has fields of its own: "student.net[span].clips".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NONE = "none"
"""The option of a choice that may also be nothing."""


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all nodes share."""

    path: str
    name: str
    title: str
    help: str


@dataclass(frozen=True, kw_only=True)
class Field(Node):
    """One value. `kind` is text, integer, number, switch, select, choices, list, lines, mapping, dataset, teachers or
    learner, which is one of the teachers that are chosen.

    One that is `optional` is left out of the spec when it is empty.
    """

    kind: str
    default: Any = None
    required: bool = False
    optional: bool = False
    options: tuple[Any, ...] = ()
    accepted: str = ""


@dataclass(frozen=True, kw_only=True)
class Group(Node):
    """Fields that belong together."""

    children: tuple[Node, ...]


@dataclass(frozen=True, kw_only=True)
class Choice(Node):
    """One of several groups, told apart by the value of `tag`; one of them may be NONE, which is null in the spec."""

    tag: str
    default: str
    options: tuple[tuple[str, Group], ...]


@dataclass(frozen=True, kw_only=True)
class Rows(Node):
    """A list of groups of the same fields; one whose first field is empty, or a choice of NONE, is not in use."""

    rows: tuple[Group, ...]
