"""Playable videos are found by name and copied under names that are safe anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.sealing import videos as videos_module
from mtkd_engine.data.sealing.videos import copy_videos, find_videos

MP4 = b"\x00\x00\x00\x20ftypisom" + bytes(100)
WEBM = b"\x1a\x45\xdf\xa3" + bytes(100)


def put(folder: Path, **files: bytes) -> Path:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_mp4", ".mp4").replace("_webm", ".webm")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_videos_are_found_in_all_folders_by_their_names(tmp_path: Path) -> None:
    put(tmp_path, a_mp4=MP4, films__b_webm=WEBM, films__deep__c_mp4=MP4)
    (tmp_path / "d.MP4").write_bytes(MP4)
    (tmp_path / "notes.txt").write_text("no video")
    found = find_videos(tmp_path)
    assert {video: path.name for video, path in found.items()} == {
        "a": "a.mp4",
        "b": "b.webm",
        "c": "c.mp4",
        "d": "d.MP4",
    }


def test_hidden_files_and_links_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, a_mp4=MP4)
    (tmp_path / "._a.mp4").write_bytes(b"Mac OS X")
    (tmp_path / ".cache").mkdir()
    put(tmp_path / ".cache", b_mp4=MP4)
    (tmp_path / "c.mp4").symlink_to(tmp_path / "a.mp4")
    assert list(find_videos(tmp_path)) == ["a"]


def test_of_two_kinds_side_by_side_mp4_is_taken(tmp_path: Path) -> None:
    assert find_videos(put(tmp_path, a_webm=WEBM, a_mp4=MP4))["a"].suffix == ".mp4"


@pytest.mark.parametrize("content", [b"", b"ftyp", b"<html>", WEBM, b"\x00\x00\x00\x20moov"])
def test_a_file_that_is_no_video_is_refused_or_listed(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, a_mp4=content, b_mp4=MP4)
    with pytest.raises(DataError, match=r"a\.mp4 is no \.mp4 video"):
        find_videos(tmp_path)
    unusable: list[str] = []
    assert list(find_videos(tmp_path, unusable=unusable)) == ["b"]
    assert len(unusable) == 1


def test_a_video_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(videos_module, "LARGEST", 50)
    with pytest.raises(DataError, match=r"a\.mp4 has 112 bytes; videos of up to 50"):
        find_videos(put(tmp_path, a_mp4=MP4))


def test_one_name_in_two_folders_is_refused_with_both(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x/a\.mp4 and y/a\.mp4"):
        find_videos(put(tmp_path, x__a_mp4=MP4, y__a_mp4=MP4))


def test_copies_have_safe_names_that_differ_on_any_file_system(tmp_path: Path) -> None:
    put(tmp_path, a_mp4=MP4)
    odd = [
        "plain_Name-1",
        "PLAIN_NAME-1",
        "../../etc/x",
        "a b",
        "a?b",
        "ビデオ",
        "..",
        "-rf",
        "x" * 300,
        "CON.",
        "",
    ]
    names = copy_videos(dict.fromkeys(odd, tmp_path / "a.mp4"), tmp_path / "sealed", progress=Progress())
    assert list(names) == odd
    assert names["plain_Name-1"] == "videos/plain_Name-1.mp4"
    assert len({name.casefold() for name in names.values()}) == len(odd)
    for name in names.values():
        assert re.fullmatch(r"videos/[A-Za-z0-9_][A-Za-z0-9_-]{0,97}\.mp4", name)
        assert (tmp_path / "sealed" / name).read_bytes() == MP4
    assert len(list((tmp_path / "sealed" / "videos").iterdir())) == len(odd)


def test_a_second_copy_goes_on_where_the_first_stopped(tmp_path: Path) -> None:
    found = find_videos(put(tmp_path / "raw", a_mp4=MP4, b_mp4=MP4))
    first = copy_videos(found, tmp_path / "sealed", progress=Progress())
    kept = tmp_path / "sealed" / first["a"]
    before = kept.stat().st_mtime_ns
    (tmp_path / "sealed" / first["b"]).unlink()
    assert copy_videos(found, tmp_path / "sealed", progress=Progress()) == first
    assert kept.stat().st_mtime_ns == before
    assert (tmp_path / "sealed" / first["b"]).read_bytes() == MP4
