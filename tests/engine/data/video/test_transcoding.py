"""What videos of all kinds become: upright, of one size, evenly spaced, every whole frame once."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray
from PIL import Image

from mtkd_engine.data.video.gops import gops
from mtkd_engine.data.video.limits import BOUNDS, Bounds
from mtkd_engine.data.video.opening import probe
from mtkd_engine.data.video.streams import decoded
from mtkd_engine.data.video.transcode import Transcoded, transcode_images, transcode_video
from tests.engine.data.video.films import film, header_first, rebuilt, square


def transcoded(
    content: bytes, folder: Path, *, name: str = "film.mp4", bounds: Bounds = BOUNDS
) -> tuple[Transcoded, bytes]:
    (folder / name).write_bytes(content)
    target = folder / f"{name}.stream"
    said = transcode_video(folder / name, to=target, bounds=bounds)
    return said, target.read_bytes()


def shrunk(pixels_HWC: NDArray[np.uint8], *, width: int, height: int) -> NDArray[np.float64]:
    return np.asarray(Image.fromarray(pixels_HWC).resize((width, height), Image.Resampling.BOX), np.float64)


def is_like(found_HWC: NDArray[np.uint8], wanted_HWC: NDArray[np.uint8]) -> bool:
    """Whether a frame of a stream is that picture, whatever became of its size."""
    height, width = wanted_HWC.shape[:2]
    return bool(np.abs(shrunk(found_HWC, width=width, height=height) - wanted_HWC).mean() < 8)


def test_streams_are_p_only_mpeg4_of_340_by_256_in_groups_of_12(tmp_path: Path) -> None:
    said, stream = transcoded(film(square(30), rate=Fraction(30_000, 1001)), tmp_path)
    assert (said.frames, said.rate, said.width, said.height) == (30, 30_000 / 1001, 64, 48)
    with av.open(io.BytesIO(stream), "r") as container:
        [video] = container.streams
        assert isinstance(video, av.VideoStream)
        assert (video.codec_context.name, video.width, video.height) == ("mpeg4", 340, 256)
        assert video.average_rate == Fraction(30_000, 1001)
        kinds = [frame.pict_type for frame in container.decode(video)]
    assert kinds == ([1] + [2] * 11) * 2 + [1] + [2] * 5
    assert said.gops == gops(stream) == (0, 12, 24)


def test_a_cut_begins_a_group_of_its_own(tmp_path: Path) -> None:
    busy = np.random.default_rng(1).integers(0, 255, (12, 16, 3), np.uint8).repeat(4, 0).repeat(4, 1)
    said, stream = transcoded(film([busy] * 5 + [np.full_like(busy, 90)] * 15), tmp_path)
    assert said.gops == gops(stream) == (0, 5, 17)


def test_the_same_video_gives_the_same_bytes(tmp_path: Path) -> None:
    content = film(square(14))
    assert transcoded(content, tmp_path)[1] == transcoded(content, tmp_path, name="again.mp4")[1]


@pytest.mark.parametrize(
    ("kind", "codec", "form", "size"),
    [
        ("matroska", "libx264", "yuv420p10le", (64, 48)),
        ("mp4", "libx264", "yuv444p", (65, 49)),
        ("mp4", "mpeg4", "yuv420p", (65, 49)),
        ("mp4", "libx264", "yuvj420p", (64, 48)),
        ("avi", "mpeg4", "yuv420p", (64, 48)),
        ("avi", "mjpeg", "yuvj420p", (64, 48)),
        ("avi", "rawvideo", "yuv420p", (64, 48)),
        ("mpegts", "mpeg2video", "yuv420p", (64, 48)),
        ("webm", "libvpx-vp9", "yuv420p", (64, 48)),
        ("flv", "flv", "yuv420p", (64, 48)),
        ("gif", "gif", "rgb8", (64, 48)),
        ("matroska", "ffv1", "gray", (64, 48)),
        ("mp4", "mpeg4", "yuv420p", (2, 2)),
    ],
)
def test_every_kind_of_video_keeps_its_frames(
    kind: str, codec: str, form: str, size: tuple[int, int], tmp_path: Path
) -> None:
    frames = square(9, width=size[0], height=size[1])
    said, stream = transcoded(film(frames, kind=kind, codec=codec, form=form, rate=25), tmp_path)
    assert (said.frames, said.width, said.height, said.notes) == (9, *size, ())
    if codec != "ffv1" and min(size) > 2:
        seen = decoded(stream, [0, 8])
        assert is_like(seen[0], frames[0])
        assert is_like(seen[1], frames[8])
        assert not is_like(seen[1], frames[0])


def test_colours_of_full_range_and_other_matrices_are_brought_to_one(tmp_path: Path) -> None:
    colours = np.zeros((1, 48, 64, 3), np.uint8)
    colours[..., :24, :, :], colours[..., 24:, :32, :], colours[..., 24:, 32:, :] = (
        (200, 30, 30),
        (20, 160, 60),
        255,
    )
    options = {"colorspace": "bt709", "color_range": "pc", "qp": "4"}
    said, stream = transcoded(film_of_709(colours, options=options), tmp_path)
    assert said.frames == 1
    [seen] = decoded(stream, [0])
    for y, x in ((60, 100), (190, 80), (190, 250)):
        assert np.abs(seen[y, x].astype(int) - colours[0, y * 48 // 256, x * 64 // 340]).max() <= 6


def film_of_709(frames: NDArray[np.uint8], *, options: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with av.open(content, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuvj420p"
        for number, pixels in enumerate(frames):
            plain = av.VideoFrame.from_ndarray(pixels, "rgb24")
            frame = plain.reformat(format="yuvj420p", dst_colorspace="ITU709", dst_color_range="JPEG")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return content.getvalue()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, -90, 84])
def test_frames_are_turned_upright(degrees: float, mirrored: bool, tmp_path: Path) -> None:
    [picture] = square(1, width=64, height=48)
    said, stream = transcoded(film([picture] * 2, turned=(degrees, mirrored)), tmp_path)
    upright = np.rot90(picture, round(degrees / 90))
    upright = upright[:, ::-1] if mirrored else upright
    assert is_like(decoded(stream, [1])[0], np.ascontiguousarray(upright))
    is_turned = round(degrees / 90) % 4 != 0 or mirrored
    assert said.notes == (("It is turned upright, as its display matrix says.",) if is_turned else ())
    assert (said.width, said.height) == upright.shape[1::-1]


def test_a_variable_rate_is_resampled_by_time(tmp_path: Path) -> None:
    frames = square(10, step=(4, 0))
    times = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11]
    said, stream = transcoded(film(frames, codec="libx264", times=times), tmp_path)
    assert (said.frames, said.rate) == (12, 10.0)
    assert said.notes == ("Its rate varies: it is resampled by time to 10 frames a second.",)
    for seen, number in zip(decoded(stream, range(12)), [0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8, 9], strict=True):
        assert is_like(seen, frames[number])


def test_of_several_frames_for_one_moment_the_first_is_taken(tmp_path: Path) -> None:
    frames = square(12, step=(4, 0))
    times = [0, 10, 20, 30, 31, 40, 50, 60, 70, 80, 90, 100]
    content = film(frames, codec="libx264", rate=100, times=times, base=Fraction(1, 100))
    said, stream = transcoded(content, tmp_path)
    assert (said.frames, said.rate) == (11, 10.0)
    assert is_like(decoded(stream, [3])[0], frames[3])
    assert is_like(decoded(stream, [4])[0], frames[5])


def test_frames_in_the_order_of_avi_come_as_they_are_shown(tmp_path: Path) -> None:
    frames = square(16)
    content = film(frames, kind="avi", codec="mpeg4", options={"bf": "2"})
    said, stream = transcoded(content, tmp_path)
    assert (said.frames, said.notes) == (16, ())
    for number, seen in enumerate(decoded(stream, range(16))):
        assert is_like(seen, frames[number])


@pytest.mark.parametrize(("defaults", "taken"), [(1, 32), (3, 64), (0, 80)])
def test_the_default_stream_is_taken_and_of_several_the_largest(
    defaults: int, taken: int, tmp_path: Path
) -> None:
    content = io.BytesIO()
    with av.open(content, "w", format="matroska") as container:
        streams = [container.add_stream("mpeg4", rate=10) for _ in range(4)]
        for number, (stream, side) in enumerate(zip(streams, (32, 64, 48, 80), strict=True)):
            stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
            stream.disposition = Disposition.default if number < defaults else Disposition.original
        for stream in streams:
            frame = av.VideoFrame.from_ndarray(square(1, width=64)[0], "rgb24")
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    said, _ = transcoded(content.getvalue(), tmp_path)
    assert (said.width, said.height) == (taken, taken)
    assert said.notes == ("It has 4 streams of pictures: the default one, of several the largest, is taken.",)


def test_sound_beside_the_pictures_is_left_away(tmp_path: Path) -> None:
    said, stream = transcoded(film(square(4), sound=True), tmp_path)
    assert (said.frames, said.notes) == (4, ())
    with av.open(io.BytesIO(stream), "r") as container:
        assert [one.type for one in container.streams] == ["video"]


def test_a_video_that_changes_its_size_becomes_one_size(tmp_path: Path) -> None:
    small, large = square(12), square(12, width=96, height=64)
    content = b"".join(film(frames, codec="libx264", kind="h264") for frames in (small, large))
    said, stream = transcoded(content, tmp_path)
    assert (said.frames, said.width, said.height) == (24, 64, 48)
    assert said.notes[1] == "Its frames have 2 sizes (64 x 48, 96 x 64): all are brought to one."
    assert is_like(decoded(stream, [20])[0], large[8])


def test_files_that_were_stuck_together_are_taken_as_evenly_spaced(tmp_path: Path) -> None:
    content = film(square(12), kind="m4v") * 2
    said, _ = transcoded(content, tmp_path)
    assert said.frames == 24
    assert said.notes[0].startswith("It says no times of its frames")


@pytest.mark.parametrize(
    ("kind", "codec", "share"),
    [("mp4", "mpeg4", 0.85), ("matroska", "mpeg4", 0.8), ("avi", "mpeg4", 0.93), ("flv", "flv", 0.9)],
)
def test_a_truncated_clip_keeps_its_whole_frames(kind: str, codec: str, share: float, tmp_path: Path) -> None:
    frames = square(20)
    content = film(frames, kind=kind, codec=codec)
    content = header_first(content) if kind == "mp4" else content
    said, stream = transcoded(content[: int(len(content) * share)], tmp_path)
    assert 0 < said.frames < 20
    assert said.notes == (f"It is cut short; whole frames that are taken: {said.frames}.",)
    for number, seen in enumerate(decoded(stream, range(said.frames))):
        assert is_like(seen, frames[number])


def test_a_fragmented_clip_that_is_truncated_keeps_its_whole_frames(tmp_path: Path) -> None:
    whole = film(square(30), muxing={"movflags": "frag_keyframe+empty_moov"})
    said, _ = transcoded(whole[: int(len(whole) * 0.8)], tmp_path)
    assert 12 <= said.frames < 30
    assert "cut short" in said.notes[0]


def test_damaged_frames_are_left_out_and_their_time_is_kept(tmp_path: Path) -> None:
    def damaged(name: bytes, inside: bytes) -> bytes:
        half = len(inside) // 2
        return inside[:half] + b"\xff" * 200 + inside[half + 200 :] if name == b"mdat" else inside

    frames = square(20)
    content = rebuilt(film(frames, codec="libx264", options={"g": "1"}), damaged)
    said, stream = transcoded(content, tmp_path)
    assert said.frames == 20
    assert said.notes == ("Damaged frames that are left out: 2.",)
    assert is_like(decoded(stream, [19])[0], frames[19])


def test_an_edit_list_that_trims_is_kept_to(tmp_path: Path) -> None:
    def trimmed(name: bytes, inside: bytes) -> bytes:
        edit = (0, 1, 1000, 5 * 1024, 65_536)
        return b"".join(part.to_bytes(4, "big") for part in edit) if name == b"elst" else inside

    frames = square(20)
    said, stream = transcoded(rebuilt(film(frames), trimmed), tmp_path)
    assert (said.frames, said.notes) == (10, ())
    assert is_like(decoded(stream, [0])[0], frames[5])


def test_a_high_dynamic_range_is_told(tmp_path: Path) -> None:
    options = {"color_trc": "smpte2084", "color_primaries": "bt2020", "colorspace": "bt2020nc"}
    said, _ = transcoded(film(square(2), codec="libx264", form="yuv420p10le", options=options), tmp_path)
    assert said.notes == ("It has a high dynamic range, which is not mapped: it looks paler than it should.",)


def test_one_frame_is_a_stream_too(tmp_path: Path) -> None:
    said, stream = transcoded(film(square(1)), tmp_path)
    assert (said.frames, said.gops) == (1, (0,))
    assert len(decoded(stream, [0])) == 1


def test_probing_says_what_a_video_is_before_anything_is_decoded(tmp_path: Path) -> None:
    (tmp_path / "a.mkv").write_bytes(film(square(7), kind="matroska", codec="libx264"))
    found = probe(tmp_path / "a.mkv")
    assert (found.codec, found.width, found.height, found.packets) == ("h264", 64, 48, 7)
    assert found.timing.rate == 10
    assert (found.is_cut, found.others) == (False, 0)


def test_images_of_16_bits_grey_and_turned_ones_are_taken(tmp_path: Path) -> None:
    deep = (np.arange(64 * 48, dtype=np.uint32).reshape(48, 64) * 16).astype(np.uint16)
    Image.fromarray(deep).save(tmp_path / "0.png")
    turned = Image.fromarray(square(1)[0])
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "1.jpg", exif=exif)
    paths = [tmp_path / "0.png", tmp_path / "1.jpg"]
    said = transcode_images(paths, rate=5.0, to=tmp_path / "stream")
    assert (said.frames, said.rate, said.width, said.height) == (2, 5.0, 64, 48)
    seen = decoded((tmp_path / "stream").read_bytes(), [0, 1])
    assert is_like(seen[0], np.repeat((deep >> 8).astype(np.uint8)[..., None], 3, axis=-1))
    assert is_like(seen[1], np.ascontiguousarray(np.rot90(square(1)[0], -1)))
