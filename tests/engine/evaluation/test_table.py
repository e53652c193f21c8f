"""The per-sample table: right in every column, the same in one go as one by one, and quick on many rows."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch
from torch import Tensor

from mtkd_engine.cache.beliefs import Faculty, StoredBeliefs
from mtkd_engine.data.dataset import Sample
from mtkd_engine.evaluation.table import Said, Teaching, disagreement, sample_rows, write_table
from mtkd_engine.tasks.grounding import iou
from mtkd_engine.tasks.grounding.belief import Belief

NAMES = ["one", "two"]


def sample(number: int, *, windows: tuple[tuple[float, float], ...], duration: float = 10.0) -> Sample:
    return Sample(
        sample_id=f"s{number}",
        source_id=f"source{number // 2}",
        video_id=f"v{number}",
        duration=duration,
        windows=windows,
        sentence=f"where is {number}",
    )


def faculty(samples: list[Sample], windows_TNK2: Tensor, scores_TNK: Tensor) -> Faculty:
    rows = {sample.sample_id: row for row, sample in enumerate(samples)}
    joint_N11 = torch.zeros(len(samples), 1, 1)
    stored = [
        StoredBeliefs(rows, Belief(joint_N11, windows_NK2, scores_NK))
        for windows_NK2, scores_NK in zip(windows_TNK2, scores_TNK, strict=True)
    ]
    return Faculty([f"teacher{t}" for t in range(len(stored))] if len(stored) != 2 else NAMES, stored)


@pytest.fixture
def three() -> list[Sample]:
    """One window; two windows; one that ends after its video."""
    return [
        sample(0, windows=((0.0, 4.0),)),
        sample(1, windows=((0.0, 2.0), (6.0, 10.0))),
        sample(2, windows=((8.0, 14.0),)),
    ]


def taught(samples: list[Sample], weights_NHT: Tensor) -> Teaching:
    windows_TNK2 = torch.tensor(
        [[[[0.0, 4.0]], [[6.0, 10.0]], [[8.0, 10.0]]], [[[2.0, 6.0]], [[6.0, 10.0]], [[0.0, 1.0]]]],
        dtype=torch.float64,
    )
    scores_TNK = torch.tensor([[[0.9], [0.5], [0.4]], [[0.1], [0.6], [0.3]]])
    return Teaching(faculty(samples, windows_TNK2, scores_TNK), weights_NHT)


def test_every_number_is_what_its_column_says(three: list[Sample]) -> None:
    student = Said(torch.tensor([[0.0, 2.0], [5.0, 10.0], [8.0, 10.0]]), torch.tensor([0.5, 0.25, 0.125]))
    alone = Said(torch.tensor([[4.0, 8.0], [0.0, 2.0], [9.0, 10.0]]), torch.ones(3))
    weights_NHT = torch.tensor([[[0.75, 0.25]], [[0.5, 0.5]], [[0.0, 1.0]]])
    rows = sample_rows(
        "test", three, student=student, solo=alone, teaching=taught(three, weights_NHT)
    ).to_pylist()
    first, second, third = rows
    assert (first["sample_id"], first["split"], first["source_id"]) == ("s0", "test", "source0")
    assert (second["truth_start"], second["truth_end"], second["truth_windows"]) == (6.0, 10.0, 2)
    assert (third["truth_start"], third["truth_end"]) == (8.0, 14.0)
    assert [row["student_iou"] for row in rows] == [0.5, 0.8, 1.0]
    assert [row["student_score"] for row in rows] == [0.5, 0.25, 0.125]
    assert [row["solo_iou"] for row in rows] == [0.0, 1.0, 0.5]
    assert [row["gain"] for row in rows] == pytest.approx([0.5, -0.2, 0.5])
    assert [(row["target_start"], row["target_end"]) for row in rows] == [(0, 4), (6, 10), (0, 1)]
    assert [row["target_iou"] for row in rows] == [1.0, 1.0, 0.0]
    assert [row["two/weight"] for row in rows] == [0.25, 0.5, 1.0]
    assert [row["one/score"] for row in rows] == pytest.approx([0.9, 0.5, 0.4])
    assert [row["two/iou"] for row in rows] == pytest.approx([1 / 3, 1.0, 0.0])
    assert [row["leading"] for row in rows] == ["one", "one", "two"]
    assert [row["disagreement"] for row in rows] == pytest.approx([2 / 3, 0.0, 1.0])
    assert [row["entropy"] for row in rows] == pytest.approx([0.5623351, math.log(2), 0.0])


def test_weights_of_both_boundaries_are_kept_apart_and_their_mean_leads(three: list[Sample]) -> None:
    weights_NHT = torch.tensor([[[0.9, 0.1], [0.3, 0.7]]]).expand(3, 2, 2)
    row = sample_rows("val", three, teaching=taught(three, weights_NHT)).to_pylist()[0]
    assert (row["one/weight_start"], row["one/weight_end"]) == pytest.approx((0.9, 0.3))
    assert row["one/weight"] == pytest.approx(0.6)
    assert row["leading"] == "one"


def test_without_a_student_the_truth_beside_the_target_is_shown(three: list[Sample]) -> None:
    row = sample_rows("fold", three, teaching=taught(three, torch.full((3, 1, 2), 0.5))).to_pylist()[1]
    assert not any(name.startswith(("student", "solo", "gain")) for name in row)
    assert (row["truth_start"], row["target_start"]) == (6.0, 6.0)


def test_without_teachers_there_is_the_student_alone(three: list[Sample]) -> None:
    table = sample_rows("test", three, student=Said(torch.zeros(3, 2), torch.ones(3)))
    assert table.column_names[-4:] == ["student_start", "student_end", "student_iou", "student_score"]


def test_one_teacher_agrees_with_itself() -> None:
    assert disagreement(torch.rand(1, 4, 2)).tolist() == [0.0] * 4


def test_three_teachers_disagree_as_the_mean_of_their_pairs() -> None:
    windows_T12 = torch.tensor([[[0.0, 4.0]], [[2.0, 6.0]], [[0.0, 4.0]]], dtype=torch.float64)
    pairs = [iou(windows_T12[one, 0], windows_T12[other, 0]) for one, other in ((0, 1), (0, 2), (1, 2))]
    assert disagreement(windows_T12).item() == pytest.approx(1 - sum(pairs) / 3)


def test_a_hundred_thousand_rows_of_eight_teachers_take_seconds(tmp_path: Path) -> None:
    count, teachers = 100_000, 8
    samples = [sample(number, windows=((1.0, 3.0), (5.0, 9.0))[: 1 + number % 2]) for number in range(count)]
    windows_TNK2 = (torch.rand(teachers, count, 5, 2, dtype=torch.float64) * 10).sort(-1).values
    weights_NHT = torch.rand(count, 1, teachers).softmax(-1)
    said = Said(windows_TNK2[0, :, 0], torch.ones(count))
    teaching = Teaching(faculty(samples, windows_TNK2, torch.rand(teachers, count, 5)), weights_NHT)
    began = time.process_time()
    table = sample_rows("train", samples, student=said, solo=said, teaching=teaching)
    write_table(tmp_path / "per_sample.parquet", [table])
    took = time.process_time() - began
    print(f"\n{count} rows of {teachers} teachers: {took:.1f} s of one core")
    assert took < 60
    read = pq.read_table(tmp_path / "per_sample.parquet", columns=["sample_id", "teacher7/weight", "gain"])
    assert read.num_rows == count
    assert read["gain"].to_numpy().max() == 0.0
