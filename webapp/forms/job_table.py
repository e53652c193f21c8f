"""What an address asks of the table of jobs: a query, an order, columns and a page; read leniently by pages.

All of it stands in the address, so that what one sees can be saved, and sent to somebody else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.core.signing import BadSignature, Signer
from django.utils import timezone

from jobs.queries.table.columns import DEFAULT, Column, columns_of
from jobs.queries.table.query import Query, read_query
from jobs.queries.table.rows import NEWEST_FIRST, Order, order_of
from jobs.queries.table.values import QueryError

LONGEST_CURSOR = 4_000
_SALT = "page of jobs"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked; `problems` says by key what of it cannot be, which is then left out."""

    text: str = ""
    query: Query = field(default_factory=Query)
    order: Order = NEWEST_FIRST
    columns: Sequence[Column] = ()
    after: Sequence[Any] | None = None
    before: Sequence[Any] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    usual: Sequence[str] = DEFAULT

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def beside(self) -> list[tuple[str, str]]:
        """What a form that asks for another query hands on."""
        return parse_qsl(self.address(q=""))

    def address(self, **changes: str) -> str:
        """This will spell it for an address, on the first page, with other values for `q`, `sort` and `columns`."""
        parts = {
            "q": self.text,
            "sort": "" if self.order == NEWEST_FIRST else self.order.name,
            "columns": "" if tuple(self.names) == tuple(self.usual) else ",".join(self.names),
            **changes,
        }
        return urlencode([(key, value) for key, value in parts.items() if value])

    def page_after(self, key: Sequence[Any]) -> str:
        """This will spell the address of the page behind the row with a key."""
        return self._page("after", key)

    def page_before(self, key: Sequence[Any]) -> str:
        """This will spell the address of the page that ends right before the row with a key."""
        return self._page("before", key)

    def _page(self, side: str, key: Sequence[Any]) -> str:
        cursor = Signer(salt=_SALT).sign_object([self.order.name, side, list(key)], compress=True)
        return self.address(cursor=cursor)


def read_asked(given: Mapping[str, str], *, usual: Sequence[str] = DEFAULT) -> Asked:
    """This will read an address; the name of a job is always a column, as it leads to the job.

    `usual` are the columns where it names none.
    """
    problems: dict[str, str] = {}
    text = given.get("q", "").strip()
    query, order, columns = Query(), NEWEST_FIRST, columns_of(usual)
    try:
        query = read_query(text, now=timezone.now())
    except QueryError as error:
        problems["q"] = error.sentence
    try:
        order = order_of(given.get("sort", "").strip())
    except ValueError as error:
        problems["sort"] = f"{error}."
    try:
        columns = _columns(given.get("columns", ""), usual)
    except ValueError as error:
        problems["columns"] = f"{error}."
    return Asked(
        text=text,
        query=query,
        order=order,
        columns=columns,
        problems=problems,
        usual=usual,
        **_opened(given.get("cursor", ""), order),
    )


def _columns(text: str, usual: Sequence[str]) -> list[Column]:
    names = [name.strip() for name in text.split(",") if name.strip()] or list(usual)
    return columns_of(names if "name" in names else ["name", *names])


def _opened(cursor: str, order: Order) -> dict[str, list[Any]]:
    """The key that a cursor holds, by its side; one of another order, or none of ours, begins at the first page."""
    try:
        if not cursor or len(cursor) > LONGEST_CURSOR:
            return {}
        made_for, side, key = Signer(salt=_SALT).unsign_object(cursor)
    except (BadSignature, ValueError):
        return {}
    return {side: list(key)} if made_for == order.name else {}
