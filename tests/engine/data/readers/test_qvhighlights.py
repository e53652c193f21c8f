"""QVHighlights: several windows, ids of its own, cuts of one video share a source."""

import json

import pytest

from mtkd_engine.data.readers.qvhighlights import source_of

from .conftest import Read

ENTRY = {
    "qid": 2579,
    "query": "A girl cooks.",
    "duration": 150,
    "vid": "NUsG9BgSes0_210.0_360.0",
    "relevant_windows": [[82, 150], [0, 10]],
    "saliency_scores": [[1, 1, 2]],
}


def lines(*entries: object) -> str:
    return "\n".join(json.dumps(entry) for entry in entries)


def test_every_window_is_kept_in_its_order(read: Read) -> None:
    rows, problems = read("qvhighlights", lines(ENTRY, ENTRY | {"qid": "a7"}), name="highlight_train.jsonl")
    assert not problems
    assert [row.sample_id for row in rows] == ["2579", "a7"]
    assert rows[0].windows == ((82.0, 150.0), (0.0, 10.0))
    assert (rows[0].duration, rows[0].sentence) == (150.0, "A girl cooks.")


@pytest.mark.parametrize(
    ("video", "source"),
    [
        ("NUsG9BgSes0_210.0_360.0", "NUsG9BgSes0"),
        ("a_b_60.0_210.0", "a_b"),
        ("_-x_0_150", "_-x"),
        ("plain", "plain"),
        ("half_60.0", "half_60.0"),
    ],
)
def test_the_source_is_the_video_before_it_was_cut(video: str, source: str) -> None:
    assert source_of(video) == source


@pytest.mark.parametrize("windows", [{}, {"relevant_windows": []}, {"relevant_windows": None}])
def test_rows_without_windows_are_counted_and_left_out(read: Read, windows: dict[str, object]) -> None:
    bare = {key: value for key, value in ENTRY.items() if key != "relevant_windows"}
    rows, problems = read("qvhighlights", lines(ENTRY, bare | windows))
    assert len(rows) == 1
    assert problems["unlabelled_rows"].severity == "note"
    assert problems["unlabelled_rows"].places[0].row == 2


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("{", "JSON"),
        ("[" * 5000, "JSON"),
        ("[1]", "object"),
        ('{"qid": 1, "qid": 2}', "twice"),
        (lines({"qid": 1}), "'query'"),
        (lines(ENTRY | {"qid": True}), "qid"),
        (lines(ENTRY | {"qid": 1.5}), "qid"),
        (lines(ENTRY | {"qid": 10**300}), "qid"),
        (lines(ENTRY | {"vid": 7}), "video id"),
        (lines(ENTRY | {"query": ["a"]}), "sentence"),
        (lines(ENTRY | {"relevant_windows": 3}), "relevant_windows"),
        (lines(ENTRY | {"relevant_windows": [[1, 2], [3]]}), "window"),
        (lines(ENTRY | {"relevant_windows": [[1, 2]] * 101}), "up to 100"),
    ],
)
def test_other_lines_are_noted_and_left_out(read: Read, line: str, named: str) -> None:
    rows, problems = read("qvhighlights", lines(ENTRY) + "\n" + line)
    assert len(rows) == 1
    place = problems["unreadable_rows"].places[0]
    assert place.row == 2
    assert named in place.detail
