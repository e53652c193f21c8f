"""The scale of a dataset's features, found on the videos a network is trained on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from mtkd_engine.data.dataset import Sample
from mtkd_engine.nets.grounding.layers import FeatureScale
from mtkd_engine.tasks.grounding.collate import Features


def fit_feature_scale(model: nn.Module, *, samples: Sequence[Sample], features: Features) -> None:
    """This will give every FeatureScale of a network the mean and spread of the rows of these samples' videos."""
    total_D = np.zeros(features.width)
    squares_D = np.zeros(features.width)
    rows = 0
    for video_id in sorted({sample.video_id for sample in samples}):
        rows_TD = features.load(video_id).astype(np.float64)
        total_D += rows_TD.sum(0)
        squares_D += np.square(rows_TD).sum(0)
        rows += len(rows_TD)
    mean_D = total_D / rows
    spread_D = np.sqrt(np.maximum(squares_D / rows - np.square(mean_D), 0.0))
    for module in model.modules():
        if isinstance(module, FeatureScale):
            module.set(torch.from_numpy(mean_D).float(), torch.from_numpy(spread_D).float())
