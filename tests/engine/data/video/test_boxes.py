"""Headers of MP4 and QuickTime files, looked at before any library does; and the first bytes of any file."""

from __future__ import annotations

import io
import struct

import pytest

from mtkd_engine.data.video.boxes import look_at_boxes
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import Bounds
from mtkd_engine.data.video.sniffing import begins_as_video, promised_size, refuse_by_head
from tests.engine.data.video.films import box, film, header_first, rebuilt, square

WHOLE = film(square(4))


def refusal_of(content: bytes, *, frames: int = 100) -> str:
    with pytest.raises(VideoError) as refusal:
        look_at_boxes(io.BytesIO(content), bounds=Bounds(frames=frames))
    return refusal.value.code


def is_cut(content: bytes) -> bool:
    return look_at_boxes(io.BytesIO(content), bounds=Bounds()).is_cut


def with_box(name: bytes, inside: bytes) -> bytes:
    return rebuilt(WHOLE, lambda found, held: inside if found == name else held)


def reference(kind: bytes, flags: int, place: bytes) -> bytes:
    return with_box(b"dref", struct.pack(">II", 0, 1) + box(kind, struct.pack(">I", flags) + place))


def test_a_whole_file_is_accepted_whichever_part_comes_first() -> None:
    assert not is_cut(WHOLE)
    assert not is_cut(header_first(WHOLE))


def test_pictures_that_end_with_the_file_are_cut() -> None:
    assert is_cut(header_first(WHOLE)[:-5])
    assert refusal_of(WHOLE[:-5]) == "cut_before_header"


def test_lengths_of_eight_bytes_and_to_the_end_of_the_file_are_read() -> None:
    first, pictures = WHOLE.index(b"mdat") - 4, WHOLE.index(b"moov") - 4
    long = struct.pack(">I4sQ", 1, b"mdat", pictures - first + 8) + WHOLE[first + 8 : pictures]
    assert not is_cut(WHOLE[:first] + long + WHOLE[pictures:])
    moved = header_first(WHOLE)
    start = moved.index(b"mdat") - 4
    assert not is_cut(moved[:start] + bytes(4) + moved[start + 4 :])


@pytest.mark.parametrize("kind", [b"url ", b"urn ", b"alis"])
def test_media_elsewhere_are_refused_and_media_here_are_not(kind: bytes) -> None:
    assert refusal_of(reference(kind, 0, b"http://a/b.mp4\0")) == "refers_elsewhere"
    assert not is_cut(reference(kind, 1, b"anything"))
    assert not is_cut(reference(kind, 0, b""))


def test_a_list_of_other_movies_is_refused() -> None:
    assert refusal_of(WHOLE + box(b"moov", box(b"rmra", b"x" * 40))) == "refers_elsewhere"


@pytest.mark.parametrize("form", [0, 1])
def test_edits_in_turn_are_accepted_and_repeated_ones_are_not(form: int) -> None:
    kind = ">Qqi" if form else ">Iii"

    def edited(*parts: tuple[int, int]) -> bytes:
        told = b"".join(struct.pack(kind, length, start, 65_536) for length, start in parts)
        return with_box(b"elst", struct.pack(">II", form << 24, len(parts)) + told)

    assert not is_cut(edited((100, -1), (200, 0), (200, 2048)))
    assert not is_cut(edited((400, 0), (400, 0)))
    assert refusal_of(edited((400, 0), (400, 0), (400, 0))) == "looping_edits"
    assert refusal_of(edited(*((1, 10 * number) for number in range(65)))) == "looping_edits"


def test_boxes_in_boxes_in_boxes_come_to_an_end() -> None:
    inside = b""
    for _ in range(5000):
        inside = box(b"trak", inside)
    assert not is_cut(WHOLE + box(b"moov", inside))


def test_boxes_that_are_too_short_are_damaged() -> None:
    for name in (b"mvhd", b"mdhd", b"hdlr", b"elst", b"stsz"):
        assert refusal_of(with_box(name, b"\0" * 3)) == "damaged_header"


def test_more_frames_than_accepted_are_refused_by_the_header() -> None:
    assert refusal_of(WHOLE, frames=3) == "too_many_frames"
    assert look_at_boxes(io.BytesIO(WHOLE), bounds=Bounds(frames=4))


def test_the_size_that_matroska_promises_is_read() -> None:
    content = film(square(4), kind="matroska")
    assert promised_size(content) == len(content)
    place = content.index(b"\x18\x53\x80\x67") + 4
    open_ended = content[:place] + b"\x01" + b"\xff" * 7 + content[place + 8 :]
    assert promised_size(open_ended) is None
    assert promised_size(content[: place + 1][:-1]) is None
    assert promised_size(WHOLE) is None


@pytest.mark.parametrize("kind", ["mp4", "matroska", "avi", "flv", "mpegts"])
def test_films_are_not_refused_by_their_first_bytes(kind: str) -> None:
    content = film(square(2), kind=kind, codec="flv" if kind == "flv" else "mpeg4")
    refuse_by_head(content[:4096])
    assert begins_as_video(content) or kind == "mpegts"


@pytest.mark.parametrize(
    "head",
    [
        b"\xef\xbb\xbf#EXTM3U\n",
        b"  \n#extm3u\n",
        b"[Reference]\nRef1=http://a\n",
        b"<ASX version='3'>",
        b"<smil>",
    ],
)
def test_playlists_are_known_whatever_they_begin_with(head: bytes) -> None:
    with pytest.raises(VideoError) as refusal:
        refuse_by_head(head)
    assert refusal.value.code == "refers_elsewhere"
