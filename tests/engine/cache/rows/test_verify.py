"""A second computation of some rows finds what has changed since the first."""

from __future__ import annotations

from pathlib import Path

import pytest

from mtkd_engine.cache.rows.build import fill
from mtkd_engine.cache.rows.table import Table
from mtkd_engine.cache.rows.verify import verify
from tests.engine.cache.rows.rowfiles import Oracle, header_of


@pytest.mark.parametrize(
    "form", [{}, {"form": "top_k", "kept": 3}, {"form": "sampled", "kept": 5, "softened": 4.0}]
)
def test_rows_of_the_same_teacher_hold(tmp_path: Path, form: dict[str, object]) -> None:
    table = Table(tmp_path, header_of(**form))
    list(fill(table, views=[-1], produce=Oracle(), detail="teacher"))
    found = verify(table, views=[-1], produce=Oracle())
    assert (found.largest_error, found.top1_agreement) == (0.0, 1.0)
    assert found.holds
    assert found.rows == 600
    assert found.checked in (256, 88)


def test_rows_of_a_teacher_that_says_something_else_do_not_hold(tmp_path: Path) -> None:
    table = Table(tmp_path, header_of())
    list(fill(table, views=[-1], produce=Oracle(), detail="teacher"))
    found = verify(table, views=[-1], produce=Oracle(scale=4.0), share=1.0)
    assert found.checked == 600
    assert found.largest_error > 0.05
    assert found.top1_agreement == 1.0
    assert not found.holds


def test_rows_that_are_not_there_are_not_checked(tmp_path: Path) -> None:
    assert verify(Table(tmp_path, header_of()), views=[-1], produce=Oracle()).checked == 0
