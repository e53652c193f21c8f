"""One model in one .safetensors file: parameters, and in its header the card that says how to rebuild it."""

from mtkd_engine.modelfile.errors import Misfit, ModelError
from mtkd_engine.modelfile.files import (
    HEADER_KEY,
    LARGEST_CARD,
    check_model,
    has_own_card,
    load_classifier,
    load_dense,
    load_model,
    model_hash,
    read_card,
    save_model,
)
from mtkd_engine.modelfile.kinds import Kind, recognise
from mtkd_engine.modelfile.places import STUDENT, student_file

__all__ = [
    "HEADER_KEY",
    "LARGEST_CARD",
    "STUDENT",
    "Kind",
    "Misfit",
    "ModelError",
    "check_model",
    "has_own_card",
    "load_classifier",
    "load_dense",
    "load_model",
    "model_hash",
    "read_card",
    "recognise",
    "save_model",
    "student_file",
]
