"""Splits are measured at the size of what people looked at, frame by frame."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mtkd_engine.tasks.dense import DenseBatch
from mtkd_engine.tasks.saliency import GazeSplit, GazeVideoSplit, measured
from mtkd_engine.tasks.saliency.frames import METRICS, frame_metrics, full_maps
from mtkd_engine.tasks.saliency.measuring import CONSISTENCY, film_maps
from mtkd_engine.tasks.saliency.metrics import auc_j, cc, kld, nss, sim
from tests.engine.tasks.saliency.made import HEIGHT, WIDTH, gaze_pictures, gaze_videos, the_same, the_truth

SIZE = {"height": HEIGHT, "width": WIDTH}


def films(name: str, *, frames: int = 4, stride: int = 2) -> GazeVideoSplit:
    """Windows over the video of a split, at its own rate."""
    return GazeVideoSplit(
        gaze_videos(), name, protocol="dhf1k", frames=frames, stride=stride, rate=10.0, **SIZE
    )


def test_the_truth_has_the_best_values_and_what_says_nothing_those_of_chance() -> None:
    split = GazeSplit(gaze_pictures(6), "test", protocol="mit", **SIZE)
    best, least = measured(the_truth, split), measured(the_same, split)
    assert tuple(best.values) == METRICS
    assert best.values["cc"] == pytest.approx(1, abs=1e-5)
    assert best.values["sim"] == pytest.approx(1, abs=1e-4)
    assert best.values["kld"] == pytest.approx(0, abs=1e-5)
    assert best.values["auc_j"] > 0.9
    assert best.values["s_auc"] > 0.8
    assert best.values["nss"] > 2
    assert least.values["cc"] == least.values["nss"] == 0
    assert least.values["s_auc"] == 0.5
    assert least.values["auc_j"] == pytest.approx(0.5, abs=0.15)
    assert bool((best.quality_N > least.quality_N).all())
    assert best.quality_N.shape == (6,)


def test_maps_are_measured_at_the_size_of_each_picture() -> None:
    dataset = gaze_pictures(4, sizes=((24, 32), (40, 30), (36, 48)))
    split = GazeSplit(dataset, "test", protocol="mit", **SIZE)
    found = measured(the_truth, split)
    for row, batch in enumerate(split.in_order(size=1)):
        place = split.samples[row].place
        height, width = dataset.gaze.frame(place)
        assert split.truths.full_size(place) == (height, width)
        said = full_maps(the_truth(batch).exp(), (height, width))
        density = torch.from_numpy(split.truths.density(place, 0, height=height, width=width))[None]
        fixated = torch.from_numpy(split.truths.fixated(place, 0, height=height, width=width))[None]
        for name, value in (
            ("cc", cc(said, density)),
            ("sim", sim(said, density)),
            ("kld", kld(said, density)),
            ("nss", nss(said, fixated)),
            ("auc_j", auc_j(said, fixated)),
        ):
            assert float(found.by_sample[name][row]) == pytest.approx(float(value), abs=1e-9), name


def test_frames_are_measured_no_larger_than_those_of_dhf1k() -> None:
    split = GazeSplit(gaze_pictures(1, sizes=((720, 1280),)), "test", protocol="dhf1k", **SIZE)
    assert split.truths.full_size(split.samples[0].place) == (360, 640)


def test_samples_that_nobody_looked_at_are_left_out_of_scores() -> None:
    dataset = gaze_pictures(3)
    lost = dataset.splits["val"][1].place
    dataset.gaze._looks[lost] = dataset.gaze.looks(lost)[:0]  # type: ignore[attr-defined]
    found = measured(the_truth, GazeSplit(dataset, "val", protocol="mit", **SIZE))
    assert [bool(one) for one in found.by_sample["cc"].isnan()] == [False, True, False]
    assert found.values["cc"] == pytest.approx(1, abs=1e-5)
    assert float(found.quality_N[1]) == 0


def test_some_metrics_alone_are_the_same_as_among_all() -> None:
    split = GazeSplit(gaze_pictures(4), "test", protocol="mit", **SIZE)
    few, whole = measured(the_truth, split, metrics=("sim", "nss")), measured(the_truth, split)
    assert set(few.values) == {"sim", "nss"}
    assert few.values["nss"] == whole.values["nss"]


def test_numbers_do_not_depend_on_what_is_measured_together() -> None:
    split = GazeSplit(gaze_pictures(5), "test", protocol="mit", **SIZE)
    batch = split.at_view(-1, range(5))
    said, shown = the_truth(batch).exp().roll(3, 2), split.shown()
    together = frame_metrics(said, shown, truths=split.truths, pool=split.pool)
    alone = frame_metrics(said[2:3], shown[2:3], truths=split.truths, pool=split.pool)
    for name in METRICS:
        assert float(together[name][2]) == pytest.approx(float(alone[name][0]), abs=1e-12), name


@pytest.mark.usefixtures("without_streams")
def test_what_windows_say_of_one_frame_is_averaged() -> None:
    split = films("train", frames=6, stride=3)

    def numbered(batch: DenseBatch) -> Tensor:
        """Every window says how far in the video it begins."""
        values = batch.rows_B.float().view(-1, 1, 1, 1) + 1
        return values.expand(batch.truth.shape).log()

    ((film, maps_FHW),) = list(film_maps(numbered, split))
    assert film.starts == (0, 3, 6, 9, 12, 14)
    expected = [
        np.mean([row + 1 for row, start in enumerate(film.starts) if start <= frame < start + 6])
        for frame in range(20)
    ]
    np.testing.assert_allclose(maps_FHW[:, 0, 0].numpy(), expected, rtol=1e-6)


@pytest.mark.usefixtures("without_streams")
def test_videos_are_measured_frame_by_frame_and_say_how_steady_maps_are() -> None:
    split = films("train")
    found = measured(the_truth, split)
    assert tuple(found.values) == (*METRICS, CONSISTENCY)
    assert found.values["cc"] == pytest.approx(1, abs=1e-5)
    assert found.values[CONSISTENCY] < 0.9  # people look elsewhere in every second frame
    assert measured(the_same, split).values[CONSISTENCY] == 1
    assert set(found.by_sample) == {*METRICS, CONSISTENCY}
    assert all(len(values_N) == len(split) for values_N in found.by_sample.values())
    assert found.quality_N.min() > 0.99


@pytest.mark.usefixtures("without_streams")
def test_the_numbers_of_a_window_are_means_over_its_frames() -> None:
    split = films("val", frames=4, stride=4)
    found = measured(the_truth, split)
    film, maps_FHW = next(iter(film_maps(the_truth, split)))
    each = frame_metrics(maps_FHW, split.shown(), truths=split.truths, pool=split.pool)["nss"]
    assert film.starts == (0, 4, 8, 9)
    assert float(found.by_sample["nss"][1]) == pytest.approx(float(each[4:8].mean()))
    assert found.values["nss"] == pytest.approx(float(each.mean()))


@pytest.mark.usefixtures("without_streams")
def test_a_video_of_one_frame_has_no_consistency() -> None:
    split = GazeVideoSplit(
        gaze_videos((1, 1, 1)), "test", protocol="dhf1k", frames=4, stride=2, rate=10.0, **SIZE
    )
    found = measured(the_truth, split)
    assert math.isnan(found.values[CONSISTENCY])
    assert found.values["sim"] == pytest.approx(1, abs=1e-4)
