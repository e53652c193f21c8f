"""What a good dataset folder becomes."""

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.features import FeatureStore

from .conftest import annotated, good_features, good_manifest, write_features, write_json


def test_samples_carry_stable_ids_windows_and_sentences(folder: Path) -> None:
    dataset = load_dataset(folder)
    assert list(dataset.splits) == ["train", "val", "test"]
    second = dataset.splits["test"][1]
    assert (second.sample_id, second.video_id, second.source_id) == ("d1#1", "d1", "d1")
    assert second.windows == ((1.0, 3.0),)
    assert second.sentence == "the red circle jumps 1"
    assert second.duration == 10.0


def test_features_come_as_float32_of_one_width(folder: Path) -> None:
    features = load_dataset(folder).needed_features()
    assert features.width == 4
    assert features.length("a1") == 6
    loaded = features.load("a1")
    assert loaded.shape == (6, 4)
    assert loaded.dtype == np.float32


def test_a_feature_store_survives_pickling(folder: Path) -> None:
    store: FeatureStore = pickle.loads(pickle.dumps(load_dataset(folder).needed_features()))
    assert store.load("d1").shape == (6, 4)


def test_the_order_of_videos_in_the_file_changes_no_sample_id(folder: Path) -> None:
    before = {s.sample_id: s for s in load_dataset(folder).splits["train"]}
    content = json.loads((folder / "train.json").read_text())
    write_json(folder / "train.json", dict(reversed(content.items())))
    assert {s.sample_id: s for s in load_dataset(folder).splits["train"]} == before


def test_the_source_comes_from_the_pattern(folder: Path) -> None:
    write_json(folder / "dataset.json", good_manifest() | {"source_pattern": r"^([a-z])\d"})
    sources = {s.source_id for samples in load_dataset(folder).splits.values() for s in samples}
    assert sources == {"a", "b", "c", "d"}


def test_without_val_whole_sources_are_set_aside_from_train(folder: Path) -> None:
    manifest = good_manifest() | {"source_pattern": "^([a-z])"}
    manifest["annotations"] = {"train": "train.json", "test": "test.json"}
    write_json(folder / "dataset.json", manifest)
    dataset = load_dataset(folder)
    train, val = ({s.source_id for s in dataset.splits[split]} for split in ("train", "val"))
    assert dataset.val_from_train
    assert train | val == {"a", "b"}
    assert not train & val
    assert load_dataset(folder).splits == dataset.splits


def test_a_folder_without_a_manifest_is_read_by_its_file_names(folder: Path) -> None:
    declared = load_dataset(folder)
    (folder / "dataset.json").unlink()
    for split in ("train", "val", "test"):
        (folder / f"{split}.json").rename(folder / f"queries_{split}.json")
    found = load_dataset(folder)
    assert found.splits == declared.splits
    assert found.name == "little"


def test_windows_beyond_the_duration_are_cut_and_counted(folder: Path) -> None:
    late = annotated(1) | {"timestamps": [[8.0, 12.5]]}
    write_json(folder / "val.json", {"c1": late})
    dataset = load_dataset(folder)
    assert dataset.splits["val"][0].windows == ((8.0, 10.0),)
    assert dataset.clipped == {"train": 0, "val": 1, "test": 0}
    report = check_dataset(folder)
    assert "1 window(s) end after their video" in str(report["problems"])


def test_the_content_hash_follows_content_not_place(folder: Path, tmp_path: Path) -> None:
    original = load_dataset(folder).content_hash
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(folder, elsewhere)
    assert load_dataset(elsewhere).content_hash == original
    write_json(elsewhere / "val.json", {"c1": annotated(1)})
    assert load_dataset(elsewhere).content_hash != original


def test_the_content_hash_does_not_follow_the_container(folder: Path) -> None:
    original = load_dataset(folder).content_hash
    np.savez_compressed(folder / "features.npz", **good_features())
    (folder / "train.json").write_text(json.dumps(json.loads((folder / "train.json").read_text()), indent=3))
    assert load_dataset(folder).content_hash == original
    changed = good_features()
    changed["d2"] = changed["d2"] + np.float16(1)
    write_features(folder / "features.npz", changed)
    assert load_dataset(folder).content_hash != original


def test_a_dataset_without_features_says_so_where_they_are_needed(folder: Path) -> None:
    (folder / "features.npz").unlink()
    manifest = good_manifest()
    del manifest["features"]
    write_json(folder / "dataset.json", manifest)
    dataset = load_dataset(folder)
    assert dataset.features is None
    with pytest.raises(DataError, match="'little' was registered without features"):
        dataset.needed_features()


def test_a_check_reports_counts_and_no_problem_for_a_good_folder(folder: Path) -> None:
    report = check_dataset(folder)
    assert report["problems"] == []
    assert report["feature_width"] == 4
    splits = report["splits"]
    assert isinstance(splits, dict)
    assert splits["train"] == {"samples": 8, "videos": 4, "sources": 4, "windows": 8}
    assert json.loads(json.dumps(report)) == report


def test_a_source_in_two_splits_is_reported(folder: Path) -> None:
    write_json(folder / "dataset.json", good_manifest() | {"source_pattern": r"\d"})
    problems = check_dataset(folder)["problems"]
    shared = next(problem for problem in problems if problem["code"] == "shared_sources")
    assert (shared["severity"], shared["count"], shared["repair"]) == ("warning", 2, None)
    assert shared["places"][0]["detail"] == (
        "source '1' is in both train (train.json) and val (val.json) and test (test.json)"
    )


def test_the_same_features_in_two_splits_are_reported(folder: Path) -> None:
    features = dict(np.load(folder / "features.npz"))
    features["d1"] = features["a1"]
    write_features(folder / "features.npz", features)
    assert "a1 and d1" in str(check_dataset(folder)["problems"])
