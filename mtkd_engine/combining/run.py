"""A job of method `aggregate`, as a generator of typed events.

beliefs          of the teachers as they are, on all samples or on those that none was trained on
folds by source  static weights, aggregator and baselines fitted on the others, judging these
export           what each row is worth, per-sample table, verdict
"""

from __future__ import annotations

import json
import platform
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mtkd_engine.cache.beliefs import Faculty, joined
from mtkd_engine.combining.judging import FoldDone, Judgement, judge
from mtkd_engine.combining.verdict import named_mean, verdict, warnings
from mtkd_engine.data.dataset import Dataset, Sample
from mtkd_engine.data.errors import DataError
from mtkd_engine.evaluation.gates import INNER_FOLDS, Course, EpochDone
from mtkd_engine.evaluation.lessons import proposals_of
from mtkd_engine.evaluation.table import Teaching, sample_rows, write_table
from mtkd_engine.evaluation.telling import weights_told
from mtkd_engine.evaluation.without import seconds_of
from mtkd_engine.events import (
    Entered,
    Event,
    Finished,
    Metrics,
    ProbeSet,
    Started,
    Stepped,
    Warned,
)
from mtkd_engine.report import written
from mtkd_engine.report.comparisons import compare
from mtkd_engine.seeding import derived_seed
from mtkd_engine.spec import AggregateSpec, GroundingSpec, KauPlusSpec, dump_yaml, spec_hash
from mtkd_engine.tasks.grounding.batches import Quality
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.known import warn_of_known_tests
from mtkd_engine.teachers.prepare import SPLITS, prepare_as_they_are

HELD_OUT = ("val", "test")
SHOWN = ("aggregated", "static", "medoid", "uniform", "best_single")


def aggregate(
    spec: GroundingSpec,
    *,
    teachers: Sequence[Teacher],
    dataset: Dataset,
    cache: Path,
    device: str,
    folder: Path,
) -> Generator[Event, None, None]:
    """This will judge an aggregator on stored beliefs and yield what happens; the last event is Finished.

    Artifacts go to `folder`. Raises DataError where there are fewer than two sources to divide. A stop costs all but
    the beliefs, which are kept: the rest takes about a minute.
    """
    assert isinstance(spec.method, AggregateSpec)
    splits, seen = _splits(spec.method, teachers, dataset)
    samples = tuple(sample for split in splits for sample in dataset.splits[split])
    sources = len({sample.source_id for sample in samples})
    if sources < 2:
        raise DataError(
            f"dataset {dataset.name!r} has {sources} source(s) in {' and '.join(splits)}; method aggregate needs "
            "two or more, to learn on some and judge on others."
        )
    folds = min(spec.method.folds, sources)
    yield _started(spec, teachers=teachers, folds=folds, device=device)
    yield from warn_of_known_tests(teachers, dataset)
    yield from _warnings_before(spec.method, teachers, seen=seen)
    faculties = yield from prepare_as_they_are(
        spec, teachers=teachers, dataset=dataset, splits=splits, cache=cache, device=device
    )
    faculty = joined([faculties[split] for split in splits])
    probe = _probe(spec, samples)
    if probe:
        yield ProbeSet(
            sample_ids=[samples[row].sample_id for row in probe],
            labels=[samples[row].sentence for row in probe],
        )
    judgement = yield from _judged(spec, faculty, samples, folds=folds)
    steps = folds * _steps(spec.method)
    yield weights_told(judgement.weights_NHT.mean(1), teachers=judgement.names, probe_rows=probe, step=steps)

    yield Entered(part="evaluation")
    qualities = judgement.quality()
    values = {name: quality.values for name, quality in qualities.items()}
    yield from warnings(judgement, values)
    notes = verdict(judgement, qualities, kind=spec.method.aggregator.kind)

    yield Entered(part="export")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.yaml").write_text(dump_yaml(spec))
    _write_table(folder / "per_sample.parquet", judgement, faculty, dataset=dataset, splits=splits)
    result = _result(judgement, qualities, faculties=faculties, notes=notes)
    result |= {"dataset_hash": dataset.content_hash, "samples": len(samples), "sources": sources}
    result |= {"splits": list(splits), "folds": folds, "clipped_windows": dataset.clipped}
    (folder / "result.json").write_text(json.dumps(result, indent=2))
    yield from written(folder)
    yield Finished(step=steps, metrics=result["metrics"], baselines=result["baselines"], notes=notes)


def _splits(
    method: AggregateSpec, teachers: Sequence[Teacher], dataset: Dataset
) -> tuple[tuple[str, ...], list[str]]:
    """The splits whose samples take part, and the teachers that were trained on some of them."""
    seen = [teacher.name for teacher in teachers if teacher.saw(dataset)]
    if method.samples == "held_out" or (method.samples == "auto" and seen):
        return HELD_OUT, []
    return SPLITS, seen


def _warnings_before(
    method: AggregateSpec, teachers: Sequence[Teacher], *, seen: Sequence[str]
) -> Iterator[Warned]:
    if seen:
        yield Warned(
            code="in_sample_beliefs",
            message=f"{_some(seen)} judged on samples of train as well, which it was trained on; it is nearly right on "
            "all of them, so what is found here means little. Samples 'held_out' avoid this.",
        )
    outside = [teacher.name for teacher in teachers if teacher.name not in seen]
    if method.samples != "held_out" and not seen and outside:
        yield Warned(
            code="outsider",
            message=f"{_some(outside)} taken as it is. Whether a teacher has seen videos of this dataset all the same, "
            "say in an earlier version, is not known here; on those it would be nearly right, and its weight too high.",
        )


def _some(names: Sequence[str]) -> str:
    listed = ", ".join(map(repr, names))
    return f"Teacher {listed} is" if len(names) == 1 else f"Each of the teachers {listed} is"


def _steps(method: AggregateSpec) -> int:
    """Steps of a fold: epochs of the inner gates and of the final one, and the static weights."""
    return 1 + (
        (INNER_FOLDS + 1) * method.aggregator.epochs if isinstance(method.aggregator, KauPlusSpec) else 0
    )


def _started(spec: GroundingSpec, *, teachers: Sequence[Teacher], folds: int, device: str) -> Started:
    assert isinstance(spec.method, AggregateSpec)
    return Started(
        spec_hash=spec_hash(spec),
        method=spec.method.kind,
        teachers=[teacher.name for teacher in teachers],
        total_steps=folds * _steps(spec.method),
        threads=torch.get_num_threads(),
        device=device,
        versions={"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__},
    )


@dataclass
class _Place:
    """How far the judging is: the fold, counted from 1, and the step it began after."""

    fold: int = 1
    before: int = 0


def _judged(
    spec: GroundingSpec, faculty: Faculty, samples: tuple[Sample, ...], *, folds: int
) -> Generator[Event, None, Judgement]:
    assert isinstance(spec.method, AggregateSpec)
    proposals, seed = proposals_of(faculty, samples), derived_seed("aggregate", spec.seed)

    def course_of(rows: Sequence[int]) -> Course:
        decoding = proposals.take(rows).decoding(seed=seed)
        return Course(faculty, samples, proposals.lesson(decoding))

    judging = judge(
        course_of,
        samples,
        aggregator=spec.method.aggregator,
        folds=folds,
        seed=seed,
    )
    per_fold = _steps(spec.method)
    place = _Place()
    yield Entered(part="judging", detail=f"fold 1 of {folds}")
    while True:
        try:
            done = next(judging)
        except StopIteration as end:
            judgement: Judgement = end.value
            return judgement
        yield from _progress(done, place, names=faculty.names, per_fold=per_fold)
        yield Stepped(step=0)  # a stop here leaves no checkpoint: beliefs are the progress


def _progress(
    done: EpochDone | FoldDone, place: _Place, *, names: Sequence[str], per_fold: int
) -> Iterator[Event]:
    if isinstance(done, EpochDone):
        inner = done.part == "inner"
        step = place.before + done.epoch + (0 if inner else per_fold * INNER_FOLDS // (INNER_FOLDS + 1))
        name = f"fold/{place.fold}/{'inner_overlap' if inner else 'overlap'}"
        yield Metrics(step=step, values={name: -done.loss})
        return
    place.before = place.fold * per_fold
    values = {f"gate/{name}_miou": value for name, value in done.miou.items() if name in SHOWN}
    weights = {f"weight/{name}": float(done.static_T[t]) for t, name in enumerate(names)}
    yield Metrics(step=place.before, values=values | weights)
    place.fold += 1
    if place.fold <= done.folds:
        yield Entered(part="judging", detail=f"fold {place.fold} of {done.folds}")


def _probe(spec: GroundingSpec, samples: Sequence[Sample]) -> list[int]:
    generator = torch.Generator().manual_seed(derived_seed("probe", spec.seed))
    chosen = torch.randperm(len(samples), generator=generator)[: spec.evaluation.probe_samples]
    return sorted(chosen.tolist())


def _write_table(
    path: Path, judgement: Judgement, faculty: Faculty, *, dataset: Dataset, splits: Sequence[str]
) -> None:
    tables, begin = [], 0
    for split in splits:
        samples = dataset.splits[split]
        if not samples:
            continue
        part = slice(begin, begin + len(samples))
        said_N2 = judgement.windows["aggregated"][part]
        teaching = Teaching(faculty, judgement.weights_NHT[part], said_N2)
        tables.append(sample_rows(split, samples, teaching=teaching))
        begin += len(samples)
    write_table(path, tables)


def _result(
    judgement: Judgement,
    qualities: dict[str, Quality],
    *,
    faculties: dict[str, Faculty],
    notes: Sequence[str],
) -> dict[str, Any]:
    own = qualities["aggregated"]
    baselines = {name: quality for name, quality in qualities.items() if name != "aggregated"}
    whole = float(qualities["static"].iou_N.mean())
    return {
        "metrics": own.values,
        "baselines": {name: quality.values for name, quality in baselines.items()},
        "comparisons": compare(own, baselines, sources=[s.source_id for s in judgement.samples]),
        "best_single": judgement.usual_best(),
        "static_weights": named_mean(judgement.names, judgement.static_FT.mean(0).tolist()),
        "weights": named_mean(judgement.names, judgement.weights_NHT.mean((0, 1)).tolist()),
        "without": {
            name: {"miou": whole - float(overlap_N.mean()), "seconds": seconds_of(faculties, t)}
            for t, (name, overlap_N) in enumerate(judgement.without.items())
        },
        "gate_epochs": judgement.epochs,
        "decodings": [asdict(decoding) for decoding in judgement.decodings],
        "notes": list(notes),
    }
