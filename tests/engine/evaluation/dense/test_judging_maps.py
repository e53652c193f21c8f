"""A saliency network is measured at the size of what people looked at, and held against the mean of training maps."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from PIL import Image

from tests.engine.glances import HEIGHT, WIDTH, Points, by_light, task_of

LEFT: Points = [(8.0, 12.0), (9.0, 11.0)]
RIGHT: Points = [(24.0, 12.0)]
NOBODY: Points = []


def test_who_looks_where_people_look_beats_who_does_not_look() -> None:
    task = task_of([LEFT, LEFT, LEFT, RIGHT, RIGHT])
    sees, blind = task.judge(by_light, "test"), task.judge(task.blind(), "test")
    for metric in ("cc", "sim", "auc_j", "nss"):
        assert sees.values[metric] > blind.values[metric]
    assert sees.values["kld"] < blind.values["kld"]
    assert sees.score("cc") == sees.values["cc"] > 0.8


def test_blind_is_right_where_people_look_as_they_did_in_training() -> None:
    task = task_of([LEFT, LEFT, LEFT, RIGHT])
    left, right = task.judge(task.blind(), "test").by_sample["cc"].tolist()
    assert left == pytest.approx(1.0, abs=1e-3)
    assert right < 0.1


def test_a_picture_that_nobody_looked_at_has_no_quality_and_spoils_no_mean() -> None:
    judged = task_of([LEFT, LEFT, LEFT, NOBODY]).judge(by_light, "test")
    assert math.isnan(judged.by_sample["cc"][1])
    assert judged.quality_N[1] == 0
    assert judged.values["cc"] == pytest.approx(float(judged.by_sample["cc"][0]))
    assert judged.loss_N[1] == 0


def test_without_any_truth_the_loss_chooses_the_best_state() -> None:
    judged = task_of([LEFT, NOBODY, LEFT]).judge(by_light, "val")
    assert "cc" not in judged.values
    assert judged.score("cc") == 0.0


def test_while_training_no_area_under_a_curve_is_measured() -> None:
    task = task_of([LEFT, LEFT, LEFT])
    quick, whole = task.judge(by_light, "val", thorough=False), task.judge(by_light, "val")
    assert set(whole.values) - set(quick.values) == {"auc_j", "s_auc"}
    assert {name: whole.values[name] for name in quick.values} == quick.values


def test_maps_are_drawn_at_the_size_of_the_picture_brightest_where_people_look() -> None:
    task = task_of([LEFT, LEFT, RIGHT], height=12, width=16)
    for drawn in (*task.drawn(by_light, "test", [0]), *task.truth_drawn("test", [0])):
        levels_HW = np.asarray(Image.open(io.BytesIO(drawn.png)))
        assert levels_HW.shape == (HEIGHT, WIDTH)
        down, across = np.unravel_index(levels_HW.argmax(), levels_HW.shape)
        assert abs(down - 12) <= 2
        assert abs(across - 24) <= 2
