"""The order of a job's last part: last state, best state, files, Finished."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from mtkd_engine.data.labelled import LabelledDataset
from mtkd_engine.evaluation.classification.probabilities import probability_rows, write_probabilities
from mtkd_engine.evaluation.classification.table import sample_rows, write_table
from mtkd_engine.events import Entered, Evaluated, Event, Finished, Warned
from mtkd_engine.loop import Progress
from mtkd_engine.methods.classification.job import ClassJob
from mtkd_engine.methods.classification.staged.chain import assistant_name
from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.nets.classification.clips.given import moved
from mtkd_engine.profile import cost_of_classifier
from mtkd_engine.report.classification.believing import MEASURED, asked
from mtkd_engine.report.classification.findings import Findings, look
from mtkd_engine.report.classification.fusing import fuse
from mtkd_engine.report.classification.online import costs_of_all, kept, last_of_own
from mtkd_engine.report.costs import Costs
from mtkd_engine.report.ending import exported, made_of, measured_card, written
from mtkd_engine.solo import Untaught
from mtkd_engine.spec import ClassificationSpec, dump_yaml
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.teachers.classification.face import ClassTeacher

COMPARED = 2
"""Batches of the test split on which exported files must say what the student says."""


def report(
    spec: ClassificationSpec,
    *,
    job: ClassJob,
    teachers: Sequence[ClassTeacher],
    progress: Progress,
    untaught: Untaught | None,
    dataset: LabelledDataset,
    folder: Path,
) -> Iterator[Event]:
    """This will measure the last and the best state, write the artifacts and yield Finished.

    The best state was chosen on validation while training.
    """
    yield Entered(part="evaluation")
    job.method.eval()
    last = asked(job, kept(job).student).values
    last_own = last_of_own(job)
    for split, values in last.items():
        yield Evaluated(step=progress.step, split=split, which="last", values=values)
    job.method.load_state_dict(progress.best.state)
    job = kept(job)
    fuse(job)
    found = look(job, untaught=untaught)
    best = found.student.values
    for split in MEASURED:
        yield Evaluated(step=progress.best.step, split=split, which="best", values=best[split])
    baselines = found.values()
    cost = _costs(job, teachers)

    yield Entered(part="export")
    folder.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {
        "metrics": found.metrics,
        "last": last,
        "best": {split: best[split] for split in MEASURED},
        "best_step": progress.best.step,
        "baselines": baselines,
        **made_of(dataset, teachers),
        "parameters": sum(p.numel() for p in job.student.parameters()),
        **found.extra,
        **last_own,
        **_in_stages(job, progress),
        "cost": cost,
    }
    (folder / "spec.yaml").write_text(dump_yaml(spec))
    _write_tables(job, found, progress=progress, folder=folder)
    yield from _export(spec, job=job, found=found, result=result, folder=folder)
    (folder / "result.json").write_text(json.dumps(result, indent=2))
    yield from written(folder)
    yield Finished(step=progress.step, metrics=found.metrics, baselines=baselines)


def _in_stages(job: ClassJob, progress: Progress) -> dict[str, Any]:
    """What came of each stage, and of pseudo labels, where a student learned so."""
    if not isinstance(job.method, Staged):
        return {}
    tally = job.method.tally()
    told: dict[str, Any] = {"stages": progress.stages}
    if tally is not None:
        told["pseudo_labels"] = {**tally.values, "unlabelled": tally.unlabelled}
    if job.assistants:
        told["assistants"] = [_assistant(one, place) for place, one in enumerate(job.assistants)]
    return told


def _assistant(job: ClassJob, place: int) -> dict[str, Any]:
    assert job.faculty is not None
    return {
        "name": assistant_name(place),
        "family": job.card.net.family,
        "parameters": sum(p.numel() for p in job.student.parameters()),
        "taught_by": list(job.faculty.val.names),
        "val": job.card.metrics,
    }


def _costs(job: ClassJob, teachers: Sequence[ClassTeacher]) -> Costs:
    """What one image costs the student, and each teacher or assistant that is a network."""
    device = next(job.student.parameters()).device
    found = {"student": cost_of_classifier(job.student, job.card).to_json()}
    for teacher in teachers:
        if teacher.model is not None:
            model = teacher.model.to(device)
            found[f"teacher:{teacher.name}"] = cost_of_classifier(model, teacher.card).to_json()
    found |= costs_of_all(job)
    for place, one in enumerate(job.assistants):
        found[f"assistant:{assistant_name(place)}"] = cost_of_classifier(one.student, one.card).to_json()
    return found


def _export(
    spec: ClassificationSpec, *, job: ClassJob, found: Findings, result: Mapping[str, Any], folder: Path
) -> Iterator[Warned]:
    batches = [
        moved(to_input(batch.inputs, job.card.input), "cpu")
        for batch in islice(job.splits["test"].in_order(size=64), COMPARED)
    ]
    card = measured_card(job.card, temperature=found.student.temperature, metrics=found.metrics)
    yield from exported(job.student, card, batches=batches, spec=spec, result=result, folder=folder)


def _write_tables(job: ClassJob, found: Findings, *, progress: Progress, folder: Path) -> None:
    """Samples by split in their order: train where there are teachers, val and test."""
    rows = [
        sample_rows(
            split,
            job.splits[split].samples,
            classes=job.card.classes,
            student_NC=belief_NC,
            solo_NC=None if found.solo is None else found.solo.log_probs[split],
            teaching=found.teaching.get(split),
        )
        for split, belief_NC in found.student.log_probs.items()
    ]
    write_table(folder / "per_sample.parquet", rows)
    write_probabilities(
        folder / "probabilities.parquet",
        [
            probability_rows(
                split,
                job.splits[split].samples,
                classes=job.card.classes,
                beliefs=_participants(found, split),
            )
            for split in MEASURED
        ],
    )
    if progress.weights is not None:
        progress.weights.write(folder / "weights.parquet")


def _participants(found: Findings, split: str) -> dict[str, Tensor]:
    beliefs = {"student": found.student.log_probs[split]}
    if found.solo is not None:
        beliefs["solo"] = found.solo.log_probs[split]
    if (teaching := found.teaching.get(split)) is not None:
        beliefs["target"] = teaching.target_NC
        for name, log_probs_NC in zip(teaching.signals.names, teaching.signals.log_probs_TBC, strict=True):
            beliefs[f"teacher:{name}"] = log_probs_NC
    return beliefs
