"""Where specs differ, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ELSEWHERE = "elsewhere"
NOT_SHOWN = ("name", "group", ELSEWHERE)
_MISSING = object()


@dataclass(frozen=True)
class Field:
    """A field by its dotted path, with the value of each spec; None where a spec has no such field."""

    path: str
    values: list[Any]


@dataclass(frozen=True)
class Diff:
    """The fields in which specs differ, and the number of those in which they do not."""

    fields: list[Field]
    same: int


def diff_of(specs: Sequence[Mapping[str, Any]]) -> Diff:
    """This will say where specs differ; name and group are no settings. What has a name in a list goes by it.

    Those of jobs trained elsewhere have fields of their own: what only the others have is no difference to them.
    """
    flat = [dict(_leaves(_shown(spec))) for spec in specs]
    away = [bool(spec.get(ELSEWHERE)) for spec in specs]
    paths = list(dict.fromkeys(path for fields in flat for path in fields))
    differing = []
    for path in paths:
        values = [fields.get(path, _MISSING) for fields in flat]
        knowing = {kind for kind, value in zip(away, values, strict=True) if value is not _MISSING}
        held = [value for kind, value in zip(away, values, strict=True) if kind in knowing]
        if any(not _same(value, held[0]) for value in held[1:]):
            differing.append(Field(path, [None if value is _MISSING else value for value in values]))
    return Diff(differing, len(paths) - len(differing))


def _shown(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in NOT_SHOWN}


def _same(one: Any, other: Any) -> bool:
    """1 and True are equal in Python, and not the same setting."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and all(_is_named(item) for item in value):
        yield path, [item["name"] for item in value]
        for item in value:
            rest = {key: inner for key, inner in item.items() if key != "name"}
            yield from _leaves(rest, f"{path}.{item['name']}")
    elif not isinstance(value, Mapping):
        yield path, value


def _is_named(item: Any) -> bool:
    return isinstance(item, Mapping) and isinstance(item.get("name"), str)
