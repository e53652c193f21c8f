"""What a model card tells of a segmentation or saliency network in particular."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.nets.dense import AnyDenseCard
from mtkd_engine.spec import FilmInput, SegmenterCard

_READERS = Path(__file__).with_name("readers")
COMMANDS = "python -m mtkd_engine evaluate --model student.safetensors --data DATASET"
HELD = "what it reads"
_SHOWN = 20


def reader_of(card: AnyDenseCard) -> Path:
    """This will say which program reads an exported file without a part of mtkd."""
    name = "film" if isinstance(card.input, FilmInput) else card.task
    return _READERS / f"{name}.py"


def what_it_is(card: AnyDenseCard) -> str:
    """This will say in a sentence what the network does."""
    family = f"A network of family `{card.net.family}` for"
    if isinstance(card, SegmenterCard):
        named = ", ".join(card.classes[:_SHOWN])
        more = f" and {len(card.classes) - _SHOWN:,} more" if len(card.classes) > _SHOWN else ""
        return (
            f"{family} semantic segmentation: it tells for every pixel of a picture which of {len(card.classes):,} "
            f"classes it is of: {named}{more}."
        )
    if isinstance(card.input, FilmInput):
        return f"{family} video saliency: it tells where people look in every frame of a video."
    return f"{family} saliency: it tells where people look in a picture."


def limits(card: AnyDenseCard) -> list[str]:
    """This will say in sentences what the student cannot do, or nobody knows."""
    reads = card.input
    seen = (
        f"It sees a picture at {reads.height} x {reads.width} pixels, whatever its proportions: what is smaller than "
        "a pixel of that is lost."
    )
    if isinstance(card, SegmenterCard):
        return [seen, "It always names one of its classes for every pixel, also where none of them is there."]
    maps = [seen, "Its maps say how looks are shared out over a frame, not whether anybody looks."]
    if isinstance(reads, FilmInput):
        maps.append(
            f"It sees up to {reads.frames} frames at a time, in colour and without sound; longer videos are read in "
            "windows, whose maps are averaged where they overlap."
        )
    return maps
