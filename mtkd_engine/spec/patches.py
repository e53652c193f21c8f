"""Merge patches (RFC 7396): a document is changed by one that looks like it; torch-free."""

from __future__ import annotations

from typing import Any

from mtkd_engine.spec.base import CHOICES


def merged(document: Any, changes: Any) -> Any:
    """This will return the document with the changes in it; what is null there is taken out.

    Mappings are merged key by key, everything else, lists too, is replaced. Neither argument is altered.
    """
    return _merged(document, changes, is_spec=False)


def changed(spec: Any, changes: Any) -> Any:
    """This will return a plain spec with the changes in it, as `merged` does with any document.

    Departure: where the changes name another kind of a method, an aggregator or a network, nothing of the old kind
    stays, for no key of it would be known to the new one.
    """
    return _merged(spec, changes, is_spec=True)


def _merged(document: Any, changes: Any, *, is_spec: bool) -> Any:
    if not isinstance(changes, dict):
        return changes
    result = dict(document) if isinstance(document, dict) else {}
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        else:
            old = result.get(key)
            if is_spec and _is_of_another_kind(key, old, value):
                old = None
            result[key] = _merged(old, value, is_spec=is_spec)
    return result


def _is_of_another_kind(key: Any, old: Any, new: Any) -> bool:
    if key not in CHOICES or not isinstance(old, dict) or not isinstance(new, dict):
        return False
    tag, _ = CHOICES[key]
    return new.get(tag) not in (None, old.get(tag))
