"""CRD: the loss, its memory, and that it finds pairs."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from mtkd_engine.spec import SpecError
from mtkd_engine.tasks.classification import contrast
from mtkd_engine.tasks.classification.contrast import Contrast, contrasted


def _noise(*size: int, seed: int = 0) -> Tensor:
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed))


def _built(rows: int = 30, *, classes: int = 5) -> Contrast:
    torch.manual_seed(0)
    return Contrast(6, 7, labels_N=torch.arange(rows) % classes, seed=4)


def test_the_loss_is_that_of_the_formula() -> None:
    own_B, apart_BN = _noise(3).double(), _noise(3, 8, seed=1).double()
    counted_BN = _noise(3, 8, seed=2) > 0
    found_B = contrasted(own_B, apart_BN, counted_BN)
    for b in range(3):
        own = math.exp(own_B[b]) / (math.exp(own_B[b]) + 8)
        wrong = [
            math.log(1 - math.exp(a) / (math.exp(a) + 8))
            for a, counts in zip(apart_BN[b].tolist(), counted_BN[b].tolist(), strict=True)
            if counts
        ]
        assert float(found_B[b]) == pytest.approx(-math.log(own) - 8 * sum(wrong) / len(wrong), rel=1e-9)


def test_extreme_similarities_stay_finite() -> None:
    own_B, apart_BN = torch.tensor([-500.0, 500.0]), torch.tensor([[500.0, -500.0]] * 2)
    assert contrasted(own_B, apart_BN, torch.ones(2, 2, dtype=torch.bool)).isfinite().all()
    assert contrasted(own_B, apart_BN, torch.zeros(2, 2, dtype=torch.bool)).isfinite().all()


def test_the_critic_starts_neither_sure_nor_blind_and_keeps_its_scale() -> None:
    model = _built()
    model(_noise(4, 6), _noise(4, 7, seed=1), torch.arange(4))
    scale_2 = model.log_z_2.clone()
    assert scale_2.isfinite().all()
    model(_noise(4, 6, seed=2), _noise(4, 7, seed=3), torch.arange(4))
    assert torch.equal(model.log_z_2, scale_2)


def test_the_memory_takes_up_half_of_a_training_batch_and_nothing_in_evaluation() -> None:
    model = _built()
    before = model.memory_t_MD.clone()
    teacher_BF = _noise(2, 7, seed=1)
    model.eval()(_noise(2, 6), teacher_BF, torch.tensor([3, 8]))
    assert torch.equal(model.memory_t_MD, before)
    model.train()(_noise(2, 6), teacher_BF, torch.tensor([3, 8]))
    new_BD = torch.nn.functional.normalize(model.embed_t(teacher_BF).detach())
    wanted_BD = torch.nn.functional.normalize(0.5 * before[[3, 8]] + 0.5 * new_BD)
    torch.testing.assert_close(model.memory_t_MD[[3, 8]], wanted_BD)
    assert torch.equal(model.memory_t_MD[4:8], before[4:8])


def test_a_copy_from_a_checkpoint_goes_on_with_the_same_bits() -> None:
    model, other = _built(), _built()
    given = (_noise(4, 6), _noise(4, 7, seed=1), torch.arange(4))
    model(*given)
    other.load_state_dict(model.state_dict())
    assert torch.equal(model(*given), other(*given))


def test_it_learns_which_embeddings_belong_together() -> None:
    model = _built(classes=30)  # every sample is a class of its own
    student_NF = _noise(30, 6)
    teacher_NF = student_NF @ _noise(6, 7, seed=1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    first = float("nan")
    for step in range(60):
        loss = model(student_NF, teacher_NF, torch.arange(30)).mean()
        first = float(loss.detach()) if step == 0 else first
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    alike_NN = (
        torch.nn.functional.normalize(model.embed_s(student_NF))
        @ torch.nn.functional.normalize(model.embed_t(teacher_NF)).T
    )
    assert float((alike_NN.argmax(1) == torch.arange(30)).float().mean()) > 0.8
    assert float(loss.detach()) < first


def test_more_rows_than_can_be_remembered_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contrast, "MOST_ROWS", 29)
    with pytest.raises(SpecError, match=r"method.features: given crd with 30 .* accepted are up to 29"):
        _built()
