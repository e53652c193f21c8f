"""A split of clips as batches: of their frames, or of what lies in their compressed streams.

A view of a clip is made once, by decoding what it needs of the stream, and read from a memory map afterwards, where
the disk has room for all views.
Shape suffixes: B samples, T frames, S segments, C channels, H and W pixels.
"""

from __future__ import annotations

import hashlib
import json
import os
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtkd_engine.data.clips.dataset import Clips
from mtkd_engine.data.kept import KeptRows
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.video.gops import with_motion
from mtkd_engine.data.video.streams import decoded, streams_at
from mtkd_engine.data.video.transcode import HEIGHT, WIDTH
from mtkd_engine.nets.classification.clips.given import Streams
from mtkd_engine.spec.classification.views import ClipAugmentSpec
from mtkd_engine.tasks.ahead import in_turn
from mtkd_engine.tasks.classification.batches import CLEAN, Frames, Mixed, Shared
from mtkd_engine.tasks.classification.crops import Bytes, Crop, cut, drawn_crops, fixed_crops, middle
from mtkd_engine.tasks.classification.draws import Whole
from mtkd_engine.tasks.classification.pixels import on_device
from mtkd_engine.tasks.classification.segments import drawn_moments, middles
from mtkd_engine.tasks.classification.splits.base import ClassSplit, Kept

_THREADS = min(8, os.cpu_count() or 1)
_SIGNED = slice(3, 5), slice(5, 8)
"""Motion and residual among the channels of a view."""
_CORNER_SHARE = 224 / 256
"""Of the height, which crops beside the middle have, as in the field."""


class ClipSplit(ClassSplit):
    """Clips at `segments` moments each, cut to squares of `size` pixels."""

    augment: ClipAugmentSpec | None
    channels: ClassVar[int]
    """Bytes of a pixel."""

    def __init__(
        self,
        samples: Sequence[LabelledSample],
        clips: Clips,
        *,
        name: str,
        segments: int,
        size: int,
        augment: ClipAugmentSpec | None,
        seed: int,
        device: torch.device | str = "cpu",
        labelled_N: Kept | None = None,
        crops: int = 1,
        keep: tuple[Path, str] | None = None,
    ) -> None:
        """This will hold the samples; `crops` are those that the end is measured in.

        `keep` is a folder where views are left for others, and a name of the content.
        """
        super().__init__(
            samples,
            name=name,
            augment=augment,
            seed=seed,
            device=device,
            labelled_N=labelled_N,
            evaluation_batch=32,
        )
        self._clips = clips
        self._segments = segments
        self._size = size
        self._crops = crops
        self._keep = keep
        self._kept: dict[int, KeptRows | None] = {}
        self._keeping = Lock()
        self._frames_N: Whole = np.array([clips.frames(sample.place) for sample in self.samples], np.int64)

    @property
    def ahead(self) -> bool:
        """Decoding leaves Python to others, and is worth as much as a small network's step."""
        return True

    def in_crops(self) -> Iterator[list[Shared]]:
        """This will yield all samples in clean batches, first to last, each as seen in every fixed crop."""
        if self._crops == 1:
            yield from super().in_crops()
            return
        crops = fixed_crops(self._crops, width=WIDTH, height=HEIGHT, share=_CORNER_SHARE)
        parts = self._parts(self.evaluation_batch)
        yield from in_turn(lambda part: self._cropped(part, crops), parts, ahead=self.ahead)

    def _cropped(self, rows: range, crops: Sequence[Crop]) -> list[Shared]:
        rows_B = np.asarray(rows, np.int64)
        moments_BT = middles(self._frames_N[rows_B], self._segments)
        seen = [
            self._made(int(row), moments_T, crops) for row, moments_T in zip(rows_B, moments_BT, strict=True)
        ]
        return [self._there(np.stack([views[place] for views in seen])) for place in range(len(crops))]

    def _clean(self, rows_B: Whole) -> Shared:
        return self._there(self._view(CLEAN, rows_B))

    def _varied(self, view: int, rows_B: Whole) -> tuple[Shared, Tensor, Mixed | None]:
        return self._there(self._view(view, rows_B)), self._labels(rows_B), None

    def _view(self, view: int, rows_B: Whole) -> Bytes:
        """One view of these rows, (B, T, size, size, channels): read, or made and kept; by one thread at a time."""
        with self._keeping:
            return self._kept_or_made(view, rows_B)

    def _kept_or_made(self, view: int, rows_B: Whole) -> Bytes:
        if view not in self._kept:
            shape = (self._segments, self._size, self._size, self.channels)
            views = 1 if self.augment is None else 1 + self.augment.views
            self._kept[view] = KeptRows.opened(len(self), shape, target=self._target(view), besides=views)
        kept = self._kept[view]
        if kept is None:
            return self._new(view, rows_B)
        missing_M = kept.missing(rows_B)
        if len(missing_M):
            kept.put(missing_M, self._new(view, missing_M))
        return np.asarray(kept.rows_N[rows_B])

    def _new(self, view: int, rows_B: Whole) -> Bytes:
        frames_B = self._frames_N[rows_B]
        if view == CLEAN:
            moments_BT = middles(frames_B, self._segments)
            crops = [middle(WIDTH, HEIGHT)] * len(rows_B)
        else:
            spec, keys_B = self.augment, self._keys_N[rows_B]
            assert spec is not None
            crops = drawn_crops(keys_B, view, spec, width=WIDTH, height=HEIGHT)
            moments_BT = (
                drawn_moments(frames_B, self._segments, keys_B=keys_B, view=view)
                if spec.jitter
                else middles(frames_B, self._segments)
            )

        def one(place: int) -> Bytes:
            return self._made(int(rows_B[place]), moments_BT[place], [crops[place]])[0]

        if _THREADS == 1 or len(rows_B) == 1:
            return np.stack([one(place) for place in range(len(rows_B))])
        with ThreadPoolExecutor(_THREADS) as threads:
            return np.stack(list(threads.map(one, range(len(rows_B)))))

    def _target(self, view: int) -> Path | None:
        if self._keep is None:
            return None
        folder, content = self._keep
        augment = None if view == CLEAN or self.augment is None else self.augment.model_dump(mode="json")
        told = {
            "content": content,
            "samples": [sample.sample_id for sample in self.samples],
            "channels": self.channels,
            "segments": self._segments,
            "size": self._size,
            "augment": augment,
            "view": view,
            "libraries": [version("av"), version("pillow")],
        }
        return folder / f"views-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]}.npy"

    @abstractmethod
    def _made(self, row: int, moments_T: Whole, crops: Sequence[Crop]) -> list[Bytes]:
        """A clip at these moments in each of the crops, (T, size, size, channels)."""

    @abstractmethod
    def _there(self, views: Bytes) -> Shared:
        """Views (B, T, size, size, channels) as participants share them, on the device."""


class FrameSplit(ClipSplit):
    """Frames of clips, (B, T, 3, size, size)."""

    channels = 3

    def _made(self, row: int, moments_T: Whole, crops: Sequence[Crop]) -> list[Bytes]:
        stream = self._clips.stream(self.samples[row].place)
        frames_THWC = decoded(stream, moments_T.tolist())
        return [cut(frames_THWC, crop, size=self._size) for crop in crops]

    def _there(self, views: Bytes) -> Frames:
        return Frames(on_device(views, self.device).permute(0, 1, 4, 2, 3))


class StreamSplit(ClipSplit):
    """I-frames, motion and residuals of clips, (B, S, 3 or 2, size, size)."""

    channels = 8

    def _made(self, row: int, moments_T: Whole, crops: Sequence[Crop]) -> list[Bytes]:
        place = self.samples[row].place
        gops = self._clips.gops(place)
        moments = [with_motion(gops, moment) for moment in moments_T.tolist()]
        seen = streams_at(self._clips.stream(place), moments)
        # Signed numbers stand with 128 for 0 while they are cut; what networks do with them ends before 128.
        motion, residual = (_bytes(part) for part in (seen.motion_THW2, seen.residual_THWC))
        return [self._cut(seen.iframe_THWC, motion, residual, crop) for crop in crops]

    def _cut(self, iframe: Bytes, motion: Bytes, residual: Bytes, crop: Crop) -> Bytes:
        motion_THW2 = cut(motion, crop, size=self._size)
        if crop.mirrored:  # to the right has become to the left
            motion_THW2[..., 0] = np.minimum(256 - motion_THW2[..., 0].astype(np.int16), 255)
        parts = (cut(iframe, crop, size=self._size), motion_THW2, cut(residual, crop, size=self._size))
        return np.concatenate(parts, axis=3)

    def _there(self, views: Bytes) -> Streams:
        there_BCTHW = on_device(views, self.device).permute(0, 1, 4, 2, 3)
        motion, residual = (there_BCTHW[:, :, part].to(torch.int16) - 128 for part in _SIGNED)
        return Streams(there_BCTHW[:, :, :3], motion, residual)


def _bytes(signed: NDArray[np.int16]) -> Bytes:
    np.clip(signed, -128, 127, out=signed)  # memory that is new costs more than what is done with it
    signed += 128
    return signed.astype(np.uint8)
