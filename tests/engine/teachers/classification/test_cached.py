"""What is read from the cache is what the teachers say, of every sample in every view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals, mix, softened
from mtkd_engine.cache.rows.collapse import fixed_weights
from mtkd_engine.events import Entered
from mtkd_engine.spec import MultiTeacherSpec, SpecError
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.teachers.classification.live import beliefs_of
from tests.engine.teachers.classification.schoolroom import CLASSES, Net, Room, spec_of, teacher_of

NAMES = ("ann", "bob", "eve")
T = 4.0


def room(
    cache: Path, method: dict[str, Any] | None = None, *, nets: list[Net] | None = None, **augment: Any
) -> Room:
    nets = nets or [Net(seed) for seed in range(3)]
    teachers = [teacher_of(name, net) for name, net in zip(NAMES, nets, strict=True)]
    return Room(spec_of(method, teachers=NAMES, **augment), teachers, cache=cache)


def live(room: Room, batch: ClassBatch) -> Tensor:
    said = []
    for teacher in room.teachers:
        assert teacher.model is not None
        classes = ClassMap.of(teacher.card.classes, CLASSES)
        said.append(beliefs_of(teacher.model, teacher.card, classes, batch.images_BCHW))
    return torch.stack(said)


def method_of(room: Room) -> MultiTeacherSpec:
    assert isinstance(room.spec.method, MultiTeacherSpec)
    return room.spec.method


@pytest.mark.parametrize("augment", [{}, {"mixup": 1.0}, {"randaugment": 1}])
def test_cached_beliefs_are_the_live_ones_in_half_precision(tmp_path: Path, augment: dict[str, Any]) -> None:
    here = room(tmp_path, **augment)
    source, _ = here.prepare()
    order = torch.randperm(300).tolist()[:50]
    batches = [here.splits["train"].batch(order, epoch=epoch) for epoch in (0, 1)]
    batches += [here.splits["train"].at_view(CLEAN, order), next(here.splits["test"].in_order())]
    for batch in batches:
        signals = source.signals(batch)
        assert list(signals.names) == list(NAMES)
        assert (signals.log_probs_TBC.exp() - live(here, batch).exp()).abs().max() < 1e-3


def test_only_the_views_that_the_epochs_show_are_computed_once_for_all_jobs(tmp_path: Path) -> None:
    nets = [Net(seed) for seed in range(3)]
    said = room(tmp_path, nets=nets).prepare()[1]
    assert [net.seen for net in nets] == [300 * 3 + 20 + 30] * 3
    parts = [event.detail for event in said if isinstance(event, Entered)]
    assert parts[:3] == ["ann: train", "bob: train", "eve: train"]
    assert "eve: train, 2 views" in parts
    assert (
        room(tmp_path, {"aggregator": {"kind": "entropy"}, "temperature": 2.0}, nets=nets).prepare()[1] == []
    )
    assert [net.seen for net in nets] == [950] * 3


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 2.0},
        {"input": {"size": 8, "mean": (0.5,) * 3, "std": (0.5,) * 3}},
        {"classes": CLASSES[::-1]},
    ],
)
def test_a_teacher_with_another_card_has_other_rows(tmp_path: Path, change: dict[str, Any]) -> None:
    net = Net(0)
    spec = spec_of(teachers=["ann"])
    Room(spec, [teacher_of("ann", net)], cache=tmp_path).prepare()
    here = Room(spec, [teacher_of("ann", net, **change)], cache=tmp_path)
    source, said = here.prepare()
    assert said
    batch = here.splits["train"].batch(range(10))
    assert (source.signals(batch).log_probs_TBC.exp() - live(here, batch).exp()).abs().max() < 1e-3


def test_other_views_are_other_rows(tmp_path: Path) -> None:
    room(tmp_path).prepare()
    for change in ({"seed": 1}, {"flip": False}, {"crop_padding": 2}):
        said = room(tmp_path, **change).prepare()[1]
        assert [event.detail for event in said if isinstance(event, Entered)] == [
            f"{name}: train, 2 views" for name in NAMES
        ]


def losses(target_BC: Tensor, student_BC: Tensor) -> Tensor:
    log_student_BC = torch.log_softmax(student_BC / T, dim=-1)
    return T * T * (target_BC.exp() * (target_BC - log_student_BC)).sum(1).mean()


@pytest.mark.parametrize("space", ["probability", "loss", "logit"])
def test_fixed_weights_make_one_row_that_teaches_the_same(tmp_path: Path, space: str) -> None:
    here = room(tmp_path, {"aggregator": {"kind": "uniform", "space": space}, "temperature": T})
    fixed = fixed_weights(method_of(here), teachers=3)
    assert fixed == (1 / 3,) * 3
    collapsed, _ = here.prepare(fixed)
    batch = here.splits["train"].batch(range(40), epoch=1)
    one = collapsed.signals(batch)
    assert one.log_probs_TBC.shape == (1, 40, 4)
    assert collapsed.fixed == fixed
    each = ClassSignals(live(here, batch), NAMES)
    mixed_BC = mix(
        torch.full((40, 3), 1 / 3), each, temperature=T, space="logit" if space == "logit" else "probability"
    )
    student_BC = torch.randn(40, 4, requires_grad=True)
    read_BC = softened(one.log_probs_TBC[0], T)
    assert losses(read_BC, student_BC).item() == pytest.approx(losses(mixed_BC, student_BC).item(), rel=2e-3)
    gradients = [torch.autograd.grad(losses(t_BC, student_BC), student_BC)[0] for t_BC in (read_BC, mixed_BC)]
    assert (gradients[0] - gradients[1]).abs().max() < 1e-4


def test_the_sum_of_losses_against_each_differs_from_that_against_one_row_by_a_constant(
    tmp_path: Path,
) -> None:
    here = room(tmp_path, {"aggregator": {"kind": "uniform"}, "temperature": T})
    source, _ = here.prepare(fixed_weights(method_of(here), teachers=3))
    batch = here.splits["train"].batch(range(40))
    row_BC = softened(source.signals(batch).log_probs_TBC[0], T)
    each_TBC = softened(live(here, batch), T)

    def lost(student_BC: Tensor) -> float:
        several = torch.stack([losses(one_BC, student_BC) for one_BC in each_TBC]).mean()
        return float(several - losses(row_BC, student_BC))

    apart = [lost(torch.randn(40, 4)) for _ in range(3)]
    assert apart[0] > 1e-3  # which teacher said what is lost
    assert apart == pytest.approx([apart[0]] * 3, abs=2e-3)


def test_the_best_single_teacher_alone_is_asked_about_views(tmp_path: Path) -> None:
    nets = [Net(seed) for seed in range(3)]
    here = room(tmp_path, {"aggregator": {"kind": "best_single"}, "inner": {"kind": "dkd"}}, nets=nets)
    assert fixed_weights(method_of(here), teachers=3) is None
    fixed = fixed_weights(method_of(here), teachers=3, quality=[0.5, 0.7, 0.7])
    assert fixed == (0.0, 1.0, 0.0)
    source, _ = here.prepare(fixed)
    assert [net.seen for net in nets] == [350, 950, 350]
    batch = here.splits["train"].batch(range(10))
    one = source.signals(batch)
    assert list(one.names) == ["bob"]
    assert (one.log_probs_TBC[0].exp() - live(here, batch)[1].exp()).abs().max() < 1e-3


@pytest.mark.parametrize(
    "method", [{"aggregator": {"kind": "entropy"}}, {"inner": {"kind": "dist"}}, {"signals": "online"}]
)
def test_what_needs_single_teachers_is_not_collapsed(tmp_path: Path, method: dict[str, Any]) -> None:
    assert fixed_weights(method_of(room(tmp_path, method)), teachers=3) is None


@pytest.mark.parametrize(("form", "tolerance"), [("top_k", 1e-3), ("sampled", 0.1)])
def test_several_teachers_become_one_short_row(tmp_path: Path, form: str, tolerance: float) -> None:
    method = {"aggregator": {"kind": "uniform"}, "cache_form": form, "cache_classes": 64, "temperature": T}
    here = room(tmp_path, method)
    source, _ = here.prepare((0.5, 0.5, 0.0))
    batch = here.splits["train"].batch(range(40))
    weights_BT = torch.tensor([0.5, 0.5, 0.0]).expand(40, -1)
    mixed_BC = mix(weights_BT, ClassSignals(live(here, batch), NAMES), temperature=T, space="probability")
    read_BC = softened(source.signals(batch).log_probs_TBC[0], T)
    assert (read_BC.exp() - mixed_BC.exp()).abs().max() < tolerance


def test_a_teacher_without_finite_scores_is_refused_by_name(tmp_path: Path) -> None:
    broken = Net(0)
    broken.weight.data[0, 0] = float("nan")
    here = room(tmp_path, nets=[Net(1), broken, Net(2)])
    with pytest.raises(SpecError, match="given 'bob', with outputs on train that are not finite"):
        here.prepare()
