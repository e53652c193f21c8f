"""The methods of students that nobody else teaches, from their specs: branches of one network, and oneself."""

from __future__ import annotations

from collections.abc import Mapping

from mtkd_engine.methods.classification.ensemble import Ensemble, Ramp
from mtkd_engine.methods.classification.job import ClassJob
from mtkd_engine.methods.classification.self_taught import SelfTaught
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.own_teacher import OwnTeacher
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.registry import build_for
from mtkd_engine.spec import (
    BranchesNet,
    ClassificationSpec,
    ClassifierCard,
    EnsembleSpec,
    ImageNetSpec,
    SelfSpec,
    SpecError,
)
from mtkd_engine.spec.online import branch_names
from mtkd_engine.tasks.classification.splits.base import ClassSplit

_FIELDS = {"net.shared": "method.shared", "net.branches": "method.branches"}
"""Where a field of a network of branches stands in the spec of a job."""


def ensemble_of(
    spec: ClassificationSpec,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ClassSplit],
    probe_rows: list[int],
    device: str,
) -> ClassJob:
    """This will build branches of the student's network; its card is that of what is left in the end.

    Raises SpecError, field `method.shared`, where nothing is left to the branches.
    """
    method = spec.method
    assert isinstance(method, EnsembleSpec)
    net: ImageNetSpec = spec.student.net  # type: ignore[assignment]  # the spec refuses all others
    whole = card.model_copy(
        update={"net": BranchesNet(net=net, branches=method.branches, shared=method.shared)}
    )
    try:
        student = build_for(whole).to(device)
    except SpecError as error:
        raise SpecError({_field_of(path): said for path, said in error.fields.items()}) from None
    steps = steps_of_epoch(spec, splits)
    ensemble = Ensemble(
        Sight(student, card.input, optim=spec.optim),
        spec=method,
        ramp=Ramp(epochs=min(method.ramp_epochs, spec.optim.epochs), steps_of_epoch=steps),
        val=splits["val"],
        probe_rows=probe_rows,
    )
    return ClassJob(
        method=ensemble,
        student=student,
        card=whole if method.keep == "ensemble" else card,
        splits=splits,
        branches=branch_names(method.branches),
    )


def self_taught_of(
    spec: ClassificationSpec,
    student: Classifier,
    *,
    card: ClassifierCard,
    splits: Mapping[str, ClassSplit],
) -> SelfTaught:
    """This will build the method of a student that teaches itself."""
    method = spec.method
    assert isinstance(method, SelfSpec)
    own = OwnTeacher(student, method, steps_of_epoch=steps_of_epoch(spec, splits))
    # What teaches is not compiled: of the same network in evaluation mode that would be done once more.
    plain = spec.optim.model_copy(update={"compile": False, "cuda_graphs": False})
    return SelfTaught(
        Sight(student, card.input, optim=spec.optim),
        own,
        own_sight=Sight(own.net, card.input, optim=plain),
        spec=method,
        val=splits["val"],
    )


def steps_of_epoch(spec: ClassificationSpec, splits: Mapping[str, ClassSplit]) -> int:
    """This will count the steps of one epoch."""
    return -(-len(splits["train"]) // spec.optim.batch_size)


def _field_of(path: str) -> str:
    return _FIELDS.get(path, "student." + path.replace("net.net", "net", 1))
