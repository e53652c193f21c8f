"""How fast samples of three segments are made: of compressed streams by the loader, and of RGB that is decoded.

Shape suffixes: T frames, S pixels of a side, C channels (3).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.video.ingest import Ingested
from mtkd_engine.data.video.vectors import vector_grid
from mtkd_engine.spec.classification.views import ClipAugmentSpec
from mtkd_engine.tasks.classification.crops import cut, middle
from mtkd_engine.tasks.classification.segments import middles
from mtkd_engine.tasks.classification.splits.clips import ClipSplit, FrameSplit, StreamSplit
from tests.bench.turns import Ratio

SEGMENTS, SIZE = 3, 112
COLD, KEPT = "compressed, cold", "compressed, kept"
WHOLE, KEYS = "RGB of the source, all of it decoded", "RGB of the source, key frames sought"
OURS = "RGB of our streams, cold"


@dataclass(frozen=True)
class Film(ClipStore):
    """Streams in memory."""

    found: tuple[Ingested, ...]
    streams: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.found)

    def stream(self, place: int) -> bytes:
        return self.streams[place]

    def frames(self, place: int) -> int:
        return self.found[place].frames

    def gops(self, place: int) -> tuple[int, ...]:
        return self.found[place].gops

    def grid(self, place: int) -> NDArray[np.int8]:
        return vector_grid(self.streams[place])


def samples_of(count: int) -> tuple[LabelledSample, ...]:
    """This will state so many clips, each of a source of its own."""
    return tuple(LabelledSample(f"clip-{place}", f"clip-{place}", place % 2, place) for place in range(count))


def samples_made(clips: Film, films: Sequence[Path], *, clips_a_turn: int, turns: int) -> dict[str, Any]:
    """This will make samples in every way, in turns, and print how many a second of one core."""
    rows = range(min(clips_a_turn, len(clips)))
    common: dict[str, Any] = {
        "name": "train",
        "segments": SEGMENTS,
        "size": SIZE,
        "augment": ClipAugmentSpec(views=turns),
        "seed": 0,
    }
    compressed = StreamSplit(samples_of(len(clips)), clips, **common)
    frames = FrameSplit(samples_of(len(clips)), clips, **common)
    paces: dict[str, list[float]] = {}
    for turn in range(turns):  # every turn sees a view that was not made before, then the same once more
        makers: dict[str, Callable[[int], object]] = {
            COLD: _maker(compressed, turn),
            KEPT: _maker(compressed, turn),
            OURS: _maker(frames, turn),
            WHOLE: lambda row: decoded_whole(films[row]),
            KEYS: lambda row: decoded_keys(films[row]),
        }
        for name, make in makers.items():
            began = time.process_time()
            for row in rows:
                make(row)
            paces.setdefault(name, []).append(len(rows) / (time.process_time() - began))
    ratios = {name: Ratio.of(paces[COLD], own) for name, own in paces.items()}
    print(
        "\n| a sample of three segments | samples/s of a core | compressed, cold, times that |\n|---|---|---|"
    )
    for name, own in paces.items():
        print(f"| {name} | {statistics.median(own):.0f} | {ratios[name]} |")
    return {
        "compressed_samples_per_s_per_core": round(statistics.median(paces[COLD]), 1),
        "compressed_kept_samples_per_s_per_core": round(statistics.median(paces[KEPT]), 1),
        "rgb_samples_per_s_per_core": {
            key: round(statistics.median(paces[name]), 1)
            for key, name in (("whole", WHOLE), ("keys", KEYS), ("ours", OURS))
        },
        "compressed_vs_rgb": {
            key: round(ratios[name].median, 3)
            for key, name in (("whole", WHOLE), ("keys", KEYS), ("ours", OURS))
        },
    }


def _maker(split: ClipSplit, view: int) -> Callable[[int], object]:
    return lambda row: split.at_view(view, [row])


def decoded_whole(path: Path) -> NDArray[np.uint8]:
    """This will decode a clip from first to last frame, and make a sample of its middle moments."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        frames = list(container.decode(stream))
        moments = middles(np.array([len(frames)]), SEGMENTS)[0].tolist()
        return _cropped([frames[moment] for moment in moments])


def decoded_keys(path: Path) -> NDArray[np.uint8]:
    """This will seek to the key frame before each of these moments, decode that alone and make a sample of them."""
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        length = (container.duration or 0) / av.time_base / float(stream.time_base or 1)
        start, frames = stream.start_time or 0, []
        for segment in range(SEGMENTS):
            container.seek(start + round((segment + 0.5) / SEGMENTS * length), stream=stream)
            frames.append(next(container.decode(stream)))
        return _cropped(frames)


def _cropped(frames: Sequence[av.VideoFrame]) -> NDArray[np.uint8]:
    crop = middle(frames[0].width, frames[0].height)
    pictures = [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for frame in frames]
    return np.concatenate([cut(picture_HWC[None], crop, size=SIZE) for picture_HWC in pictures])
