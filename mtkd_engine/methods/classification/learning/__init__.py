"""How aggregators of classification learn, beside the student's own optimiser."""

from mtkd_engine.methods.classification.learning.base import HeldOut, Learner, Lesson
from mtkd_engine.methods.classification.learning.held_out import HeldOutSplit
from mtkd_engine.methods.classification.learning.registry import learner_of

__all__ = ["HeldOut", "HeldOutSplit", "Learner", "Lesson", "learner_of"]
