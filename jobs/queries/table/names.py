"""What a name in a query or a column stands for: something of the job's row, of its spec, or a final metric."""

from __future__ import annotations

import json

from mtkd_engine.spec import Spec

LONGEST_NAME = 200
OF_RESULTS = {"student.params", "student.macs", "student.memory_bytes"}
"""Final metrics that read like parts of a spec."""
SPEC_KEYS = {*Spec.model_fields, "parameters"} - {"name"}
"""`parameters` are those of jobs trained elsewhere."""


def is_spec_path(name: str) -> bool:
    """This will tell whether a dotted name means a field of the spec; what is neither that nor known is a metric."""
    first = name.partition(".")[0]
    return first in SPEC_KEYS and "/" not in name and name not in OF_RESULTS


def jsonpath(name: str) -> str:
    """This will spell a dotted path for PostgreSQL; a list on the way stands for all that is in it."""
    return "lax $" + "".join(
        f"[{part}]" if _is_place(part) else f".{json.dumps(part)}" for part in parts(name)
    )


def parts(name: str) -> list[str]:
    """This will split a dotted path."""
    return name.split(".")


def _is_place(part: str) -> bool:
    return part.isascii() and part.isdecimal() and len(part) < 6
