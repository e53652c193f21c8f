"""A classifier that teaches itself: nothing before it has something to teach, and never back to the teacher."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from mtkd_engine.events import Metrics
from mtkd_engine.methods.base import Method
from mtkd_engine.methods.classification.self_taught import SelfTaught
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.solo import Solo
from mtkd_engine.methods.own_teacher import OwnTeacher
from mtkd_engine.spec import SelfSpec
from mtkd_engine.tasks.classification.batches import CLEAN
from tests.engine.methods.classification.staged.studio import (
    CLASSES,
    READS,
    SAMPLES,
    Pictures,
    Small,
    small,
)

TRAIN = [place % CLASSES for place in range(SAMPLES)]
STEPS = 3  # of an epoch


def method_of(**stated: Any) -> SelfTaught:
    spec = SelfSpec.model_validate(stated)
    student = small(1)
    own = OwnTeacher(student, spec, steps_of_epoch=STEPS)
    assert isinstance(own.net, Small)
    return SelfTaught(
        Sight(student, READS),
        own,
        own_sight=Sight(own.net, READS),
        spec=spec,
        val=Pictures(TRAIN[:6], name="val"),
    )


def train(method: Method[Any], *, steps: int) -> list[set[str]]:
    """Terms of each step."""
    pictures, optimizer = Pictures(TRAIN), torch.optim.SGD(method.groups(), lr=0.1)
    found = []
    for step in range(steps):
        method.train()
        terms = method.terms(pictures.at_view(CLEAN, range(16 * (step % 3), 16 * (step % 3) + 16)))
        optimizer.zero_grad()
        torch.stack(list(terms.losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        method.stepped(step=step + 1, rate=0.1)
        found.append(set(terms.losses))
    return found


def tensors(net: torch.nn.Module) -> list[Tensor]:
    return [value.detach().clone() for value in net.state_dict().values()]


def test_until_the_first_cycle_is_over_it_is_training_from_labels_to_the_bit() -> None:
    method = method_of(teacher="snapshot", cycle_epochs=2)
    solo = Solo(Sight(small(1), READS), val=Pictures(TRAIN[:6], name="val"))
    terms = train(method, steps=6)
    train(solo, steps=6)
    assert terms == [{"hard"}] * 6
    assert all(map(torch.equal, tensors(method.student), tensors(solo.student)))
    assert method.teacher is not None
    assert all(map(torch.equal, tensors(method.teacher), tensors(method.student)))
    assert train(method, steps=1) == [{"hard", "kd"}]


def test_what_it_learns_from_itself_reaches_the_student_and_not_the_teacher() -> None:
    method = method_of()
    train(method, steps=4)
    before = tensors(method.own.net)
    method.train()
    loss = method.terms(Pictures(TRAIN).at_view(CLEAN, range(16))).losses["kd"]
    loss.backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is None for parameter in method.own.parameters())
    assert all(
        parameter.grad is not None and parameter.grad.abs().max() > 0
        for parameter in method.student.parameters()
    )
    assert all(map(torch.equal, before, tensors(method.own.net))), "looking changes no statistics"
    assert {id(p) for p in method.fitted()} == {id(p) for p in method.student.parameters()}


def test_its_state_says_where_in_a_cycle_it_is() -> None:
    method, other = (
        method_of(teacher="snapshot", cycle_epochs=2),
        method_of(teacher="snapshot", cycle_epochs=2),
    )
    train(method, steps=8)
    other.load_state_dict(method.state_dict())
    assert other.teacher is not None
    assert all(map(torch.equal, tensors(method.own), tensors(other.own)))


def test_the_student_is_measured_and_its_teacher_beside_it() -> None:
    method = method_of(teacher="snapshot", cycle_epochs=2)
    (spoken,) = method.measure(step=1).events
    assert isinstance(spoken, Metrics)
    assert "val/target_top1" not in spoken.values
    train(method, steps=6)
    measured = method.measure(step=6)
    (spoken,) = measured.events
    assert isinstance(spoken, Metrics)
    assert spoken.values["val/target_top1"] == spoken.values["val/top1"] == measured.score
