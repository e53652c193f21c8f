"""The cache of a job is built, looked at, verified and collected from the shell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from mtkd_engine.__main__ import main
from mtkd_engine.cache.rows.table import ROWS
from mtkd_engine.commands.cache import DIFFERS
from mtkd_engine.commands.given import REFUSED
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from mtkd_engine.modelfile import save_model
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import ClassifierCard

CLASSES = 4


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spec of a job with two teachers that know nothing, on pictures of 8 pixels."""
    folder = tmp_path_factory.mktemp("cache")
    make_images(folder / "images", images=ImagesPerSplit(40, 8, 8), size=8, classes=CLASSES)
    classes = json.loads((folder / "images" / "classes.json").read_text())
    card = ClassifierCard.model_validate(
        {"net": {"family": "cifar_resnet"}, "classes": classes, "input": {"size": 8}}
    )
    for seed in range(2):
        torch.manual_seed(seed)
        parameters = build_for(card).state_dict()
        save_model(folder / f"teacher{seed}.safetensors", parameters=parameters, card=card)
    spec = {
        "task": "classification",
        "data": {"dataset": "images", "size": 8, "augment": {"views": 2}},
        "teachers": ["teacher0.safetensors", "teacher1.safetensors"],
        "method": {"kind": "multi_teacher"},
        "optim": {"epochs": 1},
    }
    (folder / "job.yaml").write_text(yaml.safe_dump(spec))
    return folder / "job.yaml"


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_cache_is_built_once_and_holds(
    job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(job), "--cache", str(tmp_path)]
    assert main(["cache", "build", *asked]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "entered  cache teacher0.safetensors: train, 1 view" in lines
    assert "entered  cache all teachers: train, 1 view" in lines
    assert main(["cache", "build", *asked]) == 0
    assert capsys.readouterr().out == ""

    assert main(["cache", "verify", *asked, "--share", "1"]) == 0
    found = said(capsys)
    assert [one["checked"] for one in found] == [40, 40, 40, 40, 40, 8, 8, 8, 8]
    assert all(one["holds"] and one["top1_agreement"] == 1 for one in found)

    assert main(["cache", "list", "--cache", str(tmp_path)]) == 0
    assert sorted((one["split"], one["views"], len(one["teachers"])) for one in said(capsys)) == [
        *[("test", 0, 1)] * 2,
        *[("train", 0, 1)] * 2,
        *[("train", 2, 1)] * 2,
        ("train", 2, 2),
        *[("val", 0, 1)] * 2,
    ]
    assert main(["cache", "collect", "--cache", str(tmp_path), "--days", "1"]) == 0
    assert said(capsys) == {"removed": 0, "bytes": 0}


def test_rows_that_do_not_hold_are_found_and_discarded(
    job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(job), "--cache", str(tmp_path)]
    main(["cache", "build", *asked])
    for file in (tmp_path / "rows").glob(f"*/{ROWS}"):
        rows = np.load(file)
        if len(rows) == 8:
            np.save(file, rows[:, ::-1].copy())
    capsys.readouterr()
    assert main(["cache", "verify", *asked, "--share", "1", "--discard"]) == DIFFERS
    assert [one["rows_of"].split(": ")[1] for one in said(capsys) if not one["holds"]] == ["val"] * 2 + [
        "test"
    ] * 2
    assert main(["cache", "verify", *asked]) == 0
    assert len(said(capsys)) == 5


def test_what_has_no_cache_is_refused(job: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = yaml.safe_load(job.read_text())
    spec["method"]["signals"] = "online"
    (tmp_path / "job.yaml").write_text(yaml.safe_dump(spec))
    assert main(["cache", "build", str(tmp_path / "job.yaml"), "--cache", str(tmp_path)]) == REFUSED
    assert "accepted is 'cached'" in capsys.readouterr().err
    assert main(["cache", "collect", "--cache", str(tmp_path)]) == REFUSED
    assert "--days" in capsys.readouterr().err
