"""The tables of samples and probabilities."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.evaluation.classification.probabilities import (
    KEPT,
    probability_rows,
    write_probabilities,
)
from mtkd_engine.evaluation.classification.table import disagreement, sample_rows


def samples(labels: list[int]) -> list[LabelledSample]:
    return [LabelledSample(f"s{place}", f"source{place}", label, place) for place, label in enumerate(labels)]


def test_a_row_names_classes_and_gives_the_truth_its_probability() -> None:
    probs_NC = torch.tensor([[0.7, 0.2, 0.1], [0.5, 0.1, 0.4]])
    table = sample_rows("test", samples([0, 2]), classes=["cat", "dog", "emu"], student_NC=probs_NC.log())
    rows = table.to_pylist()
    assert [row["label"] for row in rows] == ["cat", "emu"]
    assert [row["student_class"] for row in rows] == ["cat", "cat"]
    assert [row["student_quality"] for row in rows] == pytest.approx([0.7, 0.4])
    assert [row["student_score"] for row in rows] == pytest.approx([0.7, 0.5])
    assert "target_class" not in table.column_names


def test_disagreement_is_the_share_of_pairs_that_differ() -> None:
    said_TN = torch.tensor([[0, 0, 0], [0, 0, 1], [0, 1, 2]])
    assert disagreement(said_TN).tolist() == pytest.approx([0, 2 / 3, 1])
    assert disagreement(said_TN[:1]).tolist() == [0, 0, 0]


def test_of_many_classes_the_ten_likeliest_are_kept(tmp_path: Path) -> None:
    classes = [f"class {place}" for place in range(70)]
    logits_NC = torch.randn(3, 70, generator=torch.Generator().manual_seed(0))
    beliefs = {"student": torch.log_softmax(logits_NC, 1), "target": torch.log_softmax(-logits_NC, 1)}
    table = probability_rows("test", samples([1, 2, 3]), classes=classes, beliefs=beliefs)
    write_probabilities(tmp_path / "p.parquet", [table, table])
    rows = pq.read_table(tmp_path / "p.parquet").to_pylist()
    assert len(rows) == 12
    first, second = rows[0], rows[1]
    assert (first["who"], second["who"]) == ("student", "target")
    assert first["sample_id"] == second["sample_id"] == "s0"
    assert len(first["classes"]) == KEPT
    assert first["classes"][0] == classes[int(logits_NC[0].argmax())]
    assert second["classes"][0] == classes[int(logits_NC[0].argmin())]
    assert first["probabilities"] == sorted(first["probabilities"], reverse=True)
