"""Hidden states of student and twin, drawn together."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from mtkd_engine.nets.masking import masked_mean


def align_loss(student_BLC: Tensor, twin_BLC: Tensor, mask_BL: Tensor) -> Tensor:
    """This will give 1 - cosine of the two states of a clip, mean over the clips of a sample, then over samples.

    0 for the same direction, 2 for the opposite; length is no part of it. The twin is detached: the student comes to
    it, not the other way. Paper: EMTM, arXiv 2308.03725, "to align their hidden states"; the released code has KL, L2
    and cosine for it, all commented out.
    """
    alike_BL = functional.cosine_similarity(student_BLC, twin_BLC.detach(), dim=2)
    return masked_mean((1.0 - alike_BL).unsqueeze(2), mask_BL).mean()
