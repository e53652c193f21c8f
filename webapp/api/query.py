"""Values in the query part of an address."""

from __future__ import annotations

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


def text(request: Request, name: str, *, default: str | None = None) -> str:
    """This will return a value, refusing an address without it unless there is a default."""
    given = request.query_params.get(name, default)
    if given is None:
        raise ValidationError({name: f"this must be given in the address, as in ?{name}=…"})
    return given


def number(request: Request, name: str, *, default: int | None, low: int, high: int) -> int | None:
    """This will return a whole number between two bounds, both included."""
    given = request.query_params.get(name)
    if given is None or given == "":
        return default
    if not given.isascii() or not given.isdecimal() or not low <= int(given[:20]) <= high:
        raise ValidationError({name: f"given {given!r}, accepted is a whole number from {low} to {high}."})
    return int(given)
