"""Packing gives the same bytes for the same content, wherever it comes from and however often it stops."""

from __future__ import annotations

import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.features import FeatureStore, array_hash, open_features, pack_features
from mtkd_engine.data.features import pack as pack_module
from mtkd_engine.data.progress import Progress

from .conftest import Arrays

QUIET = Progress()


class Stops(Progress):
    """Stands for a kill at a video."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at
        self.seen: list[int] = []

    def say(self, part: str, *, done: int = 0, of: int = 0) -> None:
        self.seen.append(done)
        if done == self.at:
            raise KeyboardInterrupt


@pytest.fixture
def source(tmp_path: Path, arrays: Arrays) -> FeatureStore:
    np.savez_compressed(tmp_path / "raw.npz", allow_pickle=False, **arrays)
    return FeatureStore(tmp_path / "raw.npz")


def test_the_packed_file_holds_the_chosen_videos_uncompressed(source: FeatureStore, tmp_path: Path) -> None:
    hashes = pack_features(source, tmp_path / "f.npz", videos=["v2", "v0"], progress=QUIET)
    packed = FeatureStore(tmp_path / "f.npz")
    assert packed.keys() == ("v2", "v0") == tuple(hashes)
    assert all(np.array_equal(packed.load(video), source.load(video)) for video in hashes)
    assert hashes == {video: array_hash(packed, video) for video in hashes}
    with zipfile.ZipFile(tmp_path / "f.npz") as archive:
        assert {member.compress_type for member in archive.infolist()} == {zipfile.ZIP_STORED}
    with np.load(tmp_path / "f.npz", allow_pickle=False) as plain:
        assert np.array_equal(plain["v2"], source.load("v2"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.npz", "raw.npz"]


def test_half_and_single_precision_stay_and_double_becomes_single(tmp_path: Path, arrays: Arrays) -> None:
    kinds = ["<f2", ">f4", "<f8"]
    np.savez(tmp_path / "raw.npz", **{kind[1:]: arrays["v0"].astype(kind) for kind in kinds})  # type: ignore[arg-type]
    source = FeatureStore(tmp_path / "raw.npz")
    pack_features(source, tmp_path / "f.npz", videos=source.keys(), progress=QUIET)
    packed = FeatureStore(tmp_path / "f.npz")
    assert [packed.dtype(video) for video in ("f2", "f4", "f8")] == ["<f2", "<f4", "<f4"]
    assert np.array_equal(packed.load("f2"), arrays["v0"].astype("f2").astype("f4"))


def test_the_same_content_of_another_container_gives_the_same_bytes(
    source: FeatureStore, tmp_path: Path, arrays: Arrays
) -> None:
    with h5py.File(tmp_path / "raw.h5", "w") as file:
        for video in reversed(arrays):
            file.create_dataset(video, data=arrays[video][None], compression="gzip")
    other = open_features(tmp_path / "raw.h5")
    first = pack_features(source, tmp_path / "a.npz", videos=["v0", "v1", "v2"], progress=QUIET)
    second = pack_features(other, tmp_path / "b.npz", videos=["v0", "v1", "v2"], progress=QUIET)
    assert first == second
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("stops", [[0], [1], [2], [3], [1, 2, 3]])
def test_packing_goes_on_where_it_stopped_with_the_same_bytes(
    source: FeatureStore, tmp_path: Path, stops: list[int]
) -> None:
    videos = source.keys()
    whole = pack_features(source, tmp_path / "whole.npz", videos=videos, progress=QUIET)
    before = 0
    for at in stops:
        progress = Stops(at)
        with pytest.raises(KeyboardInterrupt):
            pack_features(
                source, tmp_path / "f.npz", videos=videos, progress=progress, work=tmp_path / "work"
            )
        assert progress.seen[0] == before  # what was finished is not done again
        before = at
    assert (
        pack_features(source, tmp_path / "f.npz", videos=videos, progress=QUIET, work=tmp_path / "work")
        == whole
    )
    assert (tmp_path / "f.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()


def test_a_kill_in_the_middle_of_a_write_leaves_what_was_finished(
    source: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_module, "_SAFE_EVERY", 0)
    work = tmp_path / "work"
    with pytest.raises(KeyboardInterrupt):
        pack_features(source, tmp_path / "f.npz", videos=source.keys(), progress=Stops(2), work=work)
    with (work / "features.npz").open("ab") as stream:
        stream.write(b"half an array, and then the power went")
    with (work / "features.index.jsonl").open("a") as lines:
        lines.write('{"video": "v2", "sha')
    progress = Stops(-1)
    hashes = pack_features(source, tmp_path / "f.npz", videos=source.keys(), progress=progress, work=work)
    assert progress.seen[0] == 2
    packed = FeatureStore(tmp_path / "f.npz")
    assert hashes == {video: array_hash(packed, video) for video in ("v0", "v1", "v2")}


def test_a_finished_container_is_taken_again_unread(source: FeatureStore, tmp_path: Path) -> None:
    work = tmp_path / "work"
    first = pack_features(source, tmp_path / "a.npz", videos=source.keys(), progress=QUIET, work=work)
    progress = Stops(-1)
    assert (
        pack_features(source, tmp_path / "b.npz", videos=source.keys(), progress=progress, work=work) == first
    )
    assert progress.seen == [3]
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("spoil", ["", "{", "[]\n", '{"of": "x"}\n{"video": 1}\n', "\x00\n"])
def test_an_index_that_says_nothing_sensible_means_a_fresh_start(
    source: FeatureStore, tmp_path: Path, spoil: str
) -> None:
    work = tmp_path / "work"
    first = pack_features(source, tmp_path / "a.npz", videos=source.keys(), progress=QUIET, work=work)
    (work / "features.index.jsonl").write_text(spoil)
    assert pack_features(source, tmp_path / "b.npz", videos=source.keys(), progress=QUIET, work=work) == first


def test_other_videos_or_another_source_start_afresh_and_leave_the_first_result_alone(
    source: FeatureStore, tmp_path: Path, arrays: Arrays
) -> None:
    work = tmp_path / "work"
    pack_features(source, tmp_path / "a.npz", videos=["v0", "v1"], progress=QUIET, work=work)
    before = (tmp_path / "a.npz").read_bytes()
    assert list(pack_features(source, tmp_path / "b.npz", videos=["v1"], progress=QUIET, work=work)) == ["v1"]
    np.savez(tmp_path / "other.npz", v1=arrays["v2"])
    other = FeatureStore(tmp_path / "other.npz")
    pack_features(other, tmp_path / "c.npz", videos=["v1"], progress=QUIET, work=work)
    assert np.array_equal(FeatureStore(tmp_path / "c.npz").load("v1"), arrays["v2"])
    assert (tmp_path / "a.npz").read_bytes() == before


def test_a_video_without_features_is_refused_before_anything_is_written(
    source: FeatureStore, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="'v9'"):
        pack_features(source, tmp_path / "f.npz", videos=["v0", "v9"], progress=QUIET)
    assert not (tmp_path / "f.npz").exists()


def test_video_ids_of_any_letters_come_back(tmp_path: Path, arrays: Arrays) -> None:
    odd = ["ビデオ", "a b", "x/y", "v.npy", "é" * 100]
    with zipfile.ZipFile(tmp_path / "raw.npz", "w") as archive:
        for video in odd:
            with archive.open(f"{video}.npy", "w") as stream:
                np.lib.format.write_array(stream, arrays["v0"])
    source = FeatureStore(tmp_path / "raw.npz")
    pack_features(source, tmp_path / "f.npz", videos=odd, progress=QUIET)
    assert list(FeatureStore(tmp_path / "f.npz").keys()) == odd
