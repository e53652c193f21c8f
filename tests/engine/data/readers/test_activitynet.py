"""ActivityNet Captions: seconds, one window for each sentence, nothing repaired while reading."""

import json
import math

import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.readers import Limits

from .conftest import Read

VIDEO = {"duration": 10, "timestamps": [[1, 2.5], [8, 12]], "sentences": ["one.", " Two"]}


def test_rows_come_as_they_were_found(read: Read) -> None:
    rows, problems = read("activitynet", json.dumps({"v": VIDEO | {"url": "x"}, "w": VIDEO}))
    assert [row.sample_id for row in rows] == ["v#0", "v#1", "w#0", "w#1"]
    assert [row.line for row in rows] == [1, 2, 3, 4]
    assert rows[1].windows == ((8.0, 12.0),)
    assert rows[1].sentence == " Two"
    assert (rows[1].duration, rows[1].source, rows[1].split) == (10.0, "v", "train")
    assert not problems


def test_odd_windows_are_kept_for_a_person_to_decide(read: Read) -> None:
    windows = [[5, 2], [-1, 3], [float("nan"), 1], [True, 3], ["1", 3], [0, 10**400]]
    text = json.dumps({"v": {"duration": 9, "timestamps": windows, "sentences": ["a"] * len(windows)}})
    rows, problems = read("activitynet", text)
    assert not problems
    assert rows[0].windows == ((5.0, 2.0),)
    assert rows[1].windows == ((-1.0, 3.0),)
    assert all(math.isnan(row.windows[0][0]) for row in rows[2:5])
    assert rows[5].windows == ((0.0, math.inf),)


def test_a_row_that_cannot_be_understood_keeps_its_number(read: Read) -> None:
    text = json.dumps({"v": VIDEO | {"timestamps": [7, [1, 2]]}})
    rows, problems = read("activitynet", text)
    assert [row.sample_id for row in rows] == ["v#1"]
    noted = problems["unreadable_rows"]
    assert (noted.count, noted.severity, noted.repair) == (1, "error", "drop_rows")
    assert noted.places[0].row == 1
    assert "v#0: the window is 7" in noted.places[0].detail


@pytest.mark.parametrize("duration", ["9", None, 0, -3, float("inf"), True, 1e9])
def test_a_duration_that_is_none_is_left_out(read: Read, duration: object) -> None:
    rows, _ = read("activitynet", json.dumps({"v": VIDEO | {"duration": duration}}))
    assert [row.duration for row in rows] == [None, None]


def test_a_video_twice_is_refused(read: Read) -> None:
    entry = json.dumps(VIDEO)
    with pytest.raises(DataError, match="'v' appears twice"):
        read("activitynet", f'{{"v": {entry}, "v": {entry}}}')


def test_more_rows_than_the_limit_are_refused_before_they_are_read(read: Read) -> None:
    text = json.dumps({f"v{i}": VIDEO for i in range(50)})
    with pytest.raises(DataError, match=r"x_train\.json: there are more than 7 rows"):
        read("activitynet", text, limits=Limits(rows=7))


def test_a_file_larger_than_the_limit_is_refused_unread(read: Read) -> None:
    with pytest.raises(DataError, match="11 bytes; a JSON file of up to 10 is accepted"):
        read("activitynet", '{"a": null}', limits=Limits(json_bytes=10))
