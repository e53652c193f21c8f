"""A book of what teachers believe of each training sample, and of which of that is taken for a label.

Our own design after the abstract of Wang & Tang (arXiv 2307.05201), whose label optimisation is not public.
Shape suffixes: N training samples, B of a batch, T teachers, C classes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtkd_engine.spec.classification.staged import PseudoLabelSpec

_NOTHING = 1.0e-12


@dataclass(frozen=True)
class Targets:
    """What stands in for the labels of a batch."""

    probs_BC: Tensor
    """Shares of classes, sharpened."""
    weights_B: Tensor
    """How much each counts, 0 to 1; 0 where nothing is accepted or the sample has a label of its own."""


@dataclass(frozen=True)
class Tally:
    """Samples without a label, and of how many a belief was accepted; per class the latter as they are called."""

    unlabelled: int
    accepted: int
    right: int
    """Accepted, and the true class."""
    weight: float
    """Mean weight of those accepted."""
    accepted_C: list[int]
    right_C: list[int]

    @property
    def values(self) -> dict[str, float]:
        """The accepted share, and where there are any their true accuracy and mean weight: all 0 to 1."""
        found = {"accepted": self.accepted / max(1, self.unlabelled)}
        if self.accepted:
            found |= {"accuracy": self.right / self.accepted, "weight": self.weight}
        return found


class PseudoLabels(nn.Module):
    """For each training sample: its belief q, how uncertain that is, and whether it is accepted as a label.

    Whenever a sample is seen, p = sum over t of w_t p_t is the belief of its teachers on that view, under whatever
    weights; q <- (1 - b) q + b p, q = p the first time. Uncertainty u = H(q) / log C + V / (1 - 1 / C), at most 1,
    with V = (mean over views and teachers of |p_t|^2) - |q|^2, the variance over both, its mean over views taken as
    that of q is. Accepted is a sample whose max q is above the threshold of its likeliest class c: M(beta_c) tau
    with beta_c = s_c / max s, s_c the number of samples without a label whose max q is above tau, of class c, and
    M(x) = x / (2 - x) (FlexMatch, Zhang et al. 2021, arXiv 2110.08263). It counts 1 - u; its target is q^(1/S),
    normalised. Departures from FlexMatch: the belief is that of teachers, smoothed; no warm-up of the thresholds,
    since teachers are not beginners; none is below `floor`.

    It knows which samples have labels, and no label. All of it is state, on one device; nothing is read back.
    """

    belief_NC: Tensor
    square_N: Tensor
    seen_N: Tensor
    sure_N: Tensor
    class_N: Tensor
    unlabelled_N: Tensor

    def __init__(self, spec: PseudoLabelSpec, *, labelled_N: Tensor, classes: int) -> None:
        """This will begin a book; `labelled_N` says which training samples have a label, True or 1 for those."""
        super().__init__()
        self._spec = spec
        samples, device = len(labelled_N), labelled_N.device
        self.register_buffer("belief_NC", torch.zeros(samples, classes, device=device))
        self.register_buffer("square_N", torch.zeros(samples, device=device))
        self.register_buffer("seen_N", torch.zeros(samples, dtype=torch.bool, device=device))
        self.register_buffer("sure_N", torch.zeros(samples, device=device))
        self.register_buffer("class_N", torch.zeros(samples, dtype=torch.int64, device=device))
        self.register_buffer("unlabelled_N", ~labelled_N.bool(), persistent=False)

    @torch.no_grad()
    def saw(self, rows_B: Tensor, log_probs_TBC: Tensor, weights_BT: Tensor) -> None:
        """This will note what teachers believe of samples, under these weights; each row stands there once."""
        rows_B = self._moved(rows_B)
        weights_TB1 = weights_BT.T.unsqueeze(2).to(self.belief_NC.dtype)
        probs_TBC = log_probs_TBC.to(self.belief_NC.dtype).exp()
        mean_BC = (weights_TB1 * probs_TBC).sum(0)
        square_B = (weights_TB1 * probs_TBC.square()).sum(dim=(0, 2))
        newest_B = torch.where(self.seen_N[rows_B], self._spec.momentum, 1.0)
        belief_BC = torch.lerp(self.belief_NC[rows_B], mean_BC, newest_B.unsqueeze(1))
        sure_B, class_B = belief_BC.max(1)
        self.belief_NC.index_copy_(0, rows_B, belief_BC)
        self.square_N.index_copy_(0, rows_B, torch.lerp(self.square_N[rows_B], square_B, newest_B))
        self.sure_N.index_copy_(0, rows_B, sure_B)
        self.class_N.index_copy_(0, rows_B, class_B)
        self.seen_N.index_fill_(0, rows_B, True)

    @torch.no_grad()
    def targets(self, rows_B: Tensor) -> Targets:
        """This will give what stands in for the labels of these samples now."""
        rows_B = self._moved(rows_B)
        # q^(1/S), of the logarithm, in which small shares do not vanish before they are normalised.
        log_BC = self.belief_NC[rows_B].clamp(min=_NOTHING).log()
        probs_BC = torch.softmax(log_BC / self._spec.sharpening, dim=1)
        return Targets(probs_BC, self.accepted()[rows_B] * (1.0 - self.uncertainty(rows_B)))

    @torch.no_grad()
    def uncertainty(self, rows_B: Tensor) -> Tensor:
        """This will give u of these samples, (B,), 0 to 1."""
        belief_BC = self.belief_NC[self._moved(rows_B)]
        classes = belief_BC.shape[1]
        entropy_B = torch.special.entr(belief_BC).sum(1) / math.log(classes)
        variance_B = (self.square_N[self._moved(rows_B)] - belief_BC.square().sum(1)).clamp(min=0)
        uncertainty_B: Tensor = entropy_B + variance_B / (1 - 1 / classes)
        return uncertainty_B.clamp(max=1.0)

    @torch.no_grad()
    def thresholds(self) -> Tensor:
        """This will give the threshold of each class, (C,); of all tau while nothing is above it."""
        tau = self._spec.threshold
        sure_N = (self.sure_N > tau) & self.unlabelled_N
        counts_C = torch.zeros_like(self.belief_NC[0]).scatter_add_(
            0, self.class_N, sure_N.to(self.belief_NC.dtype)
        )
        most = counts_C.max()
        beta_C = torch.where(most > 0, counts_C / most.clamp(min=1), 1.0)
        return (tau * beta_C / (2 - beta_C)).clamp(min=self._spec.floor)

    @torch.no_grad()
    def accepted(self) -> Tensor:
        """This will tell of which samples the belief is taken for a label, (N,) bool."""
        return self.unlabelled_N & self.seen_N & (self.sure_N > self.thresholds()[self.class_N])

    def tally(self, labels_N: Tensor) -> Tally:
        """This will count, and hold against the true labels, which nothing but a report may know."""
        accepted_N = self.accepted()
        called_M = self.class_N[accepted_N].cpu()
        right_M = called_M == labels_N.to(accepted_N.device)[accepted_N].cpu()
        classes = self.belief_NC.shape[1]
        rows_M = accepted_N.nonzero().squeeze(1)
        return Tally(
            unlabelled=int(self.unlabelled_N.sum()),
            accepted=len(called_M),
            right=int(right_M.sum()),
            weight=float((1 - self.uncertainty(rows_M)).mean()) if len(called_M) else 0.0,
            accepted_C=torch.bincount(called_M, minlength=classes).tolist(),
            right_C=torch.bincount(called_M[right_M], minlength=classes).tolist(),
        )

    def _moved(self, rows_B: Tensor) -> Tensor:
        """Without waiting for the device."""
        device = self.belief_NC.device
        if device.type != "cuda" or rows_B.device == device:
            return rows_B.to(device)
        return rows_B.pin_memory().to(device, non_blocking=True)
