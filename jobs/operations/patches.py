"""Merge patches (RFC 7396): a document is changed by one that looks like it."""

from __future__ import annotations

from typing import Any


def merged(document: Any, changes: Any) -> Any:
    """This will return the document with the changes in it; what is null there is taken out.

    Mappings are merged key by key, everything else, lists too, is replaced. Neither argument is altered.
    """
    if not isinstance(changes, dict):
        return changes
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
