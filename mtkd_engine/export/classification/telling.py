"""What a model card tells of a classifier in particular."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.spec import ClassifierCard, ClipInput, FeatureInput, ImageInput, input_is

_READERS = Path(__file__).with_name("readers")
COMMANDS = "python -m mtkd_engine evaluate --model student.safetensors --data DATASET"
HELD = "the names of the classes"
_SHOWN = 20
_SUBJECTS = {
    "images": ("image", "an image"),
    "clips": ("video", "a clip"),
    "streams": ("compressed-video", "a clip"),
    "features": ("video", "a clip"),
}


def reader_of(card: ClassifierCard) -> Path | None:
    """This will say which program reads an exported file without a part of mtkd; None where none does."""
    reader = _READERS / f"{input_is(card.input)}.py"
    return reader if reader.is_file() else None


def what_it_is(card: ClassifierCard) -> str:
    """This will say in a sentence what the network does, and name the classes."""
    named = ", ".join(card.classes[:_SHOWN])
    more = f" and {len(card.classes) - _SHOWN:,} more" if len(card.classes) > _SHOWN else ""
    kind, sample = _SUBJECTS[input_is(card.input)]
    return (
        f"A network of family `{card.net.family}` for {kind} classification: it tells which of {len(card.classes):,} "
        f"classes {sample} is of: {named}{more}."
    )


def limits(card: ClassifierCard) -> list[str]:
    """This will say in sentences what the student cannot do, or nobody knows."""
    _, sample = _SUBJECTS[input_is(card.input)]
    always = f"It always names one of its classes, also where {sample} shows none of them."
    reads = card.input
    if isinstance(reads, ImageInput):
        colours = "grey" if reads.channels == 1 else "colour"
        return [
            f"It sees the square in the middle of an image, in {colours}, at {reads.size} x {reads.size} pixels.",
            always,
            "Where training brought images to another size first (`data.size` of the spec), resizing them at once, as "
            "below, gives slightly other pixels.",
        ]
    if isinstance(reads, FeatureInput):
        return [
            f"It sees up to {reads.frames} rows of {reads.width:,} features of a clip, which must come from the same "
            "extractor as those of the training data.",
            always,
        ]
    moments = f"{reads.frames} frames" if isinstance(reads, ClipInput) else f"{reads.segments} places"
    return [
        f"It sees {moments} of a clip, of each the square in the middle at {reads.size} x {reads.size} pixels.",
        always,
        "It was trained on clips re-encoded as MPEG-4 of 340 x 256 pixels; other streams have slightly other pixels.",
    ]
