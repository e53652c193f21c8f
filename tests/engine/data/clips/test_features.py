"""Features of clips in .npz files: read within bounds, checked to the last value, sealed as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtkd_engine.data.clips.check.checking import check_clips
from mtkd_engine.data.clips.dataset import FeatureDataset
from mtkd_engine.data.clips.finding import holds_clips
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.errors import DataError, DatasetRefusedError
from mtkd_engine.data.labelled.check.checking import Checking
from mtkd_engine.data.progress import Progress
from tests.engine.data.clips.arrays import handed, saved, values
from tests.engine.data.clips.doubles import SPLITS


def loaded(path: Path) -> FeatureDataset:
    dataset = load_clips(path)
    assert isinstance(dataset, FeatureDataset)
    return dataset


def checked(path: Path, *, accept: list[str] | None = None, seal: Path | None = None) -> dict[str, Any]:
    return check_clips(
        [path], name="set", asked=Checking(accept=accept, seal=seal, work=None, progress=Progress())
    )


def found(report: dict[str, Any]) -> dict[str, int]:
    return {problem["code"]: problem["count"] for problem in report["problems"]}


@pytest.mark.parametrize("packed", [False, True])
def test_rows_are_given_as_they_are_stored(tmp_path: Path, packed: bool) -> None:
    path = saved(tmp_path / "set" / "f.npz", packed=packed)
    assert holds_clips([path.parent])
    dataset = loaded(path.parent)
    assert (dataset.classes, dataset.kind, dataset.features.width, dataset.features.longest) == (
        ("run", "jump"),
        "features",
        4,
        3,
    )
    test = dataset.splits["test"]
    assert [sample.sample_id for sample in test] == [f"v{n:02}" for n in range(16, 24)]
    assert len(dataset.splits["train"]) + len(dataset.splits["val"]) == 16
    given_NTD, lengths_N = dataset.features.rows([sample.place for sample in test])
    assert (given_NTD.dtype.str, lengths_N.tolist()) == ("<f4", [3] * 8)
    assert np.array_equal(given_NTD, values()[16:].astype(np.float32))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", ">f4"])
def test_a_sealed_dataset_of_features_says_the_same(tmp_path: Path, dtype: str) -> None:
    path = saved(tmp_path / "f.npz", features=values(dtype=dtype), lengths=1 + np.arange(24) % 3)
    report = checked(path, seal=tmp_path / "sealed")
    assert (report["sealed"], report["data"], report["feature_width"], report["longest"]) == (
        True,
        "features",
        4,
        3,
    )
    sealed, raw = loaded(tmp_path / "sealed"), loaded(path)
    assert report["content_hash"] == sealed.content_hash == raw.content_hash
    for split in SPLITS:
        one, other = (d.features.rows([s.place for s in d.splits[split]]) for d in (sealed, raw))
        assert np.array_equal(one[0], other[0])
        assert np.array_equal(one[1], other[1])
        assert not one[0][one[1] == 1, 1:].any()
        assert [sealed.features.length(sample.place) for sample in sealed.splits[split]] == one[1].tolist()
    again = checked(tmp_path / "sealed", seal=tmp_path / "again")
    assert (again["content_hash"], again["format"]) == (report["content_hash"], "mtkd.dataset/2")


def test_one_row_a_clip_is_a_sequence_of_one(tmp_path: Path) -> None:
    dataset = loaded(saved(tmp_path / "f.npz", features=values()[:, 0]))
    assert dataset.features.longest == 1
    assert dataset.features.rows([0, 1])[0].shape == (2, 1, 4)


def test_arrays_in_another_order_of_memory_are_read_as_what_they_are(tmp_path: Path) -> None:
    dataset = loaded(saved(tmp_path / "f.npz", features=np.asfortranarray(values())))
    assert np.array_equal(dataset.features.rows([5])[0][0], values()[5].astype(np.float32))


def test_a_file_for_each_split(tmp_path: Path) -> None:
    for number, (split, rows) in enumerate(zip(SPLITS, (3, 5, 2), strict=True)):
        ids = np.array([f"{split}{n}" for n in range(24)])
        saved(
            tmp_path / "set" / f"ucf_{split}.npz",
            features=values(rows=rows, seed=number),
            is_train=None,
            video=ids,
        )
    dataset = loaded(tmp_path / "set")
    assert {split: len(dataset.splits[split]) for split in SPLITS} == dict.fromkeys(SPLITS, 24)
    first = dataset.splits["val"][0]
    given_NTD, lengths_N = dataset.features.rows([first.place])
    assert (first.sample_id, given_NTD.shape, lengths_N.tolist()) == ("val0", (1, 5, 4), [5])
    saved(tmp_path / "set" / "ucf_test.npz", features=values(width=6), is_train=None)
    with pytest.raises(
        DataError, match=r"ucf_train\.npz: its features have width 4 where those of ucf_test\.npz have 6"
    ):
        handed(tmp_path / "set")


def test_splits_sources_and_names_may_be_told(tmp_path: Path) -> None:
    split = np.array(["train", "validation", "test"] * 8, dtype="S10")
    group = np.array([f"film{n % 3}" for n in range(24)])
    path = saved(
        tmp_path / "f.npz",
        is_train=None,
        split=split,
        group=group,
        labels=np.array(["a", "b"] * 12),
        classes=None,
        video=None,
    )
    rows = handed(path).rows
    assert [row.split for row in rows[:3]] == ["train", "val", "test"]
    assert (rows[1].sample_id, rows[1].source_id) == ("f-0000001", "film1")
    assert handed(path).classes == ("a", "b")


def test_groups_of_ucf101_are_read_off_the_ids(tmp_path: Path) -> None:
    ids = np.array([f"v_Run_g{n // 4:02}_c{n % 4:02}" for n in range(24)])
    dataset = loaded(saved(tmp_path / "f.npz", video=ids))
    groups = [{sample.source_id for sample in dataset.splits[split]} for split in SPLITS]
    assert sum(map(len, groups)) == len(set().union(*groups)) == 6


def test_values_that_are_no_numbers_are_told_and_left_out_where_asked_to(tmp_path: Path) -> None:
    broken = values()
    broken[2, 1, 3] = np.nan
    broken[20, 0, 0] = np.inf
    broken[4] = 0
    path = saved(tmp_path / "f.npz", features=broken)
    report = checked(path)
    assert found(report) == {"not_finite": 2, "zero_features": 1, "val_made": 1}
    assert report["problems"][0]["places"][0]["detail"] == "v02: it holds nan at row 1, column 3 (1 such)"
    with pytest.raises(DatasetRefusedError, match=r"^f\.npz, row 3: v02: it holds nan at row 1, column 3"):
        checked(path, accept=[])
    assert checked(path, accept=["drop_clips"], seal=tmp_path / "sealed")["splits"]["test"]["samples"] == 7
    with pytest.raises(DataError, match="v02: it holds nan"):
        load_clips(path)


def test_what_32_bits_cannot_hold_is_no_number(tmp_path: Path) -> None:
    large = values(dtype="f8")
    large[0, 0, 0] = 1e300
    assert found(checked(saved(tmp_path / "f.npz", features=large)))["not_finite"] == 1


def test_equal_features_in_two_splits_are_told(tmp_path: Path) -> None:
    same = values()
    same[20] = same[3]
    assert found(checked(saved(tmp_path / "f.npz", features=same))) == {"shared_clips": 1, "val_made": 1}


def test_labels_beyond_the_classes_are_told(tmp_path: Path) -> None:
    report = checked(saved(tmp_path / "f.npz", labels=np.arange(24) % 3))
    assert found(report)["unknown_labels"] == 8
    assert found(checked(saved(tmp_path / "g.npz", labels=1 + np.arange(24) % 2))) == {
        "labels_from_one": 1,
        "val_made": 1,
    }


def test_ids_and_splits_that_say_nothing_are_rows_that_do(tmp_path: Path) -> None:
    ids = np.array(["a\nb", *(f"v{n}" for n in range(23))])
    split = np.array(["train", "dev"] + ["test", "train"] * 11)
    told = handed(saved(tmp_path / "f.npz", video=ids, is_train=None, split=split)).found
    assert [(one.code, one.line, one.said) for one in told] == [
        ("unreadable_rows", 1, "its id or source is 'a\\nb'"),
        ("unreadable_rows", 2, "v0: its split is none of train, val, test"),
    ]


@pytest.mark.parametrize("name", ["features.npy", "lengths.npy"])
def test_a_sealed_folder_that_is_not_whole_is_refused(tmp_path: Path, name: str) -> None:
    checked(saved(tmp_path / "f.npz"), seal=tmp_path / "sealed")
    path = tmp_path / "sealed" / name
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DataError, match=r"features\.npy and lengths\.npy"):
        load_clips(tmp_path / "sealed")
