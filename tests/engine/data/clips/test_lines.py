"""Lines of lists as the tools of the field write them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mtkd_engine.data.clips.readers import lines
from mtkd_engine.data.clips.readers.lines import Line, first_lines, parsed, read_lines, said_of
from mtkd_engine.data.errors import DataError


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("run/a.mp4 3", Line("run/a.mp4", None, "3")),
        ("run/a.mp4,3", Line("run/a.mp4", None, "3")),
        ("run/a b.AVI\trun", Line("run/a b.AVI", None, "run")),
        ("run/v_1.mp4.avi 3", Line("run/v_1.mp4.avi", None, "3")),
        ("Run/a.avi Run 0", Line("Run/a.avi", None, "Run 0")),
        ("run/a.mp4", Line("run/a.mp4", None, "")),
        ("run/v_1 120 3", Line("run/v_1", 120, "3")),
        ("with space/v_1 120 3", Line("with space/v_1", 120, "3")),
        ("run/v_1 120", Line("run/v_1", 120, "")),
        ("AB12C 0 7##a person opens a door", None),
        ("some words", None),
    ],
)
def test_a_line_is_a_video_or_a_folder_of_frames(text: str, line: Line | None) -> None:
    assert parsed(text) == line


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("3", (3, None)),
        ("-1", (-1, None)),
        ("jump rope", (None, "jump rope")),
        ('"jump rope"', (None, "jump rope")),
        ("jump rope 3", (3, "jump rope")),
        ("jump,3", (3, "jump")),
        ("top 40", (None, "top 40")),
    ],
)
def test_a_label_is_a_name_a_number_or_both(rest: str, said: tuple[int | None, str | None]) -> None:
    assert said_of(rest, names={"top 40"}) == said


@pytest.mark.parametrize(
    ("rest", "what"),
    [("", "no label"), ("3 4", "several labels"), ("3, 4, 5", "several labels"), ("x" * 201, "label is")],
)
def test_what_is_no_label_is_told(rest: str, what: str) -> None:
    said = said_of(rest)
    assert isinstance(said, str)
    assert what in said


def test_lines_are_numbered_as_editors_show_them(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffa.mp4 0\r\n\r\n  b.mp4 1".encode())
    assert list(read_lines(path)) == [(1, "a.mp4 0"), (3, "b.mp4 1")]
    assert first_lines(path) == ["a.mp4 0", "b.mp4 1"]


def test_lists_that_are_too_long_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a.mp4 0\n" * 50)
    monkeypatch.setattr(lines, "MOST_CLIPS", 40)
    with pytest.raises(DataError, match=r"a\.txt has more than 40 lines; fewer are accepted"):
        list(read_lines(path))
    monkeypatch.setattr(lines, "LARGEST_LIST", 100)
    with pytest.raises(DataError, match=r"a\.txt has 400 bytes; a list of up to 100 is accepted"):
        next(read_lines(path))


@pytest.mark.parametrize(
    ("content", "what"), [(b"\xff\xfe.mp4 0", "not text in UTF-8"), (b"a" * 5000, "5,000 characters")]
)
def test_what_is_no_list_of_lines_is_refused(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DataError, match=what):
        list(read_lines(tmp_path / "a.txt"))


@pytest.mark.parametrize(
    "line", ["," * 900, "a" + " " * 900 + "b", "x.mp4" + " ;" * 400, "9 " * 450, "a.mp4" * 190]
)
def test_lines_made_to_take_long_do_not(line: str) -> None:
    begun = time.process_time()
    for _ in range(20):
        parsed(line)
        said_of(line * 200)
    assert time.process_time() - begun < 1
