"""From a student, a video and sentences to ranked windows in seconds.

Shape suffixes: N pieces times sentences, K windows of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mtkd_engine.data.dataset import Sample
from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.data.vocabulary import has_words, tokenize
from mtkd_engine.evaluation.student import predict_ranked
from mtkd_engine.predict.video import Video
from mtkd_engine.spec import ModelCard
from mtkd_engine.tasks.grounding.batches import SplitData
from mtkd_engine.tasks.grounding.collate import Collator
from mtkd_engine.tasks.grounding.metrics import iou
from mtkd_engine.tasks.grounding.metrics.ranked import NEAR, NMS_IOU

LONGEST_SENTENCE = 2000


@dataclass(frozen=True)
class Window:
    """A moment in seconds; `score` is its probability among all windows of the piece it was found in."""

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
    card: ModelCard,
    video: Video,
    queries: Sequence[str],
    *,
    top: int,
    seconds: float | None,
) -> list[Answer]:
    """This will give the `top` windows of each sentence, none of which repeats a better one.

    A video longer than `seconds` (None: any length is taken whole) is looked at in pieces of that length that
    overlap by half, and the windows of all pieces are ranked together by their calibrated scores. Raises DataError
    where features or sentences do not fit.
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
    found = _found(model, card, pieces, queries, top=top)
    known = frozenset(card.vocabulary)
    return [
        Answer(
            query=query,
            windows=_merged(found[place :: len(queries)], pieces, top=top),
            unknown_words=tuple(dict.fromkeys(word for word in tokenize(query) if word not in known)),
        )
        for place, query in enumerate(queries)
    ]


@dataclass(frozen=True)
class _Pieces:
    """Features of videos that are pieces, named by their number."""

    pieces: Sequence[Video]
    width: int

    def load(self, video_id: str) -> NDArray[np.float32]:
        return self.pieces[int(video_id)].rows_TD


_Found = tuple[NDArray[np.float64], NDArray[np.float64]]


def _found(
    model: nn.Module, card: ModelCard, pieces: Sequence[Video], queries: Sequence[str], *, top: int
) -> list[_Found]:
    """Windows (K, 2) in seconds of their piece and scores (K), piece by piece, sentence by sentence."""
    samples = [
        Sample(
            sample_id=f"{place}",
            source_id=f"{place}",
            video_id=f"{place}",
            duration=piece.duration,
            windows=((0.0, piece.duration),),
            sentence=query,
        )
        for place, piece in enumerate(pieces)
        for query in queries
    ]
    collator = Collator.of(card, _Pieces(pieces, card.feature_width))
    split = SplitData(samples, collator, device="cpu")
    windows_NK2, scores_NK = predict_ranked(model, split, k=top, temperature=card.temperature)
    return list(zip(windows_NK2.double().numpy(), scores_NK.double().numpy(), strict=True))


def _merged(found: Sequence[_Found], pieces: Sequence[Video], *, top: int) -> tuple[Window, ...]:
    starts = [piece.start for piece in pieces]
    windows_K2 = np.concatenate(
        [windows_K2 + start for (windows_K2, _), start in zip(found, starts, strict=True)]
    )
    scores_K = np.concatenate([scores_K for _, scores_K in found])
    kept: list[int] = []
    for place in np.argsort(-scores_K, kind="stable"):
        if len(kept) == top or not scores_K[place] > 0:
            break
        if not kept or float(iou(windows_K2[kept], windows_K2[place]).max()) <= NMS_IOU + NEAR:
            kept.append(int(place))
    return tuple(Window(*map(float, windows_K2[place]), score=float(scores_K[place])) for place in kept)
