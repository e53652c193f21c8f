"""What must be known to feed an exported student and to read it; JSON, torch-free."""

from __future__ import annotations

from typing import Any

from mtkd_engine.data.vocabulary import PATTERN, UNKNOWN
from mtkd_engine.spec import GroundingCard

OPSET = 18
INPUTS = ("features", "clip_mask", "words", "word_mask")
_DENSE = {"span": ("start", "end"), "map2d": ("map",)}
_WINDOWS = ("windows", "scores", "valid")
_RESAMPLING = (
    "a video of T rows has min(T, clips) clips of equal length; each is the mean of the rows, weighed by the time "
    "that they share with it; clips beyond are zeros, and false in clip_mask"
)
_READING = {
    "span": "probability of clips (i, j), i <= j, both valid: softmax of all (start[i] + end[j]) / temperature",
    "map2d": "probability of clips (i, j), i <= j, both valid: softmax of all map[i, j] / temperature",
}
_READING_WINDOWS = (
    "windows are shares of the duration; probability: softmax over the valid of scores / temperature"
)


def output_names(card: GroundingCard) -> tuple[str, ...]:
    """This will name the outputs of the card's family in their order."""
    return _DENSE.get(card.net.family, _WINDOWS)


def fixed_words(card: GroundingCard) -> int | None:
    """This will give the number of words that a sentence must be padded to; None where any number will do.

    Networks that read a sentence word by word (GRU) are written out for the longest.
    """
    return None if card.net.family == "span" else card.max_words


def feeding(card: GroundingCard) -> dict[str, Any]:
    """This will describe inputs, preprocessing, outputs and their reading; the words themselves are in the card."""
    clips, words = card.net.clips, fixed_words(card) or "words"
    return {
        "format": "mtkd.feeding/1",
        "opset": OPSET,
        "family": card.net.family,
        "inputs": {
            "features": {"type": "float32", "shape": ["batch", clips, card.feature_width]},
            "clip_mask": {"type": "bool", "shape": ["batch", clips]},
            "words": {"type": "int64", "shape": ["batch", words]},
            "word_mask": {"type": "bool", "shape": ["batch", words]},
        },
        "outputs": list(output_names(card)),
        "video": {
            "clips": clips,
            "feature_width": card.feature_width,
            "extractor": card.extractor,
            "longest_seconds": card.longest_video,
            "resampling": _RESAMPLING,
        },
        "sentence": {
            "lower_case": True,
            "word_pattern": PATTERN,
            "most_words": card.max_words,
            "padding": 0,
            "unknown": card.vocabulary.index(UNKNOWN),
            "vocabulary": "the list `vocabulary` of the card; a word's number is its place there",
        },
        "temperature": card.temperature,
        "reading": _READING.get(card.net.family, _READING_WINDOWS),
        "seconds": "clip i of n covers [i * duration / n, (i + 1) * duration / n]",
    }
