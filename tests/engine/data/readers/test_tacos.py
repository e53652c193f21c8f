"""TACoS: frames become seconds by the video's own rate, and sentences repeat."""

import json

import pytest

from .conftest import Read


def video(fps: object = 29.4, frames: object = 2940) -> dict[str, object]:
    return {
        "timestamps": [[147, 294], [294, 2970], [147, 588]],
        "sentences": ["He cuts.", "He eats.", "He cuts."],
        "fps": fps,
        "num_frames": frames,
    }


def test_frames_become_seconds(read: Read) -> None:
    rows, problems = read("tacos", json.dumps({"s1.avi": video(), "s2.avi": video(fps=10)}))
    assert not problems
    assert rows[0].windows == ((5.0, 10.0),)
    assert rows[0].duration == pytest.approx(100.0)
    assert rows[3].windows == ((14.7, 29.4),)
    assert rows[3].duration == 294.0


def test_the_end_of_the_last_frame_is_the_end_of_the_video(read: Read) -> None:
    entry = video(fps=29.97, frames=2940) | {"timestamps": [[0, 2940]], "sentences": ["All of it."]}
    rows, _ = read("tacos", json.dumps({"s1.avi": entry}))
    assert rows[0].windows[0][1] == rows[0].duration


def test_the_same_sentence_twice_on_a_video_stays_two_samples(read: Read) -> None:
    rows, _ = read("tacos", json.dumps({"s1.avi": video()}))
    assert [row.sample_id for row in rows] == ["s1.avi#0", "s1.avi#1", "s1.avi#2"]
    assert rows[0].sentence == rows[2].sentence


@pytest.mark.parametrize("fps", [0, -25, float("nan"), "29.4", None, 1e9])
def test_a_rate_that_is_none_leaves_the_video_out(read: Read, fps: object) -> None:
    rows, problems = read("tacos", json.dumps({"s1.avi": video(fps=fps), "s2.avi": video()}))
    assert {row.video_id for row in rows} == {"s2.avi"}
    assert "'s1.avi': fps is" in problems["unreadable_rows"].places[0].detail


def test_a_length_that_is_none_leaves_the_duration_open(read: Read) -> None:
    rows, _ = read("tacos", json.dumps({"s1.avi": video(frames=0)}))
    assert {row.duration for row in rows} == {None}
