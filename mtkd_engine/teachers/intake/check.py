"""`check teacher` for classifiers: converted, completed by what a person says, fitted, measured, sealed."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from torch import nn

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.rows import Problem
from mtkd_engine.data.sealing.folder import new_folder
from mtkd_engine.modelfile import ModelError, has_own_card, load_classifier, model_hash, save_model
from mtkd_engine.modelfile.infer import Proposed
from mtkd_engine.modelfile.kinds import foreign_kind
from mtkd_engine.predictions.outcomes import write_outcomes
from mtkd_engine.spec import ClassifierCard, ImageInput, OnnxProgram, TeacherStatement
from mtkd_engine.spec.base import explain
from mtkd_engine.teachers.classification.programs import open_program, program_hash
from mtkd_engine.teachers.intake.conversion import Conversion, convert, look_at_program
from mtkd_engine.teachers.intake.fitting import Fitted, fit_model, propose
from mtkd_engine.teachers.intake.measuring import Measured, measure
from mtkd_engine.teachers.intake.reporting import (
    asked_report,
    told_conversion,
    told_problems,
    unheld,
)
from mtkd_engine.teachers.load import MODEL, PROGRAM

Report = dict[str, Any]


class SaidError(ModelError):
    """What a person said of a classifier does not fit it; `report` asks again, with the sentence in it."""

    def __init__(self, error: ModelError, *, report: Report) -> None:
        super().__init__(str(error), mismatch=error.mismatch)
        said = {**report["asks"], "problem": str(error)}
        self.report = {**report, "asks": said, "mismatch": [asdict(item) for item in error.mismatch]}


@dataclass(frozen=True, kw_only=True)
class Intake:
    """One classifier on its way in."""

    file: Path
    said: TeacherStatement | None
    """What a person said of it; None for nothing."""
    data: LabelledDataset | None
    split: str
    seal: Path | None
    say: Progress
    outcomes: Path | None = None
    """Where to write what it said of each sample that it is measured on."""


def check_classifier(asked: Intake) -> Report:
    """This will check a classifier of any accepted kind and seal it where all is known of it.

    Where something is missing that only a person knows, nothing is sealed and `asks` in the report says what.
    Raises ModelError or DataError with one sentence.
    """
    kind = foreign_kind(asked.file)
    with tempfile.TemporaryDirectory(prefix="intake-") as folder:
        if kind == "onnx":
            return _program(asked)
        if kind is None and has_own_card(asked.file):
            return _own(asked)
        return _bare(asked, folder=Path(folder), is_checkpoint=kind == "torch")


def _own(asked: Intake) -> Report:
    """A model file of this product says everything itself but how good it is here."""
    if asked.data is None:
        return asked_report(asked.file, said=asked.said, proposed=None, needs=("dataset",))
    if asked.said is not None:
        raise ModelError(f"{asked.file.name} has a card in its header; what is said besides has no place.")
    asked.say.say("model")
    model, card = load_classifier(asked.file)
    measured = _measured(model, card, asked, fit=False)
    if asked.seal is not None:
        with new_folder(asked.seal) as folder:
            shutil.copyfile(asked.file, folder / MODEL)
    return _report(asked, kind="model", card=card, measured=measured, model=model) | {
        "content_hash": model_hash(asked.file)
    }


def _bare(asked: Intake, *, folder: Path, is_checkpoint: bool) -> Report:
    """Parameters without a card: those of a checkpoint, converted first, or a safetensors file of another tool."""
    tensors, conversion = asked.file, None
    if is_checkpoint:
        tensors = folder / "converted.safetensors"
        asked.say.say("conversion")
        conversion = convert(asked.file, to=tensors, look=lambda: asked.say.say("conversion"))
    proposed = propose(tensors)
    needs = (
        *(("dataset",) if asked.data is None else ()),
        *(("card",) if asked.said is None else ()),
        *(("net",) if proposed is None and (asked.said is None or asked.said.net is None) else ()),
    )
    asks = asked_report(asked.file, said=asked.said, proposed=proposed, needs=needs, tensors=tensors)
    asks |= told_conversion(conversion, None)
    if asked.data is None or asked.said is None or "net" in needs:
        return asks
    try:
        card = _card(asked.said, proposed, asked.data, name=asked.file.name)
        return _completed(asked, card, tensors=tensors, folder=folder, by=conversion)
    except ModelError as error:
        raise SaidError(error, report=asks) from None


def _completed(
    asked: Intake, card: ClassifierCard, *, tensors: Path, folder: Path, by: Conversion | None
) -> Report:
    asked.say.say("model")
    bare, sealed = folder / MODEL, folder / f"sealed-{MODEL}"
    fitted = fit_model(tensors, card=card, to=bare, name=asked.file.name)
    model, _ = load_classifier(bare)
    measured = _measured(model, card, asked, fit=True)
    card = _measured_card(card, measured)
    save_model(sealed, parameters=model.state_dict(), card=card)
    if asked.seal is not None:
        with new_folder(asked.seal) as target:
            shutil.copyfile(sealed, target / MODEL)
    report = _report(asked, kind="model", card=card, measured=measured, model=model, fitted=fitted, by=by)
    return report | {"content_hash": model_hash(sealed)} | told_conversion(by, fitted)


def _program(asked: Intake) -> Report:
    """An ONNX program: its card says what it reads and gives, and only a confined process runs it."""
    needs = [name for name, value in (("dataset", asked.data), ("card", asked.said)) if value is None]
    asked.say.say("model")
    told = look_at_program(asked.file, look=lambda: asked.say.say("model"))
    asks = asked_report(asked.file, said=asked.said, proposed=None, needs=needs) | {"kind": "onnx"}
    asks["asks"]["program"] = asdict(told)
    if asked.data is None or asked.said is None:
        return asks
    try:
        return _run_program(asked, _made(asked.said, asked.data, net=OnnxProgram(family="onnx")))
    except ModelError as error:
        raise SaidError(error, report=asks) from None


def _run_program(asked: Intake, card: ClassifierCard) -> Report:
    asked.say.say("model")
    net = open_program(asked.file, card=card, name=asked.file.name)
    try:
        measured = _measured(net, card, asked, fit=True)
    finally:
        net.close()
    card = _measured_card(card, measured)
    if asked.seal is not None:
        with new_folder(asked.seal) as folder:
            shutil.copyfile(asked.file, folder / PROGRAM)
            beside = (folder / PROGRAM).with_suffix(".json")
            beside.write_text(card.model_dump_json(indent=2), encoding="utf-8")
    return _report(asked, kind="onnx", card=card, measured=measured, model=None) | {
        "content_hash": program_hash(asked.file, card=card)
    }


def _card(
    said: TeacherStatement, proposed: Proposed | None, data: LabelledDataset, *, name: str
) -> ClassifierCard:
    """What was said, and of the rest what the tensors say; the two are held against each other."""
    card = _made(said, data, net=said.net or (proposed.net if proposed else None))
    if proposed is None:
        return card
    if proposed.classes != len(card.classes):
        whose = (
            f"the {len(card.classes):,} of {data.name}"
            if said.classes == "dataset"
            else f"{len(card.classes):,}"
        )
        raise ModelError(
            f"classes: given {whose}, but {name} has {proposed.classes:,} outputs; accepted is one name each."
        )
    if isinstance(card.input, ImageInput) and proposed.channels != card.input.channels:
        raise ModelError(
            f"input: given {card.input.channels} channel(s), but {name} reads {proposed.channels}; accepted are as "
            "many numbers of mean and spread."
        )
    return card


def _made(said: TeacherStatement, data: LabelledDataset, *, net: Any) -> ClassifierCard:
    try:
        return ClassifierCard(net=net, classes=said.names(data.classes), input=said.reads)
    except ValidationError as error:
        raise ModelError(f"card: {explain(error, subject='classification')}") from None
    except ValueError as error:
        raise ModelError(f"{error}.") from None


def _measured(model: nn.Module, card: ClassifierCard, asked: Intake, *, fit: bool) -> Measured:
    assert asked.data is not None
    asked.say.say("quality")
    measured = measure(
        model, card, asked.data, split=asked.split, fit=fit, say=asked.say, name=asked.file.name
    )
    if asked.outcomes is not None:
        write_outcomes(asked.outcomes, measured.outcomes)
    return measured


def _measured_card(card: ClassifierCard, measured: Measured) -> ClassifierCard:
    figures = {
        f"{split}/{name}": value
        for split, told in measured.quality["splits"].items()
        for name, value in told["metrics"].items()
    }
    return card.model_copy(update={"temperature": measured.temperature, "metrics": figures})


def _report(
    asked: Intake,
    *,
    kind: str,
    card: ClassifierCard,
    measured: Measured,
    model: nn.Module | None,
    fitted: Fitted | None = None,
    by: Conversion | None = None,
) -> Report:
    problems: list[Problem] = told_problems(measured, fitted)
    if by is not None and (note := unheld(by.held)) is not None:
        problems.append(note)
    count = {} if model is None else {"parameters": sum(p.numel() for p in model.parameters())}
    return {
        "kind": kind,
        "task": card.task,
        "family": card.net.family,
        "card": card.model_dump(mode="json"),
        **count,
        "bytes": asked.file.stat().st_size,
        "quality": measured.quality,
        "problems": [asdict(problem) for problem in problems],
    }
