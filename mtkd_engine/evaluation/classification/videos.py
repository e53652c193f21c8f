"""How good a classifier is on whole videos, of each of which several clips were cut.

Shape suffixes: N clips, C classes, V videos.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.tasks.classification.metrics import Quality


def video_quality(log_probs_NC: Tensor, samples: Sequence[LabelledSample]) -> dict[str, Any] | None:
    """This will measure the mean belief over the clips of each source; None where every source has one clip.

    A source with clips of several classes is as many videos as it has classes.
    """
    places: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, sample in enumerate(samples):
        places[sample.source_id, sample.label].append(place)
    if len(places) == len(samples):
        return None
    probs_NC = log_probs_NC.double().exp()
    tiny = torch.finfo(torch.float64).tiny
    mean_VC = torch.stack([probs_NC[rows].mean(0) for rows in places.values()]).clamp(min=tiny)
    labels_V = torch.tensor([label for _, label in places])
    return {"videos": len(places), "metrics": Quality.of(mean_VC.log(), labels_V).values}
