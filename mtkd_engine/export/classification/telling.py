"""What a model card tells of an image classifier in particular."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.spec import ClassifierCard

READER = Path(__file__).with_name("reader.py")
COMMANDS = "python -m mtkd_engine evaluate --model student.safetensors --data DATASET"
HELD = "the names of the classes"
_SHOWN = 20


def what_it_is(card: ClassifierCard) -> str:
    """This will say in a sentence what the network does, and name the classes."""
    named = ", ".join(card.classes[:_SHOWN])
    more = f" and {len(card.classes) - _SHOWN:,} more" if len(card.classes) > _SHOWN else ""
    return (
        f"A network of family `{card.net.family}` for image classification: it tells which of {len(card.classes):,} "
        f"classes an image is of: {named}{more}."
    )


def limits(card: ClassifierCard) -> list[str]:
    """This will say in sentences what the student cannot do, or nobody knows."""
    reads = card.input
    colours = "grey" if reads.channels == 1 else "colour"
    return [
        f"It sees the square in the middle of an image, in {colours}, at {reads.size} x {reads.size} pixels.",
        "It always names one of its classes, also where an image shows none of them.",
        "Where training brought images to another size first (`data.size` of the spec), resizing them at once, as "
        "below, gives slightly other pixels.",
    ]
