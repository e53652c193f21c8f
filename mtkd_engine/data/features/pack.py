"""Features of any container into the uncompressed .npz of a sealed dataset."""

from collections.abc import Sequence
from pathlib import Path

from mtkd_engine.data.features.base import Features
from mtkd_engine.data.progress import Progress


def pack_features(
    store: Features, target: Path, *, videos: Sequence[str], progress: Progress, work: Path | None = None
) -> dict[str, str]:
    """This will write the features of these videos to a new .npz and give the sha256 of each array.

    float16 and float32 stay, float64 becomes float32. The same content gives the same bytes. With a
    `work` folder a second call goes on where the first one stopped. Raises DataError.
    """
    raise NotImplementedError


def array_hash(store: Features, video_id: str) -> str:
    """This will give the sha256 of a video's array as a sealed dataset holds it: shape, type and bytes."""
    raise NotImplementedError
