"""From a student, a video and sentences to ranked windows in seconds.

Shape suffixes: Q sentences, P pieces, K windows of each; N is any number of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mtkd_engine.data.dataset import Sample
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.vocabulary import has_words, tokenize
from mtkd_engine.predict.evidence import evidence
from mtkd_engine.predict.video import Video
from mtkd_engine.spec import GroundingCard
from mtkd_engine.tasks.grounding.batches import Batch, SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.metrics import NEAR, NMS_IOU, iou
from mtkd_engine.tasks.grounding.ranking import ranked_windows

LONGEST_SENTENCE = 2000


@dataclass(frozen=True)
class Window:
    """A moment in seconds; `score` is its probability among all windows that were looked at."""

    start: float
    end: float
    score: float


@dataclass(frozen=True)
class Answer:
    """The best windows for a sentence, best first, and its words that the student does not know."""

    query: str
    windows: tuple[Window, ...]
    unknown_words: tuple[str, ...]


def ask(
    model: nn.Module,
    card: GroundingCard,
    video: Video,
    queries: Sequence[str],
    *,
    top: int,
    seconds: float | None,
) -> list[Answer]:
    """This will give the `top` windows of each sentence, none of which repeats a better one.

    A video longer than `seconds` (None: any length is taken whole) is looked at in pieces of that length that
    overlap by half. Windows of all pieces are ranked together by their calibrated scores, as if they were those of
    one video: among pieces, too, the network's own sums decide. Raises DataError where features or sentences do not
    fit.
    """
    width = video.rows_TD.shape[1]
    if width != card.feature_width:
        raise DataError(
            f"features: given {width} numbers a row, accepted are {card.feature_width}, the width that the student "
            "learnt on."
        )
    for query in queries:
        if not has_words(query) or len(query) > LONGEST_SENTENCE:
            raise DataError(
                f"query: given {shown(query)}, accepted is a sentence of up to {LONGEST_SENTENCE:,} characters with "
                "a word in it."
            )
    pieces = [video] if seconds is None or video.duration <= seconds else list(video.pieces(seconds))
    known = frozenset(card.vocabulary)
    return [
        Answer(
            query=query,
            windows=_merged(windows_PK2, scores_PK, top=top),
            unknown_words=tuple(dict.fromkeys(word for word in tokenize(query) if word not in known)),
        )
        for query, windows_PK2, scores_PK in zip(
            queries, *_found(model, card, pieces, queries, top=top), strict=True
        )
    ]


@dataclass(frozen=True)
class _Pieces:
    """Features of videos that are pieces, named by their number."""

    pieces: Sequence[Video]
    width: int

    def load(self, video_id: str) -> NDArray[np.float32]:
        return self.pieces[int(video_id)].rows_TD


def _found(
    model: nn.Module, card: GroundingCard, pieces: Sequence[Video], queries: Sequence[str], *, top: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The windows of each sentence, (Q, P, K, 2) in seconds of the video, and their log-probabilities (Q, P, K)."""
    samples = [
        Sample(
            sample_id=f"{place}",
            source_id=f"{place}",
            video_id=f"{place}",
            duration=piece.duration,
            windows=((0.0, piece.duration),),
            sentence=query,
        )
        for query in queries
        for place, piece in enumerate(pieces)
    ]
    split = SplitData(samples, Collator.of(card, _Pieces(pieces, card.feature_width)), device="cpu")
    parts = [_looked_at(model, card, batch, top=top) for batch in split.in_order()]
    shape = (len(queries), len(pieces), top)
    windows_QPK2 = torch.cat([windows for windows, _, _ in parts]).view(*shape, 2)
    starts_P11 = torch.tensor([piece.start for piece in pieces], dtype=torch.float64)[:, None, None]
    inner_QPK = torch.cat([scores for _, scores, _ in parts]).view(shape)
    whose_QP = torch.cat([evidence for _, _, evidence in parts]).view(shape[:2])
    scores_QPK = inner_QPK + torch.log_softmax(whose_QP, dim=1).unsqueeze(2)
    return (windows_QPK2 + starts_P11).numpy(), scores_QPK.numpy()


@torch.no_grad()
def _looked_at(
    model: nn.Module, card: GroundingCard, batch: Batch, *, top: int
) -> tuple[Tensor, Tensor, Tensor]:
    output = model(batch.inputs)
    windows_NK2, scores_NK = ranked_windows(
        output, durations_B=batch.targets.durations_B, k=top, temperature=card.temperature
    )
    there_NK = scores_NK > 0  # a missing one has -inf
    log_NK = torch.where(there_NK, scores_NK, 1.0).double().log().masked_fill(~there_NK, -torch.inf)
    return windows_NK2.double(), log_NK, evidence(output, temperature=card.temperature)


def _merged(
    windows_PK2: NDArray[np.float64], scores_PK: NDArray[np.float64], *, top: int
) -> tuple[Window, ...]:
    windows_N2, scores_N = windows_PK2.reshape(-1, 2), scores_PK.reshape(-1)
    kept: list[int] = []
    for place in np.argsort(-scores_N, kind="stable"):
        if len(kept) == top or not np.isfinite(scores_N[place]):
            break
        if not kept or float(iou(windows_N2[kept], windows_N2[place]).max()) <= NMS_IOU + NEAR:
            kept.append(int(place))
    return tuple(
        Window(start=float(start), end=float(end), score=float(np.exp(score)))
        for (start, end), score in zip(windows_N2[kept], scores_N[kept], strict=True)
    )
