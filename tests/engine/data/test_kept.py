"""Rows that are kept: made once, left for others when whole, never half."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data import kept as module
from mtkd_engine.data.kept import KeptRows


def filled(target: Path | None) -> KeptRows:
    rows = KeptRows.opened(3, (2, 2), target=target)
    assert rows is not None
    return rows


def test_rows_are_left_for_others_when_all_are_there(tmp_path: Path) -> None:
    target = tmp_path / "rows.npy"
    rows = filled(target)
    assert rows.missing(np.array([0, 2, 2])).tolist() == [0, 2]
    rows.put(np.array([0, 2]), np.full((2, 2, 2), 7, np.uint8))
    assert rows.missing(np.array([0, 1, 2])).tolist() == [1]
    assert not target.exists()
    rows.put(np.array([1]), np.full((1, 2, 2), 9, np.uint8))
    assert np.asarray(filled(target).rows_N)[:, 0, 0].tolist() == [7, 9, 7]
    assert filled(target).missing(np.arange(3)).tolist() == []


def test_what_is_not_whole_leaves_nothing_behind(tmp_path: Path) -> None:
    rows = filled(tmp_path / "rows.npy")
    rows.put(np.array([0]), np.ones((1, 2, 2), np.uint8))
    del rows
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_other_rows_is_made_anew(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.zeros((3, 5), np.uint8))
    assert filled(tmp_path / "rows.npy").missing(np.arange(3)).tolist() == [0, 1, 2]


def test_where_there_is_no_room_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_KEPT", 30)
    assert KeptRows.opened(3, (2, 2), target=tmp_path / "rows.npy") is not None
    assert KeptRows.opened(3, (2, 2), target=tmp_path / "rows.npy", besides=3) is None
    assert KeptRows.opened(0, (2, 2), target=None) is None
