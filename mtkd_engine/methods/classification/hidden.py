"""Labels of samples that have none to learn from: out of sight, or guessed.

Shape suffixes: B samples, T teachers, C classes.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.tasks.classification.batches import ClassBatch


def veiled(batch: ClassBatch) -> ClassBatch:
    """This will give a batch in which samples without a label are of class 0: nothing can learn the true one."""
    return _with(batch, torch.zeros_like(batch.labels_B))


def guessed(batch: ClassBatch, signals: ClassSignals) -> ClassBatch:
    """This will give a batch in which samples without a label are of the class that the teachers' average says."""
    if batch.labelled_B is None:
        return batch
    return _with(batch, signals.log_probs_TBC.exp().mean(0).argmax(1))


def _with(batch: ClassBatch, others_B: Tensor) -> ClassBatch:
    """Other classes in the place of labels that may not be known; of mixed samples for both that are in them."""
    if batch.labelled_B is None:
        return batch
    labels_B = torch.where(batch.labelled_B > 0, batch.labels_B, others_B)
    mixed = batch.mixed
    if mixed is not None and mixed.labelled_B is not None:
        partners_B = torch.where(mixed.labelled_B > 0, mixed.labels_B, others_B)
        mixed = replace(mixed, labels_B=partners_B)
    return replace(batch, labels_B=labels_B, mixed=mixed)
