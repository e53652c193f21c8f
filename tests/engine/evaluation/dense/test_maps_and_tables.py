"""Tables of samples have a row for each, and maps are kept for a few."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image

from mtkd_engine.data.masks.dataset import VOID
from mtkd_engine.evaluation.dense.maps import MOST_SAMPLES, kept_rows, write_maps
from mtkd_engine.evaluation.dense.pngs import LONGEST, png_of_classes, png_of_map
from mtkd_engine.evaluation.dense.table import DenseTeaching, sample_rows
from tests.engine.streets import by_colour, task_of

PLAIN = np.repeat(np.array([[0, 1]], np.uint8), 8, axis=0).repeat(4, axis=1)


def test_all_samples_are_kept_where_they_are_few_and_a_spread_of_them_where_they_are_many() -> None:
    assert kept_rows({"val": 2, "test": 3}) == {"test": [0, 1, 2], "val": [0, 1]}
    many = kept_rows({"val": 5000, "test": 10_000})
    assert sum(map(len, many.values())) == MOST_SAMPLES
    assert len(set(many["test"])) == len(many["test"])
    assert many["test"][0] < 50 < 9900 < many["test"][-1] < 10_000


def test_maps_of_a_sample_stand_together_truth_first(tmp_path: Path) -> None:
    task = task_of([PLAIN] * 4)
    write_maps(tmp_path / "maps.parquet", task, {"student": by_colour, "solo": task.blind()})
    table = pq.read_table(tmp_path / "maps.parquet")
    rows = table.to_pylist()
    assert [row["participant"] for row in rows] == ["truth", "student", "solo"] * 3
    assert [row["sample_id"] for row in rows[::3]] == ["street2", "street3", "street1"]
    assert {row["split"] for row in rows[:6]} == {"test"}
    assert all(row["png"].startswith(b"\x89PNG") for row in rows)


def test_a_table_says_how_good_everybody_is_and_null_where_nothing_is_told() -> None:
    task = task_of([PLAIN, PLAIN, PLAIN, np.full((8, 8), VOID, np.uint8)])
    own, other = (task.judge(run, "test") for run in (by_colour, task.blind()))
    weights_NT = torch.tensor([[0.25, 0.75], [1.0, 0.0]])
    table = sample_rows(
        "test",
        task.splits["test"].samples,
        student=own,
        quality=task.quality,
        solo=other,
        start=other,
        teaching=DenseTeaching(["a", "b"], [own, other], weights_NT),
    )
    rows = table.to_pylist()
    assert rows[0]["student_quality"] == 1.0
    assert rows[0]["gain"] == rows[0]["student_quality"] - rows[0]["start_quality"]
    assert rows[1]["student_quality"] is rows[1]["gain"] is rows[1]["a/quality"] is None
    assert [row["leading"] for row in rows] == ["b", "a"]
    assert rows[1]["entropy"] == 0.0
    assert {"student_loss", "student_pixel_accuracy", "solo_quality", "a/weight"} <= set(table.column_names)


def test_large_pictures_are_drawn_smaller_and_no_class_is_mixed() -> None:
    classes_HW = np.zeros((4, 2 * LONGEST), np.uint8)
    classes_HW[:, LONGEST:] = 200
    small = Image.open(io.BytesIO(png_of_classes(classes_HW)))
    assert small.size == (LONGEST, 2)
    assert set(np.unique(np.asarray(small)).tolist()) == {0, 200}


def test_a_map_is_as_bright_as_can_be_and_an_empty_one_is_black() -> None:
    levels = [
        np.asarray(Image.open(io.BytesIO(png_of_map(map_HW)))) for map_HW in (np.eye(4) / 9, np.zeros((4, 4)))
    ]
    assert levels[0].max() == 255
    assert levels[0].min() == levels[1].max() == 0
