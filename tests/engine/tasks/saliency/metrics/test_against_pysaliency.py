"""Metrics of saliency against what pysaliency 0.2.22 measured on maps from our seeds.

pysaliency is no dependency: it needs scipy, numba and pkg_resources, and fails with numpy 2.4, which has no `np.trapz`.
The numbers below were made once, with `np.trapz = np.trapezoid` set before the import, and for each case

    said, truth, fixated = made(*CASES[name])
    rows, columns = np.nonzero(fixated)       # -> stimuli and fixations, one train of one fixation for each pixel
    model.AUC_Judd(stimuli, fixations, random_seed=seed)                    # 42; mean of 0 to 999 where there are ties
    model.NSS(stimuli, fixations), model.CC(stimuli, truth_model)
    metrics.MIT_KLDiv(said, truth), metrics.SIM(said, truth)
    model.AUC_per_image(stimuli, fixations, nonfixations=others)    # each pixel that is fixated in another case, once

Where it differs by definition: it counts a pixel as often as it was fixated, we and MATLAB once; its deviation of NSS
is that with N, of MATLAB that with N - 1 (a share of 1 / 2N, 3e-5 here); its SIM lacks the stretch to 0..1; its
shuffled AUC takes all of the others and all values as thresholds, MATLAB's 100 draws and steps of 0.1.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch

from mtkd_engine.tasks.saliency.metrics import auc_j, cc, kld, nss, s_auc, sim
from tests.engine.tasks.saliency.metrics.made import CASES, HEIGHT, WIDTH, tensors

CLOSE = 1e-4


@dataclass(frozen=True)
class Measured:
    """What pysaliency said of a case."""

    auc_j: float
    nss: float
    cc: float
    kld: float
    sim_without_min_max: float
    s_auc_of_all: float


MEASURED = {
    "few": Measured(0.941974, 2.079828, 0.599268, 0.975040, 0.384493, 0.949180),
    "many": Measured(0.791422, 1.144637, 0.564883, 0.844050, 0.431192, 0.755153),
    "floor": Measured(0.832043, 1.387518, 0.615759, 1.394307, 0.289687, 0.837166),
    "one": Measured(0.930335, 1.282595, 0.658551, 0.642444, 0.520762, 0.897746),
    "half": Measured(0.691192, 0.327534, 0.701045, 1.055201, 0.369869, 0.746672),
    "ties": Measured(0.832433, 1.407535, 0.679012, 0.697874, 0.491657, 0.847173),
    "coarse": Measured(0.864116, 1.574714, 0.845049, 0.573569, 0.555464, 0.829282),
}
JITTERED = {"ties": 4e-6, "coarse": 1.7e-4}
"""Cases whose pixels share values, and the standard error of pysaliency's mean over its random numbers."""


@pytest.mark.parametrize("name", CASES)
def test_nss_cc_and_kld_are_those_of_pysaliency(name: str) -> None:
    said, truth, fixated = tensors(name)
    assert float(nss(said, fixated)) == pytest.approx(MEASURED[name].nss, abs=CLOSE)
    assert float(cc(said, truth)) == pytest.approx(MEASURED[name].cc, abs=CLOSE)
    assert float(kld(said, truth)) == pytest.approx(MEASURED[name].kld, abs=CLOSE)


@pytest.mark.parametrize("name", [name for name in CASES if name not in JITTERED])
def test_auc_j_is_that_of_pysaliency(name: str) -> None:
    said, _, fixated = tensors(name)
    assert float(auc_j(said, fixated)) == pytest.approx(MEASURED[name].auc_j, abs=CLOSE)


@pytest.mark.parametrize("name", JITTERED)
def test_auc_j_of_maps_with_ties_is_that_of_pysaliency_on_average_over_random_numbers(name: str) -> None:
    said, _, fixated = tensors(name)
    areas = torch.cat([auc_j(said, fixated, seed=seed) for seed in range(200)])
    error = float(areas.std() / len(areas) ** 0.5)
    assert float(areas.mean()) == pytest.approx(MEASURED[name].auc_j, abs=4 * (error + JITTERED[name]))


@pytest.mark.parametrize("name", CASES)
def test_sim_tells_no_less_than_without_the_stretch_to_0_to_1(name: str) -> None:
    """pysaliency's, from the same maps, is ours where the prediction has no floor to lose."""
    said, truth, _ = tensors(name)
    stretched = [(maps - maps.amin()) / (maps.amax() - maps.amin()) for maps in (said, truth)]
    literal = torch.minimum(*(maps / maps.sum() for maps in stretched)).sum()
    without = torch.minimum(said / said.sum(), truth / truth.sum()).sum()
    assert float(without) == pytest.approx(MEASURED[name].sim_without_min_max, abs=CLOSE)
    assert float(sim(said, truth)) == pytest.approx(float(literal), abs=1e-12)
    if name == "floor":
        assert float(sim(said, truth)) > MEASURED[name].sim_without_min_max + 0.1


@pytest.mark.parametrize("name", CASES)
def test_s_auc_is_that_of_pysaliency_within_its_sampling_error(name: str) -> None:
    """With fine thresholds, as pysaliency takes all values."""
    said, _, fixated = tensors(name)
    _, _, all_fixated = tensors(*(other for other in CASES if other != name))
    others = all_fixated.any(0, keepdim=True)
    assert others.shape == (1, HEIGHT, WIDTH)
    draws = [s_auc(said, fixated, others, seeds=[seed], splits=1, step=0.0005) for seed in range(40)]
    error = float(torch.cat(draws).std()) / 10
    found = s_auc(said, fixated, others, seeds=[1000], step=0.0005)
    assert float(found) == pytest.approx(MEASURED[name].s_auc_of_all, abs=4 * error + 2e-4)
