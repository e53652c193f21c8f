"""What draws a substage to those of its teachers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.methods.classification.staged.terms import Observed
from mtkd_engine.nets.classification.taps import Tapped
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.tasks.classification.inputs import to_input
from tests.engine.methods.classification.staged.studio import (
    CLASSES,
    READS,
    Masters,
    Pictures,
    apprentice,
    observed,
    small,
)

ALL = StagedSpec(between_weight=1)


def _at(k: int, *, spec: StagedSpec = ALL, masters: Masters | None = None) -> tuple[Staged, Pictures]:
    method, train = apprentice(spec, masters=masters)
    method.enter(method.plan[k - 1])
    return method, train


def _weights(samples: int, teachers: int) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.rand(samples, teachers, generator=generator).softmax(1)


def _taps(net: nn.Module, images: Tensor) -> tuple[Tensor, Mapping[str, Tensor]]:
    tapped = Tapped(net, [f"stages.{place}" for place in range(3)])
    with torch.no_grad():
        logits, taps = tapped(to_input(images, READS))
    tapped.close()
    return logits, taps


def test_a_hybrid_is_the_student_then_the_adapter_then_the_rest_of_the_teacher() -> None:
    masters = Masters([small(1), small(2, (5, 7, 12))])
    method, train = _at(2, masters=masters)
    method.eval()
    batch = train.at_view(-1, range(6))
    weights_BT = _weights(6, 2)
    with torch.no_grad():
        found = method.substages.compare(method.stage, observed(method, batch, weights_BT))
    total_B = torch.zeros(6, dtype=torch.float64)
    said_BC = torch.zeros(6, CLASSES, dtype=torch.float64)
    for place, tutor in enumerate(masters.tutors):
        net, adapter = tutor.cut.net, method.substages.adapters[1][place]  # type: ignore[index]
        maps = _taps(method.student, batch.images_BCHW)[1]["stages.1"]
        with torch.no_grad():
            if adapter.mapping is not None:
                maps = adapter.norm(adapter.mapping(maps.flatten(2))).view(6, -1, *maps.shape[2:])
            assert isinstance(net.stages, nn.ModuleList)
            logits_BC = net.head(net.stages[2](maps).mean(dim=(2, 3))).double() / 1.5
        teacher_BC = (_taps(net, batch.images_BCHW)[0].double() / 1.5 / 4).softmax(1)
        student_BC = (logits_BC / 4).softmax(1)
        for b in range(6):
            apart = sum(
                float(p * (p.log() - q.log())) for p, q in zip(teacher_BC[b], student_BC[b], strict=True)
            )
            total_B[b] += float(weights_BT[b, place]) * 16 * apart
        said_BC += weights_BT[:, place : place + 1] * logits_BC.softmax(1)
    torch.testing.assert_close(found.terms["hybrid"].double(), total_B, rtol=1e-4, atol=1e-5)
    assert found.hybrid_BC is not None
    torch.testing.assert_close(found.hybrid_BC.exp().double(), said_BC, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_a_student_that_is_its_teacher_has_nothing_to_learn(k: int) -> None:
    masters = Masters([small(1)])
    method, train = apprentice(ALL, masters=masters, student=small(1))
    method.enter(method.plan[k - 1])
    method.eval()
    batch = train.at_view(-1, range(8))
    found = method.substages.compare(method.stage, observed(method, batch, torch.ones(8, 1)))
    assert set(found.terms) == {"hybrid", "distribution", "similarity"} | ({"between"} if k > 1 else set())
    for loss_B in found.terms.values():
        assert loss_B.abs().max() < 1e-5


@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_order_of_a_batch_does_not_matter(k: int) -> None:
    method, train = _at(k)
    method.train()
    order = [3, 0, 5, 1, 4, 2]
    weights_BT = _weights(6, 2)
    plain = method.substages.compare(method.stage, observed(method, train.at_view(-1, range(6)), weights_BT))
    other = method.substages.compare(
        method.stage, observed(method, train.at_view(-1, order), weights_BT[order])
    )
    for name, loss_B in plain.terms.items():
        torch.testing.assert_close(other.terms[name], loss_B[order], rtol=1e-4, atol=1e-6)


def test_a_teacher_without_weight_does_not_matter() -> None:
    method, train = _at(2)
    method.eval()
    batch = train.at_view(-1, range(6))
    both = method.substages.compare(method.stage, observed(method, batch, torch.tensor([[1.0, 0.0]] * 6)))
    seen = observed(method, batch, torch.ones(6, 1))
    method.substages.tutors.pop()
    alone = method.substages.compare(
        method.stage, Observed(batch, seen.seen, seen.taps, seen.signals, torch.ones(6, 1))
    )
    for name, loss_B in alone.terms.items():
        torch.testing.assert_close(both.terms[name], loss_B)


def test_frozen_values() -> None:
    method, train = _at(2)
    method.eval()
    batch = train.at_view(-1, range(8))
    found = method.substages.compare(method.stage, observed(method, batch, torch.full((8, 2), 0.5)))
    said = {name: float(loss_B.detach().mean()) for name, loss_B in found.terms.items()}
    assert said == pytest.approx(
        {"hybrid": 1.0356216, "distribution": 0.3666494, "similarity": 0.0253122, "between": 1.3284588},
        rel=1e-4,
    )
