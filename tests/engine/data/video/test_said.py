"""What a confined process says is a stranger's word: checked for kind and size, or nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.video.limits import Bounds
from mtkd_engine.data.video.outcomes import Ingested, Refused
from mtkd_engine.data.video.said import ingested_of, new_lines, read_line, refused_of

SAID: dict[str, Any] = {
    "frames": 14,
    "rate": 25.0,
    "width": 64,
    "height": 48,
    "gops": [0, 12],
    "notes": ["It is turned upright."],
}


def taken(**changed: Any) -> Ingested:
    return ingested_of({**SAID, **changed}, digest="ab", size=7, bounds=Bounds(frames=20))


def test_what_is_sensible_is_taken() -> None:
    assert taken() == Ingested(
        frames=14,
        rate=25.0,
        width=64,
        height=48,
        gops=(0, 12),
        notes=("It is turned upright.",),
        sha256="ab",
        size=7,
    )


@pytest.mark.parametrize(
    "changed",
    [
        *({"frames": frames} for frames in (0, -1, 21, 3.0, "14", True, None)),
        *({"rate": rate} for rate in (0.0, -1.0, 5e6, float("nan"), float("inf"), 25, None)),
        *({"width": width} for width in (0, 1 << 30, 2.5)),
        *({"gops": gops} for gops in ([], [1], [0, 0], [0, 14], [0, 5, 3], [0.0], "0", [False, 3], None)),
        *({"notes": notes} for notes in ("note", ["a"] * 21, [3], None)),
    ],
)
def test_what_is_not_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError)):
        taken(**changed)


def test_texts_are_short_and_printable() -> None:
    [note] = taken(notes=["a\x1b[31m\n" + "b" * 1000]).notes
    assert note.startswith("a?[31m?b")
    assert len(note) == 400


def test_refusals_have_known_codes() -> None:
    assert refused_of({"code": "empty", "said": "is empty."}, name="a.mp4") == Refused(
        "empty", "a.mp4 is empty."
    )
    with pytest.raises(ValueError, match="perfect"):
        refused_of({"code": "perfect", "said": "is fine."}, name="a.mp4")


@pytest.mark.parametrize("line", [b"", b"{", b"[]", b"[" * 100_000, b"\xff\xfe", b"3"])
def test_lines_that_are_no_objects_are_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        read_line(line)


def test_lines_are_read_once_and_only_whole(tmp_path: Path) -> None:
    path = tmp_path / "said.jsonl"
    assert new_lines(path, after=0) == ([], 0)
    path.write_bytes(b'{"a": 1}\n{"b"')
    lines, end = new_lines(path, after=0)
    assert ([json.loads(line) for line in lines], end) == ([{"a": 1}], 9)
    assert new_lines(path, after=end) == ([], end)
    with path.open("ab") as file:
        file.write(b": 2}\n")
    assert new_lines(path, after=end)[0] == [b'{"b": 2}']


def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}\n")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder"):
        with pytest.raises(ValueError):
            new_lines(tmp_path / name, after=0)
