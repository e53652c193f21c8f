"""The journal keeps every event, in order, whatever cuts it."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtkd_engine.events import Failed, Finished, Metrics, Stopped, Weights, from_payload, to_payload
from mtkd_engine.journal import Journal, read


def test_events_come_back_as_they_were_with_rising_numbers(tmp_path: Path) -> None:
    said = [Metrics(step=1, values={"loss/total": 0.5}), Stopped(step=1)]
    with Journal(tmp_path / "j", first_seq=7) as journal:
        assert [journal.append(event) for event in said] == [7, 8]
    lines = list(read(tmp_path / "j"))
    assert [line.event for line in lines] == said
    assert [line.seq for line in lines] == [7, 8]


@given(value=st.floats(allow_nan=True, allow_infinity=True))
def test_any_number_survives(value: float) -> None:
    event = Metrics(step=3, values={"x": value})
    back = from_payload(to_payload(event))
    assert isinstance(back, Metrics)
    assert back.values["x"] == value or (math.isnan(value) and math.isnan(back.values["x"]))


def test_numbers_that_are_not_finite_are_strings_in_the_file(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.append(Metrics(step=1, values={"a": math.nan, "b": -math.inf}))
    assert '"a":"NaN","b":"-Infinity"' in (tmp_path / "j").read_text()


def test_an_incomplete_last_line_is_left_for_later(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.append(Stopped(step=1))
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq": 2, "t": 0, "kind": "stop')
    lines = list(read(path))
    assert [line.seq for line in lines] == [1]
    assert lines[0].end == len(whole)
    assert not list(read(path, lines[0].end))


def test_a_reopened_journal_cuts_the_half_line_and_counts_on(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.append(Stopped(step=1))
    path.write_bytes(path.read_bytes() + b'{"seq": 2')
    with Journal(path) as journal:
        assert journal.append(Failed(cause="x", message="y")) == 2
    assert [line.seq for line in read(path)] == [1, 2]


def test_reading_stops_at_the_limit_and_goes_on_from_its_end(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        for step in range(5):
            journal.append(Stopped(step=step))
    first = list(read(path, limit=2))
    rest = list(read(path, first[-1].end))
    assert [line.seq for line in first + rest] == [1, 2, 3, 4, 5]


def test_a_line_that_is_no_event_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_text('{"seq":1,"t":0,"kind":"dance"}\n')
    with pytest.raises(ValueError, match="line at byte 0 is not an event"):
        list(read(path))


def test_nested_events_survive() -> None:
    weights = Weights(step=2, teachers=["a", "b"], mean=[0.5, 0.5], probe=[[0.1, 0.9]], entropy=1.0)
    finished = Finished(step=2, metrics={"miou": 0.5}, baselines={"blind": {"miou": math.nan}})
    assert from_payload(to_payload(weights)) == weights
    back = from_payload(to_payload(finished))
    assert isinstance(back, Finished)
    assert math.isnan(back.baselines["blind"]["miou"])
