"""Labels where only some samples have one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.methods.classification.hidden import guessed, veiled
from mtkd_engine.methods.classification.staged.labels import label_terms
from mtkd_engine.methods.classification.staged.pseudo import Targets
from mtkd_engine.tasks.classification.batches import ClassBatch, Mixed
from mtkd_engine.tasks.classification.losses import hard_label_loss

LABELLED_B = torch.tensor([1.0, 0.0, 0.0, 1.0])


def _batch(labels: list[int], *, labelled: bool = True, mixed: bool = False) -> ClassBatch:
    rows_B = torch.arange(4)
    samples = tuple(LabelledSample(f"{n}", f"{n}", label, n) for n, label in enumerate(labels))
    partners_B = torch.tensor(labels).flip(0)
    pairs = Mixed(partners_B, torch.full((4,), 0.5), LABELLED_B.roll(1)) if mixed else None
    kept_B = LABELLED_B if labelled else None
    return ClassBatch(torch.zeros(4), torch.tensor(labels), rows_B, rows_B, samples, "train", pairs, kept_B)


def _signals() -> ClassSignals:
    probs_TBC = torch.tensor([[[0.1, 0.2, 0.7]] * 4, [[0.1, 0.8, 0.1]] * 4])
    return ClassSignals(probs_TBC.log(), ["one", "other"])


def test_labels_that_may_not_be_known_are_out_of_sight() -> None:
    assert veiled(_batch([2, 1, 2, 1])).labels_B.tolist() == [2, 0, 0, 1]
    mixed = veiled(_batch([2, 1, 2, 1], mixed=True)).mixed
    assert mixed is not None
    assert mixed.labels_B.tolist() == [1, 2, 0, 0]


def test_what_is_guessed_for_them_is_what_the_teachers_average_says() -> None:
    assert guessed(_batch([2, 0, 0, 0]), _signals()).labels_B.tolist() == [2, 1, 1, 0]


def test_where_all_have_labels_a_batch_stays_as_it_is() -> None:
    batch = _batch([2, 1, 2, 1], labelled=False)
    assert veiled(batch) is batch
    assert guessed(batch, _signals()) is batch


def test_labels_and_what_stands_in_for_them_are_one_mean() -> None:
    logits_BC = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    batch = _batch([2, 0, 0, 1])
    probs_BC = torch.tensor([[1.0, 0, 0], [0.2, 0.8, 0], [0, 0.5, 0.5], [1.0, 0, 0]])
    targets = Targets(probs_BC, torch.tensor([0.0, 0.6, 0.3, 0.0]))
    hard = 0.3 * hard_label_loss(logits_BC, batch)
    found = label_terms(hard, logits_BC, batch=batch, targets=targets, weight=0.3)
    log_BC = logits_BC.double().log_softmax(1)
    own = -log_BC[0, 2] - log_BC[3, 1]
    other = -0.6 * (0.2 * log_BC[1, 0] + 0.8 * log_BC[1, 1]) - 0.3 * 0.5 * (log_BC[2, 1] + log_BC[2, 2])
    assert float(found["hard"]) == pytest.approx(float(0.3 * own / 2.9), rel=1e-5)
    assert float(found["pseudo"]) == pytest.approx(float(0.3 * other / 2.9), rel=1e-5)


def test_one_doubtful_sample_does_not_stand_for_a_batch() -> None:
    logits_BC = torch.zeros(4, 3)
    targets = Targets(torch.tensor([[1.0, 0, 0]] * 4), torch.tensor([0.1, 0, 0, 0]))
    nothing = torch.zeros(())
    batch = replace(_batch([2, 0, 0, 1]), labelled_B=torch.zeros(4))
    found = label_terms(nothing, logits_BC, batch=batch, targets=targets, weight=1.0)
    assert float(found["pseudo"]) == pytest.approx(0.1 * torch.tensor(3.0).log().item())


def test_of_mixed_samples_the_first_counts_by_its_share_and_a_partner_by_its_label() -> None:
    logits_BC = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    batch = _batch([2, 0, 0, 1], mixed=True)
    assert batch.mixed is not None
    share_B = torch.tensor([0.9, 0.6, 0.2, 1.0])
    batch = replace(batch, mixed=replace(batch.mixed, share_B=share_B))
    targets = Targets(torch.tensor([[0.0, 1.0, 0.0]] * 4), torch.tensor([0.0, 0.5, 0.8, 0.0]))
    found = label_terms(
        hard_label_loss(logits_BC, batch), logits_BC, batch=batch, targets=targets, weight=1.0
    )
    log_BC = logits_BC.double().log_softmax(1)
    # Labels: samples 0 and 3; of partners those of samples 0 and 1, which are classes 1 and 0.
    own = -0.9 * log_BC[0, 2] - 1.0 * log_BC[3, 1] - 0.1 * log_BC[0, 1] - 0.4 * log_BC[1, 0]
    other = -0.6 * 0.5 * log_BC[1, 1] - 0.2 * 0.8 * log_BC[2, 1]
    counted = 0.9 + 1.0 + 0.1 + 0.4 + 0.3 + 0.16
    assert float(found["hard"]) == pytest.approx(float(own / counted), rel=1e-5)
    assert float(found["pseudo"]) == pytest.approx(float(other / counted), rel=1e-5)
