"""From a network's output to a short list of windows that differ.

Shape suffixes: B samples, P candidates, K windows of the list.
"""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.nets.grounding import DenseOutput, GroundingOutput, ProposalOutput
from mtkd_engine.nets.masking import masked_softmax, upper_triangle
from mtkd_engine.tasks.grounding.belief import log_joint
from mtkd_engine.tasks.grounding.decode import iou_of
from mtkd_engine.tasks.grounding.grid import windows_of_cells
from mtkd_engine.tasks.grounding.metrics import NEAR, NMS_IOU
from mtkd_engine.tasks.grounding.windows import in_seconds


@torch.no_grad()
def ranked_windows(
    output: GroundingOutput, *, durations_B: Tensor, k: int = 10, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """This will give the best windows of each sample, (B, K, 2) seconds float64, and their scores (B, K).

    Best first; of all windows the network can name, those that overlap a better one of the list by more than NMS_IOU
    are passed over. Scores are probabilities among all windows; where a sample has fewer, its best window is
    repeated with the score -inf. The first window is the one that `unify` puts first.
    """
    if isinstance(output, ProposalOutput):
        windows_BP2, scores_BP, valid_BP = _of_proposals(output, durations_B, temperature)
    else:
        windows_BP2, scores_BP, valid_BP = _of_cells(output, durations_B, temperature)
    chosen_BK, there_BK = choose_unlike(windows_BP2, scores_BP, valid_BP, k=k)
    windows_BK2 = windows_BP2.gather(1, chosen_BK.unsqueeze(2).expand(-1, -1, 2))
    return windows_BK2, scores_BP.gather(1, chosen_BK).masked_fill(~there_BK, -torch.inf)


def choose_unlike(
    windows_BP2: Tensor, scores_BP: Tensor, valid_BP: Tensor, *, k: int
) -> tuple[Tensor, Tensor]:
    """This will choose, by score, k windows of each sample of which none repeats a better one, (B, K) each.

    The second result says which choices are windows; the others are the first choice again. Every sample needs a
    valid window; the first of equal scores wins.
    """
    open_BP = valid_BP.clone()
    chosen: list[Tensor] = []
    there: list[Tensor] = []
    for _ in range(k):
        there.append(open_BP.any(1))
        best_B1 = scores_BP.masked_fill(~open_BP, -torch.inf).argmax(1, keepdim=True)
        chosen.append(best_B1.squeeze(1))
        best_B12 = windows_BP2.gather(1, best_B1.unsqueeze(2).expand(-1, -1, 2))
        open_BP &= iou_of(best_B12, windows_BP2) <= NMS_IOU + NEAR
        open_BP.scatter_(1, best_B1, False)  # an empty window does not even overlap itself
    chosen_BK, there_BK = torch.stack(chosen, dim=1), torch.stack(there, dim=1)
    return torch.where(there_BK, chosen_BK, chosen_BK[:, :1]), there_BK


def _of_cells(output: DenseOutput, durations_B: Tensor, temperature: float) -> tuple[Tensor, Tensor, Tensor]:
    length, clips_B = output.clip_mask_BL.shape[1], output.clip_mask_BL.sum(1)
    cell_P = torch.arange(length * length, device=clips_B.device)
    first_1P, last_1P = (cell_P // length).unsqueeze(0), (cell_P % length).unsqueeze(0)
    windows_BP2 = windows_of_cells(
        first_1P, last_1P, durations=durations_B.unsqueeze(1), clips=clips_B.unsqueeze(1)
    )
    scores_BP = log_joint(output, temperature=temperature).exp().flatten(1)
    return windows_BP2, scores_BP, upper_triangle(output.clip_mask_BL).flatten(1)


def _of_proposals(
    output: ProposalOutput, durations_B: Tensor, temperature: float
) -> tuple[Tensor, Tensor, Tensor]:
    scored = in_seconds(output, durations_B)
    limit_B11 = durations_B.double()[:, None, None]
    windows_BP2 = torch.minimum(scored.windows_BK2.clamp(min=0.0), limit_B11)
    shares_BP = masked_softmax(scored.scores_BK.double() / temperature, scored.valid_BK, dim=1)
    return windows_BP2, shares_BP, scored.valid_BK
