"""Networks that read images and score classes."""

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.build import build_classifier
from mtkd_engine.nets.classification.taps import Tapped, paths_of

__all__ = ["Classifier", "Tapped", "build_classifier", "paths_of"]
