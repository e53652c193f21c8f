"""What a job without registered teachers says of those it made itself: branches of one network, or oneself earlier.

Shape suffixes: N samples, C classes, M branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.evaluation.classification.table import Teaching
from mtkd_engine.methods.classification.ensemble import Ensemble, Spoken, best_of
from mtkd_engine.methods.classification.job import ClassJob, new_student
from mtkd_engine.methods.classification.self_taught import SelfTaught
from mtkd_engine.nets.classification.branches import BranchesClassifier
from mtkd_engine.profile import cost_of_classifier
from mtkd_engine.report.classification.believing import MEASURED, Believed, asked, believed
from mtkd_engine.report.costs import Costs
from mtkd_engine.spec import BranchesNet
from mtkd_engine.tasks.classification.metrics import Quality

OWN_TEACHER = "own_teacher"


@dataclass(frozen=True, kw_only=True)
class Companions:
    """Those that were trained beside the student: to hold it against, to show sample by sample, and to tell of."""

    baselines: dict[str, Quality] = field(default_factory=dict)
    teaching: dict[str, Teaching] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)


def kept(job: ClassJob) -> ClassJob:
    """This will give the job with the student that its present state leaves: of branches the best one, on validation.

    A job that trains what it leaves is given back as it is.
    """
    method = job.method
    if not isinstance(method, Ensemble) or method.keeps_all:
        return job
    student = new_student(job.card).to(next(method.student.parameters()).device)
    student.load_state_dict(method.student.whole(method.best_branch()))
    return replace(job, student=student.eval())


def companions_of(job: ClassJob, student: Believed) -> Companions:
    """This will measure those that were trained beside a student, in the state that its method holds."""
    if isinstance(job.method, Ensemble):
        return _branches(job, job.method, student)
    if isinstance(job.method, SelfTaught) and job.method.teacher is not None:
        found = asked(job, job.method.teacher)
        told = {"kind": job.method.title, **found.values}
        return Companions(baselines={job.method.title: found.quality["test"]}, told={OWN_TEACHER: told})
    return Companions()


def last_of_own(job: ClassJob) -> dict[str, Any]:
    """This will measure what teaches a student that teaches itself, in the state in which the training ended."""
    if not isinstance(job.method, SelfTaught) or job.method.teacher is None:
        return {}
    return {"last_own_teacher": {"kind": job.method.title, **asked(job, job.method.teacher).values}}


def costs_of_all(job: ClassJob) -> Costs:
    """This will say what all branches take where one of them is left; nothing otherwise."""
    method = job.method
    if not isinstance(method, Ensemble) or method.keeps_all:
        return {}
    net = BranchesNet.model_validate(
        {"net": job.card.net, "branches": len(method.names), "shared": method.student.shared}
    )
    whole = job.card.model_copy(update={"net": net})
    return {f"ensemble:{len(method.names)} branches": cost_of_classifier(method.student, whole).to_json()}


def _branches(job: ClassJob, method: Ensemble, student: Believed) -> Companions:
    assert isinstance(method.student, BranchesClassifier)
    whole = student if method.keeps_all else asked(job, method.student)
    spoken = {split: Spoken.of(method.student, answers) for split, answers in whole.answers.items()}
    each = [
        believed(job, {split: said.branches[m] for split, said in spoken.items()})
        for m in range(len(method.names))
    ]
    best = best_of([one.quality["val"] for one in each]) if method.keeps_all else method.best_branch()
    rival = {"best_branch": each[best]} if method.keeps_all else {"ensemble": whole}
    rows = [
        {
            "name": name,
            "weight": round(float(spoken["val"].weights_NM[:, m].mean()), 6),
            **each[m].values,
            "is_best": m == best,
        }
        for m, name in enumerate(method.names)
    ]
    return Companions(
        baselines={name: one.quality["test"] for name, one in rival.items()},
        teaching={split: _teaching(method, each, whole, spoken, split) for split in MEASURED},
        told={
            "branches": rows,
            "ensemble": whole.values,
            "kept": "ensemble" if method.keeps_all else "branch",
        },
    )


def _teaching(
    method: Ensemble, each: list[Believed], whole: Believed, spoken: Mapping[str, Spoken], split: str
) -> Teaching:
    """Branches as teachers of a split, weighed by the gate."""
    log_probs_MNC = torch.stack([one.log_probs[split] for one in each])
    signals = ClassSignals(log_probs_MNC, list(method.names))
    return Teaching(signals, spoken[split].weights_NM, whole.log_probs[split])
