"""One model in one .safetensors file: parameters, and in its header the card that says how to rebuild it.

What torch is needed for is loaded when it is first asked for, so that a file can be refused without it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mtkd_engine.modelfile.errors import Misfit, ModelError
from mtkd_engine.modelfile.kinds import Kind, recognise
from mtkd_engine.modelfile.places import STUDENT, student_file

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("mtkd_engine.modelfile.files"), name)
