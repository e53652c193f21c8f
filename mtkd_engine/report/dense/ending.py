"""The order of a job's last part: last state, best state, files, Finished."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from mtkd_engine.data.dense.dataset import DenseDataset
from mtkd_engine.evaluation.classification.table import write_table
from mtkd_engine.evaluation.dense.maps import write_maps
from mtkd_engine.evaluation.dense.table import sample_rows
from mtkd_engine.events import Entered, Evaluated, Event, Finished, Warned
from mtkd_engine.loop import Progress
from mtkd_engine.methods.dense.build import DenseJob
from mtkd_engine.nets.dense import AnyDenseCard, DenseNet
from mtkd_engine.profile import cost_of_dense
from mtkd_engine.report.dense.findings import MEASURED, Findings, asked, look, run_of
from mtkd_engine.report.ending import exported, made_of, measured_card, written
from mtkd_engine.solo import Untaught
from mtkd_engine.spec import DenseSpec, FilmInput, dump_yaml
from mtkd_engine.tasks.dense.inputs import to_dense_input
from mtkd_engine.tasks.dense.splits import DenseSplit

COMPARED = 2
"""Batches of the test split on which exported files must say what the student says."""
AT_ONCE = 8


def report(
    spec: DenseSpec,
    *,
    job: DenseJob,
    progress: Progress,
    untaught: Untaught | None,
    dataset: DenseDataset,
    folder: Path,
) -> Iterator[Event]:
    """This will measure the last and the best state, write the artifacts and yield Finished.

    The best state was chosen on validation while training.
    """
    yield Entered(part="evaluation")
    job.method.eval()
    judged = asked(job, job.student)
    last = {split: one.values for split, one in judged.items()}
    for split, values in last.items():
        yield Evaluated(step=progress.step, split=split, which="last", values=values)
    if progress.best.step != progress.step:
        job.method.load_state_dict(progress.best.state)
        judged = asked(job, job.student)
    found = look(job, student=judged, untaught=untaught)
    for split, values in found.best.items():
        yield Evaluated(step=progress.best.step, split=split, which="best", values=values)

    yield Entered(part="export")
    folder.mkdir(parents=True, exist_ok=True)
    result = _result(job, found, last=last, best_step=progress.best.step, dataset=dataset)
    (folder / "spec.yaml").write_text(dump_yaml(spec))
    _write_tables(job, found, untaught=untaught, folder=folder)
    yield from _export(spec, job=job, found=found, result=result, folder=folder)
    (folder / "result.json").write_text(json.dumps(result, indent=2))
    yield from written(folder)
    yield Finished(step=progress.step, metrics=found.metrics, baselines=found.values())


def _result(
    job: DenseJob,
    found: Findings,
    *,
    last: Mapping[str, dict[str, float]],
    best_step: int,
    dataset: DenseDataset,
) -> dict[str, Any]:
    return {
        "metrics": found.metrics,
        "primary": job.task.primary,
        "last": last,
        "best": found.best,
        "best_step": best_step,
        "baselines": found.values(),
        **made_of(dataset, []),
        "parameters": sum(p.numel() for p in job.student.parameters()),
        **found.extra,
        "cost": {"student": cost_of_dense(job.student, job.card).to_json()},
    }


def fed(test: DenseSplit, card: AnyDenseCard) -> Iterable[Tensor]:
    """This will give a few samples of test as a network reads them, on the CPU."""
    for batch in islice(test.in_order(size=AT_ONCE), COMPARED):
        reads = card.input
        given = to_dense_input(batch.inputs, reads)
        if given.ndim == 5:  # a network of pictures sees one frame at a time
            given = given[:, : reads.frames] if isinstance(reads, FilmInput) else given[:, 0]
        yield given.cpu()


def _export(
    spec: DenseSpec, *, job: DenseJob, found: Findings, result: Mapping[str, Any], folder: Path
) -> Iterator[Warned]:
    card = measured_card(job.card, temperature=1.0, metrics=found.metrics)
    batches = list(fed(job.task.splits["test"], card))
    yield from exported(job.student, card, batches=batches, spec=spec, result=result, folder=folder)


def _write_tables(job: DenseJob, found: Findings, *, untaught: Untaught | None, folder: Path) -> None:
    tables = [
        sample_rows(
            split,
            job.task.splits[split].samples,
            student=found.student[split],
            quality=job.task.quality,
            solo=None if found.solo is None else found.solo[split],
        )
        for split in MEASURED
    ]
    write_table(folder / "per_sample.parquet", tables)
    participants = {"student": run_of(job, job.student)}
    if untaught is not None:
        assert isinstance(untaught.student, DenseNet)
        participants["solo"] = run_of(job, untaught.student)
    write_maps(folder / "maps.parquet", job.task, participants)
