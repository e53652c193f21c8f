"""Image classification: tell the class of an image."""

from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch, Mixed
from mtkd_engine.tasks.classification.belief import belief
from mtkd_engine.tasks.classification.calibrate import fit_temperature
from mtkd_engine.tasks.classification.classmap import ClassMap
from mtkd_engine.tasks.classification.decoupled import warm_up
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.losses import (
    hard_label_loss,
    inner_loss,
    kd,
    losses_of_each,
    weighted_loss,
)
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.images import ImageSplit

__all__ = [
    "CLEAN",
    "ClassBatch",
    "ClassMap",
    "ImageSplit",
    "Mixed",
    "Quality",
    "belief",
    "fit_temperature",
    "hard_label_loss",
    "inner_loss",
    "kd",
    "losses_of_each",
    "to_input",
    "warm_up",
    "weighted_loss",
]
