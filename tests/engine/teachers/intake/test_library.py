"""Checkpoints as the transformers library saves them: what its files say is what a person would have to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from mtkd_engine.data.clips.world import CLASSES, ClipsPerSplit, make_clips
from mtkd_engine.modelfile import ModelError, load_classifier
from mtkd_engine.spec import AnyInput, ClassifierCard, ClipInput, ImageInput, TransformersNet
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.intake.fitting import fit_model, propose
from mtkd_engine.teachers.intake.library import CONFIG, PREPARING
from mtkd_engine.teachers.intake.said import read_said

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
SMALL = {**TINY, "patch_size": 8, "image_size": 32}
Saved = Callable[..., Any]


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Saved:
    """Saves a model of the library as its users do, and gives it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import transformers

    def save(name: str, kind: str, preparing: dict[str, Any] | None = None, **config: Any) -> Any:
        torch.manual_seed(0)
        model = getattr(transformers, name)(transformers.CONFIG_MAPPING[kind](**config)).eval()
        model.save_pretrained(tmp_path)
        if preparing is not None:
            (tmp_path / PREPARING).write_text(json.dumps(preparing))
        return model

    return save


@pytest.mark.parametrize(
    ("name", "kind", "config", "reads"),
    [
        (
            "VideoMAEForVideoClassification",
            "videomae",
            {**SMALL, "num_frames": 4},
            ClipInput(frames=4, size=32),
        ),
        (
            "TimesformerForVideoClassification",
            "timesformer",
            {**SMALL, "num_frames": 4},
            ClipInput(frames=4, size=32, mean=(0.45,) * 3, std=(0.225,) * 3),
        ),
        ("ViTForImageClassification", "vit", SMALL, ImageInput(size=32, mean=(0.5,) * 3, std=(0.5,) * 3)),
        (
            "ResNetForImageClassification",
            "resnet",
            {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]},
            ImageInput(size=224),
        ),
    ],
    ids=["videomae", "timesformer", "vit", "resnet"],
)
def test_the_network_that_is_said_says_what_the_saved_one_says(
    name: str, kind: str, config: dict[str, Any], reads: AnyInput, saved: Saved, tmp_path: Path
) -> None:
    model = saved(name, kind, **config, num_labels=3)
    stated = read_said(tmp_path / CONFIG)
    assert stated is not None
    assert (stated.reads, stated.classes) == (reads, "dataset")
    card = ClassifierCard(net=stated.net, classes=("a", "b", "c"), input=stated.reads)
    fit_model(tmp_path / "model.safetensors", card=card, to=tmp_path / "here.safetensors", name="saved")
    here, _ = load_classifier(tmp_path / "here.safetensors")
    moments = (reads.frames,) if isinstance(reads, ClipInput) else ()
    given = torch.randn(2, *moments, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(here(given), model(pixel_values=given).logits)


def test_how_input_is_prepared_and_classes_are_called_is_read_as_well(saved: Saved, tmp_path: Path) -> None:
    saved(
        "ResNetForImageClassification",
        "resnet",
        preparing={"crop_size": {"height": 96, "width": 96}, "image_mean": [0.1] * 3, "image_std": [0.2] * 3},
        embedding_size=8,
        hidden_sizes=[8, 16],
        depths=[1, 1],
        id2label={0: "cat", 1: "dog"},
        label2id={"cat": 0, "dog": 1},
    )
    stated = read_said(tmp_path / CONFIG)
    assert stated is not None
    assert stated.classes == ("cat", "dog")
    assert stated.reads == ImageInput(size=96, mean=(0.1,) * 3, std=(0.2,) * 3)


def test_a_saved_video_network_teaches_after_a_check_of_its_folder(saved: Saved, tmp_path: Path) -> None:
    sizes = {**SMALL, "num_frames": 4, "tubelet_size": 2}
    saved("VideoMAEForVideoClassification", "videomae", **sizes, num_labels=len(CLASSES))
    make_clips(tmp_path / "videos", clips=ClipsPerSplit(6, 6, 6), frames=6)
    report = check_teacher(tmp_path, dataset=tmp_path / "videos", seal=tmp_path / "sealed")
    assert report["family"] == "video_transformers"
    assert report["quality"]["splits"]["test"]["metrics"].keys() >= {"top1"}
    _, card = load_classifier(tmp_path / "sealed" / "model.safetensors")
    assert card.classes == tuple(sorted(CLASSES))


def test_a_published_network_with_names_of_an_older_library_is_known_by_its_tensors(
    saved: Saved, tmp_path: Path
) -> None:
    saved("ViTForImageClassification", "vit", num_labels=3)
    proposed = propose(tmp_path / "model.safetensors")
    assert proposed is not None
    assert (proposed.net, proposed.classes) == (TransformersNet(model_type="vit"), 3)
    older = "vit.encoder.layer.0.attention.attention.query.weight"
    assert proposed.renamed[older] == "vit.layers.0.attention.q_proj.weight"


def test_a_type_that_is_not_built_here_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / CONFIG).write_text(json.dumps({"model_type": "bert", "hidden_size": 8}))
    with pytest.raises(
        ModelError, match=r"config.json: given the model_type 'bert', accepted is one of convnext, "
    ):
        read_said(tmp_path / CONFIG)


def test_what_is_prepared_in_an_unreadable_way_is_refused_with_the_file(saved: Saved, tmp_path: Path) -> None:
    saved("ViTForImageClassification", "vit", **SMALL)
    (tmp_path / PREPARING).write_text("[1]")
    with pytest.raises(ModelError, match=PREPARING):
        read_said(tmp_path / CONFIG)
