"""What makes a video unusable, by name."""

from __future__ import annotations

from mtkd_engine.data.errors import DataError

CODES: dict[str, str] = {
    "missing": "the file is not there or may not be read",
    "not_a_file": "it is a folder, a link or a device",
    "empty": "the file is empty",
    "too_many_bytes": "the file is too large",
    "not_a_video": "it is none of the accepted kinds of video",
    "refers_elsewhere": "it is a playlist or refers to other files or addresses",
    "cut_before_header": "it ends before what says where its pictures are",
    "damaged_header": "what says where its pictures are cannot be read",
    "too_many_streams": "it has too many streams",
    "no_video_stream": "it has no pictures, sound only for instance",
    "unknown_codec": "its pictures are coded in a way that is not read here",
    "encrypted": "its pictures are encrypted",
    "too_many_pixels": "its pictures are too large",
    "too_many_frames": "it has too many frames",
    "too_long": "it is too long",
    "absurd_times": "its times make no sense",
    "looping_edits": "its edit list shows the same parts again and again",
    "no_frames": "it has no frame that can be decoded",
    "corrupted": "most of what it holds cannot be decoded",
    "broken_image": "an image of it cannot be decoded",
    "too_slow": "it took too long",
    "too_much_memory": "it took too much memory",
    "too_much_disk": "it took too much room on the disk",
    "killed_its_process": "it brought the process that read it to its end",
}
"""Codes of everything that is broken or hostile, each with a few words for a person."""


class VideoError(DataError):
    """Says in one sentence, which follows the name of a file, why this video is refused; `code` is one of CODES."""

    def __init__(self, code: str, said: str) -> None:
        assert code in CODES, code
        super().__init__(said)
        self.code = code
