"""Weights of whole splits."""

from __future__ import annotations

import torch
from torch import Tensor

from mtkd_engine.aggregators.grounding import Context, GroundingAggregator, Signals
from mtkd_engine.cache.beliefs import Faculty
from mtkd_engine.nets.grounding import SharedEncoder
from mtkd_engine.tasks.grounding.batches import Batch, SplitData


def signals_for(faculty: Faculty, batch: Batch) -> Signals:
    """This will give the teachers' beliefs on a batch, on its grid and device."""
    length = batch.inputs.clip_mask_BL.shape[1]
    return faculty.signals(batch.sample_ids, length=length, device=batch.inputs.clip_mask_BL.device)


def weigh(
    aggregator: GroundingAggregator, encoder: SharedEncoder, *, split: SplitData, faculty: Faculty
) -> Tensor:
    """This will give the weights (N, H, T) of all samples of a split, in its order, on the CPU.

    The encoder is asked only if the aggregator looks at video and query.
    """
    parts: list[Tensor] = []
    for batch in split.in_order():
        context = Context.of(encoder(batch.inputs)) if aggregator.takes_features else None
        signals = signals_for(faculty, batch)
        parts.append(aggregator.weights(signals, context, labels=batch.targets).cpu())
    return torch.cat(parts)
