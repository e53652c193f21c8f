"""Posters and films of our streams: what a browser is given, decoded again."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.video.previewing import Preview, plain_preview, preview
from mtkd_engine.data.video.streams import decoded
from mtkd_engine.data.video.transcode import transcode_video
from tests.engine.data.video.films import film, square

HEIGHT, WIDTH = 128, 170


@pytest.fixture(scope="module")
def moving(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A square of 64 pixels that moves to the right by 4 a frame, 30 frames, 10 a second."""
    frames = square(30, width=340, height=256, step=(4, 0), side=64)
    return ours(film(frames, codec="libx264", options={"qp": "4"}), tmp_path_factory.mktemp("moving"))


@pytest.fixture(scope="module")
def drawn(moving: bytes) -> Preview:
    return preview(moving, rate=10)


def ours(content: bytes, folder: Path) -> bytes:
    (folder / "film.mp4").write_bytes(content)
    transcode_video(folder / "film.mp4", to=folder / "stream.mp4")
    return (folder / "stream.mp4").read_bytes()


def shown(play: bytes) -> NDArray[np.uint8]:
    """The pictures of a film (T, H, 3 W, 3)."""
    with av.open(io.BytesIO(play), "r") as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(pictures)


def test_a_film_is_what_every_browser_plays(drawn: Preview) -> None:
    with av.open(io.BytesIO(drawn.play), "r") as container:
        video = container.streams.video[0]
        assert [stream.type for stream in container.streams] == ["video"]
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.codec_context.width, video.codec_context.height) == (3 * WIDTH, HEIGHT)
        assert (video.frames, video.average_rate) == (30, Fraction(10))
        assert container.duration == 3 * av.time_base
    assert drawn.play.index(b"moov") < drawn.play.index(b"mdat")


def test_a_poster_is_the_middle_frame(moving: bytes, drawn: Preview) -> None:
    with Image.open(io.BytesIO(drawn.poster)) as poster:
        assert (poster.format, poster.size) == ("JPEG", (WIDTH, HEIGHT))
        pixels = np.asarray(poster)
    middle = decoded(moving, [15])[0]
    assert np.abs(pixels - middle.reshape(HEIGHT, 2, WIDTH, 2, 3).mean(axis=(1, 3))).mean() < 6


def test_three_pictures_are_in_step(moving: bytes, drawn: Preview) -> None:
    frame, motion, residual = np.split(shown(drawn.play)[9].astype(int), 3, axis=1)
    whole = decoded(moving, [9])[0].reshape(HEIGHT, 2, WIDTH, 2, 3).mean(axis=(1, 3))
    assert np.abs(frame - whole).mean() < 8
    square_is_at = slice(8, 32), slice(26, 48)  # moved by 36 since the I-frame: 18 of these pixels
    red, green, blue = motion[square_is_at].mean(axis=(0, 1))
    assert red > 200
    assert max(green, blue) < 60
    assert motion[60:, 100:].max() < 40
    assert np.abs(residual[60:, 100:] - 128).max() < 16


def test_what_appears_is_left_unexplained(tmp_path: Path) -> None:
    frames = np.full((10, 256, 340, 3), 60, np.uint8)
    frames[6:, 64:128, 64:128] = (
        np.random.default_rng(3).integers(0, 2, (8, 8, 1)).repeat(8, 0).repeat(8, 1) * 190
    )
    drawn = preview(ours(film(frames, codec="libx264", options={"qp": "4"}), tmp_path), rate=10)
    before, after = (pictures[:, 2 * WIDTH :].astype(int) for pictures in shown(drawn.play)[[5, 7]])
    assert np.abs(before[:, 8:] - 128).max() < 16
    assert np.abs(after[34:62, 34:62] - 128).mean() > 40
    assert np.abs(after[80:, 80:] - 128).max() < 16


def test_at_an_i_frame_there_is_no_motion_and_nothing_is_left(drawn: Preview) -> None:
    _, motion, residual = np.split(shown(drawn.play)[0].astype(int), 3, axis=1)
    assert motion[:, 8:-8].max() < 24
    assert np.abs(residual[:, 8:] - 128).max() < 16


@pytest.mark.parametrize(
    ("rate", "count", "shown_rate"), [(15, 30, 15), (25, 15, 12.5), (60, 8, 15), (0.2, 4, 0.2)]
)
def test_fast_films_show_some_frames_and_long_ones_begin(
    moving: bytes, rate: float, count: int, shown_rate: float
) -> None:
    drawn = preview(moving, rate=rate)
    with av.open(io.BytesIO(drawn.play), "r") as container:
        video = container.streams.video[0]
        assert (video.frames, video.average_rate) == (count, Fraction(shown_rate).limit_denominator(1001))
    with Image.open(io.BytesIO(drawn.poster)) as poster:
        assert np.array_equal(
            np.asarray(poster), np.asarray(Image.open(io.BytesIO(preview(moving, rate=10).poster)))
        )


def test_one_frame_is_enough(tmp_path: Path) -> None:
    drawn = preview(ours(film(square(1)), tmp_path), rate=10)
    assert shown(drawn.play).shape == (1, HEIGHT, 3 * WIDTH, 3)
    assert drawn.poster


def test_a_plain_film_shows_the_frames_alone_at_their_own_size(moving: bytes) -> None:
    plain = plain_preview(moving, rate=10)
    pictures = shown(plain.play)
    assert pictures.shape == (30, 256, 340, 3)
    assert Image.open(io.BytesIO(plain.poster)).size == (340, 256)
    assert np.abs(pictures[20].astype(int) - decoded(moving, [20])[0]).mean() < 6
    with pytest.raises(DataError):
        plain_preview(b"no film", rate=10)


def test_what_is_no_stream_of_ours_is_refused() -> None:
    for content in (b"", b"no video", film(square(3), codec="libx264")):
        with pytest.raises(DataError):
            preview(content, rate=10)
