"""Networks with an output for every pixel teach each other: what the released code left dead is alive here."""

from __future__ import annotations

import pytest
import torch

from mtkd_engine.data.masks.load import load_masks
from mtkd_engine.data.masks.world import PicturesPerSplit, make_masks
from mtkd_engine.evaluation.dense.tasks import task_on
from mtkd_engine.methods.zoo.dense import DenseDiscipline
from mtkd_engine.methods.zoo.members import Held, assemble
from mtkd_engine.methods.zoo.method import Transfer
from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import DenseOptimSpec, MaskDataSpec, MutualSpec, SegmenterCard
from mtkd_engine.tasks.dense import DenseBatch

READS = {"height": 32, "width": 32}
NETS = {
    "pyramid": {"family": "pyramid", "width": 8},
    "segformer": {
        "family": "segformer",
        "config": {"hidden_sizes": [8, 8, 8, 16], "depths": [1, 1, 1, 1], "decoder_hidden_size": 8},
    },
}

Taught = tuple[DenseDiscipline, list[tuple[str, DenseNet]], DenseBatch]


@pytest.fixture(scope="module")
def taught(
    tmp_path_factory: pytest.TempPathFactory,
) -> Taught:
    """Two untrained segmenters, one of which knows its classes in another order, and a batch."""
    folder = tmp_path_factory.mktemp("masks") / "world"
    make_masks(folder, pictures=PicturesPerSplit(train=4, val=3, test=3), size=32)
    dataset = load_masks(folder)
    data = MaskDataSpec.model_validate({"dataset": "world", **READS})
    task = task_on(dataset, data, device="cpu")
    cards, models = [], []
    torch.manual_seed(3)
    for place, (name, net) in enumerate(NETS.items()):
        classes = dataset.classes if place == 0 else tuple(reversed(dataset.classes))
        card = SegmenterCard.model_validate({"net": net, "input": READS, "classes": classes})
        model = build_for(card)
        assert isinstance(model, DenseNet)
        cards.append((name, card))
        models.append((name, model))
    discipline = DenseDiscipline(cards, task=task, classes=dataset.classes, optim=DenseOptimSpec())
    return discipline, models, task.splits["train"].batch([0, 1, 2, 3])


def method_of(taught: Taught, spec: MutualSpec) -> Transfer[DenseBatch]:
    discipline, models, _ = taught
    starts = [
        discipline.standing(model, place, "val", by=spec.criterion) for place, (_, model) in enumerate(models)
    ]
    members = assemble(models, discipline=discipline, learners=[0, 1], held=False)
    return Transfer(
        members, spec=spec, discipline=discipline, held=Held(starts=starts, probe_rows=[0]), total_steps=1
    )


@pytest.mark.parametrize("paper", [False, True], ids=["detached", "as_published"])
def test_what_is_transferred_between_segmenters_moves_the_learner(paper: bool, taught: Taught) -> None:
    method = method_of(taught, MutualSpec(supervised_weight=0.0, paper_gradients=paper))
    method.train()
    method.zero_grad(set_to_none=True)  # the models are those of all tests here
    losses = method.terms(taught[2]).losses
    assert sum(float(loss.detach()) for loss in losses.values()) > 0
    torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
    assert method.last_weights is not None
    taught_MS = method.last_weights[1].sum(0)
    for learner, (name, model) in enumerate(taught[1]):
        gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
        moves = any(bool(gradient.abs().sum() > 0) for gradient in gradients)
        learns = bool(taught_MS[learner, 1 - learner] > 0)
        assert moves == (learns or paper), name


def test_classes_meet_by_name_whatever_order_a_model_has_them_in(
    taught: Taught,
) -> None:
    discipline, models, batch = taught
    model = models[1][1].eval()
    with torch.no_grad():
        answered = discipline.runner(model, 1)(batch).logits
        own = discipline.runner(model, 0)(batch).logits  # as if its classes were in the dataset's order
    assert torch.equal(answered, own.flip(1))


def test_who_has_the_lower_loss_knows_best(
    taught: Taught,
) -> None:
    discipline, models, batch = taught
    criteria, losses = [], []
    for place, (_, model) in enumerate(models):
        with torch.no_grad():
            answer = discipline.runner(model.eval(), place)(batch)
            criteria.append(discipline.criterion(answer, batch, by="truth", temperature=1.0))
            losses.append(discipline.task.losses(discipline.task.belief(answer.logits, batch), batch))
            assert float(discipline.supervised(answer, batch)) == pytest.approx(float(losses[-1].mean()))
    assert torch.equal(torch.stack(criteria).argmax(0), torch.stack(losses).argmin(0))


def test_without_labels_the_surest_one_teaches(taught: Taught) -> None:
    discipline, models, batch = taught
    sure = discipline.standing(models[0][1], 0, "val", by="own_confidence")
    assert sure.criterion_N.shape == (3,)
    assert (sure.criterion_N < 0).all(), "log-probabilities of the likeliest class"
    answer = discipline.runner(models[0][1], 0)(batch)
    blanked = DenseBatch(
        batch.inputs, torch.full_like(batch.truth, 255), batch.rows_B, batch.views_B, batch.samples, "train"
    )
    told = [discipline.criterion(answer, b, by="own_confidence", temperature=1.0) for b in (batch, blanked)]
    assert torch.equal(*told), "masks are not looked at"


def test_of_a_sample_of_which_nothing_is_told_nobody_knows_best(taught: Taught) -> None:
    discipline, models, batch = taught
    truth = batch.truth.clone()
    truth[2] = 255
    part = DenseBatch(batch.inputs, truth, batch.rows_B, batch.views_B, batch.samples, "train")
    method = method_of(taught, MutualSpec())
    method.terms(part)
    assert method.last_weights is not None
    assert torch.equal(method.last_weights[1][2], torch.eye(2)), "each keeps it to itself"
    answer = discipline.runner(models[0][1], 0)(part)
    known_B = discipline.criterion(answer, part, by="truth", temperature=1.0)
    assert known_B.isfinite().tolist() == [True, True, False, True]
