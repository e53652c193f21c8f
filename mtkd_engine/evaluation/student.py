"""What a network predicts on a split, and how good that is."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.tasks.grounding.batches import Quality, SplitData
from mtkd_engine.tasks.grounding.calibrate import fit_temperature
from mtkd_engine.tasks.grounding.ranking import ranked_windows
from mtkd_engine.tasks.grounding.unify import unify


def predict(model: nn.Module, split: SplitData) -> Tensor:
    """This will give the top window of each sample in seconds, (N, 2) in the split's order, on the CPU."""
    was_training = model.training
    model.eval()
    parts: list[Tensor] = []
    with torch.no_grad():
        for batch in split.in_order():
            belief = unify(
                model(batch.inputs),
                temperature=1.0,
                durations_B=batch.targets.durations_B,
                student_clips_B=batch.inputs.clips_B,
                student_length=batch.inputs.clip_mask_BL.shape[1],
                top_k=1,
            )
            parts.append(belief.windows_BK2[:, 0].cpu())
    model.train(was_training)
    return torch.cat(parts)


def predict_ranked(
    model: nn.Module, split: SplitData, k: int = 10, *, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """This will give the k best windows of each sample that do not repeat each other, in the split's order.

    (N, K, 2) in seconds, best first, the first as in `predict`, and their probabilities (N, K), on the CPU; a sample
    with fewer windows repeats its best with -inf. `temperature` is that of the model's card where probabilities are
    shown; it changes no order.
    """
    was_training = model.training
    model.eval()
    windows: list[Tensor] = []
    scores: list[Tensor] = []
    with torch.no_grad():
        for batch in split.in_order():
            windows_BK2, scores_BK = ranked_windows(
                model(batch.inputs),
                durations_B=batch.targets.durations_B,
                k=k,
                temperature=temperature,
            )
            windows.append(windows_BK2.cpu())
            scores.append(scores_BK.cpu())
    model.train(was_training)
    return torch.cat(windows), torch.cat(scores)


def measured(model: nn.Module, split: SplitData) -> Quality:
    """This will measure a network's top windows against the truth, with one IoU per sample."""
    return split.score(predict(model, split))


def quality(model: nn.Module, split: SplitData) -> dict[str, float]:
    """This will give `r1@0.3`, `r1@0.5`, `r1@0.7` and `miou` of a network on a split, each in 0..1."""
    return measured(model, split).values


def fitted_temperature(model: nn.Module, split: SplitData) -> float:
    """This will fit the temperature that calibrates a network on held-out samples."""
    model.eval()
    with torch.no_grad():
        return fit_temperature([(model(batch.inputs), batch.targets) for batch in split.in_order()])
