"""Temporal sentence grounding: find the moment of a video that a sentence describes."""

from mtkd_engine.tasks.grounding.belief import Belief, log_joint, marginals
from mtkd_engine.tasks.grounding.calibrate import fit_temperature, fit_window_temperature
from mtkd_engine.tasks.grounding.collate import Collator, Targets
from mtkd_engine.tasks.grounding.decode import best_windows, top_windows, weighted_medoid
from mtkd_engine.tasks.grounding.losses import distill_loss, gate_loss, hard_label_loss
from mtkd_engine.tasks.grounding.metrics import evaluate, iou
from mtkd_engine.tasks.grounding.unify import unify
from mtkd_engine.tasks.grounding.windows import ScoredWindows, unify_windows

__all__ = [
    "Belief",
    "Collator",
    "ScoredWindows",
    "Targets",
    "best_windows",
    "distill_loss",
    "evaluate",
    "fit_temperature",
    "fit_window_temperature",
    "gate_loss",
    "hard_label_loss",
    "iou",
    "log_joint",
    "marginals",
    "top_windows",
    "unify",
    "unify_windows",
    "weighted_medoid",
]
