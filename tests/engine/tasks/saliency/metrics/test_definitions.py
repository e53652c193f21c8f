"""Metrics of saliency against their MATLAB code, written out line by line, and what they do at the edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from mtkd_engine.tasks.saliency.metrics import auc_j, cc, kld, nss, s_auc, sim, temporal_consistency
from tests.engine.tasks.saliency.metrics.made import CASES, HEIGHT, WIDTH, Map, made, tensors

Fixated = NDArray[np.bool_]


def literal_sim(said: Map, truth: Map) -> float:
    """similarity.m"""
    map1 = (said - said.min()) / (said.max() - said.min())
    map2 = (truth - truth.min()) / (truth.max() - truth.min())
    map1 = map1 / map1.sum()
    map2 = map2 / map2.sum()
    diff = np.minimum(map1, map2)
    return float(diff.sum())


def literal_auc_judd(said: Map, fixated: Fixated) -> float:
    """AUC_Judd.m of a map whose values all differ, without the random numbers."""
    values = (said - said.min()) / (said.max() - said.min())
    s_th = values[fixated]
    fixations, pixels = len(s_th), values.size
    tp, fp = [0.0], [0.0]
    for number, threshold in enumerate(np.sort(s_th)[::-1], start=1):
        above = int((values >= threshold).sum())
        tp.append(number / fixations)
        fp.append((above - number) / (pixels - fixations))
    return float(np.trapezoid([*tp, 1.0], [*fp, 1.0]))


def literal_auc_shuffled(said: Map, fixated: Fixated, others: Fixated, *, splits: int) -> list[float]:
    """AUC_shuffled.m: the area of each split."""
    random = np.random.default_rng(3)
    values = (said - said.min()) / (said.max() - said.min())
    s_th, index = values[fixated], np.flatnonzero(others)
    drawn = min(len(s_th), len(index))
    areas = []
    for _ in range(splits):
        current = values.ravel()[random.permutation(index)[:drawn]]
        thresholds = np.arange(0, max(s_th.max(), current.max()) + 1e-12, 0.1)[::-1]
        tp = [0.0, *((s_th >= threshold).sum() / len(s_th) for threshold in thresholds), 1.0]
        fp = [0.0, *((current >= threshold).sum() / drawn for threshold in thresholds), 1.0]
        areas.append(float(np.trapezoid(tp, fp)))
    return areas


@pytest.mark.parametrize("name", CASES)
def test_sim_is_the_matlab_code_line_by_line(name: str) -> None:
    said, truth, _ = made(*CASES[name])
    found = sim(*(torch.from_numpy(maps)[None] for maps in (said, truth)))
    assert float(found) == pytest.approx(literal_sim(said, truth), abs=1e-12)


@pytest.mark.parametrize("name", ["few", "many", "floor", "one"])
def test_auc_j_is_the_matlab_code_line_by_line(name: str) -> None:
    said, _, fixated = made(*CASES[name])
    found = auc_j(torch.from_numpy(said)[None], torch.from_numpy(fixated)[None])
    assert float(found) == pytest.approx(literal_auc_judd(said, fixated), abs=2e-6)


@pytest.mark.parametrize("name", ["few", "many", "floor", "coarse"])
def test_s_auc_is_the_matlab_code_within_its_sampling_error(name: str) -> None:
    said, _, fixated = made(*CASES[name])
    _, _, others = made(9, 250, 0.0, 0)
    literal = literal_auc_shuffled(said, fixated, others, splits=100)
    error = float(np.std(literal)) / 10
    found = s_auc(*(torch.from_numpy(maps)[None] for maps in (said, fixated, others)), seeds=[5])
    assert float(found) == pytest.approx(np.mean(literal), abs=4 * 2**0.5 * error + 1e-12)


def test_s_auc_is_the_same_for_the_same_seed_whatever_else_is_in_the_batch() -> None:
    said, _, fixated = tensors("few", "floor", "many")
    others = fixated.roll(-1, 0)
    together = s_auc(said, fixated, others, seeds=[7, 8, 9])
    alone = s_auc(said[1:2], fixated[1:2], others[1:2], seeds=[8])
    assert float(together[1]) == float(alone)
    assert float(s_auc(said[1:2], fixated[1:2], others[1:2], seeds=[80])) != float(alone)


def test_a_batch_has_the_numbers_of_its_maps_one_by_one() -> None:
    said, truth, fixated = tensors(*CASES)
    for found, one in (
        (auc_j(said, fixated), auc_j),
        (nss(said, fixated), nss),
    ):
        alone = [float(one(said[row : row + 1], fixated[row : row + 1])) for row in range(len(said))]
        torch.testing.assert_close(found, torch.tensor(alone, dtype=torch.float64), rtol=0, atol=1e-12)
    for measure in (cc, kld, sim):
        alone = [float(measure(said[row : row + 1], truth[row : row + 1])) for row in range(len(said))]
        both = measure(said, truth)
        torch.testing.assert_close(both, torch.tensor(alone, dtype=torch.float64), rtol=0, atol=1e-12)


def test_where_nobody_looked_nothing_is_defined() -> None:
    said, truth, fixated = tensors("few", "many")
    truth[1], fixated[1] = 0, False
    for values in (
        auc_j(said, fixated),
        s_auc(said, fixated, fixated.roll(1, 0), seeds=[1, 2]),
        nss(said, fixated),
        cc(said, truth),
        sim(said, truth),
        kld(said, truth),
    ):
        assert bool(values[1].isnan()), values
    assert not bool(nss(said, fixated)[0].isnan())
    # of the first, nobody looked at the other picture
    assert bool(s_auc(said, fixated, fixated.roll(1, 0), seeds=[1, 2])[0].isnan())


def test_a_prediction_that_is_the_same_everywhere_is_worth_chance() -> None:
    _, truth, fixated = tensors("many")
    said = torch.full((1, HEIGHT, WIDTH), 0.1)  # no sum of it is exact
    assert float(nss(said, fixated)) == 0
    assert float(cc(said, truth)) == 0
    assert float(auc_j(said, fixated)) == pytest.approx(0.5, abs=0.05)
    assert float(s_auc(said, fixated, fixated, seeds=[0])) == 0.5
    assert 0 < float(sim(said, truth)) < 1
    assert float(kld(said, truth)) > 0


def test_a_perfect_prediction_has_the_best_values() -> None:
    _, truth, _ = tensors("many")
    assert float(cc(truth, truth)) == pytest.approx(1)
    assert float(sim(truth, truth)) == pytest.approx(1)
    assert float(kld(truth, truth)) == pytest.approx(0, abs=1e-9)
    assert float(kld(3 * truth, truth)) == pytest.approx(0, abs=1e-9)
    assert float(cc(7 - truth, truth)) == pytest.approx(-1)


def test_a_pixel_counts_once_however_many_looked() -> None:
    said, _, fixated = tensors("few")
    assert float(nss(said, fixated.to(torch.int64) * 5)) == float(nss(said, fixated))
    assert float(auc_j(said, fixated.to(torch.float32) * 5)) == float(auc_j(said, fixated))


def test_a_film_whose_maps_stay_is_consistent_and_one_of_noise_is_not() -> None:
    _, truth, _ = tensors("few")
    random = torch.Generator().manual_seed(0)
    noise = torch.rand(6, HEIGHT, WIDTH, generator=random)
    moving = torch.stack([truth[0].roll(step, 1) for step in range(6)])
    assert temporal_consistency(truth.expand(6, -1, -1)) == pytest.approx(1)
    assert abs(temporal_consistency(noise)) < 0.05
    assert 0.9 < temporal_consistency(moving) < 1
    assert temporal_consistency(torch.full((3, 4, 4), 0.1)) == 1
    assert np.isnan(temporal_consistency(truth))
