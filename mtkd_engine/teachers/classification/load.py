"""From the names in a spec to teachers of image classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.modelfile import load_classifier, model_hash, read_card
from mtkd_engine.predictions.sealed import FILE as PREDICTIONS
from mtkd_engine.spec import ClassifierCard, SpecError
from mtkd_engine.spec.classification.classes import places_of
from mtkd_engine.spec.classification.kinds import IMAGES
from mtkd_engine.tasks.classification.reading import misread
from mtkd_engine.teachers.classification.face import ClassTeacher
from mtkd_engine.teachers.classification.programs import program_card, program_hash
from mtkd_engine.teachers.load import teacher_file


@dataclass(frozen=True)
class _Found:
    """A teacher's file, of which only the card is read."""

    name: str
    file: Path
    card: ClassifierCard

    @property
    def is_program(self) -> bool:
        return self.card.net.family == "onnx"

    def load(self) -> ClassTeacher:
        if self.is_program:
            digest = program_hash(self.file, card=self.card)
            return ClassTeacher(name=self.name, content_hash=digest, card=self.card, file=self.file)
        model, card = load_classifier(self.file)
        digest = model_hash(self.file)
        return ClassTeacher(name=self.name, content_hash=digest, card=card, file=self.file, model=model)


def load_class_teachers(
    paths: Mapping[str, Path], *, dataset: LabelledDataset, kind: str = IMAGES
) -> list[ClassTeacher]:
    """This will load teachers by name and refuse those that do not fit the dataset or repeat each other.

    `kind` is what samples are seen as (images, clips, streams or features).
    All cards are compared before the parameters of any are read. Raises ModelError for a damaged file and SpecError,
    field `teachers`, for one that does not fit.
    """
    found = [_find(name, path, dataset, kind) for name, path in paths.items()]
    teachers: list[ClassTeacher] = []
    seen: dict[str, str] = {}
    for one in found:
        teacher = one.load()
        if teacher.content_hash in seen:
            raise _refusal(
                f"{seen[teacher.content_hash]!r} and {teacher.name!r} are the same model; accepted are different "
                "teachers."
            )
        seen[teacher.content_hash] = teacher.name
        teachers.append(teacher)
    return teachers


def _find(name: str, path: Path, dataset: LabelledDataset, kind: str) -> _Found:
    file = teacher_file(path)
    if file.name == PREDICTIONS:
        raise _refusal(f"given {name!r}, stored predictions; accepted for task classification are models.")
    card = program_card(file) if file.suffix == ".onnx" else read_card(file)
    if not isinstance(card, ClassifierCard):
        raise _refusal(f"given {name!r}, a model of task {card.task}; accepted are classifiers.")
    if (why := misread(card.input, dataset, seen_as=kind)) is not None:
        raise _refusal(f"given {name!r}, which {why}; accepted are teachers that read what the job shows.")
    try:
        places_of(card.classes, dataset.classes, teacher=name)
    except ValueError as error:
        raise _refusal(str(error).removeprefix("teachers: ")) from None
    return _Found(name, file, card)


def _refusal(sentence: str) -> SpecError:
    return SpecError({"teachers": sentence})
