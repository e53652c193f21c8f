"""Losses between features: held against slow formulas in double precision, and whom they teach."""

from __future__ import annotations

import math
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from mtkd_engine.nets.classification import build_classifier
from mtkd_engine.spec import CifarResNet, FeatureLossSpec, ImageInput, SpecError
from mtkd_engine.tasks.classification.features import (
    LAST,
    FeatureLoss,
    as_maps,
    build_feature_loss,
    sizes_at,
)

_ROWS, _CLASSES = 40, 4
Kind = Literal["fitnet", "attention", "similarity", "crd"]
KINDS: tuple[Kind, ...] = ("fitnet", "attention", "similarity", "crd")


def _noise(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def _built(kind: Kind, student: tuple[int, ...], teacher: tuple[int, ...]) -> FeatureLoss:
    torch.manual_seed(3)
    labels_N = torch.arange(_ROWS) % _CLASSES
    return build_feature_loss(
        FeatureLossSpec(kind=kind), student=student, teacher=teacher, labels_N=labels_N, seed=1
    )


def test_fitnet_is_the_mean_squared_difference_after_its_regressor() -> None:
    loss = _built("fitnet", (3, 4, 4), (5, 2, 2))
    own, other = _noise(6, 3, 4, 4), _noise(6, 5, 2, 2, seed=1)
    found_B = loss.loss(own, other, rows_B=torch.arange(6))
    convolution, normalisation = loss.get_submodule("regressor.0"), loss.get_submodule("regressor.1")
    weight = convolution.get_parameter("weight").detach().double()
    mapped = torch.einsum("od,bdhw->bohw", weight[:, :, 0, 0], own.double())
    mean = mapped.mean((0, 2, 3), keepdim=True)
    spread = (mapped - mean).square().mean((0, 2, 3), keepdim=True)
    assert isinstance(normalisation, nn.BatchNorm2d)
    normal = (mapped - mean) / (spread + normalisation.eps).sqrt()
    for b in range(6):
        total = 0.0
        for o in range(5):
            for i in range(2):
                for j in range(2):
                    block = normal[b, o, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean()
                    total += float(block - other[b, o, i, j].double()) ** 2
        assert float(found_B[b].detach()) == pytest.approx(total / 20, rel=1e-5)


def test_fitnet_of_vectors_is_linear() -> None:
    loss = _built("fitnet", (3,), (5,))
    own, other = _noise(6, 3), _noise(6, 5, seed=1)
    linear = loss.get_submodule("regressor")
    mapped = own @ linear.get_parameter("weight").T + linear.get_parameter("bias")
    torch.testing.assert_close(
        loss.loss(own, other, rows_B=torch.arange(6)), (mapped - other).square().mean(1)
    )


def test_attention_is_the_difference_of_normalised_sums_of_squares() -> None:
    own, other = _noise(4, 3, 2, 3).double(), _noise(4, 5, 2, 3, seed=1).double()
    found_B = _built("attention", (3, 2, 3), (5, 2, 3)).loss(own, other, rows_B=torch.arange(4))
    for b in range(4):
        maps = [[float((f[b, :, i, j] ** 2).sum()) for i in range(2) for j in range(3)] for f in (own, other)]
        norms = [math.sqrt(sum(value**2 for value in one)) for one in maps]
        wanted = sum((maps[0][p] / norms[0] - maps[1][p] / norms[1]) ** 2 for p in range(6)) / 6
        assert float(found_B[b]) == pytest.approx(wanted, rel=1e-5)


def test_similarity_sums_to_the_squared_difference_of_both_matrices_over_the_square_of_the_batch() -> None:
    own, other = _noise(5, 3, 2, 2).double(), _noise(5, 7, seed=1).double()
    found_B = _built("similarity", (3, 2, 2), (7,)).loss(own, other, rows_B=torch.arange(5))

    def rows(features: Tensor) -> list[list[float]]:
        alike = [
            [float((features[i].flatten() * features[j].flatten()).sum()) for j in range(5)] for i in range(5)
        ]
        return [[value / math.sqrt(sum(v**2 for v in row)) for value in row] for row in alike]

    own_rows, other_rows = rows(own), rows(other)
    wanted = sum((own_rows[i][j] - other_rows[i][j]) ** 2 for i in range(5) for j in range(5)) / 25
    assert float(found_B.mean()) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_goes_to_the_student_and_the_loss_itself_never_to_the_teacher(kind: Kind) -> None:
    loss = _built(kind, (3, 4, 4), (5, 2, 2))
    own, other = _noise(6, 3, 4, 4).requires_grad_(), _noise(6, 5, 2, 2, seed=1).requires_grad_()
    loss_B = loss.loss(own, other, rows_B=torch.arange(6))
    assert loss_B.shape == (6,)
    loss_B.mean().backward()
    assert own.grad is not None
    assert own.grad.abs().max() > 0
    assert other.grad is None
    assert all(parameter.grad is not None for parameter in loss.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_is_compared_in_single(kind: Kind) -> None:
    loss = _built(kind, (3, 4, 4), (5, 2, 2))
    own, other = _noise(6, 3, 4, 4).bfloat16(), _noise(6, 5, 2, 2, seed=1).bfloat16()
    assert loss.loss(own, other, rows_B=torch.arange(6)).dtype == torch.float32


@pytest.mark.parametrize("kind", ["attention", "similarity"])
def test_the_same_features_cost_nothing(kind: Kind) -> None:
    own = _noise(6, 3, 4, 4)
    assert _built(kind, (3, 4, 4), (3, 4, 4)).loss(own, own, rows_B=torch.arange(6)).max() < 1e-10


@pytest.mark.parametrize("kind", ["fitnet", "attention"])
def test_maps_of_any_two_sizes_meet(kind: Kind) -> None:
    own, other = _noise(6, 3, 5, 7), _noise(6, 4, 3, 8, seed=1)
    assert _built(kind, (3, 5, 7), (4, 3, 8)).loss(own, other, rows_B=torch.arange(6)).isfinite().all()


def test_where_maps_meet_they_are_averaged_as_by_adaptive_pooling() -> None:
    own = _noise(2, 3, 8, 6)
    meeting = _built("attention", (3, 8, 6), (3, 4, 2)).get_submodule("meeting")
    found, same = meeting(own, _noise(2, 3, 4, 2))
    torch.testing.assert_close(found, nn.functional.adaptive_avg_pool2d(own, (4, 2)))
    assert torch.equal(same, _noise(2, 3, 4, 2))


def test_tokens_become_maps_without_those_that_stand_before_the_image() -> None:
    tokens = _noise(2, 1 + 9, 5)
    maps = as_maps(tokens)
    assert maps.shape == (2, 5, 3, 3)
    assert torch.equal(maps[:, :, 1, 2], tokens[:, 1 + 5])


def test_attention_of_vectors_is_refused() -> None:
    with pytest.raises(SpecError, match=r"method.features: .*accepted are taps with more than one position"):
        _built("attention", (8,), (4, 2, 2))


def test_sizes_are_found_and_the_network_is_left_as_it_was() -> None:
    model = build_classifier(CifarResNet(depth=8), classes=3, input=ImageInput()).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    sizes = sizes_at(model, ["layer2", LAST], ImageInput(size=16))
    assert sizes == {"layer2": (32, 8, 8), LAST: (64,)}
    assert model.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_tap_that_is_not_there_is_refused_under_its_field() -> None:
    model = build_classifier(CifarResNet(depth=8), classes=3, input=ImageInput())
    with pytest.raises(SpecError, match=r"method.features: given the path 'layer9'"):
        sizes_at(model, ["layer9"], ImageInput())
