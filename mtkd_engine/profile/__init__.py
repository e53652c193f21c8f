"""What a model costs where it is used."""

from mtkd_engine.profile.classification import cost_of_classifier
from mtkd_engine.profile.dense import cost_of_dense
from mtkd_engine.profile.files import profile_file
from mtkd_engine.profile.grounding import cost_of

__all__ = ["cost_of", "cost_of_classifier", "cost_of_dense", "profile_file"]
