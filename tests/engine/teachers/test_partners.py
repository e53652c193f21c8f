"""Partners found from the shell: measured, kept, ranked, told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from mtkd_engine.__main__ import main
from mtkd_engine.commands.partners import told
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.modelfile import save_model
from mtkd_engine.nets.registry import build_for
from mtkd_engine.predictions.outcomes import outcomes_of, read_outcomes, write_outcomes
from mtkd_engine.spec import (
    CifarResNet,
    ClassifierCard,
    ImageInput,
    PictureInput,
    PyramidNet,
    SegmenterCard,
)
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.partners import find_partners, named

CARD = ClassifierCard(net=CifarResNet(depth=8), classes=("dark", "light"), input=ImageInput(size=8))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders of a few images of 8 pixels, two classes."""
    root, rng = tmp_path_factory.mktemp("images") / "tones", np.random.default_rng(0)
    for split in ("train", "val", "test"):
        for name, level in (("dark", 40), ("light", 210)):
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(3):
                pixels = rng.integers(level - 30, level + 30, (8, 8, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(folder / f"{split}{number}.png")
    return root


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("models")
    for seed in range(3):
        torch.manual_seed(seed)
        save_model(folder / f"m{seed}.safetensors", parameters=build_for(CARD).state_dict(), card=CARD)
    return sorted(folder.iterdir())


def test_students_of_jobs_are_named_after_their_jobs_and_none_takes_the_name_of_another(
    tmp_path: Path,
) -> None:
    students = [tmp_path / job / "artifacts/student.safetensors" for job in ("one", "two", "three")]
    assert list(named(students)) == ["one", "two", "three"]
    learnt = [tmp_path / job / "artifacts/1-a.safetensors" for job in ("one", "two", "three")]
    assert list(named([*learnt, tmp_path / "b.pt"])) == ["one/1-a", "two/1-a", "three/1-a", "b"]
    both = [tmp_path / f"c.{kind}" for kind in ("safetensors", "onnx")]
    assert list(named(both)) == [str(path) for path in both]


def test_a_check_keeps_what_a_classifier_said_of_each_sample(
    tmp_path: Path, images: Path, models: list[Path]
) -> None:
    report = check_teacher(models[0], dataset=images, outcomes=tmp_path / "outcomes.parquet")
    found, data = read_outcomes(tmp_path / "outcomes.parquet"), load_labelled(images)
    assert found.dataset_hash == data.whole_hash
    for split in ("val", "test"):
        part = found.split(split)
        assert part.ids.to_pylist() == sorted(sample.sample_id for sample in data.splits[split])
        top1 = report["quality"]["splits"][split]["metrics"]["top1"]
        assert part.known().quality_N.mean() == pytest.approx(top1)
    nll = -np.log(found.split("val").quality_N).mean()
    assert nll == pytest.approx(report["quality"]["splits"]["val"]["metrics"]["nll"], rel=1e-4)


def test_models_are_measured_once_kept_and_ranked(
    tmp_path: Path, images: Path, models: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["partners", "--dataset", str(images), "--keep", str(tmp_path / "kept"), "--teachers"]
    assert main([*asked, *map(str, models), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {pair["first"] + pair["second"] for pair in found["pairs"]} == {"m0m1", "m0m2", "m1m2"}
    assert (found["split"], found["samples"], found["measure"]) == ("val", 6, "truth")
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()}
    assert len(kept) == 3
    assert main([*asked, *map(str, models)]) == 0
    said = capsys.readouterr().out
    assert "m0 + m1" in said
    assert " more than the better of them alone." in said
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert main([*asked, *map(str, kept), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert [pair["gain"] for pair in again["pairs"]] == [pair["gain"] for pair in found["pairs"]]


def test_what_cannot_be_compared_is_refused_with_a_sentence(
    tmp_path: Path, images: Path, models: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = outcomes_of(
        dataset_hash="other", measure="truth", ids=["a"], split="val", sources=["a"], quality_N=[1.0]
    )
    write_outcomes(tmp_path / "away.parquet", elsewhere)
    save_file(load_file(models[0]), tmp_path / "bare.safetensors")
    asked = ["partners", "--dataset", str(images), "--teachers", str(models[0])]
    for given, sentence in (
        ([], "--teachers: given 1, accepted are two or more models."),
        ([str(tmp_path / "away.parquet")], "away.parquet tells of another dataset than tones"),
        ([str(tmp_path / "none.safetensors")], "but nothing lies there."),
        ([str(models[0])], "twice, accepted are different models."),
        ([str(tmp_path / "bare.safetensors")], "cannot be measured here: it does not say its card"),
    ):
        assert main([*asked, *given]) == 2
        assert sentence in capsys.readouterr().err


def test_models_of_masks_are_ranked_by_how_good_each_image_is(tmp_path: Path) -> None:
    make_masks(tmp_path / "masks", pictures=PicturesPerSplit(train=4, val=5, test=3), size=16, classes=3)
    classes = tuple(json.loads((tmp_path / "masks" / "classes.json").read_text()))
    card = SegmenterCard(
        net=PyramidNet(backbone=CifarResNet(depth=8), width=4),
        classes=classes,
        input=PictureInput(height=16, width=16),
    )
    for seed in range(2):
        torch.manual_seed(seed)
        save_model(tmp_path / f"s{seed}.safetensors", parameters=build_for(card).state_dict(), card=card)
    models = [tmp_path / "s0.safetensors", tmp_path / "s1.safetensors"]
    found = find_partners(models, dataset=tmp_path / "masks")
    assert (found.samples, found.measure) == (5, "image_miou")
    (pair,) = found.pairs
    assert (pair.complement.neither, pair.complement.agreement) == (None, None)
    assert pair.complement.together.mean >= max(found.models.values())
    assert "s0 + s1" in told(found)
