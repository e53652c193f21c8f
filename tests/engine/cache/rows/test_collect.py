"""What is used goes last, what is in use stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from mtkd_engine.cache.rows.build import fill
from mtkd_engine.cache.rows.collect import collect, entries
from mtkd_engine.cache.rows.locks import building
from mtkd_engine.cache.rows.table import HEADER, Table
from tests.engine.cache.rows.rowfiles import Oracle, header_of

DAY = 86_400.0


def entry(cache: Path, name: str, *, days: float) -> Path:
    """An entry that was used so many days ago and is in nobody's hands."""
    header = header_of(dataset=name)
    table = Table(cache, header)
    list(fill(table, views=[-1], produce=Oracle(), detail=name))
    table.close()
    then = time.time() - days * DAY
    os.utime(table.folder / HEADER, (then, then))
    return table.folder


def test_entries_say_what_they_are_and_when_they_were_used(tmp_path: Path) -> None:
    entry(tmp_path, "new", days=0)
    entry(tmp_path, "old", days=9)
    found = entries(tmp_path)
    assert [one.header["dataset"] for one in found] == ["old", "new"]
    assert all(600 * 10 * 2 <= one.size < 600 * 10 * 2 + 20_000 for one in found)
    assert not any(one.is_used for one in found)


def test_rows_that_are_not_computed_take_no_room(tmp_path: Path) -> None:
    Table(tmp_path, header_of(count=1_000_000))
    assert entries(tmp_path)[0].size < 100_000


def test_what_nobody_used_for_days_goes(tmp_path: Path) -> None:
    old, new = entry(tmp_path, "old", days=9), entry(tmp_path, "new", days=1)
    assert [one.folder for one in collect(tmp_path, days=7)] == [old]
    assert not old.exists()
    assert new.exists()


def test_down_to_a_size_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    folders = [entry(tmp_path, str(days), days=days) for days in (1, 5, 3)]
    size = entries(tmp_path)[0].size
    collect(tmp_path, most_bytes=2 * size + 100)
    assert [folder.exists() for folder in folders] == [True, False, True]


def test_what_is_read_or_built_stays_whatever_its_age(tmp_path: Path) -> None:
    read, built = entry(tmp_path, "read", days=9), entry(tmp_path, "built", days=9)
    table = Table(tmp_path, header_of(dataset="read"))
    os.utime(read / HEADER, (0, 0))
    with building(built):
        assert collect(tmp_path, days=1, most_bytes=0) == []
    table.close()
    assert {one.folder for one in collect(tmp_path, days=1)} == {read, built}


def test_opening_an_entry_is_using_it(tmp_path: Path) -> None:
    entry(tmp_path, "old", days=9)
    Table(tmp_path, header_of(dataset="old")).close()
    assert collect(tmp_path, days=7) == []


def test_half_made_folders_of_dead_processes_go_after_an_hour(tmp_path: Path) -> None:
    entry(tmp_path, "one", days=0)
    fresh, stale = (tmp_path / "rows" / name for name in (".new-1", ".gone-2"))
    for folder in (fresh, stale):
        folder.mkdir()
    os.utime(stale, (0, 0))
    collect(tmp_path)
    assert fresh.exists()
    assert not stale.exists()
