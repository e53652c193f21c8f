"""Durations from files beside annotations."""

from pathlib import Path

import pytest

from mtkd_engine.data.durations import read_durations
from mtkd_engine.data.errors import DataError


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_all_forms_are_read_together(tmp_path: Path) -> None:
    files = [
        written(tmp_path, "a.json", '{"a": 1.5, "b": {"duration": 2, "x": []}}'),
        written(tmp_path, "b.csv", "subject,ID,scene,Length\ns,c,x,3\ns,a,x,1.5\nshort\n"),
        written(tmp_path, "c.csv", "video,duration\nd,4\n"),
    ]
    assert read_durations(files) == {"a": 1.5, "b": 2.0, "c": 3.0, "d": 4.0}


def test_what_is_no_duration_is_left_out(tmp_path: Path) -> None:
    text = '{"a": 0, "b": -1, "c": null, "d": "3", "e": {"duration": NaN}, "f": true, "g": {}, "h": 1e99, "i": 5}'
    files = [written(tmp_path, "a.json", text), written(tmp_path, "b.csv", "vid,length\nx,long\ny,nan\nz,1")]
    assert read_durations(files) == {"i": 5.0, "z": 1.0}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.json", '{"a": 2}', "video 'a' lasts 2 s here and 1 s before"),
        ("x.json", "[1]", "JSON object"),
        ("x.csv", "video,colour\na,b", "lacks a column"),
        ("x.csv", b"video,length\n\xff,3", "not UTF-8"),
        ("x.csv", "video,length\n" + "x" * 2_000_000, "line of more than"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    files = [written(tmp_path, "a.json", '{"a": 1}'), written(tmp_path, name, content)]
    with pytest.raises(DataError, match=said):
        read_durations(files)
