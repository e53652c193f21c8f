from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from webapp.api.paging import Page, listed, page, sealed

ROWS = [(value, number) for number, value in enumerate([3.5, 2.0, 2.0, 1.0, None])]
"""By value, then number; what has no value comes last."""


def rows_after(values: Sequence[Any] | None, limit: int) -> list[tuple[float | None, int]]:
    begin = 0 if values is None else ROWS.index((values[0], values[1])) + 1
    return ROWS[begin : begin + limit]


def asked(**query: object) -> Request:
    return Request(APIRequestFactory().get("/api/v1/things/", query))


def read(request: Request) -> Page[tuple[float | None, int]]:
    return page(request, rows_after=rows_after, key=lambda row: row, order="-value")


def test_pages_follow_each_other_without_a_gap_or_a_repetition() -> None:
    seen: list[tuple[float | None, int]] = []
    found = read(asked(limit=2))
    while found.cursor is not None:
        seen += found.rows
        found = read(asked(limit=2, cursor=found.cursor))
    assert [*seen, *found.rows] == ROWS


def test_the_last_page_has_no_next_one() -> None:
    request = asked(limit=5)
    found = read(request)
    assert found.cursor is None
    assert "Link" not in listed(request, found, []).headers


def test_the_link_keeps_what_was_asked_for() -> None:
    request = asked(limit=2, q="state:failed name:a&b")
    link = listed(request, read(request), []).headers["Link"]
    assert link.startswith("</api/v1/things/?limit=2&q=state%3Afailed+name%3Aa%26b&cursor=")
    assert link.endswith('>; rel="next"')


@pytest.mark.parametrize(
    "cursor", ["x", "a:b:c", "\ud800".encode("utf-8", "ignore").decode() + "é", "9" * 9_000]
)
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(ValidationError, match="accepted is a cursor from the header Link"):
        read(asked(cursor=cursor))


def test_a_cursor_of_another_order_is_refused() -> None:
    with pytest.raises(ValidationError, match="another order"):
        read(asked(cursor=sealed([2.0, 1], order="value")))


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x"])
def test_a_limit_out_of_bounds_is_refused(limit: str) -> None:
    with pytest.raises(ValidationError, match="accepted is a whole number from 1 to 200"):
        read(asked(limit=limit))
