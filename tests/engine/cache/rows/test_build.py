"""Rows are computed once, by whoever comes first, whatever dies meanwhile."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from mtkd_engine.cache.rows import build
from mtkd_engine.cache.rows import table as table_module
from mtkd_engine.cache.rows.build import fill
from mtkd_engine.cache.rows.header import BLOCK, Header
from mtkd_engine.cache.rows.locks import building
from mtkd_engine.cache.rows.read import Reader
from mtkd_engine.cache.rows.table import HEADER, ROWS, Table
from mtkd_engine.events import Entered, Event, Progressed
from tests.engine.cache.rows.rowfiles import Oracle, header_of

VIEWED = header_of(views=4, augment={"views": 4, "seed": 0})


def filled(cache: Path, header: Header, oracle: Oracle, *, views: Sequence[int]) -> tuple[Table, list[Event]]:
    table = Table(cache, header)
    return table, list(fill(table, views=views, produce=oracle, detail="teacher"))


def test_rows_come_back_by_sample_and_view_in_any_order(tmp_path: Path) -> None:
    oracle = Oracle()
    table, _ = filled(tmp_path, VIEWED, oracle, views=range(4))
    rows_B = torch.tensor([599, 0, 256, 17, 0])
    views_B = torch.tensor([3, 0, 1, 2, 3])
    log_TBC = Reader([table], device="cpu").log_probs(rows_B, views_B)
    said_BC = torch.cat([oracle.says(v, [r]) for r, v in zip(rows_B.tolist(), views_B.tolist(), strict=True)])
    assert log_TBC.shape == (1, 5, 10)
    assert (log_TBC[0].exp() - said_BC.exp()).abs().max() < 1e-3


def test_what_is_there_is_not_computed_again_and_more_views_are_added(tmp_path: Path) -> None:
    oracle = Oracle()
    _, events = filled(tmp_path, VIEWED, oracle, views=[0, 1])
    assert isinstance(events[0], Entered)
    assert events[0].part == "cache"
    assert events[-1] == Progressed(part="cache", detail="teacher", done=1200, of=1200)
    assert len(oracle.asked) == 2 * 3
    assert filled(tmp_path, VIEWED, oracle, views=[0, 1])[1] == []
    filled(tmp_path, VIEWED, oracle, views=[0, 1, 2])
    assert oracle.asked[6:] == [(2, 0), (2, 256), (2, 512)]


def test_progress_is_told_between_and_a_build_that_was_closed_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "EVERY", 0.0)
    oracle = Oracle()
    work = fill(Table(tmp_path, VIEWED), views=range(4), produce=oracle, detail="teacher")
    told = [next(work) for _ in range(4)]
    assert [event.done for event in told if isinstance(event, Progressed)] == [256, 512, 600]
    work.close()
    filled(tmp_path, VIEWED, oracle, views=range(4))
    assert sorted(set(oracle.asked)) == sorted(oracle.asked)
    assert len(oracle.asked) == 12


def test_a_header_that_says_something_else_is_another_entry(tmp_path: Path) -> None:
    oracle = Oracle()
    filled(tmp_path, header_of(), oracle, views=[-1])
    for change in (
        {"inputs": "other"},
        {"class_maps": "other"},
        {"samples": "other"},
        {"libraries": {"pillow": "other"}},
    ):
        filled(tmp_path, header_of(**change), oracle, views=[-1])
    assert len(oracle.asked) == 3 * 5
    assert len(list((tmp_path / "rows").iterdir())) == 5


@pytest.mark.parametrize("damage", ["header", "short", "gone"])
def test_files_that_are_not_those_of_their_header_are_made_again(tmp_path: Path, damage: str) -> None:
    oracle = Oracle()
    table, _ = filled(tmp_path, header_of(), oracle, views=[-1])
    if damage == "header":
        said = json.loads((table.folder / HEADER).read_text())
        (table.folder / HEADER).write_text(json.dumps(said | {"dataset": "another"}))
    elif damage == "short":
        os.truncate(table.folder / ROWS, 200)
    else:
        (table.folder / ROWS).unlink()
    again, _ = filled(tmp_path, header_of(), oracle, views=[-1])
    assert len(oracle.asked) == 6
    log_TBC = Reader([again], device="cpu").log_probs(torch.arange(3), torch.full((3,), -1))
    assert (log_TBC[0].exp() - oracle.says(-1, range(3)).exp()).abs().max() < 1e-3


def test_a_reader_keeps_its_rows_when_the_entry_is_removed_meanwhile(tmp_path: Path) -> None:
    oracle = Oracle()
    table = Table(tmp_path, header_of())
    table.folder.rename(tmp_path / "elsewhere")
    list(fill(table, views=[-1], produce=oracle, detail="teacher"))
    assert not table.missing([-1])
    assert Reader([table], device="cpu").log_probs(torch.arange(600), torch.full((600,), -1)).shape == (
        1,
        600,
        10,
    )


def test_an_entry_that_another_lays_out_at_the_same_moment_is_taken_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    oracle = Oracle()
    first: list[Table] = []
    look = table_module.is_whole

    def looked_before(folder: Path, header: Header) -> bool:
        said = look(folder, header)
        if not first:
            monkeypatch.setattr(table_module, "is_whole", look)
            first.append(filled(tmp_path, header, oracle, views=[-1])[0])
        return said

    monkeypatch.setattr(table_module, "is_whole", looked_before)
    second, events = filled(tmp_path, header_of(), oracle, views=[-1])
    assert events == []
    assert len(oracle.asked) == 3
    assert [one.name for one in (tmp_path / "rows").iterdir()] == [second.folder.name]


def test_who_finds_somebody_else_at_work_waits_and_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "PAUSE", 0.001)
    monkeypatch.setattr(build, "EVERY", 0.0)
    oracle = Oracle()
    table = Table(tmp_path, header_of())
    waiting = fill(table, views=[-1], produce=oracle, detail="teacher")
    with building(table.folder) as is_ours:
        assert is_ours
        assert isinstance(next(waiting), Entered)
        assert next(waiting) == next(waiting) == Progressed(part="cache", detail="teacher", done=0, of=600)
        assert oracle.asked == []
    list(waiting)
    assert len(oracle.asked) == 3


def test_what_somebody_holds_without_going_on_is_built_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "PAUSE", 0.001)
    monkeypatch.setattr(build, "PATIENCE", 0.02)
    oracle = Oracle()
    table = Table(tmp_path, header_of())
    with building(table.folder):
        list(fill(table, views=[-1], produce=oracle, detail="teacher"))
    assert len(oracle.asked) == 3


def _build(cache: Path) -> None:
    torch.set_num_threads(1)  # a fork has none of the threads that its parent's torch knows
    build.EVERY = 0.0
    list(fill(Table(cache, LONG), views=range(LONG.views), produce=Oracle(), detail="teacher"))


LONG = header_of(views=100, augment={"views": 100})


def test_builders_that_are_killed_and_builders_at_once_leave_every_row_right(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    first, second = (context.Process(target=_build, args=(tmp_path,)) for _ in range(2))
    first.start()
    watched = Table(tmp_path, LONG)
    blocks = LONG.views * LONG.blocks
    deadline = time.monotonic() + 60
    while len(watched.missing(range(LONG.views))) > blocks - 10:
        assert time.monotonic() < deadline
    second.start()
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    first.join(60)
    second.join(60)
    assert second.exitcode == 0
    assert watched.missing(range(LONG.views)) == []
    oracle, rows = Oracle(), np.asarray(watched.rows())
    for view in range(LONG.views):
        for block in range(LONG.blocks):
            start = view * LONG.count + block * BLOCK
            wanted = build.block_of(watched, view=view, block=block, produce=oracle)
            assert np.array_equal(rows[start : start + len(wanted)], wanted)
