"""Small pictures of features: what a person sees of a video that has no film."""

from collections.abc import Sequence
from pathlib import Path

from mtkd_engine.data.features import Features

ROWS = 16
BINS = 96


def write_strips(features: Features, target: Path, *, videos: Sequence[str]) -> None:
    """This will write a uint8 (V, 16, 96) .npy: groups of neighbouring feature columns over bins of time."""
    raise NotImplementedError
