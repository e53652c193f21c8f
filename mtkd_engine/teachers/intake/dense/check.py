"""`check teacher` for segmentation and saliency networks: converted, completed by what is said, measured, sealed."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.data.dense.load import load_dense_dataset
from mtkd_engine.data.masks.dataset import MaskDataset
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.modelfile import ModelError, has_own_card, load_dense, model_hash, save_model
from mtkd_engine.modelfile.kinds import foreign_kind
from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.predictions.outcomes import write_outcomes
from mtkd_engine.spec import DenseStatement, SaliencyCard, SegmenterCard
from mtkd_engine.spec.base import explain
from mtkd_engine.teachers.intake.check import SaidError
from mtkd_engine.teachers.intake.conversion import Conversion, convert
from mtkd_engine.teachers.intake.dense.measuring import DenseMeasured, measure_dense
from mtkd_engine.teachers.intake.dense.said import read_dense_said
from mtkd_engine.teachers.intake.fitting import Fitted, fit_model
from mtkd_engine.teachers.intake.reporting import asked_report, left_out, told_conversion, unheld
from mtkd_engine.teachers.intake.said import card_beside
from mtkd_engine.teachers.load import MODEL

Report = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DenseIntake:
    """One network on its way in."""

    file: Path
    said: DenseStatement | None
    """What a person said of it; None for nothing."""
    data: DenseDataset | None
    split: str
    seal: Path | None
    say: Progress
    outcomes: Path | None = None
    """Where to write how good it was on each sample that it is measured on."""

    @property
    def task(self) -> str:
        """What the dataset or the person says it tells."""
        if self.data is not None:
            return self.data.task
        return "segmentation" if self.said is None else self.said.task


def check_dense(
    file: Path,
    *,
    card: Path | None,
    dataset: Path | None,
    split: str,
    seal: Path | None,
    outcomes: Path | None,
    say: Progress,
) -> Report:
    """This will check a network of any accepted kind and seal it where all is known of it.

    Where something is missing that only a person knows, nothing is sealed and `asks` in the report says what.
    Raises ModelError or DataError with one sentence.
    """
    kind = foreign_kind(file)
    # What lies beside a file that says all by itself, as a job leaves it, is a copy of that.
    says_all = kind is None and has_own_card(file)
    asked = DenseIntake(
        file=file,
        said=read_dense_said(card or (None if says_all else card_beside(file))),
        data=None if dataset is None else load_dense_dataset(dataset),
        split=split,
        seal=seal,
        say=say,
        outcomes=outcomes,
    )
    if says_all:
        return _own(asked)
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        return _bare(asked, folder=Path(folder), is_checkpoint=kind == "torch")


def _own(asked: DenseIntake) -> Report:
    """A model file of this product says everything itself but how good it is here."""
    if asked.said is not None:
        raise ModelError(f"{asked.file.name} has a card in its header; what is said besides has no place.")
    asked.say.say("model")
    model, card = load_dense(asked.file)
    if asked.data is None:
        return asked_report(asked.file, said=None, proposed=None, needs=("dataset",), task=card.task)
    measured = _measured(model, card, asked)
    if asked.seal is not None:
        with new_folder(asked.seal) as folder:
            shutil.copyfile(asked.file, folder / MODEL)
    report = _report(asked, card=card, measured=measured, model=model)
    return report | {"content_hash": model_hash(asked.file)}


def _bare(asked: DenseIntake, *, folder: Path, is_checkpoint: bool) -> Report:
    """Parameters without a card: those of a checkpoint, converted first, or a safetensors file of another tool."""
    tensors, conversion = asked.file, None
    if is_checkpoint:
        tensors = folder / "converted.safetensors"
        asked.say.say("conversion")
        conversion = convert(asked.file, to=tensors, look=lambda: asked.say.say("conversion"))
    needs = [name for name, value in (("dataset", asked.data), ("card", asked.said)) if value is None]
    if asked.said is None or asked.said.net is None:
        needs.append("net")
    asks = asked_report(
        asked.file, said=asked.said, proposed=None, needs=needs, tensors=tensors, task=asked.task
    )
    asks |= told_conversion(conversion, None)
    if asked.data is None or asked.said is None or asked.said.net is None:
        return asks
    try:
        card = made_card(asked.said, asked.data)
        return _completed(asked, card, tensors=tensors, folder=folder, by=conversion)
    except ModelError as error:
        raise SaidError(error, report=asks) from None


def _completed(
    asked: DenseIntake, card: AnyDenseCard, *, tensors: Path, folder: Path, by: Conversion | None
) -> Report:
    asked.say.say("model")
    bare, sealed = folder / MODEL, folder / f"sealed-{MODEL}"
    fitted = fit_model(tensors, card=card, to=bare, name=asked.file.name)
    model, _ = load_dense(bare)
    measured = _measured(model, card, asked)
    figures = {
        f"{split}/{name}": value
        for split, told in measured.quality["splits"].items()
        for name, value in told["metrics"].items()
    }
    card = card.model_copy(update={"metrics": figures})
    save_model(sealed, parameters=model.state_dict(), card=card)
    if asked.seal is not None:
        with new_folder(asked.seal) as target:
            shutil.copyfile(sealed, target / MODEL)
    report = _report(asked, card=card, measured=measured, model=model, fitted=fitted, by=by)
    return report | {"content_hash": model_hash(sealed)} | told_conversion(by, fitted)


def made_card(said: DenseStatement, data: DenseDataset) -> AnyDenseCard:
    """This will make the card that a statement is about; raises ModelError where it is of another task."""
    if said.task != data.task:
        raise ModelError(f"task: given {said.task!r}, but {data.name} is a dataset of task {data.task!r}.")
    stated = {"net": said.net, "input": said.input}
    try:
        if isinstance(data, MaskDataset):
            return SegmenterCard.model_validate({**stated, "classes": said.names(data.classes)})
        return SaliencyCard.model_validate(stated)
    except ValidationError as error:
        raise ModelError(f"card: {explain(error, subject=said.task)}") from None


def _measured(model: DenseNet, card: AnyDenseCard, asked: DenseIntake) -> DenseMeasured:
    assert asked.data is not None
    asked.say.say("quality")
    measured = measure_dense(model, card, asked.data, split=asked.split, say=asked.say, name=asked.file.name)
    if asked.outcomes is not None:
        write_outcomes(asked.outcomes, measured.outcomes)
    return measured


def _report(
    asked: DenseIntake,
    *,
    card: AnyDenseCard,
    measured: DenseMeasured,
    model: DenseNet,
    fitted: Fitted | None = None,
    by: Conversion | None = None,
) -> Report:
    problems = [*_below_blind(measured), *left_out(fitted)]
    if by is not None and (note := unheld(by.held)) is not None:
        problems.append(note)
    return {
        "kind": "model",
        "task": card.task,
        "family": card.net.family,
        "card": card.model_dump(mode="json"),
        "parameters": sum(p.numel() for p in model.parameters()),
        "bytes": asked.file.stat().st_size,
        "quality": measured.quality,
        "problems": [asdict(problem) for problem in problems],
    }


def _below_blind(measured: DenseMeasured) -> list[Problem]:
    """Where a metric is not defined on this dataset, nothing is held against it."""
    quality, name = measured.quality, measured.primary
    own, blind = quality["metrics"].get(name), quality["blind"].get(name)
    if own is None or blind is None or own > blind:
        return []
    message = (
        f"It is no better than what can be said without looking: {name} {own:.3f} on {quality['split']}, blind "
        f"{blind:.3f}. Are its classes in the order of its outputs, and is the input what it was trained with?"
    )
    return [Problem("below_blind", "warning", message, 1, (), None)]
