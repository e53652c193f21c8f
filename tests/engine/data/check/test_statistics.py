"""Counts and distributions that a person reads off."""

import math

import pytest

from mtkd_engine.data.check.statistics import count_splits, describe
from mtkd_engine.data.rows import Row
from tests.engine.data.rowmaker import row

ROWS = [
    row(0, sentence="a a b", windows=((0.0, 5.0), (8.0, 12.0))),
    row(1, sentence="b c", windows=((2.5, 5.0),)),
    row(0, video_id="w", duration=20.0, sentence="d"),
    row(0, split="test", video_id="x", duration=30.0, sentence="a e f"),
]


def test_splits_are_counted_as_found() -> None:
    counts = count_splits(ROWS)
    assert counts["train"] == {"samples": 3, "videos": 2, "sources": 2, "windows": 4}
    assert counts["val"] == {"samples": 0, "videos": 0, "sources": 0, "windows": 0}
    assert counts["test"]["samples"] == 1


@pytest.mark.parametrize(
    "name", ["duration", "window_seconds", "window_share", "words", "queries_per_video", "windows_per_query"]
)
def test_every_value_falls_into_a_bin(name: str) -> None:
    told = describe(ROWS)[name]
    totals = {"duration": 2, "window_seconds": 4, "window_share": 4, "queries_per_video": 2}
    assert sum(told["counts"]["train"]) == totals.get(name, 3)
    assert sum(told["counts"]["test"]) == 1
    assert all(len(counts) == len(told["edges"]) - 1 for counts in told["counts"].values())
    assert told["edges"] == sorted(told["edges"])
    assert told["mean"]["val"] is told["median"]["val"] is None


def test_means_and_medians_are_exact() -> None:
    told = describe(ROWS)
    assert told["duration"]["mean"]["train"] == 15.0
    assert told["words"]["median"]["train"] == 2.0
    assert told["window_seconds"]["mean"]["train"] == pytest.approx(
        (5 + 2 + 2.5 + 1) / 4
    )  # cut at the duration


def test_positions_are_rows_of_starts_and_columns_of_ends() -> None:
    counts = describe([row(windows=((2.6, 7.6),))])["position"]["counts"]["train"]
    assert counts[5][15] == 1
    assert sum(map(sum, counts)) == 1


def test_words_are_counted_and_unseen_ones_found() -> None:
    vocabulary = describe(ROWS)["vocabulary"]
    assert vocabulary["size"] == 6
    assert vocabulary["top"][:2] == [["a", 3], ["b", 2]]
    assert vocabulary["unseen"] == {"val": 0, "test": 2}


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(duration=None)],
        [row(windows=())],
        [row(windows=((math.nan, math.inf), (5.0, 2.0), (-1e308, 1e308)))],
        [row(duration=1e7, windows=((0.0, 1e308),)), row(1, duration=1e-300, windows=((0.0, 1e-300),))],
    ],
)
def test_odd_rows_break_nothing(rows: list[Row]) -> None:
    told = describe(rows)
    assert all(math.isfinite(edge) for edge in told["duration"]["edges"])


def test_a_long_tail_falls_into_the_last_bin() -> None:
    rows = [row(i, video_id=f"v{i}", duration=10.0 + i % 7) for i in range(500)]
    told = describe([*rows, row(0, video_id="long", duration=1e6)])["duration"]
    assert told["edges"][-1] == 1e6
    assert told["counts"]["train"][-1] == 1
    assert sum(count > 0 for count in told["counts"]["train"]) > 3
