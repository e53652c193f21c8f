"""What is known of one sample once it was read to its end: what people saw, and where they looked.

Shape suffixes: K fixations, H and W pixels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.clips.rows import Stretch
from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.dense.samples import StatedDense, in_splits
from mtkd_engine.data.gaze.looks import NOBODY, Fixations, fixations_of, grey_of, read_file
from mtkd_engine.data.gaze.rows import Files, Listed, Looked
from mtkd_engine.data.labelled.check.seen import Seen
from mtkd_engine.data.labelled.rows import LabelledRow


@dataclass(frozen=True, slots=True)
class SeenGaze(Seen):
    """Sizes in pixels as handed in, upright; `size` is in bytes, of the picture or of the stream that was made."""

    kind: str = ""
    fixations: int = 0
    viewers: int = 0
    maps: int = 0
    outside: int = 0
    """Fixations beyond the edges of the frame, which are left out."""
    late: int = 0
    """Fixations that begin after the last frame, which are left out."""
    clipped: int = 0
    """Fixations that last beyond the last frame, and end there now."""
    frames: int = 0
    rate: float = 0.0
    gops: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: str = ""

    @property
    def seconds(self) -> float:
        """How long a video lasts, 0 of a picture."""
        return self.frames / self.rate if self.rate > 0 else 0.0


@dataclass(frozen=True)
class Kept:
    """The fixations of a sample that lie in its frames, and how many did not."""

    looks_K: Fixations
    maps: Files
    sha256: str = ""
    """Of fixations and of the pixels of maps."""
    outside: int = 0
    late: int = 0
    clipped: int = 0

    @property
    def viewers(self) -> int:
        """How many people looked, 0 where nobody tells."""
        who_K = np.unique(self.looks_K["viewer"])
        return int((who_K != NOBODY).sum())


def kept_of(looked: Looked, *, size: tuple[int, int], frames: int, rate: float) -> Kept:
    """This will bring fixations to the frames of a sample: `size` is height and width, a picture has one frame.

    Raises DataError where a picture of fixated pixels or of a map cannot be decoded.
    """
    parts = [_of_list(looked.listed, rate=rate)] if looked.listed else []
    parts += [
        _of_picture(file, number, size) for number, file in enumerate(looked.points) if file is not None
    ]
    maps = looked.maps[:frames]
    looks_K = np.concatenate(parts) if parts else fixations_of(np.zeros((0, 2)))
    if not rate:
        looks_K["first"], looks_K["stop"] = 0, 1
    is_inside_K = (
        (looks_K["x"] >= 0) & (looks_K["x"] < size[1]) & (looks_K["y"] >= 0) & (looks_K["y"] < size[0])
    )
    is_late_K = is_inside_K & (looks_K["first"] >= frames)
    is_clipped_K = is_inside_K & ~is_late_K & (looks_K["stop"] > frames)
    looks_K["stop"] = np.minimum(looks_K["stop"], frames)
    kept_K = looks_K[is_inside_K & ~is_late_K]
    return Kept(
        kept_K,
        maps,
        _hash_of(kept_K, maps),
        outside=int((~is_inside_K).sum()),
        late=int(is_late_K.sum()),
        clipped=int(is_clipped_K.sum()),
    )


def stated_gaze(
    rows: Iterable[LabelledRow], seen: Mapping[int, SeenGaze]
) -> dict[str, tuple[StatedDense, ...]]:
    """This will give divided rows as samples by split, in their order."""
    stated = []
    for row in rows:
        assert row.split is not None
        look = seen[row.place]
        one = StatedDense(
            DenseSample(row.sample_id, row.source, row.place),
            look.sha256,
            look.truth,
            look.width,
            look.height,
            look.kind,
            look.frames,
            look.rate,
            look.gops,
        )
        stated.append((row.split, one))
    return in_splits(stated)


def _hash_of(looks_K: Fixations, maps: Files) -> str:
    digest = hashlib.sha256(looks_K.tobytes())
    for file in maps:
        map_HW = np.zeros((0, 0), np.uint8) if file is None else grey_of(read_file(file))
        digest.update(f"{map_HW.shape}".encode() + map_HW.tobytes())
    return digest.hexdigest()


def _of_list(listed: Listed, *, rate: float) -> Fixations:
    """Frames that begin while somebody looks; the one that is shown where none does."""
    per_unit = rate if listed.unit == "seconds" else 1.0
    start_K, stop_K = listed.start_K * per_unit, listed.stop_K * per_unit
    # 0.04 s at 25 frames a second is frame 1, whatever is lost in binary.
    first_K = np.ceil(start_K - 1e-6).astype(np.int64)
    last_K = np.ceil(stop_K - 1e-6).astype(np.int64)
    is_short_K = last_K <= first_K
    first_K = np.where(is_short_K, np.floor(start_K + 1e-6).astype(np.int64), first_K)
    return fixations_of(
        listed.points_K2,
        viewers_K=listed.viewers_K,
        first_K=first_K,
        stop_K=np.where(is_short_K, first_K + 1, last_K),
    )


def _of_picture(file: Path | Stretch, frame: int, size: tuple[int, int]) -> Fixations:
    """The middles of the pixels of a picture that are not black, in pixels of the frame."""
    levels_HW = grey_of(read_file(file))
    rows_K, columns_K = np.nonzero(levels_HW > 0)
    scale_2 = np.array([size[1] / levels_HW.shape[1], size[0] / levels_HW.shape[0]])
    points_K2: NDArray[np.float64] = (np.stack([columns_K, rows_K], axis=1) + 0.5) * scale_2
    times_K = np.full(len(points_K2), frame)
    return fixations_of(points_K2, first_K=times_K, stop_K=times_K + 1)
