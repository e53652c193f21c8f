"""Listed paths are found among the files that are there, and lead nowhere else."""

from __future__ import annotations

import pytest

from mtkd_engine.data.clips.places import Places, inner_path
from mtkd_engine.data.clips.sources import film_of, group_of
from mtkd_engine.data.errors import DataError


def test_lists_may_leave_out_the_folders_above() -> None:
    places = Places(["data/videos/run/a.avi", "data/videos/jump/b.avi", "other/run/a.avi"])
    base = places.base(["run/a.avi", "jump/b.avi", "jump/gone.avi"])
    assert base == "data/videos/"
    assert places.find("run/a.avi", base=base) == "data/videos/run/a.avi"
    assert places.find("jump/gone.avi", base=base) is None
    assert places.base(["nothing.avi"]) == ""


def test_the_same_video_with_another_ending_is_found_where_it_is_the_only_one() -> None:
    places = Places(["run/a.mp4", "run/b.mp4", "run/b.mkv", "run/v1.2", "run/v1.3"])
    assert places.find("run/a.avi", base="") == "run/a.mp4"
    assert places.find("run/b.mkv", base="") == "run/b.mkv"
    assert places.find("run/b.avi", base="") is None
    assert places.find("run/v1.4", base="") is None


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "a/../../b.mp4", "..", "C:\\x.mp4", "..\\b.mp4", "~/../x", "\\\\host\\x.mp4"]
)
def test_paths_that_lead_out_are_refused(path: str) -> None:
    with pytest.raises(DataError, match=r"^train\.txt, row 3: .* leads out of the dataset; .*\.$"):
        inner_path(path, where="train.txt, row 3")


@pytest.mark.parametrize("path", ["", "./", "a\0b.mp4", "x" * 301])
def test_paths_that_are_none_are_refused(path: str) -> None:
    with pytest.raises(DataError, match="the path is"):
        inner_path(path, where="train.txt, row 3")


def test_slashes_of_other_systems_are_slashes() -> None:
    assert inner_path('"./run\\a b.mp4"', where="") == "run/a b.mp4"
    assert inner_path(" ./././run/a.mp4 ", where="") == "run/a.mp4"


def test_names_tell_what_a_clip_was_cut_from() -> None:
    assert group_of("Archery/v_Archery_g08_c01.avi") == "v_Archery_g08"
    assert group_of("Archery/archery_8.avi") is None
    assert film_of("run/April_09_run_u_nm_np1_ba_goo_0.avi", label="run") == "April_09"
    assert film_of("run/other.avi", label="run") == "other"
