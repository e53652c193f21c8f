"""One source on its way to a confined process: looked at from outside, hashed, and how long its reading may take."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mtkd_engine.data.images.decode import MOST_BYTES as MOST_IMAGE_BYTES
from mtkd_engine.data.video.errors import VideoError
from mtkd_engine.data.video.limits import Bounds, Costs, seconds_for
from mtkd_engine.data.video.outcomes import FrameImages, Refused, Source
from mtkd_engine.data.video.plain import hash_of

_LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class Item:
    """One source as a process is told of it; `rate` is None for a video file."""

    number: int
    name: str
    paths: tuple[Path, ...]
    rate: float | None
    seconds: int
    sha256: str

    def refused(self, code: str, said: str) -> Refused:
        """This will name the source in a refusal."""
        return Refused(code, f"{self.name} {said}")


def name_of(source: Source) -> str:
    """This will name a source for a person: its file, or the folder of its images."""
    if isinstance(source, FrameImages):
        name = source.images[0].parent.name if source.images else "A video of images"
    else:
        name = source.name
    return "".join(c if c.isprintable() else "?" for c in name)[:_LONGEST_NAME]


def item_of(number: int, source: Source, *, bounds: Bounds, costs: Costs) -> Item:
    """This will look at the files of a source without reading their meaning; raises VideoError."""
    if isinstance(source, FrameImages):
        paths, rate = source.images, source.rate
        if len(paths) > bounds.frames:  # before any of them is opened
            said = f"has {len(paths):,} images; up to {bounds.frames:,} are accepted."
            raise VideoError("too_many_frames", said)
        found = [_image_hash(path) for path in paths]
        digest = sha256("".join(one for one, _ in found).encode()).hexdigest()
        size = sum(size for _, size in found)
    else:
        paths, rate = (source,), None
        digest, size = hash_of(source, most=bounds.bytes)
    return Item(
        number=number,
        name=name_of(source),
        paths=tuple(path.absolute() for path in paths),
        rate=rate,
        seconds=costs.seconds if costs.seconds is not None else seconds_for(size),
        sha256=digest,
    )


def _image_hash(path: Path) -> tuple[str, int]:
    try:
        return hash_of(path, most=MOST_IMAGE_BYTES)
    except VideoError as error:
        raise VideoError(error.code, f"has an image, {path.name}, that {error}") from None
