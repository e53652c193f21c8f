"""A teacher is described, measured beside guessing, and sealed whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from mtkd_engine.__main__ import main
from mtkd_engine.data.dataset import load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.modelfile import ModelError, load_model, model_hash, save_model
from mtkd_engine.nets.registry import build
from mtkd_engine.spec import GroundingCard, SpanNet
from mtkd_engine.teachers.check import check_teacher, evaluate_model
from mtkd_engine.teachers.load import load_teachers, teacher_file
from tests.engine.loop.conftest import write_planted
from tests.engine.predictions.conftest import everybody, noisy, write_jsonl

NET = SpanNet(clips=8, width=8, encoder_layers=1, heads=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset folder with features of width 6."""
    return write_planted(
        tmp_path_factory.mktemp("checks") / "planted", videos={"train": 6, "val": 3, "test": 3}
    )


def write(path: Path, *, width: int = 6) -> Path:
    card = GroundingCard(net=NET, feature_width=width, max_words=6, vocabulary=("<pad>", "<unk>", "alpha"))
    save_model(path, parameters=build(NET, feature_width=width, vocabulary_size=3).state_dict(), card=card)
    return path


def bare(path: Path) -> Path:
    """A model whose card lies outside, in card.json; returns the path of the card."""
    write(path)
    _, card = load_model(path)
    save_file(load_file(path), path)
    (path.parent / "card.json").write_text(card.model_dump_json())
    return path.parent / "card.json"


def test_a_model_is_described_and_measured_beside_guessing(tmp_path: Path, folder: Path) -> None:
    path = write(tmp_path / "m.safetensors")
    report = check_teacher(path, dataset=folder, split="test")
    assert report["kind"] == "model"
    assert report["family"] == "span"
    assert report["content_hash"] == model_hash(path)
    assert report["parameters"] > 1000
    assert report["card"]["feature_width"] == 6
    quality = report["quality"]
    assert quality["split"] == "test"
    assert quality["samples"] == 9
    assert quality["metrics"] == evaluate_model(path, data=folder, split="test")
    assert quality["metrics"].keys() == quality["blind"].keys()
    assert quality["blind"]["miou"] > 0


def test_without_a_dataset_quality_is_not_known(tmp_path: Path) -> None:
    report = check_teacher(write(tmp_path / "m.safetensors"))
    assert report["quality"] is None
    assert report["problems"] == []


def test_a_model_for_other_features_is_described_but_not_measured(tmp_path: Path, folder: Path) -> None:
    report = check_teacher(write(tmp_path / "m.safetensors", width=5), dataset=folder)
    assert report["quality"] is None
    assert [problem["code"] for problem in report["problems"]] == ["other_width"]
    assert "width 5" in report["problems"][0]["message"]


def test_a_model_on_a_dataset_without_features_is_described_but_not_measured(
    tmp_path: Path, folder: Path
) -> None:
    from mtkd_engine.data.check.validate import check_dataset

    raw = tmp_path / "raw"
    raw.mkdir()
    for split in ("train", "val", "test"):
        (raw / f"{split}.json").write_text((folder / f"{split}.json").read_text())
    check_dataset(raw, seal=tmp_path / "sealed")
    report = check_teacher(write(tmp_path / "m.safetensors"), dataset=tmp_path / "sealed")
    assert report["quality"] is None
    assert [problem["code"] for problem in report["problems"]] == ["no_features"]
    with pytest.raises(DataError, match="registered without features"):
        evaluate_model(tmp_path / "m.safetensors", data=tmp_path / "sealed", split="val")
    said = write_jsonl(tmp_path / "p.jsonl", noisy(everybody(load_dataset(folder))))
    predicted = check_teacher(said, dataset=tmp_path / "sealed")
    assert predicted["quality"]["metrics"]["miou"] > predicted["quality"]["blind"]["miou"]


def test_a_teacher_worse_than_guessing_is_told(tmp_path: Path, folder: Path) -> None:
    said = {sample.sample_id: [[0.0, 0.01, 0.9]] for sample in everybody(load_dataset(folder))}
    report = check_teacher(write_jsonl(tmp_path / "p.jsonl", said), dataset=folder)
    assert [(p["code"], p["severity"]) for p in report["problems"]] == [("below_blind", "warning")]
    assert "worse than guessing without looking" in report["problems"][0]["message"]


def test_a_split_that_nobody_predicted_has_no_quality(tmp_path: Path, folder: Path) -> None:
    said = noisy(load_dataset(folder).splits["val"])
    report = check_teacher(write_jsonl(tmp_path / "p.jsonl", said), dataset=folder, split="test")
    assert report["quality"] is None
    assert {p["code"] for p in report["problems"]} == {"split_not_covered", "incomplete_coverage"}


def test_predictions_need_a_dataset(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "p.jsonl", {"a": [[0.0, 1.0, 0.5]]})
    with pytest.raises(DataError, match=r"p\.jsonl holds stored predictions; name the dataset"):
        check_teacher(path)


def test_a_sealed_model_is_the_same_teacher_and_can_be_checked_again(tmp_path: Path, folder: Path) -> None:
    report = check_teacher(write(tmp_path / "m.safetensors"), dataset=folder, seal=tmp_path / "sealed")
    assert [file.name for file in (tmp_path / "sealed").iterdir()] == ["model.safetensors"]
    (teacher,) = load_teachers({"m": tmp_path / "sealed"}, dataset=load_dataset(folder))
    assert teacher.content_hash == report["content_hash"]
    assert check_teacher(tmp_path / "sealed")["content_hash"] == report["content_hash"]


def test_a_card_given_apart_is_sealed_beside_the_model(tmp_path: Path, folder: Path) -> None:
    card = bare(tmp_path / "m.safetensors")
    with pytest.raises(ModelError, match=r"no m\.json lies beside it"):
        check_teacher(tmp_path / "m.safetensors")
    report = check_teacher(tmp_path / "m.safetensors", card=card, seal=tmp_path / "sealed")
    assert sorted(file.name for file in (tmp_path / "sealed").iterdir()) == [
        "model.json",
        "model.safetensors",
    ]
    (teacher,) = load_teachers({"m": tmp_path / "sealed"}, dataset=load_dataset(folder))
    assert teacher.content_hash == report["content_hash"]


def test_sealing_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = write(tmp_path / "m.safetensors")
    monkeypatch.setattr("mtkd_engine.teachers.check.shutil.copyfile", fail)
    with pytest.raises(OSError, match="No space"):
        check_teacher(path, seal=tmp_path / "sealed")
    assert [file.name for file in tmp_path.iterdir()] == ["m.safetensors"]
    monkeypatch.undo()
    (tmp_path / ".sealed.part").mkdir()
    check_teacher(path, seal=tmp_path / "sealed")
    with pytest.raises(DataError, match="exists already"):
        check_teacher(path, seal=tmp_path / "sealed")


def test_a_folder_has_to_hold_one_teacher(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"is a folder with 0 of model\.safetensors, predictions\.npz and model\.onnx"
    ):
        teacher_file(tmp_path)


def test_the_whole_list_of_what_does_not_fit_is_in_the_report_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, report = tmp_path / "m.safetensors", tmp_path / "report.json"
    card = bare(path)
    save_file({f"module.{name}": tensor for name, tensor in load_file(path).items()}, path)
    assert main(["check", "teacher", str(path), "--card", str(card), "--report", str(report)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "to make it fit, remove 'module.' from the start of every name" in said
    listed = json.loads(report.read_text())
    assert listed["kind"] == "model"
    assert len(listed["mismatch"]) == 2 * len(load_file(path))
    assert set(listed["mismatch"][0]) == {"tensor", "what", "found", "wanted"}


def test_the_command_line_prints_the_report_where_no_file_is_named(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "teacher", str(write(tmp_path / "m.safetensors")), "--dataset", str(folder)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["kind"] == "model"
    assert report["quality"]["split"] == "val"


def test_parameters_that_are_not_finite_are_refused_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "m.safetensors")
    _, card = load_model(path)
    tensors = load_file(path)
    tensors["encoder.video.bias"][0] = torch.inf
    save_model(path, parameters=tensors, card=card)
    assert main(["check", "teacher", str(path), "--seal", str(tmp_path / "sealed")]) == 2
    assert "'encoder.video.bias' holds NaN" in capsys.readouterr().err
    assert not (tmp_path / "sealed").exists()
