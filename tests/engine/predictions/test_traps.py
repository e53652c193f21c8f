"""Files of predictions that are damaged, or made to hurt, are refused in one sentence."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.predictions import arrays, parquet, qvhighlights
from mtkd_engine.predictions.read import read_predictions

GOOD = '{"qid": 1, "pred_relevant_windows": [[0, 1, 0.5]]}\n'
IDS = np.array(["a", "b"])
WINDOWS = np.array([[[0.0, 1.0]], [[1.0, 2.0]]])
SCORES = np.array([[0.5], [0.25]])


def row(**changes: Any) -> str:
    return json.dumps({"qid": 1, "pred_relevant_windows": [[0, 1, 0.5]], **changes}) + "\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no predictions"),
        (GOOD + "{", "line 2: this is no JSON object"),
        (GOOD + "[1]", r"line 2: \[1\] is no JSON object"),
        ("[" * 100_000, "no JSON object"),
        (row(qid=None), "qid is None"),
        (row(qid=True), "qid is True"),
        (row(qid=1.5), "qid is 1.5"),
        (row(qid=""), "sample id ''"),
        (row(qid="a\x00b"), "printable"),
        (row(qid="a" * 201), "1 to 200 printable"),
        (row(vid=3), "vid is 3"),
        (row(pred_relevant_windows=None), "pred_relevant_windows is None"),
        (row(pred_relevant_windows=[[1, 2]]), "its score is missing"),
        (row(pred_relevant_windows=[[1, 2, 3, 4]]), r"\[start, end, score\]"),
        (row(pred_relevant_windows=[[1, 2, "3"]]), r"\[start, end, score\]"),
        (row(pred_relevant_windows=[[1, 2, True]]), r"\[start, end, score\]"),
        (row(pred_relevant_windows=[[2, 1, 0.5]]), "row 1: sample '1': windows end before they start"),
        (row(pred_relevant_windows=[[0, 1, 0.5]] * 1001), "up to 1,000"),
        ('{"qid": 1, "pred_relevant_windows": [[0, NaN, 1]]}', "NaN is no finite number"),
        ('{"qid": 1, "pred_relevant_windows": [[0, 1e999, 1]]}', "NaN or infinite"),
        ('{"qid": 1, "pred_relevant_windows": [[0, 1' + "0" * 400 + ", 1]]}", "finite numbers"),
        ('{"qid": 1, "pred_relevant_windows": [[0, 1' + "0" * 5000 + ", 1]]}", "no JSON object"),
    ],
)
def test_a_line_that_cannot_be_meant_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(text)
    with pytest.raises(DataError, match=words) as refused:
        read_predictions(path, kind="jsonl")
    assert len(str(refused.value)) < 400
    assert str(refused.value).isprintable()


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_bytes(b'{"qid": "\xff"}')
    with pytest.raises(DataError, match="no JSON object"):
        read_predictions(tmp_path / "p.jsonl", kind="jsonl")


def test_a_gzip_bomb_is_left_when_it_has_grown_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(row(pad="x" * 1000).encode() * 100))
    monkeypatch.setattr(qvhighlights, "LARGEST_EXPANDED", 10_000)
    with pytest.raises(DataError, match="expands to more than 10,000 bytes"):
        read_predictions(path, kind="jsonl")


def test_one_endless_line_is_not_read_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"qid": "' + b"x" * 50_000))
    monkeypatch.setattr(qvhighlights, "LONGEST_LINE", 10_000)
    with pytest.raises(DataError, match="longer than 10,000 bytes"):
        read_predictions(path, kind="jsonl")


def test_more_rows_than_accepted_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.jsonl").write_text("".join(row(qid=number) for number in range(5)))
    monkeypatch.setattr(qvhighlights, "MOST_ROWS", 4)
    with pytest.raises(DataError, match="more than 4 rows"):
        read_predictions(tmp_path / "p.jsonl", kind="jsonl")


def test_a_cut_gzip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.gz"
    path.write_bytes(gzip.compress(GOOD.encode() * 1000)[:-20])
    with pytest.raises(DataError, match="may be cut short"):
        read_predictions(path, kind="jsonl")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"windows": WINDOWS, "scores": SCORES}, "sample_id is missing"),
        ({"sample_id": IDS}, "holds no array of predictions"),
        ({"sample_id": IDS, "windows": WINDOWS}, "the array scores is missing"),
        ({"sample_id": IDS, "windows": WINDOWS, "scores": SCORES, "map": WINDOWS}, "of 2 forms"),
        ({"sample_id": IDS[:1], "windows": WINDOWS, "scores": SCORES}, "do not fit together"),
        ({"sample_id": IDS, "windows": WINDOWS, "scores": SCORES[:, :0]}, "do not fit together"),
        ({"sample_id": IDS, "windows": WINDOWS[..., :1], "scores": SCORES}, "do not fit together"),
        (
            {"sample_id": IDS, "windows": WINDOWS * np.nan, "scores": SCORES},
            "row 1: sample 'a': windows hold NaN",
        ),
        ({"sample_id": IDS, "windows": WINDOWS, "scores": SCORES * np.inf}, "scores hold NaN or infinite"),
        ({"sample_id": IDS, "windows": WINDOWS[..., ::-1], "scores": SCORES}, "end before they start"),
        ({"sample_id": IDS, "windows": WINDOWS.astype(str), "scores": SCORES}, "numbers are accepted"),
        (
            {"sample_id": IDS, "windows": WINDOWS[:, 0], "scores": SCORES[:, 0]},
            "needs the array offsets of 3",
        ),
        (
            {"sample_id": IDS, "windows": WINDOWS[:, 0], "scores": SCORES[:, 0], "offsets": [0, 2, 1]},
            "does not rise",
        ),
        (
            {"sample_id": IDS, "windows": WINDOWS[:, 0], "scores": SCORES[:, 0], "offsets": [0, 1, 9]},
            "do not fit together",
        ),
        (
            {"sample_id": IDS, "windows": WINDOWS[:, 0], "scores": SCORES[:, 0], "offsets": [0, 1, 2**60]},
            "no places",
        ),
        ({"sample_id": IDS, "start": np.ones((2, 3)), "end": np.ones((2, 4))}, "do not fit together"),
        ({"sample_id": IDS, "start": np.ones((2, 0)), "end": np.ones((2, 0))}, "has 0 clips"),
        ({"sample_id": IDS, "start": np.ones((2, 1025)), "end": np.ones((2, 1025))}, "has 1,025 clips"),
        (
            {"sample_id": IDS, "start": np.full((2, 2), 1e300), "end": np.ones((2, 2))},
            "start hold NaN or inf",
        ),
        ({"sample_id": IDS, "map": np.ones((2, 3, 4))}, "do not fit together"),
        ({"sample_id": IDS, "map": np.ones(18), "clips": [3, 4]}, "do not fit together"),
        ({"sample_id": IDS, "map": np.ones((2, 1, 1)), "scale": "percent"}, "scale is 'percent'"),
        ({"sample_id": IDS, "map": np.full((2, 1, 1), 7), "scale": "probabilities"}, r"outside 0\.\.1"),
        ({"sample_id": np.array([1.5, 2.5]), "map": np.ones((2, 1, 1))}, "sample_id is float64"),
        ({"sample_id": np.array([b"\xff", b"a"]), "map": np.ones((2, 1, 1))}, "not UTF-8"),
        ({"sample_id": np.array(["a" * 900, "b"]), "map": np.ones((2, 1, 1))}, "up to 3,600 bytes"),
    ],
)
def test_arrays_that_do_not_fit_are_named(tmp_path: Path, content: dict[str, Any], words: str) -> None:
    with np.errstate(all="ignore"):
        np.savez(tmp_path / "p.npz", **content)
    with pytest.raises(DataError, match=words) as refused:
        read_predictions(tmp_path / "p.npz", kind="npz")
    assert len(str(refused.value)) < 400


def test_pickled_objects_in_arrays_are_never_opened(tmp_path: Path) -> None:
    ids = np.array(["a", {"b": 1}], dtype=object)
    np.savez(tmp_path / "p.npz", sample_id=ids, map=np.ones((2, 1, 1)))
    with pytest.raises(DataError, match="pickled objects, which can run code"):
        read_predictions(tmp_path / "p.npz", kind="npz")


def member(header: bytes, data: bytes = b"") -> bytes:
    text = header + b" " * (63 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + data


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def test_an_array_that_states_more_than_it_stores_takes_no_memory(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000,)}"
    text = member(header[:60] + b"")
    huge = b"\x93NUMPY\x01\x00" + (127).to_bytes(2, "little") + header.ljust(126) + b"\n"
    path = archive(tmp_path / "p.npz", {"sample_id.npy": huge, "map.npy": text})
    with pytest.raises(DataError, match="stored data have another size"):
        read_predictions(path, kind="npz")


def test_arrays_that_expand_too_far_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez_compressed(tmp_path / "p.npz", sample_id=IDS, map=np.zeros((2, 500, 500)))
    assert (tmp_path / "p.npz").stat().st_size < 10_000
    monkeypatch.setattr(arrays, "LARGEST_EXPANDED", 1_000_000)
    with pytest.raises(DataError, match="expands to 4,000,"):
        read_predictions(tmp_path / "p.npz", kind="npz")


def test_an_array_given_twice_is_refused(tmp_path: Path) -> None:
    stored = io.BytesIO()
    np.save(stored, IDS)
    with zipfile.ZipFile(tmp_path / "p.npz", "w") as file:
        file.writestr("sample_id.npy", stored.getvalue())
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("sample_id.npy", stored.getvalue())
    with pytest.raises(DataError, match="'sample_id' twice"):
        read_predictions(tmp_path / "p.npz", kind="npz")


def test_a_cut_archive_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", sample_id=IDS, windows=WINDOWS, scores=SCORES)
    whole = (tmp_path / "p.npz").read_bytes()
    for keep in (10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "p.npz").write_bytes(whole[:keep])
        with pytest.raises(DataError, match="may be cut short"):
            read_predictions(tmp_path / "p.npz", kind="npz")


def test_an_archive_with_a_huge_directory_is_not_listed(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.npz", {f"{number:0200}.npy": b"" for number in range(5000)})
    with pytest.raises(DataError, match="its directory is too large"):
        read_predictions(path, kind="npz")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"sample_id": ["a"]}, "has the columns"),
        ({"sample_id": ["a"], "windows": [[[0.0, 1.0]]]}, "has the columns"),
        (
            {"sample_id": ["a"], "windows": [[0.0, 1.0]], "scores": [[0.5]]},
            "windows is list<.*>; list<list<float>>",
        ),
        ({"sample_id": ["a"], "windows": [[[0.0]]], "scores": [[0.5]]}, r"\[start, end\] are accepted"),
        (
            {"sample_id": ["a"], "windows": [[[0.0, 1.0]]], "scores": [[0.5, 0.1]]},
            "1 in windows and 2 in scores",
        ),
        ({"sample_id": ["a"], "windows": [[[0.0, 1.0]]], "scores": [[None]]}, "list<float>|empty values"),
        ({"sample_id": ["a"], "windows": [[[0.0, None]]], "scores": [[0.5]]}, "empty values"),
        ({"sample_id": ["a", "b"], "windows": [[[0.0, 1.0]], None], "scores": [[0.5], [0.1]]}, "empty rows"),
        ({"sample_id": ["a", None], "map": [[[1.0]], [[1.0]]]}, "1 empty"),
        ({"sample_id": [1.5], "map": [[[1.0]]]}, "texts are accepted"),
        ({"sample_id": ["a"], "map": [[[1.0, 2.0]]]}, "rows and columns"),
        ({"sample_id": ["a"], "start": [[1.0, 2.0]], "end": [[1.0]]}, "2 in start and 1 in end"),
        ({"sample_id": ["a"], "start": [[1.0]], "end": [["x"]]}, "end is list<"),
        ({"sample_id": ["a"], "start": [[float("nan")]], "end": [[1.0]]}, "start hold NaN"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path: Path, columns: dict[str, Any], words: str) -> None:
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    with pytest.raises(DataError, match=words):
        read_predictions(tmp_path / "p.parquet", kind="parquet")


def test_a_table_without_rows_and_one_that_is_cut_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    whole = pa.table({"sample_id": ["a"], "map": [[[1.0]]]})
    pq.write_table(whole.slice(0, 0), path)
    with pytest.raises(DataError, match="holds no predictions"):
        read_predictions(path, kind="parquet")
    pq.write_table(whole, path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        read_predictions(path, kind="parquet")


def test_a_table_of_many_repeated_values_in_few_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"sample_id": ["a"], "start": [[0.0] * 500_000], "end": [[0.0] * 500_000]}), path)
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(parquet, "MOST_VALUES", 100_000)
    with pytest.raises(DataError, match="1,000,001 values"):
        read_predictions(path, kind="parquet")
