"""What people see of sealed clips lies beside the streams, and nothing depends on it."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mtkd_engine.data.clips import previews
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.video.previewing import Preview
from tests.engine.data.clips.checked import check, clips_of
from tests.engine.data.clips.doubles import SPLITS, film


def parts(folder: Path, *, content: str, index: str) -> list[bytes]:
    starts = np.fromfile(folder / index, dtype="<u8").tolist()
    whole = (folder / content).read_bytes()
    assert (starts[0], starts[-1]) == (0, len(whole))
    return [whole[start:stop] for start, stop in pairwise(starts)]


def samples_of(folder: Path) -> list[tuple[LabelledSample, bytes]]:
    """Samples with their streams in the order of samples.jsonl."""
    dataset = clips_of(folder)
    samples = (one for split in SPLITS for one in dataset.splits[split])
    return [(one, dataset.clips.stream(one.place)) for one in sorted(samples, key=lambda one: one.place)]


@pytest.mark.usefixtures("pretend")
def test_posters_and_films_lie_in_the_order_of_the_samples(folder: Path, tmp_path: Path) -> None:
    check(folder, seal=tmp_path / "sealed")
    streams = [stream for _, stream in samples_of(tmp_path / "sealed")]
    assert len(streams) == 18
    assert parts(tmp_path / "sealed", content="images.bin", index="images.idx") == [
        b"poster of " + stream for stream in streams
    ]
    assert parts(tmp_path / "sealed", content="plays.bin", index="plays.idx") == [
        b"10 a second of " + stream for stream in streams
    ]


@pytest.mark.usefixtures("pretend")
def test_the_dataset_is_the_same_without_them(folder: Path, tmp_path: Path) -> None:
    report = check(folder, seal=tmp_path / "sealed")
    before = samples_of(tmp_path / "sealed")
    for name in ("images.bin", "images.idx", "plays.bin", "plays.idx"):
        (tmp_path / "sealed" / name).unlink()
    assert clips_of(tmp_path / "sealed").content_hash == report["content_hash"]
    assert samples_of(tmp_path / "sealed") == before


@pytest.mark.usefixtures("pretend")
def test_nothing_is_sealed_where_one_clip_cannot_be_drawn(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = b"clip 7 20 "

    def drawn(stream: bytes, *, rate: float) -> Preview:
        if stream == broken:
            raise DataError("A stream is not MPEG-4 in MP4, as those made by the ingest are.")
        return Preview(b"", b"")

    monkeypatch.setattr(previews, "preview", drawn)
    with pytest.raises(DataError, match="not MPEG-4"):
        check(folder, seal=tmp_path / "sealed")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["acts"]


def test_real_films_can_be_looked_at(tmp_path: Path) -> None:
    named = [(split, name) for split in SPLITS for name in ("jump", "run")]
    for number, (split, name) in enumerate(named):
        film(tmp_path / "acts" / split / name / f"{split}.mp4", seed=number, frames=4 + number)
    report = check(tmp_path / "acts", accept=[], seal=tmp_path / "sealed")
    assert report["sealed"]
    sealed = tmp_path / "sealed"
    for poster in parts(sealed, content="images.bin", index="images.idx"):
        with Image.open(io.BytesIO(poster)) as image:
            assert (image.format, image.size) == ("JPEG", (170, 128))
    counts: list[int] = []
    for play in parts(sealed, content="plays.bin", index="plays.idx"):
        with av.open(io.BytesIO(play), "r") as container:
            counts.append(len(list(container.decode(video=0))))
    assert counts == [4, 5, 6, 7, 8, 9]
