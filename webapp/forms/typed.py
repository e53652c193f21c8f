"""Values that are more than one word, as they are typed into a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from mtkd_engine.spec import TextError, read_yaml

MANY = frozenset({"teachers", "choices"})
"""Kinds of which several are chosen."""
PARTED = {"list": ", ", "lines": "\n"}
"""Kinds of which several are typed, and what stands between them."""


def value_at(start: Any, name: str) -> Any:
    """This will give what a plain spec has for a node's name; None where another option of a choice was chosen."""
    value = start
    for segment in name.split("."):
        key, _, option = segment.partition("[")
        value = value.get(key) if isinstance(value, Mapping) else _item(value, key)
        if option and isinstance(value, Mapping) and option.rstrip("]") not in value.values():
            return None
    return value


def is_null(start: Any, name: str) -> bool:
    """This will tell whether a plain spec says that there is nothing, which is more than not saying what there is."""
    within, _, key = name.rpartition(".")
    part = value_at(start, within)
    return isinstance(part, Mapping) and key in part and part[key] is None


def _item(value: Any, key: str) -> Any:
    """What stands at a place of a list, if there is one."""
    place = int(key) if key.isdecimal() else -1
    return value[place] if isinstance(value, list | tuple) and 0 <= place < len(value) else None


def lines_of(value: Any) -> str:
    """This will write a mapping as a person types it, a key and its value on each line."""
    if not isinstance(value, Mapping):
        return str(value or "")
    return str(yaml.safe_dump(dict(value), sort_keys=False, default_flow_style=None)).strip() if value else ""


def mapping_of(text: str) -> Any:
    """This will read what was typed, and give it as it is where it is no mapping: the spec says so."""
    if not text.strip():
        return {}
    try:
        return read_yaml(text)
    except TextError:
        return text
