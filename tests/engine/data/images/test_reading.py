"""Class folders, Parquet and archives of them are read as the same datasets, whatever their files are called."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images import store
from mtkd_engine.data.images.dataset import ImageDataset
from mtkd_engine.data.images.load import load_images
from mtkd_engine.data.images.readers import parquet
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from mtkd_engine.data.task import task_of
from mtkd_engine.data.world import VideosPerSplit, make_world
from tests.images_double import png, write_folders

CLASSES = ("cat", "dog")


def labels(dataset: ImageDataset, split: str) -> list[str]:
    return [dataset.classes[sample.label] for sample in dataset.splits[split]]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    names = [
        f"{split}/{name}/{n}.png" for split in ("train", "valid", "test") for name in CLASSES for n in "ab"
    ]
    return write_folders(tmp_path / "pets", {name: png(number) for number, name in enumerate(names)})


def table(path: Path, *, rows: int = 6, first: int = 0, **columns: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    given = {"image": [png(first + row) for row in range(rows)], "label": [row % 2 for row in range(rows)]}
    pq.write_table(pa.table({**given, **columns}), path, row_group_size=4)
    return path


def splits(folder: Path, **columns: object) -> Path:
    for number, split in enumerate(("train", "val", "test")):
        table(folder / f"{split}.parquet", first=10 * number, **columns)
    return folder


def test_folders_of_classes_in_folders_of_splits(folders: Path) -> None:
    dataset = load_images(folders)
    assert (dataset.classes, dataset.task, task_of(folders)) == (CLASSES, "classification", "classification")
    assert labels(dataset, "val") == ["cat", "cat", "dog", "dog"]
    first = dataset.splits["train"][0]
    assert (first.sample_id, first.source_id) == ("train/cat/a.png", "train/cat/a.png")
    assert dataset.images.encoded(first.place) == (folders / first.sample_id).read_bytes()


def test_a_list_of_names_gives_the_order_of_classes(folders: Path) -> None:
    (folders / "classes.json").write_text('["dog", "cat", "bird"]')
    dataset = load_images(folders)
    assert dataset.classes == ("dog", "cat", "bird")
    assert {sample.label for sample in dataset.splits["train"]} == {0, 1}


def test_without_splits_every_class_is_divided_and_equal_images_stay_together(tmp_path: Path) -> None:
    images = {f"{name}/{n}.png": png(1000 * c + n // 2) for c, name in enumerate(CLASSES) for n in range(40)}
    dataset = load_images(write_folders(tmp_path / "pets", images))
    for split, share in (("train", 28), ("val", 6), ("test", 6)):
        assert abs(labels(dataset, split).count("cat") - share) <= 1
        assert labels(dataset, split).count("cat") == labels(dataset, split).count("dog")
    contents = [
        {dataset.images.encoded(sample.place) for sample in dataset.splits[split]} for split in dataset.splits
    ]
    assert not contents[0] & contents[1] | contents[0] & contents[2] | contents[1] & contents[2]


def test_stated_sources_are_never_divided(tmp_path: Path) -> None:
    images = {f"{name}/{n}.png": png(100 * c + n) for c, name in enumerate(CLASSES) for n in range(20)}
    folder = write_folders(tmp_path / "pets", images)
    lines = [f"{name},{name[:3]}{int(name[4:-4]) // 5}" for name in images]
    (folder / "sources.csv").write_text("id,source\n" + "\n".join(lines))
    dataset = load_images(folder)
    found = [{sample.source_id for sample in samples} for samples in dataset.splits.values()]
    assert sum(map(len, found)) == len(set().union(*found)) == 8
    assert all(found)


def test_parquet_by_split_with_names_beside_it(tmp_path: Path) -> None:
    folder = splits(tmp_path / "t")
    (folder / "classes.json").write_text(json.dumps(CLASSES))
    dataset = load_images(folder)
    assert labels(dataset, "test") == ["cat", "dog"] * 3
    assert dataset.splits["test"][5].sample_id == "test-0000005"
    assert dataset.images.encoded(dataset.splits["test"][5].place) == png(25)


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        ({"label": ["b", "a"] * 3}, ("a", "b")),
        ({"label_name": ["b", "a"] * 3}, ("b", "a")),
        ({"label": pa.array(["b", "a"] * 3).dictionary_encode()}, ("a", "b")),
        ({}, ("0", "1")),
    ],
)
def test_labels_are_names_or_numbers_with_names(
    tmp_path: Path, columns: dict[str, object], classes: tuple[str, ...]
) -> None:
    assert load_images(splits(tmp_path / "t", **columns)).classes == classes


def test_a_struct_of_bytes_and_the_names_of_the_datasets_library(tmp_path: Path) -> None:
    folder = tmp_path / "t"
    folder.mkdir()
    features = {"info": {"features": {"label": {"names": ["x", "y"], "_type": "ClassLabel"}}}}
    for number, part in enumerate(("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001")):
        rows = [{"bytes": png(10 * number + row), "path": None} for row in range(6)]
        made = pa.table({"image": rows, "label": [row % 2 for row in range(6)]})
        made = made.replace_schema_metadata({"huggingface": json.dumps(features)})
        pq.write_table(made, folder / f"{part}.parquet")
    dataset = load_images(folder)
    assert dataset.classes == ("x", "y")
    assert len(dataset.splits["train"]) + len(dataset.splits["val"]) == 12
    last = dataset.splits["test"][-1]
    assert (last.sample_id, dataset.images.encoded(last.place)) == ("test-00000-of-00001-0000005", png(25))


def test_one_table_may_name_its_splits_ids_and_sources(tmp_path: Path) -> None:
    path = table(
        tmp_path / "all.parquet",
        split=["train", "train", "validation", "validation", "test", "test"],
        id=list(range(6)),
        source=["s", "s", "t", "t", "u", "u"],
    )
    dataset = load_images(path)
    assert [sample.sample_id for sample in dataset.splits["val"]] == ["2", "3"]
    assert [sample.source_id for sample in dataset.splits["test"]] == ["u", "u"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"label": [0, 1, None, 1, 0, 1]}, "row 3: it has no label"),
        ({"id": ["a", "a", "b", "c", "d", "e"]}, "the id 'a' is given twice"),
        ({"image": [png(1), None, png(2), png(3), png(4), png(5)]}, "the row has no bytes"),
        ({"split": ["train", "dev", "test", "test", "val", "val"]}, "its split is 'dev'"),
        ({"id": ["x" * 999, *"abcde"]}, "id or source"),
    ],
)
def test_rows_that_say_nothing_are_refused(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    folder = splits(tmp_path / "t") if "split" not in changes else tmp_path / "t"
    table(folder / ("train.parquet" if "split" not in changes else "all.parquet"), **changes)
    with pytest.raises(DataError, match=said):
        load_images(folder)


def test_labels_beyond_the_list_and_images_in_two_splits_are_refused(tmp_path: Path) -> None:
    folder = splits(tmp_path / "t")
    (folder / "classes.json").write_text('["only"]')
    with pytest.raises(DataError, match="none of the 1 classes"):
        load_images(folder)
    (folder / "classes.json").unlink()
    table(folder / "test.parquet", first=0)
    with pytest.raises(DataError, match="is the same image as 'train-0000000' of train"):
        load_images(folder)


def test_a_spoilt_table_is_refused_and_one_without_images_is_left_out(tmp_path: Path) -> None:
    folder = splits(tmp_path / "t")
    pq.write_table(pa.table({"note": ["x"]}), folder / "notes.parquet")
    assert len(load_images(folder).splits["train"]) == 6
    (folder / "train.parquet").write_bytes(b"PAR1" + bytes(40))
    with pytest.raises(DataError, match=r"train\.parquet is not a readable Parquet file"):
        load_images(folder)


def test_groups_of_rows_that_memory_cannot_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_LARGEST_GROUP", 1000)
    with pytest.raises(DataError, match="in groups of up to 1,000 bytes"):
        load_images(splits(tmp_path / "t"))


def test_what_lies_beside_splits_is_refused(folders: Path) -> None:
    write_folders(folders, {"extra/cat/z.png": png(99)})
    with pytest.raises(DataError, match="'test', a split, and 'extra', which is none"):
        load_images(folders)


def test_pixels_are_decoded_once_and_left_for_the_next_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_images(tmp_path / "w", images=ImagesPerSplit(40, 10, 10), size=12, classes=3)
    dataset = load_images(tmp_path / "w", cache=tmp_path / "cache")
    order = np.random.default_rng(0).permutation(60)
    first = dataset.images.decoded(order[:20], size=8)
    assert first.shape == (20, 8, 8, 3)
    assert not list((tmp_path / "cache").glob("pixels-*"))
    whole = dataset.images.decoded(range(60), size=8)
    assert np.array_equal(whole[order[:20]], first)
    assert len(list((tmp_path / "cache").glob("pixels-*-8.npy"))) == 1
    again = load_images(tmp_path / "w", cache=tmp_path / "cache")
    monkeypatch.setattr(store, "decode", None)
    assert np.array_equal(again.images.decoded(range(60), size=8), whole)
    with pytest.raises(TypeError):
        again.images.decoded([0], size=9)


def test_an_image_that_cannot_be_decoded_is_named(folders: Path) -> None:
    (folders / "train/cat/a.png").write_bytes(png(0)[:60])
    dataset = load_images(folders)
    with pytest.raises(DataError, match=r"train/cat/a\.png: its file is cut short|cannot be decoded"):
        dataset.images.decoded([sample.place for sample in dataset.splits["train"]], size=12)


def test_the_task_is_told_by_what_lies_there(tmp_path: Path) -> None:
    make_world(tmp_path / "videos", videos=VideosPerSplit(2, 1, 1))
    assert task_of(tmp_path / "videos") == "grounding"
    assert task_of(splits(tmp_path / "deep" / "inside").parent) == "classification"
    write_folders(tmp_path / "videos", {"frames/a.png": png(1)})
    assert task_of(tmp_path / "videos") == "grounding"


def test_the_same_world_has_the_same_content(tmp_path: Path) -> None:
    hashes = set()
    for number in range(2):
        made = make_images(tmp_path / f"{number}", images=ImagesPerSplit(30, 10, 10), size=12, classes=3)
        hashes.add(load_images(tmp_path / f"{number}").content_hash)
        assert sum(made["regions"]["train"].values()) == 30
    assert len(hashes) == 1
    for wrong in ({"size": 4}, {"classes": 11}, {"difficulty": 2.0}, {"form": "tar"}, {"seed": -1}):
        with pytest.raises(DataError, match=next(iter(wrong))):
            make_images(tmp_path / "x", **wrong)  # type: ignore[arg-type]
