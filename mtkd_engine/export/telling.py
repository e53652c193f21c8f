"""What a model card tells of a grounding network in particular."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.spec import GroundingCard
from mtkd_engine.spec.model import SPECIAL

READER = Path(__file__).with_name("reader.py")
COMMANDS = (
    'python -m mtkd_engine predict --student . --features video.npy --duration 30 --query "..."\n'
    "python -m mtkd_engine evaluate --model student.safetensors --data DATASET"
)
HELD = "the vocabulary"
_EXTRACTOR_UNKNOWN = (
    "The extractor of its features is unknown: features must come from the same extractor as those of the "
    "training data."
)


def what_it_is(card: GroundingCard) -> str:
    """This will say in a sentence what the network does."""
    return (
        f"A network of family `{card.net.family}` for temporal sentence grounding: given a video's features and a "
        "sentence, it names the moment that the sentence describes."
    )


def limits(card: GroundingCard) -> list[str]:
    """This will say in sentences what the student cannot do, or nobody knows."""
    sentences = [
        _EXTRACTOR_UNKNOWN
        if card.extractor is None
        else f"Features must come from {card.extractor}, {card.feature_width} wide.",
        f"It sees a video as {card.net.clips} clips at most; a moment shorter than one is met by one clip at best.",
        f"It knows {len(card.vocabulary) - len(SPECIAL):,} words; all others are one and the same to it, and it reads "
        f"the first {card.max_words} words of a sentence.",
        "It always names a moment, also where the video shows none.",
    ]
    if card.longest_video is not None:
        sentences.append(
            f"The longest video it learnt from has {card.longest_video:,.1f} s; `predict` slides windows of that "
            "length over longer ones, and finds no moment that is longer than a window."
        )
    return sentences
