"""Videos of every broken and hostile kind in one call: each is refused by name, and the good ones beside them live."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from mtkd_engine.data.video import batch
from mtkd_engine.data.video.errors import CODES
from mtkd_engine.data.video.gops import gops
from mtkd_engine.data.video.ingest import FrameImages, Ingested, Outcome, Refused, Source, ingest, stream_name
from mtkd_engine.data.video.items import name_of
from mtkd_engine.data.video.limits import Costs
from mtkd_engine.data.video.plain import hash_of
from mtkd_engine.sandbox import Confined
from tests.engine.data.video.films import film, header_first, square
from tests.engine.data.video.hostile import BOUNDS, BROKEN, GOOD

TASKS = Path(__file__).with_name("tasks")
KILLING = "dying:ingest_all"


def all_of(sources: list[Source], folder: Path, **more: object) -> dict[int, Outcome]:
    to = folder / "streams"
    to.mkdir(exist_ok=True)
    return dict(ingest(sources, to=to, say=lambda done, of: None, **more))  # type: ignore[arg-type]


def files(folder: Path, **contents: bytes) -> list[Source]:
    for name, content in contents.items():
        (folder / f"{name}.mp4").write_bytes(content)
    return [folder / f"{name}.mp4" for name in contents]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    folder = tmp_path_factory.mktemp("hostile")
    sources: list[Source] = []
    for number, (_, make) in enumerate(BROKEN.values()):
        (folder / str(number)).mkdir()
        sources.append(make(folder / str(number)))
    good = files(folder, first=film(GOOD), last=film(GOOD))
    found = all_of([good[0], *sources, good[1]], folder, bounds=BOUNDS)
    assert len(found) == len(sources) + 2
    return dict(zip(("first", *BROKEN, "last"), (found[number] for number in sorted(found)), strict=True))


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_or_hostile_video_is_refused_by_its_code(name: str, refused: dict[str, Outcome]) -> None:
    found = refused[name]
    assert isinstance(found, Refused), found
    assert found.code == BROKEN[name][0], found.sentence
    assert found.sentence.endswith(".")
    assert found.sentence.count(". ") == 0


def test_the_good_ones_beside_them_become_streams(refused: dict[str, Outcome]) -> None:
    for name in ("first", "last"):
        assert isinstance(refused[name], Ingested)


def test_all_codes_are_met_by_a_test() -> None:
    of_processes = {"too_slow", "too_much_memory", "too_much_disk", "killed_its_process"}
    assert {code for code, _ in BROKEN.values()} | of_processes == set(CODES)


def test_a_sentence_names_the_file_and_what_is_accepted(refused: dict[str, Outcome]) -> None:
    assert refused["many frames"] == Refused(
        "too_many_frames", "film.mp4 has 41 frames or more; up to 40 are accepted."
    )
    assert isinstance(refused["broken image"], Refused)
    assert "has an image, img_00002.png, that cannot be decoded" in refused["broken image"].sentence


def test_outcomes_say_all_of_a_stream(tmp_path: Path) -> None:
    [source] = files(tmp_path, film=film(square(14), rate=8))
    told: list[tuple[int, int]] = []
    (tmp_path / "to").mkdir()
    found = dict(ingest([source], to=tmp_path / "to", say=lambda done, of: told.append((done, of))))
    stream = (tmp_path / "to" / stream_name(0)).read_bytes()
    assert isinstance(source, Path)
    assert found[0] == Ingested(
        frames=14,
        rate=8.0,
        width=64,
        height=48,
        gops=(0, 12),
        notes=(),
        sha256=hash_of(source, most=BOUNDS.bytes)[0],
        size=len(stream),
    )
    assert gops(stream) == (0, 12)
    assert told == [(1, 1)]


def test_a_name_of_any_bytes_is_read_and_told(tmp_path: Path) -> None:
    names = [b"\xff\xfe%05d.mp4", "Фильм\n\u202e.mp4".encode(), b"http:--a.mp4"]
    sources: list[Source] = [Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)) for name in names]
    for source in sources[:2]:
        assert isinstance(source, Path)
        source.write_bytes(film(GOOD))
    found = all_of(sources, tmp_path)
    assert [type(found[number]) for number in range(3)] == [Ingested, Ingested, Refused]
    assert found[2] == Refused("missing", "http:--a.mp4 cannot be opened (No such file or directory).")
    assert name_of(sources[0]) == "??%05d.mp4"
    assert name_of(sources[1]) == "Фильм??.mp4"


def test_images_become_a_stream_of_their_rate(tmp_path: Path) -> None:
    paths = [tmp_path / f"img_{number:05d}.jpg" for number in range(1, 6)]
    for path, pixels in zip(paths, square(5), strict=True):
        Image.fromarray(pixels).save(path)
    Image.fromarray(square(1, width=80)[0]).save(paths[2])
    found = all_of(
        [FrameImages(tuple(paths), rate=12.5), FrameImages(tuple(paths[::-1]), rate=12.5)], tmp_path
    )
    first, other = found[0], found[1]
    assert isinstance(first, Ingested)
    assert isinstance(other, Ingested)
    assert (first.frames, first.rate, first.width, first.height) == (5, 12.5, 64, 48)
    assert "2 sizes" in first.notes[0]
    assert first.sha256 != other.sha256


def test_a_truncated_clip_keeps_its_whole_frames(tmp_path: Path) -> None:
    whole = header_first(film(square(20)))
    [found] = all_of(files(tmp_path, cut=whole[: int(len(whole) * 0.85)]), tmp_path).values()
    assert isinstance(found, Ingested)
    assert 0 < found.frames < 20
    assert found.notes == (f"It is cut short; whole frames that are taken: {found.frames}.",)


def large_images(folder: Path, *, count: int, side: int) -> FrameImages:
    """Cheap to make and dear to decode."""
    Image.new("L", (side, side)).save(folder / f"{side}.png")
    return FrameImages((folder / f"{side}.png",) * count, rate=25.0)


def test_what_takes_too_long_or_too_much_costs_only_itself(tmp_path: Path) -> None:
    first, last = files(tmp_path, first=film(GOOD), last=film(GOOD))
    slow = large_images(tmp_path, count=1000, side=1200)
    large = large_images(tmp_path, count=1, side=5500)
    found = all_of([first, slow, large, last], tmp_path, costs=Costs(memory=60 << 20, seconds=1))
    assert [type(found[number]) for number in range(4)] == [Ingested, Refused, Refused, Ingested]
    assert isinstance(found[1], Refused)
    assert isinstance(found[2], Refused)
    assert (found[1].code, found[2].code) == ("too_slow", "too_much_memory")
    assert "took longer than 1 s" in found[1].sentence
    assert "more memory than 60 MiB" in found[2].sentence
    assert sorted(path.name for path in (tmp_path / "streams").iterdir()) == [stream_name(0), stream_name(3)]


def test_a_stream_beyond_the_disk_is_refused(tmp_path: Path) -> None:
    found = all_of(files(tmp_path, a=film(square(30))), tmp_path, costs=Costs(disk=6000))
    assert isinstance(found[0], Refused)
    assert found[0].code == "too_much_disk"


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that does to its process what a file is named after."""
    monkeypatch.setattr(batch, "TASK", KILLING)
    monkeypatch.setattr(batch, "Confined", partial(Confined, search=[TASKS]))


@pytest.mark.usefixtures("dying")
def test_a_video_that_ends_its_process_costs_only_itself(tmp_path: Path) -> None:
    deaths = ("crashes", "leaves", "lies", "babbles", "links")
    names = [name for death in deaths for name in (f"good-{death}", death)]
    sources = files(tmp_path, **{name: film(GOOD) for name in names})
    found = all_of(sources, tmp_path)
    for number, name in enumerate(names):
        outcome = found[number]
        if name.startswith("good"):
            assert isinstance(outcome, Ingested), (name, outcome)
        else:
            assert isinstance(outcome, Refused), name
            assert outcome.code == "killed_its_process", (name, outcome)


@pytest.mark.usefixtures("dying")
def test_a_video_that_only_waits_is_given_up_by_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_WAIT_SECONDS", 2)
    monkeypatch.setattr(batch, "_WAITING", 0)
    found = all_of(files(tmp_path, sleeps=film(GOOD), good=film(GOOD)), tmp_path)
    assert isinstance(found[0], Refused)
    assert found[0].code == "too_slow"
    assert isinstance(found[1], Ingested)


def test_damage_of_any_kind_ends_in_a_stream_or_a_refusal(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    kinds = {
        "mp4": "libx264",
        "matroska": "libx264",
        "avi": "mpeg4",
        "mpegts": "mpeg2video",
        "webm": "libvpx-vp9",
    }
    contents = {}
    for kind, codec in kinds.items():
        whole = np.frombuffer(film(GOOD, kind=kind, codec=codec, rate=25), np.uint8)
        for number in range(12):
            damaged = whole.copy()
            places = rng.integers(0, len(whole) if number % 2 else 400, rng.integers(1, 30))
            damaged[places] = rng.integers(0, 256, len(places))
            contents[f"{kind}-{number}"] = damaged[: rng.integers(len(whole) // 2, len(whole))].tobytes()
    found = all_of(files(tmp_path, **contents), tmp_path, bounds=BOUNDS)
    assert sorted(found) == list(range(len(contents)))
    assert {type(outcome) for outcome in found.values()} == {Ingested, Refused}


@pytest.mark.usefixtures("dying")
def test_a_process_that_cannot_begin_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "TASK", "dying:nowhere")
    with pytest.raises(RuntimeError, match="nowhere"):
        all_of(files(tmp_path, film=film(GOOD)), tmp_path)


@pytest.fixture
def endless(dying: None) -> Iterator[None]:
    before = set(psutil.Process().children(recursive=True))
    yield
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.usefixtures("endless")
def test_no_process_is_left_when_nobody_wants_more(tmp_path: Path) -> None:
    sources = files(tmp_path, good=film(GOOD), sleeps=film(GOOD))
    (tmp_path / "to").mkdir()
    found = ingest(sources, to=tmp_path / "to", say=lambda done, of: None, bounds=BOUNDS)
    assert next(found)[0] == 0
    found.close()  # type: ignore[attr-defined]
