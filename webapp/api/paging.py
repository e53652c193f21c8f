"""Lists page by page: `?limit=` rows from `?cursor=` on, and a `Link` with rel="next" while there are more (RFC 8288).

A cursor holds the sort keys of the last row of a page, so rows that come or go meanwhile shift nothing. It is
signed: whoever reads rows behind it can rely on values that a page once ended with, under the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.queries.keyset import behind
from webapp.api import query

LIMIT, MOST = 50, 200
_LONGEST = 4_000

Row = TypeVar("Row")
Found = TypeVar("Found", bound=Model)
Values = Sequence[Any]  # plain JSON values, the last of which makes the row unique
RowsAfter = Callable[[Values | None, int], Sequence[Row]]

NEXT = OpenApiParameter(
    "Link",
    str,
    OpenApiParameter.HEADER,
    response=[200],
    description='Where the next page is, as in `<…>; rel="next"`; missing on the last one.',
)
PAGED = (
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}),
    OpenApiParameter(
        "cursor", str, description="Where the page begins: from the header Link of the one before."
    ),
    NEXT,
)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page; `cursor` stands for where the next one begins, None on the last."""

    rows: Sequence[Row]
    cursor: str | None


def page(
    request: Request,
    *,
    rows_after: RowsAfter[Row],
    key: Callable[[Row], Values],
    order: str = "",
    limit: int = LIMIT,
    most: int = MOST,
) -> Page[Row]:
    """This will read the page that `?cursor=` and `?limit=` ask for.

    `rows_after(values, limit)` returns at most `limit` rows that follow the row with these key values in the list's
    order, the first ones for None; `key(row)` gives the values: those it is sorted by, then its id. `order` names
    the order where there are several, such as `-val/miou`: a cursor of another order is refused.
    """
    wanted = query.number(request, "limit", default=limit, low=1, high=most) or limit
    given = query.text(request, "cursor", default="")
    bound = _bound(request, order)
    found = rows_after(_opened(given, bound) if given else None, wanted + 1)
    rows = found[:wanted]
    return Page(rows, sealed(key(rows[-1]), order=bound) if len(found) > wanted else None)


def newest_first(
    request: Request, rows_before: Callable[[int | None, int], Sequence[Row]], *, key: Callable[[Row], int]
) -> Page[Row]:
    """This will read a page of what is listed by falling id: `rows_before(id, limit)` gives those below an id."""
    return page(
        request,
        rows_after=lambda values, limit: rows_before(None if values is None else values[0], limit),
        key=lambda row: [key(row)],
    )


def of_query(request: Request, rows: QuerySet[Found], *, order: Sequence[str]) -> Page[Found]:
    """This will read a page of a query in an order such as `("name", "-version", "id")`, in which no row is None."""

    def rows_after(values: Values | None, limit: int) -> list[Found]:
        left = rows if values is None else rows.filter(behind(order, values))
        return list(left.order_by(*order)[:limit])

    fields = [field.removeprefix("-").replace("__", ".") for field in order]
    read = attrgetter("pk", *fields)
    return page(request, rows_after=rows_after, key=lambda row: read(row)[1:])


def of_all(request: Request, rows: Sequence[Row], *, key: Callable[[Row], str]) -> Page[Row]:
    """This will read a page of rows that are few enough to have been read all, by a key that each has of its own."""
    ordered = sorted(rows, key=key)

    def rows_after(values: Values | None, limit: int) -> Sequence[Row]:
        return [row for row in ordered if values is None or key(row) > values[0]][:limit]

    return page(request, rows_after=rows_after, key=lambda row: [key(row)])


def listed(request: Request, found: Page[Any], data: Any) -> Response:
    """This will answer with one page, `data` being its rows as JSON, and the address of the next."""
    answer = Response(data)
    return answer if found.cursor is None else leading_on(answer, request, cursor=found.cursor)


def leading_on(answer: Response, request: Request, **begins: Any) -> Response:
    """This will say where more is: at the same address with other values of these parameters.

    It is given without the host: clients may know it by another name.
    """
    asked = request.query_params.copy()
    for name, value in begins.items():
        asked[name] = str(value)
    answer["Link"] = f'<{request.path}?{asked.urlencode()}>; rel="next"'
    return answer


def _bound(request: Request, order: str) -> str:
    """The list and its order: keys of another list are of other kinds."""
    match = request.resolver_match
    return f"{'' if match is None else match.view_name} {order}"


def sealed(values: Values, *, order: str = "") -> str:
    """This will make a cursor of the key values of a row."""
    return Signer(salt="cursor").sign_object([order, list(values)], compress=True)


def _opened(cursor: str, order: str) -> Values:
    try:
        if len(cursor) > _LONGEST:
            raise BadSignature
        made_for, values = Signer(salt="cursor").unsign_object(cursor)
    except (BadSignature, ValueError):
        raise ValidationError(
            {"cursor": f"given {cursor[:40]!r}, accepted is a cursor from the header Link of a page."}
        ) from None
    if made_for != order:
        raise ValidationError(
            {"cursor": "it belongs to another list, or one in another order; begin again without a cursor."}
        )
    return list(values)
