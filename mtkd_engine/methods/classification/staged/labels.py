"""What pseudo labels make of the loss of labels.

Shape suffixes: B samples, C classes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.methods.classification.staged.pseudo import Targets
from mtkd_engine.tasks.classification.batches import ClassBatch


def label_terms(
    hard: Tensor, logits_BC: Tensor, *, batch: ClassBatch, targets: Targets, weight: float
) -> dict[str, Tensor]:
    """This will give the terms `hard` and `pseudo`, which together are one mean over samples that count.

    `hard` is given as the mean over those with a label, times the weight. The mean over all of them divides by the
    sum of what each counts, and by 1 where that is less, so that one doubtful sample does not stand for a batch. Of
    mixed samples `targets` are those of the first one, which counts by its share; a partner counts if it has a label.
    """
    assert batch.labelled_B is not None
    counts_B, labelled_B = targets.weights_B, batch.labelled_B
    if batch.mixed is not None:
        share_B, partners_B = batch.mixed.share_B, batch.mixed.labelled_B
        assert partners_B is not None
        counts_B, labelled_B = share_B * counts_B, share_B * labelled_B + (1 - share_B) * partners_B
    labelled = labelled_B.sum()
    counted = (labelled + counts_B.sum()).clamp(min=1.0)
    losses_B = -(targets.probs_BC * torch.log_softmax(logits_BC, dim=1)).sum(1)
    return {
        "hard": hard * (labelled / counted),
        "pseudo": weight * (counts_B * losses_B).sum() / counted,
    }
