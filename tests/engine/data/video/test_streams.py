"""Motion, accumulated motion and residual of our streams, against their definitions written out."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.video.accumulate import identity, motion, push, residual
from mtkd_engine.data.video.gops import gops, place, with_motion
from mtkd_engine.data.video.reading import OurStream
from mtkd_engine.data.video.streams import decoded, streams_at
from mtkd_engine.data.video.transcode import transcode_video
from mtkd_engine.data.video.vectors import cells_of, dense, moved, spread, vector_grid, vectors_of
from tests.engine.data.video import literal
from tests.engine.data.video.films import film, square

HEIGHT, WIDTH = 256, 340


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A square of 64 pixels that moves by (4, 2) a frame, 30 frames."""
    frames = square(30, width=WIDTH, height=HEIGHT, step=(4, 2), side=64)
    return ingested(film(frames, codec="libx264", options={"qp": "4"}), tmp_path_factory.mktemp("moving"))


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Waves that run faster and faster, and turn, with a cut at frame 8."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = [np.sin(2 * np.pi * (a * x / WIDTH + b * y / HEIGHT)) for a, b in ((1, 1), (3, -2), (5, 4))]
    ground = np.clip(120 + 40 * np.stack(waves, axis=-1), 0, 255).astype(np.uint8)
    speeds = [(9 * n, 7 * n) for n in range(9)] + [(-8 * n, 5 * n) for n in range(5)]
    places = np.cumsum(speeds, axis=0).tolist()
    frames = [np.roll(ground, (down, right), (0, 1)) for right, down in places]
    frames[8:] = [np.full_like(ground, 200)] + [255 - frame for frame in frames[9:]]
    return ingested(film(frames, codec="libx264", options={"qp": "10"}), tmp_path_factory.mktemp("wild"))


def ingested(content: bytes, folder: Path) -> bytes:
    (folder / "film.mp4").write_bytes(content)
    transcode_video(folder / "film.mp4", to=folder / "stream.mp4")
    return (folder / "stream.mp4").read_bytes()


def check_against_definitions(stream: bytes, frames: range) -> None:
    """Every step of the way from an I-frame, `frames` being the first of its group and some after it."""
    read = streams_at(stream, frames)
    grid = vector_grid(stream)
    with OurStream(stream, vectors=True) as opened:
        height, width = opened.size
        places = literal.unmoved(height, width)
        first = np.empty(0, np.uint8)
        for row, (number, frame) in enumerate(opened.frames(frames[0], frames[-1])):
            if row == 0:
                assert frame.pict_type == 1
                first = opened.rgb(frame)
            vectors = vectors_of(frame)
            field = literal.vector_of_each_pixel(vectors, height=height, width=width)
            assert np.array_equal(dense(vectors, height=height, width=width), field)
            cells = grid[number].astype(np.int16)
            assert np.array_equal(spread(cells, height=height, width=width), field)
            places = literal.followed(places, field)
            assert np.array_equal(read.iframe_THWC[row], first)
            assert np.array_equal(read.motion_THW2[row], literal.motion_of(places))
            if row == len(frames) - 1:
                expected = literal.residual_of(opened.rgb(frame), first, places)
                assert np.array_equal(read.residual_THWC[row], expected)


def test_the_streams_of_a_moving_square_are_those_of_the_definition(moving: bytes) -> None:
    check_against_definitions(moving, range(12, 16))


def test_vectors_that_leave_the_picture_follow_the_definition(wild: bytes) -> None:
    check_against_definitions(wild, range(4))
    assert np.abs(vector_grid(wild)).max() > 60


def test_the_motion_of_a_square_is_what_it_moved_by(moving: bytes) -> None:
    read = streams_at(moving, [23])
    centre_y, centre_x = 8 + 2 * 23 + 32, 8 + 4 * 23 + 32
    assert read.motion_THW2[0, centre_y, centre_x].tolist() == [44, 22]
    assert not read.motion_THW2[0, 10, 200:].any()
    inside = read.residual_THWC[0, centre_y - 12 : centre_y + 12, centre_x - 12 : centre_x + 12]
    assert np.abs(inside).mean() < 8


def test_pixels_pushed_from_outside_stay_where_they_are() -> None:
    field_HW2 = np.zeros((4, 6, 2), np.int16)
    field_HW2[0, 0], field_HW2[1, 1], field_HW2[3, 5], field_HW2[2, 2] = (-1, 0), (2, 1), (0, 1), (300, -300)
    places_HW = push(identity(4, 6), field_HW2)
    assert motion(places_HW)[1, 1].tolist() == [-2, -1]
    assert np.argwhere(motion(places_HW).any(axis=-1)).tolist() == [[1, 1]]


@pytest.mark.parametrize("seed", range(3))
def test_pushes_are_those_of_the_definition_for_any_vectors(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = 20, 27
    places_HW, places = identity(height, width), literal.unmoved(height, width)
    for _ in range(4):
        field_HW2 = rng.integers(-30, 30, (height, width, 2)).astype(np.int16) * (
            rng.random((height, width, 1)) < 0.7
        )
        places_HW = push(places_HW, field_HW2.astype(np.int16))
        places = literal.followed(places, [[tuple(v) for v in row] for row in field_HW2.tolist()])
    assert np.array_equal(motion(places_HW), literal.motion_of(places))
    pictures = rng.integers(0, 255, (2, height, width, 3), np.uint8)
    expected = literal.residual_of(pictures[1], pictures[0], places)
    assert np.array_equal(residual(pictures[1], pictures[0], places_HW), expected)


def test_source_less_destination_is_the_coded_vector_without_its_fraction(wild: bytes) -> None:
    with OurStream(wild, vectors=True) as opened:
        for _, frame in opened.frames(0, len(opened) - 1):
            vectors = vectors_of(frame)
            if vectors is None:
                assert frame.pict_type == 1
                continue
            coded = np.stack((vectors["motion_x"], vectors["motion_y"]), axis=1)
            assert np.array_equal(moved(vectors), np.trunc(coded / vectors["motion_scale"][:, None]))
            assert set(vectors["source"].tolist()) == {-1}


def test_vectors_of_streams_fit_into_a_byte_and_a_cell(wild: bytes) -> None:
    grid = vector_grid(wild)
    assert grid.shape == (14, 32, 43, 2)
    with OurStream(wild, vectors=True) as opened:
        for number, frame in opened.frames(0, 13):
            exact = cells_of(vectors_of(frame), height=HEIGHT, width=WIDTH)
            assert np.array_equal(grid[number], exact)
            assert np.abs(exact).max() <= 127


def test_a_grid_is_zero_on_i_frames_and_the_same_every_time(wild: bytes) -> None:
    grid = vector_grid(wild)
    assert not grid[list(gops(wild))].any()
    assert all(np.array_equal(vector_grid(wild), grid) for _ in range(3))


def test_groups_are_those_of_the_picture_types(wild: bytes, moving: bytes) -> None:
    for stream in (wild, moving):
        with av.open(io.BytesIO(stream), "r") as container:
            kinds = [frame.pict_type for frame in container.decode(video=0)]
        assert gops(stream) == tuple(number for number, kind in enumerate(kinds) if kind == 1)
        assert set(kinds) == {1, 2}
    assert 8 in gops(wild)


def test_frames_by_number_are_those_of_a_whole_decoding(moving: bytes) -> None:
    with av.open(io.BytesIO(moving), "r") as container:
        whole = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    wanted = [29, 0, 13, 13, 12, 11, 24]
    seen = decoded(moving, wanted)
    assert seen.shape == (7, HEIGHT, WIDTH, 3)
    for row, number in enumerate(wanted):
        assert np.abs(seen[row].astype(int) - whole[number]).max() <= 2


def test_streams_in_any_order_and_again_are_those_of_each_alone(moving: bytes) -> None:
    wanted = [17, 3, 17, 12, 29]
    together = streams_at(moving, wanted)
    for row, number in enumerate(wanted):
        alone = streams_at(moving, [number])
        assert np.array_equal(together.iframe_THWC[row], alone.iframe_THWC[0])
        assert np.array_equal(together.motion_THW2[row], alone.motion_THW2[0])
        assert np.array_equal(together.residual_THWC[row], alone.residual_THWC[0])
    assert not together.motion_THW2[3].any()
    assert not together.residual_THWC[3].any()


def test_each_group_is_decoded_once_and_no_further_than_asked_for(
    moving: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []
    whole = OurStream.frames

    def counted(self: OurStream, first: int, last: int) -> object:
        asked.append((first, last))
        return whole(self, first, last)

    monkeypatch.setattr(OurStream, "frames", counted)
    streams_at(moving, [14, 2, 13, 14, 1])
    decoded(moving, [25, 3])
    assert asked == [(0, 2), (12, 14), (0, 3), (24, 25)]


def test_threads_side_by_side_read_the_same(moving: bytes) -> None:
    alone = streams_at(moving, [5, 20])
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: streams_at(moving, [5, 20]), range(8)):
            assert np.array_equal(found.motion_THW2, alone.motion_THW2)
            assert np.array_equal(found.residual_THWC, alone.residual_THWC)


def test_nothing_asked_for_is_nothing_read(moving: bytes) -> None:
    assert decoded(moving, []).shape == (0, HEIGHT, WIDTH, 3)
    assert streams_at(moving, []).motion_THW2.shape == (0, HEIGHT, WIDTH, 2)


@pytest.mark.parametrize("frame", [-1, 30])
def test_a_frame_that_is_not_there_is_refused(frame: int, moving: bytes) -> None:
    with pytest.raises(IndexError, match=f"no frame {frame} among 30"):
        decoded(moving, [frame])


@pytest.mark.parametrize("content", [b"", b"no stream", film(square(3), kind="mp4", codec="libx264")])
def test_what_is_no_stream_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(DataError):
        decoded(content, [0])


def test_places_and_stand_ins_of_frames() -> None:
    groups = (0, 12, 18, 19)
    assert [place(groups, frame) for frame in (0, 11, 12, 17, 18, 19, 25)] == [
        *((0, 0), (0, 11), (1, 0), (1, 5), (2, 0), (3, 0), (3, 6)),
    ]
    assert [with_motion(groups, frame) for frame in (5, 12, 18, 19, 20)] == [5, 11, 17, 17, 20]
    assert with_motion(groups, 0) == 0
    assert with_motion((0, 1, 2), 2) == 0


def test_blocks_of_any_size_may_hang_over_the_edges() -> None:
    vectors = block(-1, 16, 8, centre=(2, 46), by=(3, -2)), block(-1, 4, 4, centre=(62, 30), by=(-5, 6))
    future = block(1, 8, 8, centre=(20, 20), by=(1, 1))
    given = np.array([*vectors, future], VECTOR)
    field = dense(given, height=48, width=64)
    assert np.array_equal(field, literal.vector_of_each_pixel(given, height=48, width=64))
    assert np.count_nonzero(field.any(axis=-1)) == 10 * 6 + 4 * 4


VECTOR = [(name, kind) for name, kind in zip(
    ("source", "w", "h", "src_x", "src_y", "dst_x", "dst_y", "flags", "motion_x", "motion_y", "motion_scale"),
    ("i4", "u1", "u1", "i2", "i2", "i2", "i2", "u8", "i4", "i4", "u2"),
    strict=True,
)]  # fmt: skip


def block(
    source: int, width: int, height: int, *, centre: tuple[int, int], by: tuple[int, int]
) -> tuple[int, ...]:
    x, y = centre
    return source, width, height, x + by[0], y + by[1], x, y, 0, 2 * by[0], 2 * by[1], 2
