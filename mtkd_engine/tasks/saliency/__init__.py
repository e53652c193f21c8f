"""Saliency: tell where people look, in pictures and in every frame of videos."""

from mtkd_engine.tasks.saliency.belief import belief
from mtkd_engine.tasks.saliency.losses import per_sample_loss, transfer
from mtkd_engine.tasks.saliency.measuring import Measured, measured
from mtkd_engine.tasks.saliency.splits.base import LookedAtSplit
from mtkd_engine.tasks.saliency.splits.pictures import GazeSplit
from mtkd_engine.tasks.saliency.splits.videos import GazeVideoSplit

__all__ = [
    "GazeSplit",
    "GazeVideoSplit",
    "LookedAtSplit",
    "Measured",
    "belief",
    "measured",
    "per_sample_loss",
    "transfer",
]
