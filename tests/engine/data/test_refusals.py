"""Every bad input is refused with one sentence: file, field, what was given, what is accepted."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.data.errors import DataError

from .conftest import annotated, good_features, good_manifest, write_features, write_json


def refusal(folder: Path, *named: str) -> str:
    with pytest.raises(DataError) as caught:
        check_dataset(folder, accept=())
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    for word in named:
        assert word in sentence, f"{word!r} is not named in: {sentence}"
    return sentence


def spoil_manifest(folder: Path, **changes: object) -> None:
    write_json(folder / "dataset.json", good_manifest() | changes)


def spoil_video(folder: Path, **changes: object) -> None:
    write_json(folder / "val.json", {"c1": annotated(2) | changes})


def spoil_features(folder: Path, video: str, values: np.ndarray) -> None:
    write_features(folder / "features.npz", good_features() | {video: values})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"colour": 1}, ["dataset.json", "unknown key", "'colour'", "source_pattern"]),
        ({"format": "mtkd.dataset/3"}, ["dataset.json", "format", "mtkd.dataset/3", "mtkd.dataset/1"]),
        ({"task": "cooking"}, ["dataset.json", "task", "cooking", "grounding"]),
        ({"annotation_format": "csv"}, ["annotation_format", "csv", "activitynet"]),
        ({"name": ""}, ["dataset.json", "name"]),
        ({"annotations": ["train.json"]}, ["annotations", "object"]),
        ({"annotations": {}}, ["annotations", "object"]),
        ({"annotations": {"all": "train.json", "test": "test.json"}}, ["annotations", "'all'"]),
        ({"durations": 3}, ["durations", "3", "list of files"]),
        ({"words": "nothing.txt"}, ["nothing.txt"]),
        ({"annotations": {"train": "train.json", "test": "test.json", "dev": "x"}}, ["'dev'", "val"]),
        ({"annotations": {"train": "train.json", "test": 3}}, ["annotations.test", "3"]),
        ({"features": "nothing.npz"}, ["nothing.npz"]),
        ({"features": "../features.npz"}, ["../features.npz", "inside"]),
        ({"features": "/etc/hostname"}, ["/etc/hostname", "inside"]),
        ({"source_pattern": "(["}, ["source_pattern", "([", "regular expression"]),
        ({"source_pattern": "(a+)+$"}, ["source_pattern", "(a+)+$", "accepted"]),
        ({"source_pattern": "^z"}, ["source_pattern", "^z", "match"]),
    ],
)
def test_a_bad_manifest_is_refused(folder: Path, changes: dict[str, object], named: list[str]) -> None:
    spoil_manifest(folder, **changes)
    refusal(folder, *named)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"duration": "long"}, ["row 1", "c1#0", "duration", "finite number"]),
        ({"duration": 0}, ["duration", "above 0"]),
        ({"duration": float("nan")}, ["duration", "finite"]),
        ({"duration": 1e8}, ["duration", "10,000,000"]),
        ({"duration": True}, ["duration", "finite"]),
        ({"duration": 10**400}, ["duration", "finite"]),
        ({"timestamps": {}}, ["'c1'", "timestamps", "list"]),
        ({"timestamps": [[0, 1]]}, ["'c1'", "1 timestamps", "2 sentences"]),
        ({"timestamps": [[0, 1], [1, 2, 3]]}, ["row 2", "c1#1", "[1, 2, 3]", "[start, end]"]),
        ({"timestamps": [[0, 1], 7]}, ["row 2", "c1#1", "7"]),
        ({"timestamps": [[0, 1], [3, 3]]}, ["row 2", "c1#1", "[3, 3]", "end after it starts"]),
        ({"timestamps": [[0, 1], [4, 3]]}, ["row 2", "c1#1", "[4, 3]", "end after it starts"]),
        ({"timestamps": [[0, 1], [-1, 3]]}, ["row 2", "c1#1", "[-1, 3]", "a start from 0"]),
        ({"timestamps": [[0, 1], [10, 13]]}, ["row 2", "c1#1", "[10, 13]", "duration 10"]),
        ({"timestamps": [[0, 1], [0, None]]}, ["row 2", "c1#1", "finite"]),
        ({"timestamps": [[0, 1], [0, 10**400]]}, ["row 2", "c1#1", "finite"]),
        ({"sentences": ["a", " .!"]}, ["row 2", "c1#1", "sentence", "at least one word"]),
        ({"sentences": ["a", 4]}, ["row 2", "c1#1", "sentence", "4"]),
        ({"sentences": ["a", "\ud800"]}, ["row 2", "c1#1", "sentence", "ud800"]),
        ({"sentences": ["a", "b" * 10_001]}, ["row 2", "c1#1", "sentence", "10,000"]),
    ],
)
def test_a_bad_annotation_is_refused(folder: Path, changes: dict[str, object], named: list[str]) -> None:
    spoil_video(folder, **changes)
    said = refusal(folder, "val.json", *named)
    with pytest.raises(DataError) as caught:
        load_dataset(folder)
    assert str(caught.value) == said


@pytest.mark.parametrize("entry", [[[0, 1]], {"duration": 3, "timestamps": []}])
def test_a_file_without_a_single_good_row_is_refused_even_before_a_decision(
    folder: Path, entry: object
) -> None:
    for split in ("train", "val", "test"):
        write_json(folder / f"{split}.json", {"c1": entry})
    with pytest.raises(
        DataError, match=r"train\.json: no row can be understood as activitynet; first: .*'c1'"
    ):
        check_dataset(folder)


def test_a_video_that_is_no_object_is_refused(folder: Path) -> None:
    spoiled = {"c0": annotated(), "c1": [[0, 1]]}
    write_json(folder / "val.json", spoiled)
    refusal(folder, "val.json", "'c1'", "object")


def test_a_video_without_sentences_key_is_refused(folder: Path) -> None:
    write_json(folder / "val.json", {"c1": {"duration": 3, "timestamps": []}})
    refusal(folder, "val.json", "'c1'", "'sentences'")


@pytest.mark.parametrize("video", ["", " ", "a\nb", "x" * 300])
def test_a_video_id_that_cannot_be_one_is_refused(folder: Path, video: str) -> None:
    write_json(folder / "val.json", {"c1": annotated(), video: annotated()})
    refusal(folder, "val.json", "video id", "printable")


def test_annotations_that_are_no_object_are_refused(folder: Path) -> None:
    write_json(folder / "val.json", [1, 2])
    refusal(folder, "val.json", "object")


@pytest.mark.parametrize("text", ["{", "\x00", "[" * 100_000, '{"c1": tru}'])
def test_broken_json_is_refused(folder: Path, text: str) -> None:
    (folder / "val.json").write_text(text)
    refusal(folder, "val.json", "JSON")


def test_json_that_is_not_text_is_refused(folder: Path) -> None:
    (folder / "val.json").write_bytes(b'{"a": "\xff"}')
    refusal(folder, "val.json", "JSON", "byte 7", "UTF-8")


def test_a_video_twice_in_one_file_is_refused(folder: Path) -> None:
    entry = json.dumps(annotated(1))
    (folder / "val.json").write_text(f'{{"c1": {entry}, "c1": {entry}}}')
    refusal(folder, "val.json", "'c1'", "twice")


def test_a_video_in_two_splits_is_refused(folder: Path) -> None:
    write_json(folder / "val.json", {"a1": annotated(1)})
    refusal(folder, "train.json", "val.json", "'a1'", "one split")
    with pytest.raises(DataError, match="one split"):
        load_dataset(folder)


@pytest.mark.parametrize("content", [{}, {"c1": {"duration": 4, "timestamps": [], "sentences": []}}])
def test_an_empty_split_is_refused(folder: Path, content: dict[str, object]) -> None:
    write_json(folder / "val.json", content)
    refusal(folder, "val.json", "val", "empty")


def test_a_single_source_cannot_give_a_validation_split(folder: Path) -> None:
    write_json(folder / "train.json", {"a1": annotated(1)})
    spoil_manifest(folder, annotations={"train": "train.json", "test": "test.json"})
    refusal(folder, "train", "1 source", "two")


def test_features_that_lack_a_video_are_refused(folder: Path) -> None:
    features = good_features()
    del features["d2"]
    write_features(folder / "features.npz", features)
    refusal(folder, "features.npz", "'d2'")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_are_refused(folder: Path, value: float) -> None:
    spoiled = np.zeros((6, 4), np.float32)
    spoiled[2, 3] = value
    spoil_features(folder, "b1", spoiled)
    refusal(folder, "features.npz", "'b1'", str(value), "row 2, column 3", "finite")


def test_features_too_large_for_single_precision_are_refused(folder: Path) -> None:
    spoil_features(folder, "b1", np.full((6, 4), 1e300))
    refusal(folder, "features.npz", "'b1'", "inf")


def test_features_of_another_width_in_one_video_are_refused(folder: Path) -> None:
    spoil_features(folder, "b1", np.zeros((6, 5), np.float32))
    refusal(folder, "features.npz", "'b1'", "width 5", "4")


@pytest.mark.parametrize("shape", [(6,), (0, 4), (2, 3, 4), ()])
def test_features_of_another_shape_are_refused(folder: Path, shape: tuple[int, ...]) -> None:
    spoil_features(folder, "b1", np.zeros(shape, np.float32))
    refusal(folder, "features.npz", "'b1'", "shape", "(T, D)")


def test_features_that_are_integers_are_refused(folder: Path) -> None:
    spoil_features(folder, "b1", np.zeros((6, 4), np.int64))
    refusal(folder, "features.npz", "'b1'", "int64", "floating-point")


def test_pickled_objects_are_refused_unread(folder: Path) -> None:
    spoil_features(folder, "b1", np.array([[print, 1]], dtype=object))
    refusal(folder, "features.npz", "'b1'", "pickled", "floating-point")


def test_a_pickle_in_place_of_the_archive_is_refused(folder: Path) -> None:
    np.save(folder / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    (folder / "x.npy").replace(folder / "features.npz")
    refusal(folder, "features.npz", ".npz")


@pytest.mark.parametrize("share", [0.0, 0.2, 0.6, 0.99])
def test_a_truncated_archive_is_refused(folder: Path, share: float) -> None:
    whole = (folder / "features.npz").read_bytes()
    (folder / "features.npz").write_bytes(whole[: int(len(whole) * share)])
    refusal(folder, "features.npz", "cut short")


def test_an_archive_with_a_damaged_array_is_refused(folder: Path) -> None:
    whole = bytearray((folder / "features.npz").read_bytes())
    with zipfile.ZipFile(folder / "features.npz") as archive:
        offset = archive.getinfo("b1.npy").header_offset
    whole[offset + 200] ^= 0xFF
    (folder / "features.npz").write_bytes(whole)
    refusal(folder, "features.npz", "'b1'")


def test_a_member_that_is_no_array_is_refused(folder: Path) -> None:
    with zipfile.ZipFile(folder / "features.npz", "a") as archive:
        archive.writestr("notes.txt", "hello")
    refusal(folder, "features.npz", "'notes.txt'")


def test_a_video_twice_in_the_archive_is_refused(folder: Path) -> None:
    with zipfile.ZipFile(folder / "features.npz", "a") as archive:
        data = archive.read("b1.npy")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("b1.npy", data)
    refusal(folder, "features.npz", "'b1'", "twice")


def test_an_array_that_states_more_than_it_holds_is_refused(folder: Path) -> None:
    with zipfile.ZipFile(folder / "features.npz") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["b1.npy"] = members["b1.npy"].replace(b"(6, 4), ", b"(9, 4), ")
    with zipfile.ZipFile(folder / "features.npz", "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    refusal(folder, "features.npz", "'b1'", "(9, 4)")


def test_an_empty_archive_is_refused(folder: Path) -> None:
    write_features(folder / "features.npz", {})
    refusal(folder, "features.npz", "no arrays")


def test_a_file_in_place_of_a_folder_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match=r"train\.json.* folder"):
        load_dataset(folder / "train.json")


def test_a_place_where_nothing_lies_is_refused(folder: Path) -> None:
    refusal(folder / "nothing", "nothing", "not there")


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    outside = folder.parent / "outside.npz"
    (folder / "features.npz").rename(outside)
    (folder / "features.npz").symlink_to(outside)
    refusal(folder, "features.npz", "inside")


def test_a_folder_without_manifest_and_with_two_archives_is_refused(folder: Path) -> None:
    (folder / "dataset.json").unlink()
    write_features(folder / "more.npz", good_features())
    refusal(folder, "little", "2 files", "features.npz, more.npz", "exactly one")


def test_a_folder_without_manifest_and_two_train_files_is_refused(folder: Path) -> None:
    (folder / "dataset.json").unlink()
    (folder / "train.json").rename(folder / "x_train.json")
    (folder / "y_train.json").write_text("{}")
    refusal(folder, "x_train.json", "y_train.json", "one")


def test_nan_features_are_found_when_the_video_is_read(folder: Path) -> None:
    spoil_features(folder, "b1", np.full((6, 4), np.nan))
    dataset = load_dataset(folder)
    assert dataset.needed_features().load("a1").shape == (6, 4)
    with pytest.raises(DataError, match="'b1'"):
        dataset.needed_features().load("b1")
