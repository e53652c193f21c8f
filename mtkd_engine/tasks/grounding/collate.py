"""From samples to tensors: resampled video, word ids, labels on the clip grid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.dataset import Sample
from mtkd_engine.data.vocabulary import UNKNOWN, tokenize
from mtkd_engine.nets.grounding import GroundingInputs
from mtkd_engine.spec import GroundingCard
from mtkd_engine.tasks.grounding.grid import cells_of_windows, clip_mask

_CACHED_BYTES = 1 << 30


class Features(Protocol):
    """Where the rows of a video come from."""

    @property
    def width(self) -> int:
        """Columns of every row."""
        ...

    def load(self, video_id: str) -> NDArray[np.float32]:
        """This will give the (T, D) rows of a video."""
        ...


@dataclass(frozen=True)
class Targets:
    """Labels of a batch: the M true windows of each sample (seconds), their first and last clips, and soft labels.

    A sample with fewer windows repeats its first, so whoever asks for the best or for any of them needs no mask.
    """

    windows_BM2: Tensor
    start_BM: Tensor
    end_BM: Tensor
    soft_start_BML: Tensor
    soft_end_BML: Tensor
    durations_B: Tensor
    clips_B: Tensor

    def to(self, device: torch.device | str) -> Targets:
        """This will give the same labels on another device."""
        return Targets(**{part.name: getattr(self, part.name).to(device) for part in fields(self)})


def targets_of(samples: Sequence[Sample], *, clips_B: Tensor, length: int) -> Targets:
    """This will give the labels of samples on grids of `clips_B` clips, padded to `length`."""
    durations_B = torch.tensor([sample.duration for sample in samples], dtype=torch.float64)
    several = max(len(sample.windows) for sample in samples)
    windows_BM2 = torch.tensor(
        [[*sample.windows, *[sample.windows[0]] * (several - len(sample.windows))] for sample in samples],
        dtype=torch.float64,
    )
    shape = windows_BM2.shape[:2]
    each_N = clips_B.repeat_interleave(several)
    start_N, end_N = cells_of_windows(
        windows_BM2.flatten(0, 1), durations_B=durations_B.repeat_interleave(several), clips_B=each_N
    )
    return Targets(
        windows_BM2=windows_BM2,
        start_BM=start_N.view(shape),
        end_BM=end_N.view(shape),
        soft_start_BML=soften(start_N, clips_B=each_N, length=length).view(*shape, length),
        soft_end_BML=soften(end_N, clips_B=each_N, length=length).view(*shape, length),
        durations_B=durations_B,
        clips_B=clips_B,
    )


def resample(rows_TD: Tensor, clips: int) -> Tensor:
    """This will average T rows down to min(T, clips), each row weighing the time it shares with the clip."""
    rows = rows_TD.shape[0]
    kept = min(rows, clips)
    if kept == rows:
        return rows_TD
    # In units of 1 / (rows * kept) of the duration, both kinds of boundaries are whole numbers.
    clip_N1 = torch.arange(kept).unsqueeze(1) * rows
    row_T = torch.arange(rows) * kept
    shared_NT = torch.minimum(clip_N1 + rows, row_T + kept) - torch.maximum(clip_N1, row_T)
    return (shared_NT.clamp(min=0) / rows).to(rows_TD.dtype) @ rows_TD


class Collator:
    """Builds batches for one network: its words, its clip grid, the dataset's features.

    Resampled videos are kept in memory, the least recently used ones leave beyond one GiB.
    """

    def __init__(self, *, vocabulary: Sequence[str], max_words: int, clips: int, features: Features) -> None:
        self.clips = clips
        self._words = {word: index for index, word in enumerate(vocabulary)}
        self._max_words = max_words
        self._features = features
        self._videos: OrderedDict[str, Tensor] = OrderedDict()
        self._bytes = 0

    @classmethod
    def of(cls, card: GroundingCard, features: Features) -> Collator:
        """This will build the collator that feeds the model of `card`."""
        return cls(
            vocabulary=card.vocabulary, max_words=card.max_words, clips=card.net.clips, features=features
        )

    def inputs(self, samples: Sequence[Sample]) -> GroundingInputs:
        """This will give the inputs of a batch, padded to the full clip grid and the longest sentence."""
        videos = [self._video(sample.video_id) for sample in samples]
        features_BLD = torch.zeros(len(samples), self.clips, self._features.width)
        for row, video_ND in enumerate(videos):
            features_BLD[row, : len(video_ND)] = video_ND
        sentences = [self._ids(sample.sentence) for sample in samples]
        words_BW = torch.zeros(len(samples), max(len(ids) for ids in sentences), dtype=torch.int64)
        for row, ids in enumerate(sentences):
            words_BW[row, : len(ids)] = torch.tensor(ids)
        lengths_B = torch.tensor([len(ids) for ids in sentences])
        return GroundingInputs(
            features_BLD=features_BLD,
            clip_mask_BL=clip_mask(self.clip_counts(samples), self.clips),
            words_BW=words_BW,
            word_mask_BW=clip_mask(lengths_B, words_BW.shape[1]),
        )

    def targets(self, samples: Sequence[Sample]) -> Targets:
        """This will give the labels of a batch on this network's clip grid."""
        return targets_of(samples, clips_B=self.clip_counts(samples), length=self.clips)

    def clip_counts(self, samples: Sequence[Sample]) -> Tensor:
        """This will give how many clips each sample's video has on this network's grid (int64)."""
        return torch.tensor([len(self._video(sample.video_id)) for sample in samples])

    def _ids(self, sentence: str) -> list[int]:
        words = tokenize(sentence)[: self._max_words] or [UNKNOWN]
        return [self._words.get(word, self._words[UNKNOWN]) for word in words]

    def _video(self, video_id: str) -> Tensor:
        video_ND = self._videos.pop(video_id, None)
        if video_ND is None:
            video_ND = resample(torch.from_numpy(self._features.load(video_id)), self.clips)
            self._bytes += video_ND.nbytes
        self._videos[video_id] = video_ND
        while self._bytes > _CACHED_BYTES and len(self._videos) > 1:
            _, oldest_ND = self._videos.popitem(last=False)
            self._bytes -= oldest_ND.nbytes
        return video_ND


def soften(index_B: Tensor, *, clips_B: Tensor, length: int) -> Tensor:
    """This will give 0.5 at the true clip and 0.25 at each neighbour.

    A neighbour outside the video leaves its share to the true clip.
    """
    place_L = torch.arange(length, device=index_B.device)
    away_BL = (place_L.unsqueeze(0) - index_B.unsqueeze(1)).abs()
    soft_BL = 0.25 * ((away_BL == 1) & clip_mask(clips_B, length))
    return soft_BL + (away_BL == 0) * (1.0 - soft_BL.sum(1, keepdim=True))
