"""Files that are broken or hostile in one way each, and the code under which each is refused."""

from __future__ import annotations

import io
import os
import struct
import zipfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from mtkd_engine.data.video.limits import Bounds
from mtkd_engine.data.video.outcomes import FrameImages, Source
from tests.engine.data.video.films import box, film, header_first, rebuilt, sound_alone, square

Maker = Callable[[Path], Source]
GOOD = square(8)


def _bytes(content: Callable[[], bytes], name: str = "film.mp4") -> Maker:
    def make(folder: Path) -> Source:
        (folder / name).write_bytes(content())
        return folder / name

    return make


def _text(content: str, name: str) -> Maker:
    return _bytes(content.encode, name)


def _changed(name: bytes, inside: bytes) -> Maker:
    return _bytes(lambda: rebuilt(film(GOOD), lambda box_name, held: inside if box_name == name else held))


def _zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("film.mp4", film(GOOD))
    return content.getvalue()


def _image() -> bytes:
    content = io.BytesIO()
    Image.fromarray(GOOD[0]).save(content, "png")
    return content.getvalue()


def _header_alone() -> bytes:
    content = io.BytesIO()
    with av.open(content, "w", format="avi") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    return content.getvalue()


def _noise_for_pictures() -> bytes:
    def noisy(name: bytes, inside: bytes) -> bytes:
        return np.random.default_rng(3).bytes(len(inside)) if name == b"mdat" else inside

    return rebuilt(film(GOOD, codec="libx264"), noisy)


def _giant_pictures() -> bytes:
    """Every picture says itself that it is 40,000 pixels wide and high."""
    small, giant = struct.pack(">HH", 48, 64), struct.pack(">HH", 40_000, 40_000)
    return film(GOOD, codec="mjpeg", kind="avi", form="yuvj420p").replace(small, giant)


def _growing_pictures() -> bytes:
    parts = (square(12), square(12, width=128, height=96))
    return b"".join(film(frames, codec="libx264", kind="h264") for frames in parts)


def _many_streams() -> bytes:
    content = io.BytesIO()
    with av.open(content, "w", format="matroska") as container:
        streams = [container.add_stream("mpeg4", rate=10) for _ in range(9)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for stream in streams:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(GOOD[0], "rgb24")))
            container.mux(stream.encode(None))
    return content.getvalue()


def _edits(count: int) -> bytes:
    """As often the whole film, one after the other."""
    return box(b"elst", struct.pack(">II", 0, count) + struct.pack(">Iii", 800, 0, 65_536) * count)


def _elsewhere(place: bytes) -> bytes:
    return struct.pack(">II", 0, 1) + box(b"url ", bytes(4) + place + b"\0")


def _folder(folder: Path) -> Source:
    (folder / "film.mp4").mkdir()
    return folder / "film.mp4"


def _link(folder: Path) -> Source:
    (folder / "real.mp4").write_bytes(film(GOOD))
    (folder / "film.mp4").symlink_to(folder / "real.mp4")
    return folder / "film.mp4"


def _pipe(folder: Path) -> Source:
    os.mkfifo(folder / "film.mp4")
    return folder / "film.mp4"


def _images(broken: bytes) -> Maker:
    def make(folder: Path) -> Source:
        paths = [folder / f"img_{number:05d}.png" for number in (1, 2)]
        paths[0].write_bytes(_image())
        paths[1].write_bytes(broken)
        return FrameImages(tuple(paths), rate=10.0)

    return make


def _spread(frames: int, *, apart: int) -> bytes:
    return film(GOOD[:frames], times=[apart * number for number in range(frames)])


BOUNDS = Bounds(bytes=1_000_000, pixels=8_000, frames=40, seconds=60, streams=8)
"""Those of the tests, so that what is beyond them is small."""

BROKEN: dict[str, tuple[str, Maker]] = {
    "gone": ("missing", lambda folder: folder / "film.mp4"),
    "folder": ("not_a_file", _folder),
    "link": ("not_a_file", _link),
    "pipe": ("not_a_file", _pipe),
    "device": ("not_a_file", lambda folder: Path("/dev/zero")),
    "empty": ("empty", _bytes(bytes)),
    "too large a file": ("too_many_bytes", _bytes(lambda: bytes(BOUNDS.bytes + 1))),
    "text": ("not_a_video", _text("no film at all\n" * 9, "film.mp4")),
    "zip": ("not_a_video", _bytes(_zip)),
    "image": ("not_a_video", _bytes(_image)),
    "noise": ("not_a_video", _bytes(lambda: np.random.default_rng(0).bytes(5000))),
    "playlist": ("refers_elsewhere", _text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "film.mp4")),
    "script of parts": ("refers_elsewhere", _text("ffconcat version 1.0\nfile other.mp4\n", "film.mp4")),
    "bare list of parts": ("refers_elsewhere", _text("file 'other.mp4'\nfile 'more.mp4'\n", "list.txt")),
    "session": (
        "refers_elsewhere",
        _text("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 5004 RTP/AVP 96\r\n", "a.sdp"),
    ),
    "manifest": (
        "refers_elsewhere",
        _text('<?xml version="1.0"?>\n<MPD><BaseURL>http://a/</BaseURL></MPD>', "a.mpd"),
    ),
    "numbered images": ("not_a_video", _text("img_%05d.png", "img_%05d.png")),
    "reference in the header": ("refers_elsewhere", _changed(b"dref", _elsewhere(b"file:///etc/passwd"))),
    "no header": ("cut_before_header", _bytes(lambda: film(GOOD)[:900])),
    "cut header": ("damaged_header", _bytes(lambda: film(GOOD, kind="avi")[:60], "film.avi")),
    "pictures all cut off": ("no_frames", _bytes(lambda: header_first(film(GOOD))[:1000])),
    "sound alone": ("no_video_stream", _bytes(sound_alone)),
    "sound file": ("no_video_stream", _bytes(lambda: sound_alone("wav"), "film.wav")),
    "no frames": ("no_frames", _bytes(_header_alone, "film.avi")),
    "unknown coding": (
        "unknown_codec",
        _bytes(lambda: film(GOOD, kind="avi").replace(b"FMP4", b"ZZZZ"), "film.avi"),
    ),
    "locked": ("encrypted", _bytes(lambda: film(GOOD).replace(b"mp4v", b"encv"))),
    "many streams": ("too_many_streams", _bytes(_many_streams, "film.mkv")),
    "giant pictures": ("too_many_pixels", _bytes(_giant_pictures, "film.avi")),
    "large pictures": ("too_many_pixels", _bytes(lambda: film(square(2, width=128, height=96)))),
    "growing pictures": ("too_many_pixels", _bytes(_growing_pictures, "film.264")),
    "many frames": ("too_many_frames", _bytes(lambda: film(square(BOUNDS.frames + 1)))),
    "many frames claimed": ("too_many_frames", _changed(b"stsz", struct.pack(">III", 0, 100, 4_000_000_000))),
    "long": ("too_long", _bytes(lambda: _spread(8, apart=100))),
    "frozen for a day": ("too_long", _bytes(lambda: film(GOOD[:3], times=[0, 1, 864_000]))),
    "absurd rate": (
        "absurd_times",
        _bytes(lambda: film(GOOD, codec="libx264", rate=60_000, base=Fraction(1, 60_000))),
    ),
    "looping edits": ("looping_edits", _changed(b"edts", _edits(30))),
    "endless edits": ("looping_edits", _changed(b"edts", _edits(3000))),
    "noise for pictures": ("corrupted", _bytes(_noise_for_pictures)),
    "broken image": ("broken_image", _images(_image()[:200])),
    "image that is none": ("broken_image", _images(b"no image")),
    "empty image": ("empty", _images(b"")),
    "no images": ("no_frames", lambda folder: FrameImages((), rate=10.0)),
    "images of no rate": ("absurd_times", lambda folder: FrameImages((_png(folder),), rate=0.0)),
    "images at no number": ("absurd_times", lambda folder: FrameImages((_png(folder),), rate=float("nan"))),
}


def _png(folder: Path) -> Path:
    (folder / "a.png").write_bytes(_image())
    return folder / "a.png"
