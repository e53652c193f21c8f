"""Where the file of a student lies."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.modelfile.errors import ModelError

STUDENT = "student.safetensors"
_SHOWN = 8
_PLACES = (STUDENT, f"artifacts/{STUDENT}", "model.safetensors")


def student_file(path: Path) -> Path:
    """This will find a student: the path itself, or the file in a job's folder, in what it left, or in a sealed one.

    Raises ModelError.
    """
    if not path.is_dir():
        return path
    for name in _PLACES:
        if (path / name).is_file():
            return path / name
    if models := sorted(path.glob("*.safetensors")) or sorted(path.glob("artifacts/*.safetensors")):
        named = ", ".join(model.relative_to(path).as_posix() for model in models[:_SHOWN])
        raise ModelError(f"{path}: no one student lies there; accepted is one of its model files: {named}.")
    raise ModelError(f"{path}: no student lies there; accepted is a folder with {' or '.join(_PLACES)}.")
