"""Values in the query part of an address."""

from __future__ import annotations

from collections.abc import Sequence

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


def text(request: Request, name: str, *, default: str | None = None) -> str:
    """This will return a value, refusing an address without it unless there is a default."""
    given = request.query_params.get(name, default)
    if given is None:
        raise ValidationError({name: f"this must be given in the address, as in ?{name}=…"})
    if "\0" in given:
        raise ValidationError({name: "it holds a NUL, which no text here does."})
    return given


def choice(request: Request, name: str, *, accepted: Sequence[str]) -> str:
    """This will return one of the accepted values, or nothing where nothing is given."""
    given = text(request, name, default="")
    if given and given not in accepted:
        raise ValidationError({name: f"given {given!r}, accepted are {', '.join(accepted)}."})
    return given


def number(request: Request, name: str, *, default: int | None, low: int, high: int) -> int | None:
    """This will return a whole number between two bounds, both included."""
    given = request.query_params.get(name)
    if given is None or given == "":
        return default
    is_number = given.isascii() and given.isdecimal() and len(given) < 20
    if not is_number or not low <= int(given) <= high:
        raise ValidationError(
            {name: f"given {given[:40]!r}, accepted is a whole number from {low} to {high}."}
        )
    return int(given)


def flag(request: Request, name: str) -> bool:
    """This will return whether something was asked for, as in `?name=1`."""
    given = request.query_params.get(name, "0")
    if given not in {"0", "1", "false", "true"}:
        raise ValidationError({name: f"given {given[:40]!r}, accepted is 0 or 1."})
    return given in {"1", "true"}
