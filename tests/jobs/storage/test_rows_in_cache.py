"""What jobs keep of their teachers goes with the rest of a host's cache, but not under a job that reads it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.storage.cache import cache_root, entries
from jobs.storage.fetching import bound_cache
from mtkd_engine.cache.rows.header import Header
from mtkd_engine.cache.rows.table import Table

pytestmark = pytest.mark.django_db
LONG_AGO = 10**9


def unused(name: str, *, count: int = 600) -> tuple[Table, Path]:
    """An open entry that looks as if nobody had touched it for years."""
    header = Header(
        sources=((name, 1.0),),
        dataset="dataset",
        split="train",
        samples="ids",
        count=count,
        classes=10,
        class_maps="maps",
        inputs="inputs",
        size=32,
    )
    table = Table(cache_root(), header)
    for path in [*table.folder.iterdir(), table.folder]:
        os.utime(path, (LONG_AGO, LONG_AGO))
    return table, table.folder


def test_rows_that_nobody_used_for_a_week_go_but_not_while_they_are_read(settings: Settings) -> None:
    table, folder = unused("teacher")
    bound_cache()
    assert folder.is_dir()
    table.close()
    bound_cache()
    assert not folder.exists()


def test_rows_that_are_not_computed_yet_take_no_room_of_the_cache(settings: Settings) -> None:
    _, folder = unused("teacher", count=10_000_000)
    assert [entry.size < 200_000 for entry in entries() if entry.path == folder] == [True]
