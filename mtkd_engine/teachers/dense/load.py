"""From the names in a spec to teachers of a dense task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.modelfile import load_dense, model_hash, read_card
from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.predictions.sealed import FILE as PREDICTIONS
from mtkd_engine.spec import FilmInput, SaliencyCard, SegmenterCard, SpecError
from mtkd_engine.spec.classification.classes import places_of
from mtkd_engine.teachers.load import teacher_file


@dataclass(frozen=True, kw_only=True)
class DenseTeacher:
    """A named, registered network with an output for every pixel.

    The classes of a segmentation network hold every class of the dataset it teaches on: `load_dense_teachers` refuses
    it otherwise.
    """

    name: str
    content_hash: str
    """What makes two teachers the same, whatever files they lie in."""
    card: AnyDenseCard
    file: Path
    model: DenseNet
    """In evaluation mode, without gradients, on the CPU until something moves it."""

    def saw(self, dataset: DenseDataset) -> bool:
        """This will say whether it was trained on the dataset; without a recipe it may have been."""
        return self.card.recipe is None or self.card.recipe.dataset_hash == dataset.whole_hash


def load_dense_teachers(paths: Mapping[str, Path], *, dataset: DenseDataset) -> list[DenseTeacher]:
    """This will load teachers by name and refuse those that do not fit the dataset or repeat each other.

    All cards are compared before the parameters of any are read. Raises ModelError for a damaged file and SpecError,
    field `teachers`, for one that does not fit.
    """
    files = {name: _fitting(name, path, dataset) for name, path in paths.items()}
    teachers: list[DenseTeacher] = []
    seen: dict[str, str] = {}
    for name, file in files.items():
        digest = model_hash(file)
        if digest in seen:
            raise _refusal(
                f"{seen[digest]!r} and {name!r} are the same model; accepted are different teachers."
            )
        seen[digest] = name
        model, card = load_dense(file)
        teachers.append(DenseTeacher(name=name, content_hash=digest, card=card, file=file, model=model))
    return teachers


def misfit_of(card: AnyDenseCard, dataset: DenseDataset, *, named: str) -> str | None:
    """This will say in a sentence why a network cannot teach on a dataset; None where it can.

    A network of pictures reads each frame of a video by itself.
    """
    if card.task != dataset.task:
        return f"given {named!r}, a model of task {card.task}; accepted are those of task {dataset.task}."
    if isinstance(card.input, FilmInput) and dataset.kind != "gaze_video":
        return (
            f"given {named!r}, which reads frames of videos, and what is there are pictures; accepted are networks of "
            "pictures."
        )
    if isinstance(card, SegmenterCard) and isinstance(dataset, MaskDataset):
        try:
            places_of(card.classes, dataset.classes, teacher=named)
        except ValueError as error:
            return str(error).removeprefix("teachers: ")
    return None


def _fitting(name: str, path: Path, dataset: DenseDataset) -> Path:
    file = teacher_file(path)
    if file.name == PREDICTIONS or file.suffix == ".onnx":
        what = "stored predictions" if file.name == PREDICTIONS else "an ONNX program"
        raise _refusal(f"given {name!r}, {what}; accepted for task {dataset.task} are models (.safetensors).")
    card = read_card(file)
    if not isinstance(card, SegmenterCard | SaliencyCard):
        raise _refusal(
            f"given {name!r}, a model of task {card.task}; accepted are those of task {dataset.task}."
        )
    if (why := misfit_of(card, dataset, named=name)) is not None:
        raise _refusal(why)
    return file


def _refusal(sentence: str) -> SpecError:
    return SpecError({"teachers": sentence})
