"""What an image classifier is fitted to: labels, and the beliefs of one or several teachers.

Everything is per sample, (B,), and scaled by the square of the temperature; callers take the mean over the batch.

Shape suffixes: B samples, C classes, T teachers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

import torch
from torch import Tensor
from torch.nn import functional

from mtkd_engine.spec.classification.methods import DistLossSpec, DkdLossSpec, InnerLossSpec, KdLossSpec
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.correlations import dist
from mtkd_engine.tasks.classification.decoupled import dkd, dkd_of_several

_LEAST = torch.finfo(torch.float32).min


def hard_label_loss(logits_BC: Tensor, batch: ClassBatch) -> Tensor:
    """This will give the cross-entropy of a batch with its labels, mean over the samples that have one.

    Of mixed images it is share * CE(own label) + (1 - share) * CE(partner's label) (mixup, arXiv 1710.09412). The
    loss is 0 where no sample of the batch has a label.
    """
    logits_BC = logits_BC.float()
    if batch.mixed is None:
        if batch.labelled_B is None:
            return functional.cross_entropy(logits_BC, batch.labels_B)
        own_B = functional.cross_entropy(logits_BC, batch.labels_B, reduction="none")
        return _mean_of_labelled(own_B, batch.labelled_B)
    mixed = batch.mixed
    own_B = functional.cross_entropy(logits_BC, batch.labels_B, reduction="none")
    other_B = functional.cross_entropy(logits_BC, mixed.labels_B, reduction="none")
    if batch.labelled_B is None or mixed.labelled_B is None:
        return torch.lerp(other_B, own_B, mixed.share_B).mean()
    share_2B = torch.stack([mixed.share_B * batch.labelled_B, (1 - mixed.share_B) * mixed.labelled_B])
    return _mean_of_labelled(torch.stack([own_B, other_B]), share_2B)


def mean_of(parts: Sequence[Tensor]) -> Tensor:
    """This will give the mean of tensors of one shape; of a single one it is that itself."""
    return parts[0] if len(parts) == 1 else torch.stack(list(parts)).mean(0)


def _mean_of_labelled(losses: Tensor, shares: Tensor) -> Tensor:
    return (losses * shares).sum() / shares.sum().clamp(min=torch.finfo(torch.float32).tiny)


def kd(logits_BC: Tensor, target_BC: Tensor, *, temperature: float) -> Tensor:
    """This will give T^2 KL(target || softmax(z / T)) of each sample (Hinton et al. 2015, arXiv 1503.02531).

    `target_BC` are log-probabilities that are softened already, of one teacher or a mixture of several; -inf where a
    class is ruled out. The gradient flows to the logits, and to the target where that has one. Of a target whose
    shares were drawn from the teacher's it is an unbiased estimate (Sparse Logit Sampling, arXiv 2503.16870), as the
    loss is linear in the shares but for a part that the student cannot change.
    """
    student_BC = _softened(logits_BC, temperature)
    apart_BC = target_BC.clamp(min=_LEAST) - student_BC  # 0 * -inf is not a number, 0 * the least one is 0
    return temperature**2 * (target_BC.exp() * apart_BC).sum(1)


def kd_of_several(
    logits_BC: Tensor, log_probs_TBC: Tensor, weights_BT: Tensor, *, temperature: float
) -> Tensor:
    """This will give sum over t of w_t T^2 KL(teacher t || student), each side softened at T.

    Sum of w_t KL(p_t || s) = sum of w_t p_t log p_t - (sum of w_t p_t) log s: one mixed target and the teachers' own
    entropies, so that only (B, C) is kept for the backward pass, whatever the number of teachers.
    """
    mixed_BC = torch.zeros_like(logits_BC, dtype=torch.float32)
    own_B = mixed_BC[:, 0]
    for log_BC, weight_B in zip(log_probs_TBC, weights_BT.unbind(1), strict=True):
        teacher_BC = _softened(log_BC, temperature)
        probs_BC = teacher_BC.exp()
        mixed_BC = torch.addcmul(mixed_BC, probs_BC, weight_B.unsqueeze(1))
        own_B = own_B + weight_B * (probs_BC * teacher_BC.clamp(min=_LEAST)).sum(1)
    student_BC = _softened(logits_BC, temperature)
    return temperature**2 * (own_B - (mixed_BC * student_BC).sum(1))


def weighted_loss(
    inner: InnerLossSpec,
    logits_BC: Tensor,
    log_probs_TBC: Tensor,
    weights_BT: Tensor,
    batch: ClassBatch,
    *,
    temperature: float,
) -> Tensor:
    """This will give sum over t of w_t D_t of each sample, (B,): D is the loss `inner` against one teacher.

    `log_probs_TBC` are the teachers' beliefs, not softened. Equal to `losses_of_each` times the weights, but takes
    less memory where the formula allows it.
    """
    if isinstance(inner, KdLossSpec):
        return kd_of_several(logits_BC, log_probs_TBC, weights_BT, temperature=temperature)
    if isinstance(inner, DkdLossSpec):
        return _both_labels(
            batch,
            lambda labels_B: dkd_of_several(
                logits_BC, log_probs_TBC, weights_BT, labels_B, temperature=temperature, spec=inner
            ),
        )
    each_BT = losses_of_each(inner, logits_BC, log_probs_TBC, batch, temperature=temperature)
    return (each_BT * weights_BT).sum(1)


def losses_of_each(
    inner: InnerLossSpec, logits_BC: Tensor, log_probs_TBC: Tensor, batch: ClassBatch, *, temperature: float
) -> Tensor:
    """This will give the loss `inner` against each teacher, (B, T); the beliefs are not softened yet."""
    return torch.stack(
        [
            inner_loss(inner, logits_BC, log_BC, batch, temperature=temperature)
            for log_BC in log_probs_TBC.unbind(0)
        ],
        dim=1,
    )


def inner_loss(
    inner: InnerLossSpec, logits_BC: Tensor, log_probs_BC: Tensor, batch: ClassBatch, *, temperature: float
) -> Tensor:
    """This will give the loss `inner` against one belief that is not softened yet, (B,)."""
    if isinstance(inner, KdLossSpec):
        return kd(logits_BC, _softened(log_probs_BC, temperature), temperature=temperature)
    if isinstance(inner, DkdLossSpec):
        return _both_labels(
            batch,
            lambda labels_B: dkd(logits_BC, log_probs_BC, labels_B, temperature=temperature, spec=inner),
        )
    if isinstance(inner, DistLossSpec):
        return dist(logits_BC, log_probs_BC, temperature=temperature, spec=inner)
    assert_never(inner)


def _both_labels(batch: ClassBatch, loss: Callable[[Tensor], Tensor]) -> Tensor:
    """A loss that names one class, of images that may have two."""
    own_B = loss(batch.labels_B)
    if batch.mixed is None:
        return own_B
    return torch.lerp(loss(batch.mixed.labels_B), own_B, batch.mixed.share_B)


def _softened(logits: Tensor, temperature: float) -> Tensor:
    return torch.log_softmax(logits.float() / temperature, dim=-1)
