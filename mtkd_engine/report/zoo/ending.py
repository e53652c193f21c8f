"""The order of a zoo's last part: each learner's best state measured, files, result, Finished."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mtkd_engine.events import Entered, Evaluated, Event, Finished, Warned
from mtkd_engine.export.participants import as_participant
from mtkd_engine.loop import Progress
from mtkd_engine.methods.zoo.face import Standing
from mtkd_engine.methods.zoo.method import Transfer
from mtkd_engine.nets.registry import AnyCard
from mtkd_engine.report.ending import made_of, measured_card, written
from mtkd_engine.report.zoo.face import Arena, Told
from mtkd_engine.report.zoo.files import export_learner, stems
from mtkd_engine.report.zoo.participants import (
    MEASURED,
    Learned,
    Standings,
    best_of,
    means,
    stand,
    told_participant,
)
from mtkd_engine.report.zoo.transfers import complementary, transfer_matrix
from mtkd_engine.spec import MutualSpec, PartitionSpec, Spec, dump_yaml


def report(
    spec: Spec,
    *,
    arena: Arena[Any],
    method: Transfer[Any],
    alone: Transfer[Any] | None,
    progress: Progress,
    folder: Path,
    device: str,
) -> Iterator[Event]:
    """This will measure every participant before and after, write the artifacts and yield Finished.

    Of each learner the best state counts, which was chosen on validation while training.
    """
    yield Entered(part="evaluation")
    found = look(spec, arena=arena, method=method, alone=alone, device=device)
    primary = arena.discipline.primary
    told = [_participant(arena, found, place) for place in range(len(arena.entrants))]
    metrics, baselines = _metrics(told, primary), _baselines(arena, told, found.before, primary)
    yield from _evaluated(found, step=progress.step)

    yield Entered(part="export")
    folder.mkdir(parents=True, exist_ok=True)
    known = {split: method.knowing([one[split] for one in found.before]) for split in MEASURED}
    result: dict[str, Any] = {
        "metrics": metrics,
        "baselines": baselines,
        "primary": primary,
        **made_of(arena.dataset, arena.entrants),
        "participants": told,
        **_between(arena, method, found, known["test"]),
    }
    (folder / "spec.yaml").write_text(dump_yaml(spec))
    if progress.weights is not None:
        progress.weights.write(folder / "weights.parquet")
    for m, place in enumerate(found.after):
        weights = {split: known[split][:, m] for split in MEASURED}
        rows = [_told(found, place, split, method.members.sources, weights[split]) for split in MEASURED]
        yield from _files(spec, arena, found, place, rows=rows, result=result, folder=folder)
    arena.write_together(folder, _shown(arena, found))
    (folder / "result.json").write_text(json.dumps(result, indent=2))
    yield from written(folder)
    yield Finished(step=progress.step, metrics=metrics, baselines=baselines)


@dataclass(frozen=True, kw_only=True)
class Found:
    """How all participants stood before, and learners at their last and best states, by their places."""

    before: Sequence[Standings]
    last: dict[int, Standings]
    after: dict[int, Learned]
    alone: dict[int, Learned]


def look(
    spec: Spec, *, arena: Arena[Any], method: Transfer[Any], alone: Transfer[Any] | None, device: str
) -> Found:
    """This will measure everybody on validation and test; test is read here and nowhere else."""
    asked = spec.method
    assert isinstance(asked, MutualSpec | PartitionSpec)
    learners = method.members.learners
    return Found(
        before=[
            stand(arena, entrant.model.to(device), place, asked)
            for place, entrant in enumerate(arena.entrants)
        ],
        last={place: stand(arena, method.members.all[place].model, place, asked) for place in learners},
        after={place: best_of(arena, method, place, spec=asked, device=device) for place in learners},
        alone={}
        if alone is None
        else {place: best_of(arena, alone, place, spec=asked, device=device) for place in learners},
    )


def _evaluated(found: Found, *, step: int) -> Iterator[Evaluated]:
    best = {place: one.standing for place, one in found.after.items()}
    for split in MEASURED:
        for which, standings in (("last", found.last), ("best", best)):
            yield Evaluated(step=step, split=split, which=which, values=_mean_of(standings, split))


def _shown(arena: Arena[Any], found: Found) -> dict[str, tuple[nn.Module, AnyCard]]:
    """Every participant at its start, and every learner at its best, by the names that they are shown under."""
    shown = {f"{entrant.name} at start": (entrant.model, entrant.card) for entrant in arena.entrants}
    for place, learned in found.after.items():
        shown[arena.entrants[place].name] = (learned.model, arena.entrants[place].card)
    return shown


def _participant(arena: Arena[Any], found: Found, place: int) -> dict[str, Any]:
    return told_participant(
        arena,
        arena.entrants[place],
        before=found.before[place],
        last=found.last.get(place),
        after=found.after.get(place),
        alone=found.alone.get(place),
    )


def _between(arena: Arena[Any], method: Transfer[Any], found: Found, weights_NMS: Tensor) -> dict[str, Any]:
    """What pairs knew that neither knew alone, before training, and who taught whom; `weights_NMS` are of test."""
    return {
        "complement": complementary(
            [entrant.name for entrant in arena.entrants],
            [one["val"] for one in found.before],
            sources=[sample.source_id for sample in arena.samples("val")],
            graded=arena.graded,
        ),
        "transfer": transfer_matrix(
            method.taught_MS,
            learners=[arena.entrants[place].name for place in found.after],
            sources=method.members.sources,
            weights_NMS=weights_NMS,
            before={place: found.before[place]["test"] for place in found.after},
            after={place: one.standing["test"] for place, one in found.after.items()},
        ),
    }


def _told(found: Found, place: int, split: str, sources: Sequence[str], weights_NS: Tensor) -> Told:
    alone = found.alone.get(place)
    return Told(
        split=split,
        after=found.after[place].standing[split],
        before=[one[split] for one in found.before],
        place=place,
        alone=None if alone is None else alone.standing[split],
        sources=sources,
        weights_NS=weights_NS,
    )


def _files(
    spec: Spec,
    arena: Arena[Any],
    found: Found,
    place: int,
    *,
    rows: Sequence[Told],
    result: dict[str, Any],
    folder: Path,
) -> Iterator[Warned]:
    """A learner's tables and model; their names stand in the result."""
    names = stems([entrant.name for entrant in arena.entrants])
    told, learned, entrant = result["participants"][place], found.after[place], arena.entrants[place]
    stem = folder / names[place]
    files = told["files"] = arena.write_samples(stem, rows)
    card = measured_card(
        entrant.card.model_copy(update={"recipe": None}),  # a copy could not be trained from labels alone
        temperature=learned.standing["val"].fitted,
        metrics=learned.standing["test"].values,
    )
    shown = as_participant(result, entrant.name)
    yield from export_learner(
        learned.model, card, arena=arena, spec=spec, result=shown, stem=stem, files=files
    )


def _metrics(told: Sequence[dict[str, Any]], primary: str) -> dict[str, float]:
    """Means over learners on test, the mean and the least gain, and every learner's own metrics by its name."""
    learners = [one for one in told if one["learns"]]
    gains = [one["gain"] for one in learners]
    metrics = {**means(told, "after", primary), "gain": sum(gains) / len(gains), "least_gain": min(gains)}
    for one in learners:
        metrics |= {f"{one['name']}/{name}": value for name, value in one["after"]["test"].items()}
    return metrics


def _baselines(
    arena: Arena[Any], told: Sequence[dict[str, Any]], before: Sequence[Standings], primary: str
) -> dict[str, dict[str, float]]:
    """The learners' means before, and fitted alone; the best participant before; what the task adds."""
    started: list[Standing] = [one["test"] for one in before]
    learners = [one for one in told if one["learns"]]
    best = max(range(len(before)), key=lambda place: before[place]["val"].values[primary])
    found = {
        "before": means(learners, "before", primary),
        "best_before": started[best].values,
        **arena.baselines(started),
    }
    if any("alone" in one for one in learners):
        found["alone"] = means(learners, "alone", primary)
    return found


def _mean_of(standings: dict[int, Standings], split: str) -> dict[str, float]:
    values = [one[split].values for one in standings.values()]
    return {name: sum(one[name] for one in values) / len(values) for name in values[0]}
