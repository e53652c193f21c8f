"""Sealing: what is loaded from a sealed folder is what was handed in, and it is there whole or not at all."""

import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import Dataset, load_dataset
from mtkd_engine.data.errors import DataError, DatasetRefusedError
from mtkd_engine.data.sealing import seal as seal_module
from mtkd_engine.data.sealing.samples import line_of, read_slice, samples_of
from mtkd_engine.data.world import VideosPerSplit, make_world
from tests.engine.data.conftest import annotated, good_features, good_manifest, write_features, write_json
from tests.engine.data.rowmaker import row

GLOVE = "red 1 0\ncircle 0 1\nunused 3 3\njumps 2 2\n"


def same(one: Dataset, other: Dataset) -> bool:
    """Whether two datasets say the same in everything but where they lie."""
    for samples in one.splits.values():
        for sample in samples:
            pair = (dataset.needed_features().load(sample.video_id) for dataset in (one, other))
            if not np.array_equal(*pair):
                return False
    return one.splits == other.splits and one.content_hash == other.content_hash


def test_a_sealed_dataset_loads_as_the_raw_one(folder: Path, tmp_path: Path) -> None:
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert report["sealed"]
    sealed = load_dataset(tmp_path / "sealed")
    assert same(sealed, load_dataset(folder))
    assert sealed.content_hash == report["content_hash"]
    stated = json.loads((tmp_path / "sealed" / "dataset.json").read_text())
    assert stated["splits"] == {"train": 8, "val": 2, "test": 4}
    assert (stated["feature_width"], stated["word_vectors"], stated["repairs"]) == (4, None, [])


def test_the_generated_world_seals_and_loads_as_before(tmp_path: Path) -> None:
    world = tmp_path / "world"
    make_world(world, videos=VideosPerSplit(train=3, val=1, test=1), seed=5)
    report = check_dataset(world, seal=tmp_path / "sealed")
    assert report["problems"] == []
    assert report["playable"] == 5
    sealed = load_dataset(tmp_path / "sealed")
    assert same(sealed, load_dataset(world))
    videos = json.loads((tmp_path / "sealed" / "videos.json").read_text())
    assert [entry["strip"] for entry in videos.values()] == list(range(5))
    for entry in videos.values():
        assert (tmp_path / "sealed" / entry["file"]).is_file()
    assert np.load(tmp_path / "sealed" / "strips.npy").shape == (5, 16, 96)


def test_the_hash_is_that_of_the_content_in_any_container(folder: Path, tmp_path: Path) -> None:
    hashes = {check_dataset(folder, seal=tmp_path / "one")["content_hash"]}
    np.savez_compressed(folder / "features.npz", **good_features())
    hashes.add(check_dataset(folder, seal=tmp_path / "two")["content_hash"])
    for video, values in good_features().items():
        (folder / "arrays").mkdir(exist_ok=True)
        np.save(folder / "arrays" / f"{video}.npy", values)
    write_json(folder / "dataset.json", good_manifest() | {"features": "arrays", "name": "another"})
    hashes.add(check_dataset(folder, seal=tmp_path / "three")["content_hash"])
    with h5py.File(folder / "features.h5", "w") as file:
        for video, values in good_features().items():
            file[video] = values
    write_json(folder / "dataset.json", good_manifest() | {"features": "features.h5"})
    hashes.add(check_dataset(folder, seal=tmp_path / "hdf5")["content_hash"])
    hashes.add(check_dataset(tmp_path / "one", seal=tmp_path / "four")["content_hash"])
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, Path("inside", file.relative_to(folder)))
    hashes.add(check_dataset(tmp_path / "packed.zip", seal=tmp_path / "five")["content_hash"])
    assert len(hashes) == 1


def test_word_vectors_are_sealed_as_far_as_the_words_occur(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "glove.txt").write_text(GLOVE)
    report = check_dataset(folder, words=tmp_path / "glove.txt", seal=tmp_path / "sealed")
    assert report["word_vectors"] == {"width": 2, "words": 3, "vocabulary": 6}
    vectors = load_dataset(tmp_path / "sealed").word_vectors
    assert vectors is not None
    assert vectors.words == ("circle", "jumps", "red")
    assert vectors.vectors.tolist() == [[0, 1], [2, 2], [1, 0]]
    shutil.copy(tmp_path / "glove.txt", folder / "glove.txt")
    write_json(folder / "dataset.json", good_manifest() | {"words": "glove.txt"})
    assert load_dataset(folder).content_hash == report["content_hash"]
    bare = check_dataset(folder, seal=tmp_path / "again")
    assert bare["content_hash"] == report["content_hash"]


def test_a_dataset_without_features_seals(folder: Path, tmp_path: Path) -> None:
    (folder / "dataset.json").unlink()
    (folder / "features.npz").unlink()
    report = check_dataset(folder, seal=tmp_path / "sealed", name="named")
    assert (report["name"], report["feature_width"], report["feature_videos"]) == ("named", None, 0)
    assert not (tmp_path / "sealed" / "features.npz").exists()
    assert not (tmp_path / "sealed" / "strips.npy").exists()
    with pytest.raises(DataError, match="'named' was registered without features"):
        load_dataset(tmp_path / "sealed").needed_features()


def test_samples_are_read_a_few_at_a_time(folder: Path, tmp_path: Path) -> None:
    write_json(folder / "val.json", {"c1": annotated(2) | {"sentences": ["zwölf\u2028Uhr\r\nx", "b"]}})
    check_dataset(folder, seal=tmp_path / "sealed")
    first = read_slice(tmp_path / "sealed", start=7, stop=10)
    assert [sample["id"] for sample in first] == ["b2#1", "c1#0", "c1#1"]
    assert first[1]["sentence"] == "zwölf\u2028Uhr\r\nx"
    assert first[1]["windows"] == [[0.0, 2.0]]
    assert [s["split"] for s in read_slice(tmp_path / "sealed", start=13, stop=99)] == ["test"]
    assert read_slice(tmp_path / "sealed", start=14, stop=20) == []
    assert load_dataset(tmp_path / "sealed").splits["val"][0].sentence == "zwölf\u2028Uhr\r\nx"


def test_nothing_is_sealed_while_a_person_has_to_decide(folder: Path, tmp_path: Path) -> None:
    write_json(folder / "val.json", {"c1": annotated(1) | {"timestamps": [[8.0, 12.5]]}})
    report = check_dataset(folder, seal=tmp_path / "sealed")
    assert (report["sealed"], report["content_hash"]) == (False, None)
    assert not (tmp_path / "sealed").exists()
    (repair,) = report["repairs"]
    assert (repair["name"], repair["count"], repair["needed"], repair["accepted"]) == (
        "clip_windows",
        1,
        False,
        False,
    )

    kept = check_dataset(folder, seal=tmp_path / "kept", accept=[])
    assert kept["repairs"][0]["accepted"] is False
    assert load_dataset(tmp_path / "kept").splits["val"][0].windows == ((8.0, 12.5),)

    cut = check_dataset(folder, seal=tmp_path / "cut", accept=["clip_windows"])
    assert cut["repairs"][0]["accepted"] is True
    assert cut["problems"][0]["count"] == 1
    assert load_dataset(tmp_path / "cut").splits["val"][0].windows == ((8.0, 10.0),)
    assert json.loads((tmp_path / "cut" / "dataset.json").read_text())["repairs"] == ["clip_windows"]
    assert cut["content_hash"] == load_dataset(folder).content_hash != kept["content_hash"]


def spoiled(folder: Path) -> dict[str, Any]:
    write_json(folder / "train.json", {v: annotated(2) for v in ("a1", "a2", "b1", "b2", "d1")})
    late = {"duration": 10, "timestamps": [[0, 3], [5, 2], [0, 3]], "sentences": ["x y", "z", "x y"]}
    write_json(folder / "val.json", {"c1": late, "c2": annotated()})
    return check_dataset(folder)


def test_needed_repairs_are_asked_for_one_and_all(folder: Path, tmp_path: Path) -> None:
    report = spoiled(folder)
    needed = [repair["name"] for repair in report["repairs"] if repair["needed"]]
    assert needed == ["drop_rows", "drop_without_features", "drop_shared"]
    for missing in needed:
        accept = [name for name in needed if name != missing]
        with pytest.raises(DatasetRefusedError) as caught:
            check_dataset(folder, accept=accept, seal=tmp_path / "sealed")
        assert caught.value.report["repairs"]
        assert not (tmp_path / "sealed").exists()
    check_dataset(folder, accept=[*needed, "drop_duplicates"], seal=tmp_path / "sealed")
    sealed = load_dataset(tmp_path / "sealed")
    assert [s.sample_id for s in sealed.splits["val"]] == ["c1#0"]
    assert {s.video_id for s in sealed.splits["train"]} == {"a1", "a2", "b1", "b2"}


def test_what_no_repair_mends_is_refused_with_its_report(folder: Path) -> None:
    (folder / "dataset.json").unlink()
    for file in folder.glob("*.json"):
        file.unlink()
    moment = {"qid": 7, "query": "a", "vid": "a1", "duration": 10, "relevant_windows": [[0, 1]]}
    lines = [
        moment,
        moment | {"query": "b"},
        moment | {"qid": 8, "vid": "b1"},
        moment | {"qid": 9, "vid": "b2"},
    ]
    (folder / "all.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with pytest.raises(DatasetRefusedError, match="row 2: 7: the id is already given") as caught:
        check_dataset(folder)
    assert caught.value.report["problems"][0]["code"] == "conflicting_ids"


def test_a_split_that_repairs_empty_is_not_made_up_silently(folder: Path) -> None:
    write_json(folder / "val.json", {"c1": annotated() | {"duration": None}})
    assert not check_dataset(folder)["sealed"]
    with pytest.raises(DatasetRefusedError, match="no row of the split val is left"):
        check_dataset(folder, accept=["drop_rows"])


def test_a_failure_while_sealing_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(seal_module, "write_strips", fail)
    with pytest.raises(KeyboardInterrupt):
        check_dataset(folder, seal=tmp_path / "sealed")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["little"]


def test_a_place_that_is_taken_is_left_alone(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(DataError, match=r"--seal: .*mine exists already"):
        check_dataset(folder, seal=tmp_path / "mine")
    assert not list((tmp_path / "mine").iterdir())


def test_the_same_work_folder_reads_features_and_archives_once(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(folder / "val.json", {"c1": annotated(1) | {"timestamps": [[8.0, 12.5]]}})
    shutil.make_archive(str(tmp_path / "packed"), "zip", folder)
    given, work = tmp_path / "packed.zip", tmp_path / "work"
    assert not check_dataset(given, work=work, seal=tmp_path / "sealed")["sealed"]

    def again(*_: object, **__: object) -> None:
        raise AssertionError("done twice")

    monkeypatch.setattr("mtkd_engine.data.check.handed.extract", again)
    monkeypatch.setattr("mtkd_engine.data.features.npz.FeatureStore._read", again)
    monkeypatch.setattr("mtkd_engine.data.sealing.seal.write_strips", lambda *_, **__: None)
    report = check_dataset(given, work=work, seal=tmp_path / "sealed", accept=["clip_windows"])
    assert report["sealed"]


@pytest.mark.parametrize("file", ["samples.jsonl", "features.npz", "videos.json"])
def test_a_sealed_folder_that_is_not_whole_is_refused(folder: Path, tmp_path: Path, file: str) -> None:
    check_dataset(folder, seal=tmp_path / "sealed")
    (tmp_path / "sealed" / file).unlink()
    with pytest.raises(DataError, match=file.replace(".", r"\.")):
        load_dataset(tmp_path / "sealed")


@pytest.mark.parametrize("line", ["{", "[]", '{"id": "x"}', '{"split": "dev"}'])
def test_a_sealed_line_that_is_no_sample_is_refused(folder: Path, tmp_path: Path, line: str) -> None:
    check_dataset(folder, seal=tmp_path / "sealed")
    (tmp_path / "sealed" / "samples.jsonl").write_text(line)
    with pytest.raises(DataError, match=r"samples\.jsonl, row 1"):
        load_dataset(tmp_path / "sealed")


def test_identical_features_in_two_splits_are_a_warning_before_and_after(
    folder: Path, tmp_path: Path
) -> None:
    features = good_features()
    features["d1"] = features["a1"]
    write_features(folder / "features.npz", features)
    for seal in (None, tmp_path / "sealed"):
        codes = [problem["code"] for problem in check_dataset(folder, seal=seal)["problems"]]
        assert codes == ["same_features"]


def test_words_that_lie_among_the_rest_are_no_annotations(folder: Path, tmp_path: Path) -> None:
    (folder / "dataset.json").unlink()
    words = folder / "words_test.txt"
    words.write_text(GLOVE)
    with zipfile.ZipFile(folder / "features.zip", "w") as archive:
        archive.write(folder / "features.npz", "features.npz")
    (folder / "features.npz").unlink()
    report = check_dataset(folder, words=words, seal=tmp_path / "sealed")
    assert report["word_vectors"]["words"] == 3
    assert report["feature_width"] == 4
    assert report["problems"] == []
    assert [file["name"] for file in report["files"]] == [
        "train.json", "val.json", "test.json", "words_test.txt", "features.npz",
    ]  # fmt: skip


def test_a_start_of_minus_zero_is_zero() -> None:
    splits = [samples_of([row(windows=((zero, 2.0),))]) for zero in (0.0, -0.0)]
    assert line_of("train", splits[0]["train"][0]) == line_of("train", splits[1]["train"][0])
