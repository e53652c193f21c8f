"""Large JSON is read entry by entry, as strictly as a small file is read whole."""

import json
import tracemalloc
from pathlib import Path

import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.jsonfile import iterate_json_object, read_json_object

MOST = 2**30


def entries(path: Path) -> dict[str, object]:
    return dict(iterate_json_object(path, most_bytes=MOST))


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"a": 1},
        {"a": 12345678901234567890, "b": [1, {"c": None}], "ü": "\N{GRINNING FACE}", "": {}},
        {f"k{i}": ["x" * (i % 997)] * 3 for i in range(3000)},  # over several chunks
        {"one": "y" * 3_000_000, "two": 2},
        {"last": 123456},
    ],
)
@pytest.mark.parametrize("indent", [None, 1])
def test_entries_are_those_of_the_whole(
    tmp_path: Path, content: dict[str, object], indent: int | None
) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent), encoding="utf-8")
    assert entries(path) == content == read_json_object(path)
    assert list(entries(path)) == list(content)


@pytest.mark.parametrize(
    "text",
    ["", " ", "{", "[1]", "7", "null", '"a"', "{1: 2}", '{"a" 1}', '{"a": 1,}', '{"a": 1 "b": 2}', '{"a": tru}',
     '{"a": 1} x', '{"a": 1}{"b": 2}', '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 2}}', '{"a": 1', '{"a": "', '{"a',
     "[" * 100_000, '{"a":' + "[" * 100_000, '{"a": ' + "9" * 5000 + "}", "\x00"],
)  # fmt: skip
def test_what_one_way_refuses_the_other_refuses_too(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    for read in (entries, read_json_object):
        with pytest.raises(DataError, match=r"x\.json") as caught:
            read(path)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", [0, 5, 2**20 - 1, 2**20, 2**20 + 7])
def test_a_byte_that_is_no_text_is_named(tmp_path: Path, place: int) -> None:
    text = bytearray(b'{"a": "' + b"x" * (2**20 + 100) + b'"}')
    text[place] = 0xFF
    (tmp_path / "x.json").write_bytes(text)
    with pytest.raises(DataError, match=f"at byte {place:,}: it is not UTF-8"):
        entries(tmp_path / "x.json")


def test_a_letter_cut_at_the_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes('{"a": "ü'.encode()[:-1])
    with pytest.raises(DataError, match="UTF-8"):
        entries(tmp_path / "x.json")


def test_one_entry_cannot_take_all_the_memory(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"a": [' + "[]," * 2_000_000 + "0]}")
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="an entry of more than 1,000,000 characters"):
            dict(iterate_json_object(tmp_path / "x.json", most_bytes=MOST, most_entry=1_000_000))
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()
