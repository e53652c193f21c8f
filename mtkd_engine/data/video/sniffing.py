"""The first bytes of a file: what is no video, or sends its reader elsewhere, is known from them by name."""

from __future__ import annotations

import re

from mtkd_engine.data.video.errors import VideoError

HEAD = 4096
_ELSEWHERE = {
    "a playlist": rb"#EXTM3U|\[playlist\]|#EXT-X-",
    "a script of parts to join": rb"ffconcat |file +['\"]?[^\n]{1,512}\n",
    "a description of a session": rb"v=0\r?\n[a-z]=",
    "a description of streams elsewhere": rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*"
    rb"<(MPD|SmoothStreamingMedia|asx|smil|manifest)\b",
    "a reference to another file": rb"\[Reference\]|RTSPtext|SMILtext",
}
_NO_VIDEO = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"BM", "a BMP image"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"#!", "a script"),
)
_MATROSKA, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_BEGINNINGS = (_MATROSKA, b"FLV", b"OggS", b"\x30\x26\xb2\x75", b"\x00\x00\x01\xba", b"GIF8")
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot", b"styp", b"uuid", b"moof", b"sidx")


def refuse_by_head(head: bytes) -> None:
    """This will raise VideoError for first bytes that are known to be no video, or to name other files."""
    begun = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for kind, pattern in _ELSEWHERE.items():
        if re.match(pattern, begun, re.DOTALL | re.IGNORECASE):
            said = f"is {kind}; a video that holds its own pictures is accepted."
            raise VideoError("refers_elsewhere", said)
    for mark, kind in _NO_VIDEO:
        if head.startswith(mark):
            raise VideoError("not_a_video", f"is {kind}; videos are accepted.")


def is_of_boxes(head: bytes) -> bool:
    """Whether it begins as MP4 and QuickTime do."""
    return head[4:8] in _BOXES


def begins_as_video(head: bytes) -> bool:
    """Whether the first bytes are those of an accepted kind of video, whatever follows."""
    of_riff = head.startswith(b"RIFF") and head[8:11] == b"AVI"
    return is_of_boxes(head) or of_riff or head.startswith(_BEGINNINGS)


def promised_size(head: bytes) -> int | None:
    """This will give the bytes that a Matroska or WebM file says it has; None for others, and where it is left open.

    After the header comes the segment: its mark, and its size in as many bytes as the first one says (RFC 8794, 4.4).
    """
    mark = head.find(_SEGMENT) if head.startswith(_MATROSKA) else -1
    start = mark + len(_SEGMENT)
    if mark < 0 or start >= len(head) or not head[start]:
        return None
    width = 9 - head[start].bit_length()
    size = int.from_bytes(head[start : start + width], "big") & ((1 << 7 * width) - 1)
    return None if size == (1 << 7 * width) - 1 else start + width + size
