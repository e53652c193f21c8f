"""`check teacher` for networks with an output for every pixel: our own files, and the library's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mtkd_engine.modelfile import ModelError, load_dense
from mtkd_engine.predictions.outcomes import read_outcomes
from mtkd_engine.spec import PictureInput, SegmenterCard
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.dense.evaluate import evaluate_dense
from mtkd_engine.teachers.intake.check import SaidError
from mtkd_engine.teachers.intake.dense.library import segments
from mtkd_engine.teachers.load import MODEL
from tests.engine.nets.dense.networks import BACKBONES, CARDS, SEGFORMER
from tests.engine.teachers.dense.conftest import PYRAMID, READS, Saved


def test_an_own_file_is_measured_and_sealed(masks: Path, saved: Saved, tmp_path: Path) -> None:
    file, outcomes = saved(), tmp_path / "outcomes.parquet"
    report = check_teacher(file, dataset=masks, seal=tmp_path / "sealed", outcomes=outcomes)
    assert (report["task"], report["family"]) == ("segmentation", "pyramid")
    quality = report["quality"]
    assert (quality["split"], quality["samples"], quality["primary"]) == ("val", 3, "miou")
    assert 0 <= quality["metrics"]["miou"] <= 1
    assert quality["blind"]["miou"] > 0
    assert [row["name"] for row in quality["classes"]] == list(load_dense(file)[1].classes)
    assert set(quality["splits"]) == {"val", "test"}
    assert (tmp_path / "sealed" / MODEL).read_bytes() == file.read_bytes()
    kept = read_outcomes(outcomes)
    assert (len(kept), kept.has_classes) == (6, False)
    assert evaluate_dense(file, data=masks, split="val") == quality["metrics"]


def test_without_a_dataset_an_own_file_asks_for_one(saved: Saved) -> None:
    report = check_teacher(saved())
    assert (report["task"], report["asks"]["needs"], report["sealed"]) == ("segmentation", ["dataset"], False)


def test_a_network_of_another_task_is_refused_on_this_dataset(masks: Path, saved: Saved) -> None:
    with pytest.raises(ModelError, match="a model of task saliency; accepted are those of task segmentation"):
        check_teacher(saved(card=CARDS["saliency pyramid"]), dataset=masks)


def test_bare_parameters_ask_for_card_and_network(masks: Path, saved: Saved, tmp_path: Path) -> None:
    bare = tmp_path / "bare.safetensors"
    save_file(load_file(saved()), bare)
    report = check_teacher(bare, dataset=masks)
    assert report["asks"]["needs"] == ["card", "net"]
    assert report["tensors"]["count"] > 0


def test_what_a_person_says_completes_a_checkpoint(masks: Path, saved: Saved, tmp_path: Path) -> None:
    file, card = tmp_path / "bare.pt", tmp_path / "said.json"
    torch.save({"state_dict": {f"module.{k}": v for k, v in load_file(saved()).items()}}, file)
    card.write_text(json.dumps({"task": "segmentation", "net": PYRAMID, "input": READS}))
    report = check_teacher(file, card=card, dataset=masks, seal=tmp_path / "sealed")
    model, own = load_dense(tmp_path / "sealed" / MODEL)
    assert own.metrics["val/miou"] == report["quality"]["splits"]["val"]["metrics"]["miou"]
    expected, _ = load_dense(saved("again"))
    assert all(torch.equal(v, expected.state_dict()[k]) for k, v in model.state_dict().items())


def test_what_is_said_of_other_tensors_is_asked_again(masks: Path, saved: Saved, tmp_path: Path) -> None:
    file, card = tmp_path / "bare.safetensors", tmp_path / "said.json"
    save_file(load_file(saved()), file)
    card.write_text(json.dumps({"net": {**PYRAMID, "width": 8}, "input": READS}))
    with pytest.raises(SaidError, match="does not fit the architecture 'pyramid'") as refused:
        check_teacher(file, card=card, dataset=masks)
    assert refused.value.report["asks"]["said"]["net"]["width"] == 8


@pytest.fixture
def library_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]) -> Any:
    """Saves a segmentation network of the library as its users do, with names for its outputs, and gives it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import transformers

    labels = dict(enumerate(("sky", *names)))

    def save(kind: str) -> Any:
        torch.manual_seed(0)
        if kind == "segformer":
            config = transformers.SegformerConfig(**SEGFORMER, id2label=labels)
            model = transformers.SegformerForSemanticSegmentation(config)
        else:
            inside = transformers.ResNetConfig(
                **BACKBONES["resnet"], out_features=["stage1", "stage2", "stage3", "stage4"]
            )
            config = transformers.UperNetConfig(
                backbone_config=inside, hidden_size=8, pool_scales=[1, 2], id2label=labels
            )
            model = transformers.UperNetForSemanticSegmentation(config)
        model.eval().save_pretrained(tmp_path / "saved")
        prepared = {"size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3, "image_std": [0.25] * 3}
        (tmp_path / "saved" / "preprocessor_config.json").write_text(json.dumps(prepared))
        return model

    return save


@pytest.mark.parametrize("kind", ["segformer", "upernet"])
def test_a_network_of_the_library_says_all_itself(
    kind: str, library_file: Any, masks: Path, tmp_path: Path, names: tuple[str, ...]
) -> None:
    theirs = library_file(kind)
    report = check_teacher(tmp_path / "saved" / MODEL, dataset=masks, seal=tmp_path / "sealed")
    model, card = load_dense(tmp_path / "sealed" / MODEL)
    assert isinstance(card, SegmenterCard)
    assert card.classes == ("sky", *names)
    assert card.input == PictureInput(height=32, width=32, mean=(0.5,) * 3, std=(0.25,) * 3)
    left_out = [p["code"] for p in report["problems"] if p["code"] == "unexpected_tensors"]
    assert left_out == (["unexpected_tensors"] if kind == "upernet" else [])  # its auxiliary head
    given = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(model(given), theirs(given).logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "is_segmenter"),
    [
        ({"model_type": "segformer", "architectures": ["SegformerForSemanticSegmentation"]}, True),
        ({"model_type": "segformer", "architectures": ["SegformerForImageClassification"]}, False),
        ({"model_type": "upernet"}, True),
        ({"model_type": "vit"}, False),
    ],
)
def test_a_configuration_tells_what_it_is_of(config: dict[str, Any], is_segmenter: bool) -> None:
    assert segments(config) is is_segmenter


def test_a_configuration_of_a_network_that_is_not_built_here_is_refused(
    masks: Path, saved: Saved, tmp_path: Path
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    save_file(load_file(saved()), folder / MODEL)
    (folder / "config.json").write_text(
        json.dumps({"model_type": "upernet", "backbone_config": {"model_type": "beit"}})
    )
    with pytest.raises(ModelError, match="given UperNet over 'beit'"):
        check_teacher(folder / MODEL, dataset=masks)
