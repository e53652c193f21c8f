"""Real clips of many codings, where they lie on this machine: all become streams, whose motion is as it is defined.

The reference vectors were exported by another program from the first frames of two of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.codec.context import Flags2

from mtkd_engine.data.video.ingest import Ingested, ingest, stream_name
from mtkd_engine.data.video.reading import OurStream
from mtkd_engine.data.video.streams import streams_at
from mtkd_engine.data.video.vectors import Vectors, dense, vector_grid, vectors_of
from tests.engine.data.video import literal
from tests.real_data import FOLDER

CLIPS = FOLDER / "clips"
pytestmark = pytest.mark.skipif(not CLIPS.is_dir(), reason=f"there are no real clips at {CLIPS}")

EXPECTED = {
    "fir_layout_p1.mp4": (119, 25.0),
    "mmaction2_demo_ava.mp4": (57, 6.0),
    "mmaction2_demo_k400_armwrestling.mp4": (280, 28.0),
    "mmaction2_demo_skeleton.mp4": (77, 30.0),
    "mmaction2_structuralize.mp4": (300, 29.97),
    "mmaction2_test.avi": (164, 25.0),
    "mmaction2_test.mp4": (300, 30.0),
    "mvextractor_h264.mp4": (337, 25.0),
    "mvextractor_h264_raw.264": (337, 25.0),
    "mvextractor_mpeg4part2.mp4": (337, 25.0),
    "torchcodec_av1.mkv": (125, 25.0),
    "torchcodec_bt709_full_range.mp4": (30, 30.0),
    "torchcodec_h264_10bits.mp4": (30, 30.0),
    "torchcodec_h265.mp4": (10, 10.0),
    "torchcodec_h265_10bits.mp4": (30, 30.0),
    "torchcodec_nasa_13013_multistream.mp4": (390, 29.97),
    "univtg_charades_example.mp4": (460, 14.985),
}
"""Frames of our streams, and how many to a second; one is resampled from 72 frames at a variable rate."""
WITHOUT_VECTORS = ("torchcodec_av1.mkv", "torchcodec_h265.mp4", "torchcodec_h265_10bits.mp4")
REFERENCES = {"h264": "mvextractor_h264.mp4", "mpeg4_part2": "mvextractor_mpeg4part2.mp4"}
COLUMNS = ["source", "w", "h", "src_x", "src_y", "dst_x", "dst_y", "motion_x", "motion_y", "motion_scale"]


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    to = tmp_path_factory.mktemp("streams")
    names = list(EXPECTED)
    found = ingest([CLIPS / name for name in names], to=to, say=lambda done, of: None)
    return to, {names[number]: (stream_name(number), outcome) for number, outcome in found}


def original_vectors(path: Path, *, frames: int) -> list[Vectors | None]:
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        video.thread_type = "NONE"
        video.codec_context.flags2 |= Flags2.export_mvs
        return [vectors_of(frame) for frame, _ in zip(container.decode(video), range(frames), strict=False)]


def test_every_clip_becomes_a_stream(streams: tuple[Path, dict[str, Any]]) -> None:
    assert set(EXPECTED) == {path.name for path in CLIPS.iterdir() if path.is_file()}
    for name, (frames, rate) in EXPECTED.items():
        outcome = streams[1][name][1]
        assert isinstance(outcome, Ingested), (name, outcome)
        assert outcome.frames == frames, name
        assert outcome.rate == pytest.approx(rate, abs=0.001), name
        assert len(vector_grid((streams[0] / streams[1][name][0]).read_bytes())) == frames, name


def test_what_is_to_be_said_of_them_is_said(streams: tuple[Path, dict[str, Any]]) -> None:
    notes = {name: " ".join(outcome.notes) for name, (_, outcome) in streams[1].items() if outcome.notes}
    assert set(notes) == {
        "fir_layout_p1.mp4",
        "mmaction2_demo_skeleton.mp4",
        "mvextractor_h264_raw.264",
        "torchcodec_nasa_13013_multistream.mp4",
    }
    assert "3 streams of pictures" in notes["fir_layout_p1.mp4"]
    assert "Its rate varies" in notes["mmaction2_demo_skeleton.mp4"]
    assert "no times of its frames" in notes["mvextractor_h264_raw.264"]
    assert (streams[1]["torchcodec_nasa_13013_multistream.mp4"][1].width) == 480


@pytest.mark.parametrize("coding", REFERENCES)
def test_vectors_equal_the_reference_in_every_field(coding: str) -> None:
    found = original_vectors(CLIPS / REFERENCES[coding], frames=12)
    kinds = (CLIPS / "mv_reference" / coding / "frame_types.txt").read_text().split()[:12]
    for number, (vectors, kind) in enumerate(zip(found, kinds, strict=True)):
        reference = np.load(CLIPS / "mv_reference" / coding / f"mvs-{number}.npy", allow_pickle=False)
        assert (vectors is None) == (kind == "I") == (len(reference) == 0)
        if vectors is not None:
            for column, name in enumerate(COLUMNS):
                assert np.array_equal(vectors[name], reference[:, column]), (number, name)


@pytest.mark.parametrize("name", [name for name in EXPECTED if name not in WITHOUT_VECTORS])
def test_vectors_of_each_pixel_are_those_of_the_definition(name: str) -> None:
    """In a part of the picture, so that blocks hang over its edges."""
    height, width = 107, 141
    seen = 0
    for vectors in original_vectors(CLIPS / name, frames=5):
        if vectors is None:
            continue
        seen += 1
        expected = literal.vector_of_each_pixel(vectors, height=height, width=width)
        assert np.array_equal(dense(vectors, height=height, width=width), expected)
        coded = (
            np.stack((vectors["motion_x"], vectors["motion_y"]), axis=1) / vectors["motion_scale"][:, None]
        )
        assert np.array_equal(vectors["src_x"] - vectors["dst_x"], np.trunc(coded[:, 0]))
        assert np.array_equal(vectors["src_y"] - vectors["dst_y"], np.trunc(coded[:, 1]))
    assert seen


@pytest.mark.parametrize("name", EXPECTED)
def test_accumulated_motion_and_residuals_are_those_of_the_definition(
    name: str, streams: tuple[Path, dict[str, Any]]
) -> None:
    stream = (streams[0] / streams[1][name][0]).read_bytes()
    first = streams[1][name][1].gops[-1] if name.startswith("mmaction2_test") else 0
    read = streams_at(stream, [first, first + 1, first + 2])
    with OurStream(stream, vectors=True) as opened:
        height, width = opened.size
        (_, i_frame), *others = opened.frames(first, first + 2)
        pixels, places = opened.rgb(i_frame), literal.unmoved(height, width)
        for row, (_, frame) in enumerate(others, start=1):
            field = literal.vector_of_each_pixel(vectors_of(frame), height=height, width=width)
            places = literal.followed(places, field)
            assert np.array_equal(read.iframe_THWC[row], pixels)
            assert np.array_equal(read.motion_THW2[row], literal.motion_of(places))
        expected = literal.residual_of(opened.rgb(frame), pixels, places)
        assert np.array_equal(read.residual_THWC[2], expected)


def test_vectors_are_the_same_every_time(streams: tuple[Path, dict[str, Any]]) -> None:
    for name in ("mmaction2_demo_k400_armwrestling.mp4", "torchcodec_h265.mp4"):
        stream = (streams[0] / streams[1][name][0]).read_bytes()
        grid = vector_grid(stream)
        assert all(np.array_equal(vector_grid(stream), grid) for _ in range(3))
