"""What a grounding model costs where it is used: parameters, multiply-accumulates, latency and memory for one query.

One query is one sentence on one video, without padding, at the lengths that the dataset's samples have on the
model's clip grid. Features lie in memory already; what their extraction costs stands beside it where it is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mtkd_engine.data.dataset import Dataset, Sample, load_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.vocabulary import tokenize
from mtkd_engine.modelfile import ModelError, load_model
from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.profile.measuring import RUNS, latencies, macs_of, memory_of
from mtkd_engine.spec import GroundingCard
from mtkd_engine.tasks.grounding.collate import Collator

SAMPLES = 64


@dataclass(frozen=True)
class Cost:
    """One query's cost: means over `samples` queries, of `clips` clips and `words` words on average.

    `macs` are those of matrix products and convolutions, as torch counts them; element-wise work is not counted.
    `latency_ms` is the median of `runs` forward passes at batch 1, after a warm-up; `latency_p90_ms` is the time that
    nine of ten keep to. `memory_bytes` are parameters, inputs and the most that intermediate results took at a time
    in the longest query. `extraction_macs` are those of the features of one video, None where nobody stated them.
    """

    parameters: int
    macs: float
    latency_ms: float
    latency_p90_ms: float
    memory_bytes: int
    samples: int
    clips: float
    words: float
    runs: int
    threads: int
    device: str
    extractor: str | None
    extraction_macs: float | None

    def to_json(self) -> dict[str, Any]:
        """This will give all of it, the extractor "unknown" where it is, and the sum with extraction or null."""
        total = None if self.extraction_macs is None else self.macs + self.extraction_macs
        return {**asdict(self), "extractor": self.extractor or "unknown", "macs_with_extraction": total}


@torch.no_grad()
def cost_of(
    model: nn.Module, card: GroundingCard, dataset: Dataset, *, split: str = "test", runs: int = RUNS
) -> Cost:
    """This will measure a model on its device with the threads torch has, on up to 64 samples spread by length.

    Raises DataError where the dataset has no features or no sample in `split`.
    """
    chosen = _spread(dataset.splits[split])
    if not chosen:
        raise DataError(f"The split {split} of {dataset.name} has no sample; one or more is accepted.")
    device = next(model.parameters()).device
    collator = Collator.of(card, dataset.needed_features())
    queries = [_alone(collator.inputs([sample])).to(device) for sample in chosen]
    was_training = model.training
    model.eval()
    times_ms = latencies(model, queries, runs=runs, device=device)
    macs = _mean_macs(model, queries)
    longest = max(queries, key=_size)
    memory = memory_of(model, longest, tensors=list(vars(longest).values()), device=device)
    model.train(was_training)
    name, extraction = _extraction(card, dataset, chosen)
    return Cost(
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        macs=macs,
        latency_ms=float(np.median(times_ms)),
        latency_p90_ms=float(np.quantile(times_ms, 0.9)),
        memory_bytes=memory,
        samples=len(chosen),
        clips=float(np.mean([_size(query)[0] for query in queries])),
        words=float(np.mean([_size(query)[1] for query in queries])),
        runs=len(times_ms),
        threads=torch.get_num_threads(),
        device=str(device),
        extractor=name,
        extraction_macs=extraction,
    )


def profile_grounding(
    path: Path, *, data: Path, split: str, runs: int, device: str = "cpu"
) -> dict[str, Any]:
    """This will measure a model file on a dataset folder; raises ModelError or DataError with a sentence."""
    model, card = load_model(path)
    dataset = load_dataset(data)
    width = dataset.needed_features().width
    if card.feature_width != width:
        raise ModelError(
            f"{path.name} reads features of width {card.feature_width}, but those of {dataset.name} have width "
            f"{width}."
        )
    return cost_of(model.to(device), card, dataset, split=split, runs=runs).to_json()


def _spread(samples: Sequence[Sample]) -> list[Sample]:
    """At most 64 of them, evenly over all lengths; told by what is known without reading features."""
    ordered = sorted(samples, key=lambda s: (s.duration, len(tokenize(s.sentence)), s.sample_id))
    if len(ordered) <= SAMPLES:
        return ordered
    return [ordered[int((place + 0.5) * len(ordered) / SAMPLES)] for place in range(SAMPLES)]


def _alone(inputs: GroundingInputs) -> GroundingInputs:
    """One sample without the padding of its grid."""
    clips = int(inputs.clips_B[0])
    return GroundingInputs(
        features_BLD=inputs.features_BLD[:, :clips].clone(),
        clip_mask_BL=inputs.clip_mask_BL[:, :clips].clone(),
        words_BW=inputs.words_BW,
        word_mask_BW=inputs.word_mask_BW,
    )


def _size(query: GroundingInputs) -> tuple[int, int]:
    return query.clip_mask_BL.shape[1], query.word_mask_BW.shape[1]


def _mean_macs(model: nn.Module, queries: Sequence[GroundingInputs]) -> float:
    counted: dict[tuple[int, int], float] = {}
    for query in queries:
        if _size(query) not in counted:
            counted[_size(query)] = macs_of(model, query)
    return float(np.mean([counted[_size(query)] for query in queries]))


def _extraction(
    card: GroundingCard, dataset: Dataset, samples: Sequence[Sample]
) -> tuple[str | None, float | None]:
    """The extractor's name, and its multiply-accumulates for a video of mean duration; None each where unknown."""
    stated = dataset.extractor
    name = card.extractor or (stated.name if stated else None)
    if stated is None or stated.macs_per_second is None or name != stated.name:
        return name, None
    return name, stated.macs_per_second * float(np.mean([sample.duration for sample in samples]))
