"""The files of a student, and the card for people among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.export import export_student
from mtkd_engine.export.onnxfile import NoOnnxError, OnnxDiffersError, Parity
from mtkd_engine.modelfile import load_model
from mtkd_engine.spec import GroundingCard
from tests.engine.export.networks import card_of, inputs, student

RESULT: dict[str, Any] = {
    "metrics": {"r1@0.5": 0.5, "miou": 0.4321},
    "baselines": {"blind": {"r1@0.5": 0.3, "miou": 0.25}, "teacher:span|2": {"miou": 0.5}},
    "comparisons": {"blind": {"miou": {"difference": 0.18, "low": 0.1, "high": 0.26}}},
    "cost": {"student": {"parameters": 1234, "macs": 5_000_000, "latency_ms": 1.234, "memory_bytes": None}},
    "dataset": {"name": "world", "hash": "d" * 64, "splits": {"train": 1200, "test": 60}},
    "teachers": {"span|2": {"content_hash": "a" * 64, "kind": "model"}},
    "spec": {"name": "moments", "data": {"dataset": "world"}},
}


@pytest.fixture(autouse=True)
def _no_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTKD_ONNX", "0")


def written(folder: Path, card: GroundingCard, result: dict[str, Any]) -> str:
    """The model card of an export."""
    export_student(
        student(card), card, folder=folder, samples_batch=inputs(card, samples=2, words=3), result=result
    )
    return (folder / "MODEL_CARD.md").read_text()


def test_without_onnx_the_card_says_why_and_the_rest_is_there(tmp_path: Path) -> None:
    card = card_of("span")
    batch = inputs(card, samples=2, words=3)
    paths = export_student(student(card), card, folder=tmp_path / "new", samples_batch=batch, result={})
    assert [path.name for path in paths] == ["student.safetensors", "student.json", "MODEL_CARD.md"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in paths)
    assert load_model(paths[0])[1] == card
    assert GroundingCard.model_validate_json(paths[1].read_text()) == card
    assert "No ONNX file was asked for (MTKD_ONNX=0)." in paths[2].read_text()


def test_a_file_that_says_something_else_costs_the_rest_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MTKD_ONNX")

    def differs(*_: Any, **__: Any) -> Parity:
        raise OnnxDiffersError("The exported ONNX file differs.")

    monkeypatch.setattr("mtkd_engine.export.student.write_onnx", differs)
    with pytest.raises(OnnxDiffersError):
        written(tmp_path, card_of("span"), {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "MODEL_CARD.md",
        "student.json",
        "student.safetensors",
    ]
    assert "The exported ONNX file differs." in (tmp_path / "MODEL_CARD.md").read_text()


def test_an_onnx_file_of_before_does_not_stay_beside_another_student(tmp_path: Path) -> None:
    (tmp_path / "student.onnx").write_bytes(b"old")
    written(tmp_path, card_of("span"), {})
    assert not (tmp_path / "student.onnx").exists()


def test_the_card_tells_data_teachers_quality_cost_and_spec(tmp_path: Path) -> None:
    text = written(tmp_path, card_of("span"), RESULT)
    for said in (
        "# moments",
        f"- content hash: `{'d' * 64}`",
        "- samples of train: 1,200",
        f"| span\\|2 | `{'a' * 64}` | kind model |",
        "| **student** | 50.00 | 43.21 |",
        "| blind | 30.00 | 25.00 |",
        "| teacher:span\\|2 |  | 50.00 |",
        "| blind | +18.00 (+10.00 to +26.00) |",
        "| student | 1,234 | 5,000,000 | 1.23 |",
        "name: moments",
        '"format": "mtkd.feeding/1"',
    ):
        assert said in text, said


def test_the_card_leaves_out_what_nobody_knows(tmp_path: Path) -> None:
    text = written(tmp_path, card_of("span"), {})
    for absent in ("## Data", "## Teachers", "## Quality", "## Cost", "## Spec", "longest video it learnt"):
        assert absent not in text, absent
    assert "The extractor of its features is unknown" in text


def test_the_card_tells_extractor_and_longest_video_where_they_are_known(tmp_path: Path) -> None:
    card = card_of("regression", extractor="clip-vit-b32", longest_video=150.0)
    text = written(tmp_path, card, {})
    assert "Features must come from clip-vit-b32, 6 wide." in text
    assert "The longest video it learnt from has 150.0 s" in text
    assert "unknown" not in text.partition("## Limits")[2].partition("## Feeding")[0]


def test_a_spec_that_lies_beside_is_told(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text("name: from a file\n")
    assert "# from a file" in written(tmp_path, card_of("map2d"), {})


def test_what_cannot_be_translated_is_told_and_what_can_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MTKD_ONNX")

    def refuses(*_: Any, **__: Any) -> Parity:
        raise NoOnnxError("No ONNX file was written: it is not to be had.")

    monkeypatch.setattr("mtkd_engine.export.student.write_onnx", refuses)
    assert "it is not to be had." in written(tmp_path, card_of("span"), {})
    monkeypatch.setattr("mtkd_engine.export.student.write_onnx", lambda *_, **__: Parity(3e-7, 128))
    text = written(tmp_path, card_of("span"), {})
    assert "compared with the network on 128 samples: no output differs by more than 3e-07" in text
    assert "class Student:" in text
