"""Are real, different models worth combining, and how? Stored predictions alone, judged in folds by source.

DATA is any folder with `annotations.jsonl` (QVHighlights form) and `predictions/*.jsonl.gz`, one file a model. In each
of five folds everything is fitted on the other four: the temperature of each model, the best single one, how windows
are made of many, static weights, and the gate, whose number of epochs is found on inner folds of the four. Three
divisions are averaged. The medoid has nothing to fit.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from mtkd_engine.cache.beliefs import Faculty, StoredBeliefs
from mtkd_engine.combining.judging import Judgement, judge
from mtkd_engine.comparing import paired
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.dataset import Dataset, Sample, load_dataset
from mtkd_engine.evaluation.gates import Course
from mtkd_engine.evaluation.lessons import proposals_of
from mtkd_engine.predictions.content import Predictions
from mtkd_engine.predictions.match import match
from mtkd_engine.predictions.read import read_predictions
from mtkd_engine.seeding import seed_everything
from mtkd_engine.spec import KauPlusSpec
from mtkd_engine.teachers.stored import believed, fitted_temperature
from tests.bench.application import HEAD
from tests.real_data import QVHIGHLIGHTS

FOLDS = 5
DIVISIONS = (0, 1, 2)
CLIPS = 32
ROWS = {
    "best single": "best_single",
    "uniform": "uniform",
    "medoid": "medoid",
    "static": "static",
    "kau_plus": "aggregated",
    "oracle": "oracle",
}
PAIRS = (
    ("static", "best single"),
    ("static", "medoid"),
    ("static", "uniform"),
    ("kau_plus", "static"),
    ("kau_plus", "medoid"),
)
LEAST = {"r1_05": 0.5, "r1_07": 0.7}
FEW = (2, 3)
DRAWN, DRAWS = 5, 3
"""Models of a random part of them, and how many such parts."""

Models = dict[str, Predictions]
Scores = dict[str, NDArray[np.float64]]
"""By row: the overlap with the truth, (divisions, samples)."""


def main(data: str | None = None) -> None:
    """This will print the table of all models, what fewer of them gain, and one line of JSON."""
    folder = QVHIGHLIGHTS if data is None else Path(data)
    if not (folder / "annotations.jsonl").is_file():
        print(f"skipped: {folder} holds no annotations.jsonl (DATA names a folder that does)")
        return
    seed_everything(0)
    torch.set_num_threads(1)
    begun = time.monotonic()
    samples, models = _read(folder)
    print(f"{folder.name}: {len(samples)} samples of {len({s.source_id for s in samples})} sources\n")
    scores, judgements = _scores(samples, models)
    _print(scores, samples, judgements)
    few = _few(samples, models, scores)
    print(f"\n{time.monotonic() - begun:.0f} s")
    print(json.dumps({**_told(scores, samples), "models": sorted(models), "few": few}))


def _read(folder: Path) -> tuple[tuple[Sample, ...], Models]:
    with tempfile.TemporaryDirectory(prefix="mtkd-bench-") as work:
        check_dataset(folder / "annotations.jsonl", name=folder.name, seal=Path(work) / "sealed")
        dataset: Dataset = load_dataset(Path(work) / "sealed")
    models: Models = {}
    for path in sorted((folder / "predictions").glob("*.jsonl*")):
        found = match(read_predictions(path, kind="jsonl"), dataset, file=path.name)
        models[path.name.split(".jsonl")[0]] = found.predictions
    covered = set.intersection(*(set(one.ids) for one in models.values()))
    everybody = [s for split in dataset.splits.values() for s in split if s.sample_id in covered]
    everybody.sort(key=lambda sample: sample.sample_id)
    ids = [sample.sample_id for sample in everybody]
    return tuple(everybody), {name: one.take_ids(ids) for name, one in models.items()}


def _courses(samples: tuple[Sample, ...], models: Models) -> Callable[[Sequence[int]], Course]:
    """All samples as they look with temperatures and a decoding from those at the given rows."""
    clips = {sample.video_id: CLIPS for sample in samples}

    @cache
    def stored(name: str, rows: tuple[int, ...]) -> StoredBeliefs:
        said = models[name]
        part = said.take(np.array(rows, np.int64))
        warmth = fitted_temperature(part, [samples[row] for row in rows], clips=clips, length=CLIPS)
        belief = believed(said, samples, temperature=warmth, clips=clips, length=CLIPS)
        return StoredBeliefs({s.sample_id: place for place, s in enumerate(samples)}, belief)

    @cache
    def course(rows: tuple[int, ...]) -> Course:
        faculty = Faculty(list(models), [stored(name, rows) for name in models])
        proposals = proposals_of(faculty, samples)
        decoding = proposals.take(rows).decoding(seed=0)
        return Course(faculty, samples, proposals.lesson(decoding))

    return lambda rows: course(tuple(rows))


def _scores(
    samples: tuple[Sample, ...],
    models: Models,
    *,
    divisions: Sequence[int] = DIVISIONS,
    leave_out: bool = True,
) -> tuple[Scores, list[Judgement]]:
    judgements = []
    for division in divisions:
        judging = judge(
            _courses(samples, models),
            samples,
            aggregator=KauPlusSpec(),
            folds=FOLDS,
            seed=division,
            leave_out=leave_out and division == divisions[0],
        )
        while True:
            try:
                next(judging)
            except StopIteration as end:
                judgements.append(end.value)
                break
    qualities = [judgement.quality() for judgement in judgements]
    rows = {name: key for name, key in ROWS.items() if key in qualities[0]}
    rows |= {key: key for key in qualities[0] if key == "blind" or key.startswith("teacher:")}
    return {name: np.stack([q[key].iou_N for q in qualities]) for name, key in rows.items()}, judgements


def _metrics(overlap_SN: NDArray[np.float64]) -> dict[str, float]:
    hits = {name: float((overlap_SN >= least).mean()) for name, least in LEAST.items()}
    return {**hits, "miou": float(overlap_SN.mean())}


def _differences(scores: Scores, samples: tuple[Sample, ...], one: str, other: str) -> dict[str, Any]:
    sources = [sample.source_id for sample in samples]
    found: dict[str, Any] = {}
    for metric in (*LEAST, "miou"):
        sides = [
            scores[name] if metric == "miou" else (scores[name] >= LEAST[metric]).astype(np.float64)
            for name in (one, other)
        ]
        difference = paired(sides[0], sides[1], sources)
        found[metric] = [round(100 * n, 2) for n in (difference.mean, difference.low, difference.high)]
    return found


def _told(scores: Scores, samples: tuple[Sample, ...]) -> dict[str, Any]:
    rows = {
        name: {metric: round(100 * value, 2) for metric, value in _metrics(overlap_SN).items()}
        for name, overlap_SN in scores.items()
    }
    differences = {
        f"{one} - {other}": _differences(scores, samples, one, other)
        for one, other in PAIRS
        if one in scores and other in scores
    }
    return {"rows": rows, "differences": differences}


def _print(scores: Scores, samples: tuple[Sample, ...], judgements: Sequence[Judgement]) -> None:
    judgement = judgements[0]
    told = _told(scores, samples)
    print(HEAD)
    for name, values in told["rows"].items():
        print(f"| {name} | {values['r1_05']:.1f} | {values['r1_07']:.1f} | {values['miou']:.1f} |")
    print("\n| difference (95 % interval) | R1@0.5 | R1@0.7 | mIoU |\n|---|---|---|---|")
    for name, found in told["differences"].items():
        print(f"| {name} | {_cell(found['r1_05'])} | {_cell(found['r1_07'])} | {_cell(found['miou'])} |")
    static = judgement.static_FT.mean(0)
    print("\n| model | static weight | mIoU lost without it |\n|---|---|---|")
    whole = float(judgement.quality()["static"].iou_N.mean())
    for t, name in enumerate(judgement.names):
        without = judgement.without.get(name)
        lost = "" if without is None else f"{100 * (whole - float(without.mean())):+.2f}"
        print(f"| {name} | {float(static[t]):.3f} | {lost} |")
    print(
        "\nDecodings that learning folds chose, epochs of the gate that inner folds allowed, by number of folds:"
    )
    for decoding, folds in _chosen(judgements).items():
        print(f"{folds} x {decoding}")


def _cell(found: list[float]) -> str:
    return f"{found[0]:+.2f} ({found[1]:+.2f} to {found[2]:+.2f})"


def _chosen(judgements: Sequence[Judgement]) -> dict[str, int]:
    """What was chosen, and in how many folds of all divisions."""
    told = [
        f"{'best windows' if decoding.offers == 1 else 'all windows'}, IoU^{decoding.power:g}, {epochs} epochs"
        for judgement in judgements
        for decoding, epochs in zip(judgement.decodings, judgement.epochs, strict=True)
    ]
    return dict(Counter(told).most_common())


def _few(samples: tuple[Sample, ...], models: Models, scores: Scores) -> dict[str, Any]:
    """The same with two and three of the models, the strongest and the weakest, and with five at random."""
    pairs = (("static", "best single"), ("static", "medoid"), ("kau_plus", "static"))
    found: dict[str, Any] = {}
    parts = _parts(models, scores)
    if parts:
        print("\n| models, mIoU | " + " | ".join(f"{one} - {other}" for one, other in pairs) + " |")
        print("|---|" + "---|" * len(pairs))
    for chosen in parts:
        part, _ = _scores(
            samples, {name: models[name] for name in chosen}, divisions=DIVISIONS[:1], leave_out=False
        )
        known = {
            f"{one} - {other}": _differences(part, samples, one, other)["miou"]
            for one, other in pairs
            if other in part
        }
        found[" + ".join(chosen)] = known
        cells = [_cell(known[f"{one} - {other}"]) if other in part else "" for one, other in pairs]
        print(f"| {' + '.join(chosen)} | " + " | ".join(cells) + " |", flush=True)
    return found


def _parts(models: Models, scores: Scores) -> list[list[str]]:
    ranked = sorted(models, key=lambda name: -float(scores[f"teacher:{name}"].mean()))
    parts = [part for count in FEW if count < len(models) for part in (ranked[:count], ranked[-count:])]
    if len(models) > DRAWN:
        random = np.random.default_rng(0)
        parts += [sorted(random.choice(sorted(models), DRAWN, replace=False).tolist()) for _ in range(DRAWS)]
    return parts
