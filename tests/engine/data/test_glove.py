"""Word vectors are read by what they say, and refused by line where they say it badly."""

from __future__ import annotations

import gzip
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data import glove
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.glove import read_glove

TEXT = "the 0.5 -1 2e-3\n, 1 2 3\nman 4 5 6\n'm 7 8 9\n"
WORDS = {"man", "the", "absent"}


def write(tmp_path: Path, text: str | bytes, name: str = "glove.txt") -> Path:
    path = tmp_path / name
    content = text.encode() if isinstance(text, str) else text
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(content))
    elif name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("__MACOSX/._glove.txt", b"junk")
            archive.writestr("glove/glove.txt", content)
    else:
        path.write_bytes(content)
    return path


def refusal(path: Path, *named: str) -> None:
    with pytest.raises(DataError) as caught:
        read_glove(path, words=WORDS)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    for word in (path.name, *named):
        assert word in sentence, f"{word!r} is not named in: {sentence}"


@pytest.mark.parametrize("name", ["glove.txt", "glove.vec", "glove.txt.gz", "glove.zip"])
def test_only_the_wanted_words_are_kept_in_alphabetical_order(tmp_path: Path, name: str) -> None:
    words, vectors = read_glove(write(tmp_path, TEXT, name), words=WORDS)
    assert words == ["man", "the"]
    assert vectors.dtype == np.float32
    assert np.allclose(vectors, [[4, 5, 6], [0.5, -1, 0.002]])


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", " \n", "\n\n"])
def test_the_end_of_lines_does_not_matter(tmp_path: Path, ending: str) -> None:
    text = f"man 1 2 3{ending or chr(10)}the 4 5 6{ending}"
    assert read_glove(write(tmp_path, text), words=WORDS)[1].tolist() == [[1, 2, 3], [4, 5, 6]]


def test_the_header_of_word2vec_is_tolerated(tmp_path: Path) -> None:
    assert read_glove(write(tmp_path, "4 3\n" + TEXT), words=WORDS)[0] == ["man", "the"]


def test_a_number_as_the_first_word_is_a_word(tmp_path: Path) -> None:
    assert read_glove(write(tmp_path, "7 1 2 3\nman 4 5 6\n"), words={"7", "man"})[0] == ["7", "man"]


def test_words_with_spaces_are_read_from_the_right(tmp_path: Path) -> None:
    text = TEXT + ". . . 1 2 3\nat name@domain.com 1 2 3\nthe\u00a0man 1 2 3\n"
    assert read_glove(write(tmp_path, text), words=WORDS)[0] == ["man", "the"]
    words, vectors = read_glove(write(tmp_path, text), words={". . ."})
    assert (words, vectors.tolist()) == ([". . ."], [[1, 2, 3]])


def test_lower_case_goes_first_and_then_the_earlier_line(tmp_path: Path) -> None:
    text = "The 1 1\nMAN 2 2\nMan 3 3\nthe 4 4\nthe 5 5\n"
    words, vectors = read_glove(write(tmp_path, text), words=WORDS)
    assert words == ["man", "the"]
    assert vectors.tolist() == [[2, 2], [4, 4]]


def test_a_file_that_knows_none_of_the_words_gives_none(tmp_path: Path) -> None:
    words, vectors = read_glove(write(tmp_path, TEXT), words={"absent"})
    assert words == []
    assert vectors.shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", ["empty"]),
        ("{}", ["line 1"]),
        ("man\n", ["line 1", "numbers"]),
        ("man x y\n", ["line 1"]),
        (TEXT + "dog 1 2\n", ["line 5", "2 numbers", "3"]),
        (TEXT + "dog 1 2 3 4\n", ["line 5", "more than the 3"]),
        ("4 3\nman 1 2\n", ["line 2", "2 numbers", "3"]),
        (TEXT + "dog 1 two 3\n", ["line 5", "'tw"]),
        (TEXT + "dog 1 nan 3\n", ["line 5", "nan"]),
        (TEXT + "dog 1 2 inf\n", ["line 5", "inf"]),
        ("dog 1 2 3\nman 1 -- 3\n", ["line 2", "'--'"]),
        ("dog 1 2 3\nman 1 1e999 3\n", ["line 2", "1e999"]),
        ("dog 1 2 3\nman 1 1e39 3\n", ["line 2", "1e39"]),
        ("dog 1 2 3\nman 1_0 1 3\n", ["line 2", "_"]),
        ("dog\t1\t2\n", ["line 1"]),
        (TEXT.encode() + b"caf\xe9 1 2 3\n", ["line 5", "UTF-8"]),
        (b"\xff\xfet\x00h\x00e\x00 \x001\x00\n", ["line 1"]),
        ("man " + "1 " * 40_000, ["line 1", "65536"]),
    ],
)
def test_a_bad_line_is_refused_by_its_number(tmp_path: Path, text: str | bytes, named: list[str]) -> None:
    refusal(write(tmp_path, text), *named)


def test_more_lines_than_accepted_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glove, "MOST_LINES", 3)
    refusal(write(tmp_path, TEXT), "line 3")


def test_more_bytes_than_accepted_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glove, "MOST_BYTES", 30)
    refusal(write(tmp_path, TEXT, "glove.zip"), "30 bytes")


def test_a_line_without_end_takes_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path, bytes(50_000_000), "glove.txt.gz")
    tracemalloc.start()
    refusal(path, "line 1")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000


def test_a_zip_of_several_files_is_refused_with_their_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "glove.zip", "w") as archive:
        for width in (50, 100):
            archive.writestr(f"glove.6B.{width}d.txt", TEXT)
    refusal(tmp_path / "glove.zip", "2 files", "glove.6B.50d.txt", "glove.6B.100d.txt")


@pytest.mark.parametrize("name", ["glove.txt.gz", "glove.zip"])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_a_cut_file_is_refused(tmp_path: Path, name: str, share: float) -> None:
    path = write(tmp_path, TEXT * 50, name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refusal(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "a.gz", "a.zip"):
        refusal(tmp_path / name, "cannot be read")
