"""What a student is to itself as a teacher: a moving mean, or a copy that stands still for a cycle."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.methods.own_teacher import OwnTeacher
from mtkd_engine.nets.classification import build_classifier
from mtkd_engine.spec import ImageInput, SelfSpec
from tests.engine.nets.classification.clips.small import STAGED_IMAGES


def student() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def moved(net: nn.Module, by: float) -> None:
    with torch.no_grad():
        for tensor in (*net.parameters(), *net.buffers()):
            tensor.add_(by if tensor.is_floating_point() else 1)


def weight_of(net: nn.Module) -> Tensor:
    return next(net.parameters()).detach().clone()


def test_the_mean_follows_the_published_formula_with_its_warm_up() -> None:
    net = student()
    own = OwnTeacher(net, SelfSpec(momentum=0.6), steps_of_epoch=5)
    mean = weight_of(own.net).double()
    for step, momentum in ((1, 1 / 2), (2, 0.6), (3, 0.6)):  # 1 - 1 / 3 is more than 0.6
        moved(net, 0.5)
        own.follow(net, step=step)
        mean = momentum * mean + (1 - momentum) * weight_of(net).double()
        torch.testing.assert_close(weight_of(own.net).double(), mean, atol=1e-6, rtol=0)
    norm, theirs = own.net.get_submodule("1"), net[1]
    assert isinstance(norm, nn.BatchNorm1d)
    assert isinstance(theirs, nn.BatchNorm1d)
    assert norm.num_batches_tracked == theirs.num_batches_tracked
    assert norm.running_mean is not None
    assert 0 < float(norm.running_mean[0]) < 1.5
    assert own.teaches(0)


def test_a_snapshot_is_the_student_at_the_end_of_the_last_cycle_and_there_is_none_before() -> None:
    net = student()
    own = OwnTeacher(net, SelfSpec(teacher="snapshot", cycle_epochs=2), steps_of_epoch=3)
    seen = []
    for step in range(1, 14):
        assert own.teaches(step - 1) == (step > 6)
        moved(net, 0.5)
        own.follow(net, step=step)
        seen.append(weight_of(net))
        if step >= 6:
            assert torch.equal(weight_of(own.net), seen[6 * (step // 6) - 1])


def test_it_is_never_in_training_and_has_no_gradient_though_its_student_has() -> None:
    net = student().train()
    own = OwnTeacher(net, SelfSpec(), steps_of_epoch=1)
    nn.ModuleList([net, own]).train()
    assert not any(module.training for module in own.modules())
    assert not any(parameter.requires_grad for parameter in own.parameters())
    assert all(parameter.requires_grad for parameter in net.parameters())


def test_a_network_of_a_library_is_copied_with_its_names() -> None:
    net = build_classifier(STAGED_IMAGES["resnet"], classes=3, input=ImageInput(size=32))
    own = OwnTeacher(net, SelfSpec(), steps_of_epoch=1)
    assert list(own.net.state_dict()) == list(net.state_dict())
    own.load_state_dict({name: value.clone() + 1 for name, value in own.state_dict().items()})
    assert not torch.equal(next(own.parameters()), next(net.parameters()))
