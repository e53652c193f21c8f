"""What moves between models that teach each other, and what does not."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.events import Warned
from mtkd_engine.methods.zoo.members import OWN_START
from mtkd_engine.methods.zoo.method import Transfer
from mtkd_engine.optimizers import clipped, optimizer_of
from mtkd_engine.spec import ClassOptimSpec, MutualSpec, PartitionSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from tests.engine.methods.zoo.conftest import NAMES, Zoo
from tests.engine.waits import Watched


def gradients(
    method: Transfer[ClassBatch], term: str, batch: ClassBatch, *, seed: int = 7
) -> dict[str, Tensor]:
    """The gradient of one loss term with respect to the line of every learner, by name."""
    torch.manual_seed(seed)
    method.train()
    loss = method.terms(batch).losses[term]
    found = {}
    for place, model in method.members.trained():
        (gradient,) = torch.autograd.grad(loss, [model.line.weight], retain_graph=True, allow_unused=True)
        shape = torch.zeros_like(model.line.weight)
        found[method.members.all[place].name] = shape if gradient is None else gradient
    return found


def test_the_teaching_side_has_no_gradient(zoo: Zoo) -> None:
    found = gradients(zoo.method(MutualSpec()), "two/transfer", zoo.batch)
    assert found["two"].abs().sum() > 0
    assert found["one"].abs().sum() == 0
    assert found["three"].abs().sum() == 0


def test_as_published_the_teaching_side_is_drawn_along(zoo: Zoo) -> None:
    found = gradients(zoo.method(MutualSpec(paper_gradients=True)), "two/transfer", zoo.batch)
    assert found["two"].abs().sum() > 0
    assert found["one"].abs().sum() + found["three"].abs().sum() > 0


def test_a_learner_learns_only_where_another_knows_better(zoo: Zoo) -> None:
    method = zoo.method(MutualSpec())
    losses = method.terms(zoo.batch)
    assert method.last_weights is not None
    ids, weights_BMS = method.last_weights
    assert ids == [f"s{i}" for i in range(12)]
    own = torch.stack([weights_BMS[:, m, m] for m in range(3)], dim=1)
    assert ((own == 1).sum(1) >= 1).all(), "of every sample somebody keeps to itself"
    shares = [losses.observed[f"weight/{name}"] for name in NAMES]
    torch.testing.assert_close(torch.stack(shares).sum(), torch.tensor(1.0))


def test_the_loss_of_two_is_the_published_one(zoo: Zoo) -> None:
    method = zoo.method(MutualSpec(), names=("one", "two"))
    method.eval()
    terms = method.terms(zoo.batch).losses
    logits = [model(zoo.batch.images_BCHW.flatten(1)).double() for _, model in method.members.trained()]
    first_BC, second_BC = (torch.log_softmax(one, dim=1) for one in logits)
    truth = zoo.batch.labels_B.unsqueeze(1)
    first_teaches_B = (first_BC.gather(1, truth) > second_BC.gather(1, truth)).squeeze(1)
    to_second = (first_BC.exp() * (first_BC - second_BC)).sum(1)
    to_first = (second_BC.exp() * (second_BC - first_BC)).sum(1)
    expected = torch.where(first_teaches_B, to_second, to_first).mean()
    moved = terms["one/transfer"] + terms["two/transfer"]
    torch.testing.assert_close(moved.double(), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("method", [{}, {"anchor": True}, {"partition": "soft"}, {"paper_gradients": True}])
def test_computing_activations_again_changes_no_bit(zoo: Zoo, method: dict[str, object]) -> None:
    def trained(*, recompute: bool) -> dict[str, Tensor]:
        built = zoo.method(MutualSpec.model_validate({**method, "recompute": recompute}))
        optimizer = optimizer_of(built.groups(), ClassOptimSpec())
        torch.manual_seed(11)
        for _ in range(3):
            built.train()
            loss = torch.stack(list(built.terms(zoo.batch).losses.values())).sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return dict(built.learners.state_dict())

    whole, again = trained(recompute=False), trained(recompute=True)
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_without_transfer_every_model_learns_as_if_alone(zoo: Zoo) -> None:
    def line(names: tuple[str, ...]) -> Tensor:
        built = zoo.method(MutualSpec(), names=names, transfers=False)
        optimizer = optimizer_of(built.groups(), ClassOptimSpec())
        built.eval()  # nobody draws what another would have drawn
        torch.stack(list(built.terms(zoo.batch).losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        clipped(optimizer, ClassOptimSpec(clip_norm=0.01))
        optimizer.step()
        weight: Tensor = next(model for _, model in built.members.trained()).line.weight
        return weight.detach()

    assert torch.equal(line(("one",)), line(NAMES))


def test_only_the_student_of_a_partition_learns(zoo: Zoo) -> None:
    method = zoo.method(PartitionSpec(student="two"))
    terms = method.terms(zoo.batch).losses
    assert list(terms) == ["two/transfer"]
    assert method.members.sources == [*NAMES, OWN_START]
    terms["two/transfer"].backward()  # type: ignore[no-untyped-call]
    others = [method.members.all[0].model, method.members.all[2].model, method.members.starts[1].model]
    assert all(parameter.grad is None for model in others for parameter in model.parameters())
    assert not any(name.startswith("learners.0") for name in method.state_dict())


def test_teachers_in_turn_teach_one_after_the_other(zoo: Zoo) -> None:
    method = zoo.method(PartitionSpec(student="two", order="sequential"), steps=4)
    method.terms(zoo.batch)
    taught = method.taught_MS.clone()
    assert taught[0, 2] == 0, "the third has not had its turn"
    with torch.no_grad():
        method.members.all[1].model.line.bias += 1.0
    method.stepped(step=2, rate=0.1)
    moved, begun = method.members.all[1].model, method.members.starts[1].model
    assert torch.equal(moved.line.bias, begun.line.bias), "the student is held to where it is now"
    method.terms(zoo.batch)
    assert method.taught_MS[0, 0] == taught[0, 0], "the first has had its turn"


def test_what_a_checkpoint_keeps_is_all_that_there_is(zoo: Zoo) -> None:
    spec = PartitionSpec(student="two", order="sequential")
    method = zoo.method(spec)
    method.terms(zoo.batch)
    method.stepped(step=2, rate=0.1)
    method.measure(step=2)
    other = zoo.method(spec)
    other.load_state_dict(method.state_dict())
    assert torch.equal(other.taught_MS, method.taught_MS)
    kept, taken = other.get_extra_state(), method.get_extra_state()
    assert kept["best"]["1"]["step"] == taken["best"]["1"]["step"]
    assert kept["steps"] == 2


def test_each_learner_has_its_own_share_of_the_rate(zoo: Zoo) -> None:
    groups = zoo.method(MutualSpec(rates=(1.0, 0.5, 0.1))).groups()
    assert [group["factor"] for group in groups] == [1.0, 0.5, 0.1]
    assert all(group["apart"] for group in groups)


def test_a_start_that_is_never_bettered_is_kept(zoo: Zoo) -> None:
    method = zoo.method(MutualSpec())
    assert all(best.step == 0 and best.state for best in method.best.values())


@pytest.mark.parametrize(
    "spec",
    [
        *(MutualSpec(), MutualSpec(partition="soft", anchor=True), MutualSpec(paper_gradients=True)),
        *(MutualSpec(recompute=True), PartitionSpec(student="two", order="sequential")),
    ],
    ids=["best", "soft_anchored", "as_published", "recomputed", "in_turn"],
)
def test_a_step_reads_nothing_back(spec: MutualSpec | PartitionSpec, zoo: Zoo) -> None:
    method = zoo.method(spec)
    method.train()
    with Watched() as watched:
        torch.stack(list(method.terms(zoo.batch).losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        method.stepped(step=2, rate=0.1)
    assert watched.found == []


def test_what_was_warned_of_is_not_warned_of_again_and_says_the_same_after_a_stop(zoo: Zoo) -> None:
    def fallen(method: Transfer[ClassBatch], place: int) -> list[str]:
        with torch.no_grad():
            method.members.all[place].model.line.weight.zero_()
            method.members.all[place].model.line.bias.copy_(torch.eye(4)[1])  # always the rarest class
        said = method.measure(step=2).events
        return [event.message for event in said if isinstance(event, Warned) and event.code == "below_start"]

    method = zoo.method(MutualSpec(transfer_weight=0.0))
    first = fallen(method, 0)
    resumed = zoo.method(MutualSpec(transfer_weight=0.0))
    resumed.load_state_dict(method.state_dict())
    second = fallen(resumed, 1)
    assert [one.split(" fell")[0] for one in (*first, *second)] == ["'one'", "'two'"]
