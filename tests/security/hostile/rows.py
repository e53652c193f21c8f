"""Annotation files that cannot be meant."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.security.hostile.base import Case, annotations, cut, video, world

MANY_ROWS = 10_000_000


def _json_world(text: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        root = world(folder)
        (root / "train.json").write_bytes(text)
        return root

    return make


def _changed(**changes: Any) -> Callable[[Path], Path]:
    return lambda folder: world(folder, **changes)


def _whole(old: bytes, new: bytes) -> bytes:
    return json.dumps(annotations()).encode().replace(old, new, 1)


def _lines(name: str, write: Callable[[io.BufferedWriter], object]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        root = folder / "data"
        root.mkdir()
        with (root / name).open("wb") as file:
            write(file)
        return root

    return make


def _moment(qid: object, windows: Any, **changes: Any) -> bytes:
    row = {
        "qid": qid,
        "query": "a red dot",
        "vid": "abc_0.0_10.0",
        "duration": 10,
        "relevant_windows": windows,
    }
    return json.dumps({**row, **changes}).encode() + b"\n"


def _repeat(line: bytes, count: int = MANY_ROWS) -> Callable[[io.BufferedWriter], object]:
    def write(file: io.BufferedWriter) -> None:
        block = line * 10_000
        for _ in range(count // 10_000):
            file.write(block)

    return write


CASES = (
    Case("truncated", "json", "dataset", cut("train.json", world), "train.json"),
    Case(
        "duplicate ids",
        "qid with other content",
        "dataset",
        _lines(
            "train.jsonl",
            lambda f: f.write(_moment(1, [[0, 4]]) + _moment(1, [[5, 9]]) + _moment(2, [[0, 4]])),
        ),
        "1",
    ),
    Case("duplicate ids", "key twice in json", "dataset", _json_world(_whole(b'"v1"', b'"v2"')), "twice"),
    Case(
        "duplicate ids",
        "same row twice",
        "dataset",
        _changed(v1=video(timestamps=[[1, 4], [1, 4]], sentences=["a red dot"] * 2)),
        "drop_duplicates",
        "repairable",
    ),
    Case(
        "bad windows",
        "reversed",
        "dataset",
        _changed(v1=video(timestamps=[[4, 1]])),
        "drop_rows",
        "repairable",
    ),
    Case(
        "bad windows",
        "negative start",
        "dataset",
        _changed(v1=video(timestamps=[[-3, 4]])),
        "clip_windows",
        "repairable",
    ),
    Case(
        "bad windows",
        "beyond the end",
        "dataset",
        _changed(v1=video(timestamps=[[3, 14]])),
        "clip_windows",
        "repairable",
    ),
    Case(
        "bad windows",
        "NaN",
        "dataset",
        _changed(v1=video(timestamps=[[float("nan"), 4]])),
        "drop_rows",
        "repairable",
    ),
    Case(
        "not UTF-8",
        "charades text",
        "dataset",
        _lines("charades_sta_train.txt", lambda f: f.write(b"v1 0.0 4.0##caf\xe9 \xff\n")),
        "UTF-8",
    ),
    Case("not UTF-8", "json", "dataset", _json_world(_whole(b"a red dot", b"a r\xe9d dot")), "UTF-8"),
    Case(
        "not UTF-8",
        "jsonl",
        "dataset",
        _lines("train.jsonl", lambda f: f.write(_moment(1, [[0, 4]]).replace(b"red", b"r\xe9d"))),
        "UTF-8",
    ),
    Case(
        "10 million rows",
        "charades text",
        "dataset",
        _lines("charades_sta_train.txt", _repeat(b"v1 0.0 4.0##a red dot\n")),
        "rows",
    ),
    Case(
        "10 million rows",
        "jsonl",
        "dataset",
        _lines(
            "train.jsonl",
            _repeat(_moment(1, [[0, 4]])[:-1].replace(b'"abc_0.0_10.0"', b'"a_0_9"') + b"\n", MANY_ROWS),
        ),
        "rows",
    ),
    Case(
        "10 million rows",
        "json",
        "dataset",
        _lines(
            "train.json",
            lambda f: (
                f.write(b'{"v1": {"duration": 9, "timestamps": ['),
                _repeat(b"[0,4],")(f),
                f.write(b'[0,4]], "sentences": []}}'),
            ),
        ),
        "train.json",
    ),
)
