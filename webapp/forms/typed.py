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


def item(value: Any, key: str) -> Any:
    """This will give what stands at a place of a list, if there is one."""
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
