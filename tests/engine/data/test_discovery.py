"""A folder without dataset.json: formats by content, splits by name, features by the names of videos."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtkd_engine.data.detect import format_of, split_of
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.manifest import Manifest, read_manifest

from .conftest import annotated, write_features

VIDEO = {"v": annotated(2)}
FRAMES = {"v": {"timestamps": [[0, 1]], "sentences": ["a"], "fps": 29.4, "num_frames": 300}}
MOMENTS = json.dumps(
    {"qid": 1, "query": "a", "vid": "x_0.0_150.0", "duration": 150, "relevant_windows": [[0, 1]]}
)
LONG = {"v": {"timestamps": [[0, 1]] * 40_000, "sentences": ["a"] * 40_000, "fps": 1, "num_frames": 2}}
Put = Callable[[str, object], Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """`put(name, content)` writes text, JSON or features below a folder "little"."""

    def putting(name: str, content: object) -> Path:
        path = tmp_path / "little" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, np.ndarray):
            np.save(path, content)
        elif path.suffix == ".npz":
            assert isinstance(content, dict)
            write_features(path, content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return putting


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("a.json", VIDEO, "activitynet"),
        ("a.json", FRAMES, "tacos"),
        ("a.json", LONG, "tacos"),
        ("a.json", {}, "activitynet"),
        ("a.json", "{broken", "activitynet"),
        ("a.json", {"v": 12.5}, "durations"),
        ("a.json", {"v": {"subset": "training", "duration": 2.5, "actions": []}}, "durations"),
        ("a.json", {"v": {"colour": "red"}}, None),
        ("a.json", [1], None),
        ("a.jsonl", MOMENTS + "\n" + MOMENTS, "qvhighlights"),
        ("a.jsonl", '{"a": 1}', None),
        ("a.txt", "3MSZA 24.3 30.4##person turn a light on.\n", "charades_sta"),
        ("a.txt", "read me", None),
        ("a.csv", "id,subject,length\nv,x,3", "durations"),
        ("a.csv", "video,duration\nv,3", "durations"),
        ("a.csv", "video,colour\nv,3", None),
        ("a.csv", "", None),
    ],
)
def test_the_beginning_tells_the_format(put: Put, name: str, content: object, named: str | None) -> None:
    assert format_of(put(name, content)) == named


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("charades_sta_train.txt", "train"),
        ("train.json", "train"),
        ("val_1.json", "val"),
        ("val_2.json", "test"),
        ("highlight_val_release.jsonl", "val"),
        ("activitynet-validation.json", "val"),
        ("x.TEST.json", "test"),
        ("training.json", "train"),
        ("annotations.jsonl", None),
        ("latest.json", None),
        ("trainers.json", None),
        ("charades.json", None),
    ],
)
def test_the_name_tells_the_split(name: str, split: str | None) -> None:
    assert split_of(Path(name)) == split


def splits_of(manifest: Manifest) -> dict[str | None, str]:
    return {file.split: file.name for file in manifest.files}


def test_splits_come_in_order_whatever_the_files_are_called(put: Put, tmp_path: Path) -> None:
    for name in ("val_2.json", "val_1.json", "deep/train.json"):
        put(name, VIDEO)
    put("train_ids.json", ["v"])
    manifest = read_manifest(tmp_path / "little")
    assert splits_of(manifest) == {"train": "train.json", "val": "val_1.json", "test": "val_2.json"}
    assert manifest.format == "activitynet"
    assert manifest.ignored == ("train_ids.json",)


def test_charades_finds_its_durations(put: Put, tmp_path: Path) -> None:
    put("charades_sta_train.txt", "v 0 1##a")
    put("charades.json", {"v": {"duration": 3}})
    put("Charades_v1_test.csv", "id,length\nw,4")
    put("README.txt", "hello")
    manifest = read_manifest(tmp_path / "little")
    assert manifest.format == "charades_sta"
    assert {path.name for path in manifest.durations} == {"charades.json", "Charades_v1_test.csv"}
    assert manifest.ignored == ()


def test_one_file_without_a_split_in_its_name_is_everything(put: Put, tmp_path: Path) -> None:
    put("annotations.jsonl", MOMENTS)
    assert splits_of(read_manifest(tmp_path / "little")) == {None: "annotations.jsonl"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ["a.json", "b.json"],
            r"several files for annotations without a split in the name \(a.json, b.json\)",
        ),
        (["train.json", "x_train.json"], r"several files for the split train \(train.json, x_train.json\)"),
        (["train.json", "more.json"], r"the name of more.json tells no split"),
        ([], "neither dataset.json nor annotations"),
    ],
)
def test_a_folder_that_is_not_clear_is_refused(put: Put, tmp_path: Path, names: list[str], said: str) -> None:
    put("readme.md", "x")
    for name in names:
        put(name, VIDEO)
    with pytest.raises(DataError, match=said):
        read_manifest(tmp_path / "little")


def test_two_formats_are_refused_until_one_is_named(put: Put, tmp_path: Path) -> None:
    put("train.json", VIDEO)
    put("x.jsonl", MOMENTS)
    with pytest.raises(DataError, match=r"2 formats \(activitynet, qvhighlights\)"):
        read_manifest(tmp_path / "little")
    assert read_manifest(tmp_path / "little", annotation_format="qvhighlights").format == "qvhighlights"
    with pytest.raises(DataError, match="given 'words', accepted are auto, activitynet"):
        read_manifest(tmp_path / "little", annotation_format="words")


ARRAY = np.zeros((3, 2), np.float32)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"f.npz": {"v": ARRAY}}, "f.npz"),
        ({"v.npy": ARRAY, "w.npy": ARRAY}, "."),
        ({"features/v.npy": ARRAY, "other/x.npy": ARRAY}, "features"),
        ({"features/v.npz": {"a": ARRAY}, "features/w.npz": {"a": ARRAY}}, "features"),
        ({"deep/down/f.npz": {"v": ARRAY}}, "deep/down/f.npz"),
        ({"f.npz": {"v": ARRAY}, "truth/v.npz": {"a": ARRAY}}, "f.npz"),
        ({"f.h5": "never opened here"}, "f.h5"),
        ({"x.npy": ARRAY}, None),
        ({}, None),
    ],
)
def test_features_are_found_by_the_videos(
    put: Put, tmp_path: Path, files: dict[str, object], found: str | None
) -> None:
    put("train.json", VIDEO)
    for name, content in files.items():
        put(name, content)
    place = read_manifest(tmp_path / "little").features_of({"v", "w"})
    assert place == (None if found is None else tmp_path / "little" / found)


def test_two_places_of_features_are_refused(put: Put, tmp_path: Path) -> None:
    put("train.json", VIDEO)
    put("f.npz", {"v": ARRAY})
    put("g.h5", "x")
    with pytest.raises(DataError, match=r"2 files or folders of features \(f.npz, g.h5\)"):
        read_manifest(tmp_path / "little").features_of({"v"})


def test_links_out_of_the_folder_and_hidden_files_are_passed_over(put: Put, tmp_path: Path) -> None:
    put("train.json", VIDEO)
    put("../secret_test.json", VIDEO)
    (tmp_path / "little" / "test.json").symlink_to(tmp_path / "secret_test.json")
    put(".hidden_val.json", VIDEO)
    put("__MACOSX/val.json", VIDEO)
    assert splits_of(read_manifest(tmp_path / "little")) == {"train": "train.json"}


def test_a_manifest_may_name_format_durations_and_leave_features_out(put: Put, tmp_path: Path) -> None:
    put("a.txt", "v 0 1##a")
    put("b.json", {"v": 2})
    put("glove.txt", "a 1 2")
    put(
        "dataset.json",
        {
            "format": "mtkd.dataset/1",
            "task": "grounding",
            "name": "x",
            "annotations": {"all": "a.txt"},
            "annotation_format": "charades_sta",
            "durations": "b.json",
            "words": "glove.txt",
        },
    )
    manifest = read_manifest(tmp_path / "little")
    assert splits_of(manifest) == {None: "a.txt"}
    assert [path.name for path in manifest.durations] == ["b.json"]
    assert manifest.words == tmp_path / "little" / "glove.txt"
    assert manifest.features_of({"v"}) is None


def test_a_named_format_goes_before_what_the_beginning_tells(put: Put, tmp_path: Path) -> None:
    put("train.json", {"v": annotated(2) | {"fps": 25}})
    put("test.json", VIDEO)
    manifest = read_manifest(tmp_path / "little", annotation_format="activitynet")
    assert splits_of(manifest) == {"train": "train.json", "test": "test.json"}
    assert (manifest.format, manifest.ignored) == ("activitynet", ())
