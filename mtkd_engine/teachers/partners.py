"""Which of some models know what the others do not, found on a split of a dataset before any training."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtkd_engine.comparing.partners import Pair, ranked
from mtkd_engine.data.dense.load import load_dense_dataset
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.labelled.load import load_labelled
from mtkd_engine.data.task import CLASSIFICATION, GROUNDING, task_of
from mtkd_engine.modelfile import ModelError
from mtkd_engine.predictions.outcomes import Outcomes, read_outcomes, words_of, write_outcomes
from mtkd_engine.teachers.check import check_teacher
from mtkd_engine.teachers.load import teacher_file

OUTCOMES = ".parquet"
_TELL_NOTHING = {"artifacts", "model", "student"}


@dataclass(frozen=True, kw_only=True)
class Found:
    """Pairs of models, the most promising first, and how good each model is by itself."""

    split: str
    samples: int
    measure: str
    models: dict[str, float]
    pairs: list[Pair]

    def as_dict(self) -> dict[str, Any]:
        """This will give it as JSON."""
        return {
            "split": self.split,
            "samples": self.samples,
            "measure": self.measure,
            "models": [{"name": name, "quality": quality} for name, quality in self.models.items()],
            "pairs": [pair.as_dict() for pair in self.pairs],
        }


def find_partners(
    teachers: Sequence[Path], *, dataset: Path, split: str = "val", keep: Path | None = None
) -> Found:
    """This will rank the pairs among models by what both could gain from each other at most.

    A teacher is a model as `check teacher` takes it, or the file of outcomes that this wrote. What is not known yet is
    measured; under `keep` it is found again the next time. Raises ModelError or DataError with one sentence.
    """
    if len(teachers) < 2:
        raise DataError(f"--teachers: given {len(teachers)}, accepted are two or more models.")
    wanted = _hash_of(dataset)
    outcomes = {
        name: _outcomes(path, dataset=dataset, wanted=wanted, split=split, keep=keep)
        for name, path in named(teachers).items()
    }
    return compared(outcomes, split=split)


def compared(outcomes: Mapping[str, Outcomes], *, split: str) -> Found:
    """This will rank pairs of models by what each of them said of the samples of a split that all were asked."""
    parts = {name: told.split(split) for name, told in outcomes.items()}
    first_name, first = next(iter(parts.items()))
    for name, part in parts.items():
        if not len(part):
            raise DataError(
                f"{name} was measured on no sample of {split}; accepted is a split that all know."
            )
        if part.measure != first.measure or not part.ids.equals(first.ids):
            raise DataError(f"{first_name} and {name} were measured on other samples or by other measures.")
    known = {name: part.known() for name, part in parts.items()}
    pairs = ranked(known, words_of(first.sources))
    qualities = {name: float(one.quality_N.mean()) for name, one in known.items()}
    return Found(split=split, samples=len(first), measure=first.measure, models=qualities, pairs=pairs)


def named(paths: Sequence[Path]) -> dict[str, Path]:
    """This will name models after their files, with as many folders before the name as tell them apart."""
    places = [path.resolve() for path in paths]
    if twice := next(
        (path for path, place in zip(paths, places, strict=True) if places.count(place) > 1), None
    ):
        raise DataError(f"--teachers: given {twice} twice, accepted are different models.")
    all_words = [_telling(place) for place in places]
    found: dict[str, Path] = {}
    for path, words in zip(paths, all_words, strict=True):
        apart = (
            n for n in range(1, len(words) + 1) if sum(other[:n] == words[:n] for other in all_words) == 1
        )
        depth = next(apart, None)
        found[str(path) if depth is None else "/".join(reversed(words[:depth]))] = path
    return found


def _telling(place: Path) -> list[str]:
    """What of a path may name a model, the nearest first: not what every job calls its folder and its student."""
    words = [place.stem, *(part.name for part in place.parents if part.name)]
    return [word for word in words if word not in _TELL_NOTHING] or [place.stem]


def _hash_of(dataset: Path) -> str:
    """The content of a dataset, by which outcomes know it."""
    if (task := task_of(dataset)) == GROUNDING:
        raise DataError(f"--dataset: given {dataset.name} of task {task}, whose models are not compared.")
    return (load_labelled if task == CLASSIFICATION else load_dense_dataset)(dataset).whole_hash


def _outcomes(path: Path, *, dataset: Path, wanted: str, split: str, keep: Path | None) -> Outcomes:
    if path.suffix == OUTCOMES:
        found = _read(path)
        if found.dataset_hash != wanted:
            raise DataError(
                f"{path.name} tells of another dataset than {dataset.name}; measure the model anew."
            )
        return found
    if not path.exists():
        raise DataError(f"--teachers: given {path}, but nothing lies there.")
    kept = None if keep is None else keep / f"{_mark(path)}-{wanted[:16]}{OUTCOMES}"
    if kept is not None and kept.is_file():
        found = _read(kept)
        if found.dataset_hash == wanted and len(found.split(split)):
            return found
    found = _measured(path, dataset=dataset, split=split)
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_outcomes(kept, found)
    return found


def _measured(path: Path, *, dataset: Path, split: str) -> Outcomes:
    with tempfile.TemporaryDirectory(prefix="partners-") as folder:
        file = Path(folder) / f"outcomes{OUTCOMES}"
        report = check_teacher(path, dataset=dataset, split=split, outcomes=file)
        if not file.is_file():
            needs = ", ".join((report.get("asks") or {}).get("needs") or ())
            lacks = f"it does not say its {needs}" if needs else f"it is of task {report['task']}"
            raise ModelError(
                f"{path.name} cannot be measured here: {lacks}; accepted are registered models and files with a card."
            )
        return read_outcomes(file, name=path.name)


def _read(path: Path) -> Outcomes:
    try:
        return read_outcomes(path, name=path.name)
    except ValueError as error:
        raise DataError(str(error)) from None


def _mark(path: Path) -> str:
    """The content of a model's file, and of the card beside it."""
    digest = hashlib.sha256()
    file = teacher_file(path)
    for part in (file, file.with_suffix(".json")):
        if part.is_file():
            with part.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:16]
