"""A container of somebody else's, opened by itself alone: no other file, no address, no format or coding unasked.

Everything here reads what a stranger made: for confined processes only.
"""

from __future__ import annotations

import logging
import re
from typing import Any, BinaryIO, NoReturn

import av
import av.logging
from av.container import InputContainer

from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import LONGEST_SIDE, Bounds
from mtkd_engine.data.video.sniffing import HEAD, begins_as_video

FORMATS = (
    *("mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi", "flv", "asf", "ogg", "ivf", "gif"),
    *("mpeg", "mpegts", "mpegvideo", "m4v", "h264", "hevc", "mp3", "wav", "flac", "aac"),
)
"""Formats that are opened; those of sound alone only to say so."""
CODECS = frozenset(
    (
        *("h264", "hevc", "libdav1d", "av1", "vp8", "vp9", "libvpx", "libvpx-vp9", "vp6"),
        *("vp6f", "theora", "mpeg4", "mpeg1video", "mpeg2video", "h263", "flv", "msmpeg4", "msmpeg4v1"),
        *("msmpeg4v2", "wmv1", "wmv2", "wmv3", "vc1", "svq1", "svq3", "cinepak", "mjpeg"),
        *("png", "gif", "dvvideo", "prores", "dnxhd", "ffv1", "huffyuv", "ffvhuff", "rawvideo"),
    )
)
"""Decoders of pictures that are used."""
_BUFFER = 1 << 16
_MARGINS = 1 << 22


def open_container(file: BinaryIO, *, bounds: Bounds) -> InputContainer:
    """This will open a container, without a name that its kind could be guessed from; raises VideoError."""
    try:
        return av.open(
            file,
            "r",
            options={"max_pixels": most_pixels(bounds)},
            container_options={
                "format_whitelist": ",".join(FORMATS),
                "codec_whitelist": ",".join(sorted(CODECS)),
                "protocol_whitelist": "none",
            },
            metadata_errors="replace",
            buffer_size=_BUFFER,
            io_open=_refuse_address,
        )
    except MemoryError:
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _refusal(file, error) from None


def _refuse_address(address: str, *_: object) -> NoReturn:
    """What a library calls when a video asks for another file or an address."""
    raise PermissionError(address)


def _refusal(file: BinaryIO, error: Exception) -> VideoError:
    if isinstance(error, PermissionError):
        return VideoError(
            "refers_elsewhere",
            "refers to other files or addresses; a video that holds its own pictures is accepted.",
        )
    file.seek(0)
    if begins_as_video(file.read(HEAD)):
        return VideoError("damaged_header", f"has a header that cannot be read ({said_by(error)}).")
    return VideoError(
        "not_a_video",
        "is no video of a known kind; MP4, MOV, MKV, WebM, AVI, MPEG, WMV, FLV, OGV and GIF are accepted.",
    )


def said_by(error: Exception) -> str:
    """This will give in a few words what a library says of its failure."""
    said = error.strerror if isinstance(error, (av.FFmpegError, OSError)) else str(error)
    return " ".join(str(said or type(error).__name__).split())[:100]


def check_size(width: int, height: int, *, bounds: Bounds) -> None:
    """This will raise VideoError for pictures beyond the bounds."""
    if width * height > bounds.pixels or max(width, height) > LONGEST_SIDE:
        raise _too_many_pixels(width, height, bounds=bounds)


def _too_many_pixels(width: int, height: int, *, bounds: Bounds) -> VideoError:
    return VideoError(
        "too_many_pixels",
        f"has pictures of {width:,} x {height:,} pixels; up to {bounds.pixels:,} in all and {LONGEST_SIDE:,} a side "
        "are accepted.",
    )


def most_pixels(bounds: Bounds) -> str:
    """This will give what decoders are told: they count margins of their own, so that it only keeps giants away."""
    return str(2 * bounds.pixels + _MARGINS)


def keep_messages() -> None:
    """This will keep what libraries say of their errors, for `refuse_size_of`, and print nothing of it."""
    logging.getLogger("libav").addHandler(logging.NullHandler())
    logging.getLogger("libav").propagate = False
    av.logging.set_level(av.logging.ERROR)
    av.logging.set_skip_repeated(False)


def refuse_size_of(error: av.FFmpegError, *, bounds: Bounds) -> None:
    """This will raise VideoError where a decoder failed for the size that a picture claims."""
    last: Any = error.log  # level, part of the library and message, whatever its types say
    claimed = re.match(r"Picture size (\d+)x(\d+) ", str(last[-1])) if last else None
    if claimed:
        raise _too_many_pixels(int(claimed[1]), int(claimed[2]), bounds=bounds)
