"""Charades-STA: lines of text, durations from elsewhere."""

import math

import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.readers import Limits

from .conftest import Read

TEXT = "3MSZA 24.3 30.4##person turn a light on.\n\nAMT7R 4.3 12.5##a person ## thinks.\r\n3MSZA 0 1##b"


def test_lines_become_rows_with_the_durations_that_are_known(read: Read) -> None:
    rows, problems = read("charades_sta", TEXT, name="x_train.txt", durations={"3MSZA": 30.96})
    assert not problems
    assert [row.sample_id for row in rows] == ["3MSZA#0", "AMT7R#0", "3MSZA#1"]
    assert [row.line for row in rows] == [1, 3, 4]
    assert [row.duration for row in rows] == [30.96, None, 30.96]
    assert rows[1].sentence == "a person ## thinks."
    assert rows[0].windows == ((24.3, 30.4),)


@pytest.mark.parametrize(
    "line", ["VID 1 2 no mark", "VID 1##too few", "VID 1 2 3##too many", "VID a 2##b", "##x"]
)
def test_other_lines_are_noted_and_left_out(read: Read, line: str) -> None:
    rows, problems = read("charades_sta", f"V 0 1##good\n{line}\nW 0 1##good")
    assert [row.video_id for row in rows] == ["V", "W"]
    assert problems["unreadable_rows"].places[0].row == 2


def test_a_letter_and_its_accent_become_one_character(read: Read) -> None:
    composed, apart = (f"V 0 1##a caf{letter} opens" for letter in ("\u00e9", "e\u0301"))
    rows, _ = read("charades_sta", f"{composed}\n{apart}")
    assert rows[0].sentence == rows[1].sentence == "a caf\u00e9 opens"


def test_numbers_that_are_none_stay_for_the_check(read: Read) -> None:
    rows, _ = read("charades_sta", "V nan inf##a b")
    assert math.isnan(rows[0].windows[0][0])
    assert rows[0].windows[0][1] == math.inf


def test_bytes_that_are_no_text_are_refused_with_their_place(read: Read) -> None:
    with pytest.raises(
        DataError, match=r"x_train\.json, row 2: byte 9 of the line is 0xff, which is not UTF-8"
    ):
        read("charades_sta", b"V 0 1##good\nV 0 1##ab\xffc\n")


def test_a_byte_order_mark_is_no_part_of_the_first_video(read: Read) -> None:
    rows, _ = read("charades_sta", b"\xef\xbb\xbfV 0 1##good")
    assert rows[0].video_id == "V"


def test_endless_lines_and_endless_files_are_refused(read: Read) -> None:
    with pytest.raises(DataError, match="row 2: the line is longer than 100 bytes"):
        read("charades_sta", "V 0 1##a\n" + "x" * 1000, limits=Limits(line_bytes=100))
    with pytest.raises(DataError, match="more than 1,000 rows"):
        read("charades_sta", "V 0 1##a\n" * 1001, limits=Limits(rows=1000))
    with pytest.raises(DataError, match="more than 1,000 rows"):
        read("charades_sta", "\n" * 1001, limits=Limits(rows=1000))
