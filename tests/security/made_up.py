"""What schemathesis cannot make up by itself: parts of uploads, and things that fit to what is there.

With `MTKD_MADE_UP` half of its bodies become ones that the project of the test accepts, so that the links of what was
made lead somewhere; the others stay as they were.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import strategies

Bodies = strategies.SearchStrategy[Any]
PROJECT, DATASET = "moments", "world"
SPEC = {"data": {"dataset": DATASET}}
FITTING: dict[str, Callable[[int], dict[str, Any]]] = {
    "submit_job": lambda number: {"project": PROJECT, "spec": {**SPEC, "seed": number % 1000}},
    "submit_group": lambda number: {
        "project": PROJECT,
        "document": {**SPEC, "seeds": [1, number % 1000 + 2]},
    },
    "create_project": lambda number: {"name": f"Study {number}"},
    "create_token": lambda number: {"name": f"of {number}", "scopes": ["jobs:read"]},
    "create_user": lambda number: {"username": f"u{number}"},
    "save_view": lambda number: {"name": f"view {number}", "address": "?q=state:failed"},
    "add_member": lambda number: {"username": "ada", "role": "viewer"},
    "set_baseline": lambda number: {"job": number % 3 + 1},
}
BARE = ("submit_job", "submit_group")


@schemathesis.serializer("application/offset+octet-stream")
def part(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """This will make the bytes of a part."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def before_generate_body(context: schemathesis.HookContext, strategy: Bodies) -> Bodies:
    """This will make every other body one that fits; to make up a whole spec takes longer than to answer it."""
    fitting = FITTING.get(_name(context))
    if fitting is None:
        return strategy
    fit = strategies.integers(0, 10**6).map(fitting)
    return strategies.booleans().flatmap(lambda fits: fit if fits else strategy)


def map_query(context: schemathesis.HookContext, query: Any) -> Any:
    """This will ask about the project that is there; beside a body that names it, the address must not."""
    if not isinstance(query, dict) or "project" not in query:
        return query
    if _name(context) in BARE and context.operation.method.upper() == "POST":
        return {
            name: value
            for name, value in query.items()
            if name not in {"project", "queue", "priority", "deadline"}
        }
    return {**query, "project": PROJECT}


def _name(context: schemathesis.HookContext) -> str:
    return str(context.operation.definition.raw.get("operationId", ""))


if os.environ.get("MTKD_MADE_UP"):
    schemathesis.hook(before_generate_body)
    schemathesis.hook(map_query)
