"""Every clip is made into a stream once, and what is there already is not made again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.clips import ingesting
from mtkd_engine.data.clips.ingesting import LINES, STREAMS, ingest_clips
from mtkd_engine.data.clips.rows import Given, Stretch
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.video.ingest import Refused
from tests.engine.data.clips.doubles import clip, pretended, write

pytestmark = pytest.mark.usefixtures("pretend")


@pytest.fixture
def given(tmp_path: Path) -> list[Given]:
    write(tmp_path / "set", {f"{n}.mp4": clip(n, frames=10 + n) for n in range(6)} | {"6.mp4": b"broken"})
    return [tmp_path / "set" / f"{n}.mp4" for n in range(7)]


def ingested(given: list[Given], folder: Path) -> tuple[list[int], list[bytes]]:
    seen, store = ingest_clips(given, folder=folder, progress=Progress())
    return [seen[place].frames for place in range(len(given))], [
        store.stream(place) for place in range(len(given)) if not seen[place].fault
    ]


def counting(sizes: list[int]) -> Any:
    """This will give an ingest that notes how many sources it is given."""

    def ingest(sources: Any, **others: Any) -> Any:
        sizes.append(len(sources))
        return pretended(sources, **others)

    return ingest


def test_streams_lie_in_one_file_and_outlive_its_name(given: list[Given], tmp_path: Path) -> None:
    frames, streams = ingested(given, tmp_path / "work")
    assert frames == [10, 11, 12, 13, 14, 15, 0]
    assert streams == [clip(n, frames=10 + n) for n in range(6)]
    assert sorted(os.listdir(tmp_path / "work")) == ["ingested.bin", "ingested.jsonl", "ingested.lock"]


def test_what_is_refused_has_a_code_and_no_stream(given: list[Given], tmp_path: Path) -> None:
    seen, store = ingest_clips(given, folder=tmp_path / "work", progress=Progress())
    assert (seen[6].fault, seen[6].refusal) == ("refused_clips", "not_a_video")
    with pytest.raises(DataError, match=r"clip 6 cannot be used: 6\.mp4 is not a video"):
        store.stream(6)


def test_a_stopped_call_goes_on_where_it_was(
    given: list[Given], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def stopping(sources: Any, **others: Any) -> Any:
        for number, outcome in pretended(sources, **others):
            if len(begun) == 3:
                raise KeyboardInterrupt
            begun.append(number)
            yield number, outcome

    monkeypatch.setattr(ingesting, "ingest", stopping)
    with pytest.raises(KeyboardInterrupt):
        ingested(given, tmp_path / "work")
    for name in (STREAMS, LINES):
        with (tmp_path / "work" / name).open("ab") as stream:
            stream.write(b'{"sha256": "half a li')
    (tmp_path / "work" / ".streams-killed").mkdir()
    begun.clear()
    monkeypatch.setattr(ingesting, "ingest", counting(begun))
    assert ingested(given, tmp_path / "work") == (
        [10, 11, 12, 13, 14, 15, 0],
        [clip(n, frames=10 + n) for n in range(6)],
    )
    assert begun == [4]
    assert not (tmp_path / "work" / ".streams-killed").exists()


def test_only_what_has_changed_is_read_again(
    given: list[Given], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingested(given, tmp_path / "work")
    assert isinstance(given[2], Path)
    given[2].write_bytes(clip(77, frames=30))
    sizes: list[int] = []
    monkeypatch.setattr(ingesting, "ingest", counting(sizes))
    assert ingested(given[::-1], tmp_path / "work")[0] == [0, 15, 14, 13, 30, 11, 10]
    assert sizes == [1]


def test_a_refusal_that_may_pass_is_not_remembered(
    given: list[Given], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ingesting,
        "ingest",
        lambda sources, **_: ((n, Refused("too_slow", "x is too slow.")) for n in range(len(sources))),
    )
    assert ingested(given, tmp_path / "work") == ([0] * 7, [])
    monkeypatch.setattr(ingesting, "ingest", pretended)
    assert ingested(given, tmp_path / "work")[0][0] == 10


def test_a_clip_may_be_part_of_a_file(tmp_path: Path) -> None:
    whole = write(tmp_path, {"all.bin": clip(1) + clip(2, frames=33) + clip(3)}) / "all.bin"
    size = len(clip(1))
    part = Stretch(whole, size, size + len(clip(2, frames=33)))
    assert ingested([part], tmp_path / "work") == ([33], [clip(2, frames=33)])


def test_streams_that_somebody_took_away_are_made_again(given: list[Given], tmp_path: Path) -> None:
    first = ingested(given, tmp_path / "work")
    (tmp_path / "work" / STREAMS).unlink()
    assert ingested(given, tmp_path / "work") == first
