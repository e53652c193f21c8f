"""From the names in a spec to teachers."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.modelfile import ModelError, load_model, model_hash, recognise
from mtkd_engine.predictions.sealed import FILE as PREDICTIONS
from mtkd_engine.predictions.sealed import read_sealed
from mtkd_engine.spec import SpecError
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.live import LiveTeacher
from mtkd_engine.teachers.stored import StoredTeacher

MODEL = "model.safetensors"
PROGRAM = "model.onnx"


def teacher_file(path: Path) -> Path:
    """This will find the file of a teacher: the path itself, or the one in a sealed folder; raises ModelError."""
    if not path.is_dir():
        return path
    found = [path / name for name in (MODEL, PREDICTIONS, PROGRAM) if (path / name).is_file()]
    if len(found) != 1:
        raise ModelError(
            f"{path.name} is a folder with {len(found)} of {MODEL}, {PREDICTIONS} and {PROGRAM}; "
            "one of them is accepted."
        )
    return found[0]


def load_teachers(paths: dict[str, Path], *, dataset: Dataset) -> list[Teacher]:
    """This will load teachers by name and refuse those that do not fit the dataset or repeat each other.

    Raises ModelError or DataError for a damaged file and SpecError, field `teachers`, for one that does not fit.
    """
    teachers: list[Teacher] = []
    seen: dict[str, str] = {}
    for name, path in paths.items():
        file = teacher_file(path)
        teacher = (
            _live(name, file, dataset) if recognise(file) == "safetensors" else _stored(name, file, dataset)
        )
        if teacher.content_hash in seen:
            raise _refusal(
                f"{seen[teacher.content_hash]!r} and {name!r} are the same file; accepted are different teachers."
            )
        seen[teacher.content_hash] = name
        teachers.append(teacher)
    return teachers


def _live(name: str, file: Path, dataset: Dataset) -> LiveTeacher:
    model, card = load_model(file)
    width = dataset.needed_features().width
    if card.feature_width != width:
        raise _refusal(
            f"given {name!r}, which reads features of width {card.feature_width}, "
            f"but accepted is {width}, the width of the dataset."
        )
    return LiveTeacher(name, model, card, model_hash(file))


def _stored(name: str, file: Path, dataset: Dataset) -> StoredTeacher:
    if recognise(file) != "npz":
        raise _refusal(
            f"given {name!r}, predictions that were not checked against a dataset; accepted is what "
            "`check teacher FILE --dataset DATASET --seal DIR` writes."
        )
    sealed = read_sealed(file)
    if sealed.dataset_hash != dataset.whole_hash:
        raise _refusal(
            f"given {name!r}, predictions for a dataset of hash {sealed.dataset_hash[:12]}, but accepted are those "
            f"for {dataset.name}, of hash {dataset.whole_hash[:12]}."
        )
    held = set(sealed.predictions.ids)
    covered = {split: sum(s.sample_id in held for s in samples) for split, samples in dataset.splits.items()}
    if any(covered[split] < len(samples) for split, samples in dataset.splits.items()):
        numbers = ", ".join(
            f"{covered[split]:,} of {len(s):,} of {split}" for split, s in dataset.splits.items()
        )
        raise _refusal(
            f"given {name!r}, which predicts {numbers}; accepted are predictions for every sample of all splits."
        )
    return StoredTeacher(name, sealed.predictions, sealed.content_hash)


def _refusal(sentence: str) -> SpecError:
    return SpecError({"teachers": sentence})
