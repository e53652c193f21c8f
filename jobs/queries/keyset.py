"""The rows behind a row: how a list goes on where a page ended, without counting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q


def behind(order: Sequence[str], values: Sequence[Any]) -> Q:
    """This will select what follows a row in an order such as `("name", "-version", "id")`.

    `values` are the row's own, one for each field of the order, none of them None.
    """
    found, same = Q(), Q()
    for field, value in zip(order, values, strict=True):
        name = field.removeprefix("-")
        found |= same & Q(**{f"{name}__{'lt' if field != name else 'gt'}": value})
        same &= Q(**{name: value})
    return found
