"""Laws of branches that their gated ensemble teaches."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.events import Metrics, Weights
from mtkd_engine.methods.classification.ensemble import Ensemble, Ramp
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.solo import Solo
from mtkd_engine.nets.classification import build_classifier
from mtkd_engine.nets.classification.branches import BranchesClassifier
from mtkd_engine.spec import BranchesNet, CifarResNet, EnsembleSpec
from mtkd_engine.tasks.classification.batches import CLEAN
from tests.engine.methods.classification.staged.studio import CLASSES, READS, SAMPLES, Pictures

TRAIN = [place % CLASSES for place in range(SAMPLES)]
NOW = Ramp(epochs=0, steps_of_epoch=3)


def method_of(*, branches: int = 3, ramp: Ramp = NOW, **stated: float | str) -> Ensemble:
    torch.manual_seed(0)
    net = build_classifier(BranchesNet(branches=branches), classes=CLASSES, input=READS)
    return Ensemble(
        Sight(net, READS),
        spec=EnsembleSpec.model_validate(stated),
        ramp=ramp,
        val=Pictures(TRAIN[:6], name="val"),
        probe_rows=[0, 5],
    )


def gradients(method: nn.Module, loss: Tensor) -> dict[str, Tensor]:
    method.zero_grad()
    loss.backward(retain_graph=True)  # type: ignore[no-untyped-call]
    return {name: p.grad.clone() for name, p in method.named_parameters() if p.grad is not None}


def moved(found: dict[str, Tensor]) -> set[str]:
    return {name for name, gradient in found.items() if gradient.abs().max() > 0}


def test_one_branch_is_plain_training_twice_over() -> None:
    batch = Pictures(TRAIN).at_view(CLEAN, range(16))
    method = method_of(branches=1).train()
    losses = method.terms(batch).losses
    own = gradients(method, torch.stack(list(losses.values())).sum())
    torch.manual_seed(0)
    plain = build_classifier(CifarResNet(), classes=CLASSES, input=READS)
    solo = Solo(Sight(plain, READS), val=Pictures(TRAIN[:6], name="val")).train()
    alone = gradients(solo, solo.terms(batch).losses["hard"])
    assert float(losses["kd"].detach()) == pytest.approx(0, abs=1e-6), "it agrees with itself"
    for name, gradient in alone.items():
        torch.testing.assert_close(
            own[name.replace("student.", "student.branches.0.")], 2 * gradient, atol=2e-5, rtol=1e-3
        )


def test_what_branches_learn_from_the_ensemble_never_reaches_the_ensemble() -> None:
    batch = Pictures(TRAIN).at_view(CLEAN, range(16))
    method = method_of().train()
    losses = method.terms(batch).losses
    reached = moved(gradients(method, losses["kd"]))
    assert not any(name.startswith("student.gate.") for name in reached)
    assert {name.split(".")[2] for name in reached if name.startswith("student.branches.")} == {"0", "1", "2"}
    assert "student.branches.0.conv1.weight" in reached, "the shared substages learn from it, too"
    assert any(name.startswith("student.gate.") for name in moved(gradients(method, losses["ensemble"])))
    assert not any(name.startswith("student.gate.") for name in moved(gradients(method, losses["hard"])))


def test_the_loss_is_the_published_one() -> None:
    batch = Pictures(TRAIN).at_view(CLEAN, range(8))
    method = method_of(temperature=2.0, distill_weight=0.5).eval()
    losses = method.terms(batch).losses
    net = method.student
    with torch.no_grad():
        features_BF = net.features((batch.images_BCHW.float() / 255 - mean()) / std())
        logits, ensemble = net.by_branch(features_BF), net.head(features_BF)
    target = torch.softmax(ensemble / 2, 1)
    apart = sum((target * (target.log() - torch.log_softmax(one / 2, 1))).sum(1).mean() for one in logits)
    hard = sum(nn.functional.cross_entropy(one, batch.labels_B) for one in logits)
    torch.testing.assert_close(losses["hard"].detach(), hard, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(losses["kd"].detach(), 0.5 * 4 * apart, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(
        losses["ensemble"].detach(), nn.functional.cross_entropy(ensemble, batch.labels_B)
    )


def mean() -> Tensor:
    return torch.tensor(READS.mean).view(3, 1, 1)


def std() -> Tensor:
    return torch.tensor(READS.std).view(3, 1, 1)


def test_the_ramp_grows_with_whole_epochs_to_all_of_the_weight() -> None:
    ramp = Ramp(epochs=4, steps_of_epoch=3)
    shares = [ramp.share(step) for step in (0, 2, 3, 6, 12, 99)]
    expected = [math.exp(-5), math.exp(-5), math.exp(-5 * 0.75**2), math.exp(-5 * 0.25), 1.0, 1.0]
    assert shares == pytest.approx(expected)
    assert NOW.share(0) == 1.0
    assert "kd" not in method_of(distill_weight=0.0).terms(Pictures(TRAIN).at_view(CLEAN, range(4))).losses


@pytest.mark.parametrize("keep", ["branch", "ensemble"])
def test_what_is_measured_is_what_would_be_left(keep: str) -> None:
    method = method_of(keep=keep)
    measured = method.measure(step=3)
    spoken, weights = measured.events
    assert isinstance(spoken, Metrics)
    assert isinstance(weights, Weights)
    own = [spoken.values[f"val/branch_{number}_top1"] for number in (1, 2, 3)]
    left = spoken.values["val/target_top1"] if keep == "ensemble" else max(own)
    assert spoken.values["val/top1"] == measured.score == left
    assert method.best_branch() == own.index(max(own))
    assert weights.teachers == ["branch_1", "branch_2", "branch_3"]
    assert sum(weights.mean) == pytest.approx(1, abs=1e-5)
    assert len(weights.probe) == 2
    assert measured.weights_NHT is not None
    assert measured.weights_NHT.shape == (6, 1, 3)
    assert isinstance(method.student, BranchesClassifier)
