"""Features of one video, however they are stored, and the pieces of a long one."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.predict import Video, read_video

ROWS = np.arange(24, dtype=np.float32).reshape(8, 3)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    np.save(tmp_path / "one.npy", ROWS)
    np.savez(tmp_path / "one.npz", film=ROWS)
    np.savez(tmp_path / "two.npz", film=ROWS, other=ROWS[:2])
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["film"], file["other"] = ROWS, ROWS[:2]
    np.save(tmp_path / "flat.npy", ROWS.ravel())
    np.save(tmp_path / "whole.npy", ROWS.astype(np.int64))
    np.save(tmp_path / "nan.npy", np.full((2, 2), np.nan, np.float32))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "one.npy").read_bytes()[:-4])
    (tmp_path / "notes.txt").write_text("no features")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "video"), [("one.npy", None), ("one.npz", None), ("two.npz", "film"), ("two.h5", "film")]
)
def test_rows_are_read_from_every_container(stored: Path, name: str, video: str | None) -> None:
    found = read_video(stored / name, video=video, duration=16.0)
    np.testing.assert_array_equal(found.rows_TD, ROWS)
    assert found.duration == 16.0


def test_rows_per_second_say_how_long_a_video_is(stored: Path) -> None:
    assert read_video(stored / "one.npy", fps=2.0).duration == 4.0


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("one.npy", {}, "duration: given both or neither"),
        ("one.npy", {"duration": 1.0, "fps": 1.0}, "duration: given both or neither"),
        ("one.npy", {"duration": 0.0}, "duration: given 0, accepted is a number above 0"),
        ("one.npy", {"fps": float("nan")}, "fps: given nan, accepted is a number above 0"),
        ("one.npy", {"duration": 1e9}, "duration: given 1,000,000,000 s"),
        ("two.npz", {"duration": 1.0}, "video: given none, but two.npz holds 2 videos ('film', 'other'"),
        ("two.npz", {"duration": 1.0, "video": "third"}, "holds no features of video 'third'"),
        ("flat.npy", {"duration": 1.0}, "have shape (24,)"),
        ("whole.npy", {"duration": 1.0}, "are of type int64"),
        ("nan.npy", {"duration": 1.0}, "hold nan at row 0"),
        ("cut.npy", {"duration": 1.0}, "cannot be read as a .npy array"),
        ("notes.txt", {"duration": 1.0}, "are not read; accepted are"),
        ("gone.npy", {"duration": 1.0}, "nothing lies there"),
    ],
)
def test_what_cannot_be_read_is_refused_with_one_sentence(
    stored: Path, name: str, given: dict[str, object], sentence: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_video(stored / name, **given)  # type: ignore[arg-type]
    assert sentence in str(caught.value)


def test_pieces_overlap_by_half_and_the_last_ends_with_the_video() -> None:
    video = Video(np.arange(100, dtype=np.float32).reshape(50, 2), duration=100.0)
    pieces = list(video.pieces(24.0))
    assert [(piece.start, piece.duration, len(piece.rows_TD)) for piece in pieces] == [
        (start, 24.0, 12) for start in (0.0, 12.0, 24.0, 36.0, 48.0, 60.0, 72.0, 76.0)
    ]
    np.testing.assert_array_equal(pieces[1].rows_TD, video.rows_TD[6:18])
    assert pieces[-1].start + pieces[-1].duration == video.duration


def test_a_video_that_fits_is_its_own_only_piece() -> None:
    video = Video(ROWS, duration=10.0)
    (piece,) = video.pieces(30.0)
    assert (piece.start, piece.duration, len(piece.rows_TD)) == (0.0, 10.0, 8)


def test_pieces_shorter_than_a_row_are_rows() -> None:
    pieces = list(Video(ROWS, duration=80.0).pieces(1.0))
    assert [(piece.start, piece.duration) for piece in pieces] == [(10.0 * n, 10.0) for n in range(8)]


def test_thousands_of_pieces_are_refused() -> None:
    video = Video(np.zeros((50_000, 1), np.float32), duration=50_000.0)
    with pytest.raises(DataError, match="up to 2,000 are accepted"):
        list(video.pieces(2.0))
