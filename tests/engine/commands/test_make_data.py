"""What the command makes, and that it refuses what it would not heed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mtkd_engine.__main__ import main

FEW = ("--train", "2", "--val", "1", "--test", "1")


@pytest.mark.parametrize(
    ("given", "task"),
    [
        ("", "grounding"),
        ("--task classification --form folders --size 12 --classes 2 --difficulty 0.1", "classification"),
        ("--task classification --form videos --frames 4 --difficulty 0.1", "classification"),
        ("--task classification --form features --frames 4", "classification"),
        ("--task segmentation --form folders --size 16 --classes 3", "segmentation"),
        ("--task saliency --size 32", "saliency"),
        ("--task saliency --form videos --frames 4", "saliency"),
    ],
)
def test_every_kind_is_made_with_the_options_it_takes(
    given: str, task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make-data", "--out", str(tmp_path / "made"), *FEW, *given.split()]) == 0
    assert json.loads(capsys.readouterr().out).get("task", "grounding") == task
    assert (tmp_path / "made").is_dir()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "--task classification --form videos --classes 4",
            "--classes: given 4, which nothing would heed; accepted for classification in the form videos: "
            "--frames and --difficulty.",
        ),
        (
            "--task saliency --frames 4",
            "--frames: given 4, which nothing would heed; accepted for saliency in the form folders: "
            "--size and --difficulty.",
        ),
        (
            "--size 64",
            "--size: given 64, which nothing would heed; accepted for grounding in the form videos: none of that kind.",
        ),
        (
            "--task saliency --form parquet",
            "--form: given parquet, accepted for saliency is folders or videos.",
        ),
        ("--task segmentation --form videos", "--form: given videos, accepted for segmentation is folders."),
    ],
)
def test_what_would_not_be_heeded_is_refused(
    given: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["make-data", "--out", str(tmp_path / "made"), *given.split()]) == 2
    assert capsys.readouterr().err.strip().endswith(sentence)
    assert not (tmp_path / "made").exists()
