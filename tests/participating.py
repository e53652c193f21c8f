"""Jobs whose models taught each other, without models: results and tables as the engine writes them, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from jobs.models import Job, Project, User
from jobs.operations.jobs import submit
from jobs.queries.inspect.training import WEIGHTS
from mtkd_engine.comparing.complement import Known, complement
from mtkd_engine.spec import parse
from tests.classifying import CLASSES
from tests.engine_double import EngineDouble
from tests.inspected import parquet, weights_parquet
from tests.inspected_classes import Image, images, probabilities_parquet

MODELS = ("big", "small", "v1.2/odd")
ROWS = images()
QUALITIES = ([1.0, 0.4, 0.8, 0.5], [0.6, 0.9, 0.8, 0.5])
WRONG = {"big": 5, "small": 4, "v1.2/odd": 3}
"""Before training, each model is wrong on the last of so many samples, and says the next class; after it on the last
of twice as many."""


def mutual_spec(*models: str, method: str = "mutual", **more: Any) -> dict[str, Any]:
    """This will give the plain spec of a job in which models teach each other."""
    asked = {"kind": method, **({"student": models[0]} if method == "partition" else {}), **more}
    return {
        "task": "classification",
        "data": {"dataset": "pets"},
        "method": asked,
        "teachers": list(models),
        "optim": {"learning_rate": 1e-4},
    }


def file_names(place: int, name: str) -> dict[str, str]:
    """This will name the files of a model at a place as the engine does."""
    stem = f"{place + 1}-{name.replace('/', '_').replace('.', '_')}"
    return {
        "samples": f"{stem}.per_sample.parquet",
        "probabilities": f"{stem}.probabilities.parquet",
        "model": f"{stem}.safetensors",
        "onnx": f"{stem}.onnx",
        "card": f"{stem}.md",
    }


def participant(place: int, name: str, *, learns: bool = True, alone: bool = True) -> dict[str, Any]:
    """This will say of a model what the engine says: those that learn gain, the last one loses a little."""
    before, gain = 0.8 - 0.02 * place, (0.021, 0.012, -0.007)[place % 3]
    told: dict[str, Any] = {
        "name": name,
        "learns": learns,
        "parameters": 270_000 * (place + 1),
        "before": {"val": {"top1": before}, "test": {"top1": before, "nll": 0.61}},
        "cost": {"parameters": 270_000 * (place + 1), "macs": 4.1e7, "latency_ms": 1.3, "memory_bytes": 4e6},
    }
    if not learns:
        return told
    told |= {
        "after": {"val": {"top1": before + gain}, "test": {"top1": before + gain, "nll": 0.55}},
        "best_step": 40,
        "gain": gain,
        "flips": {"positive": 0.05, "negative": 0.05 - gain},
        "files": file_names(place, name),
        "comparisons": {"before": {"top1": {"difference": gain, "low": gain - 0.01, "high": gain + 0.01}}},
    }
    if alone:
        told["alone"] = {"test": {"top1": before + gain / 2, "nll": 0.57}}
        told["gain_over_alone"] = gain / 2
        told["comparisons"]["alone"] = {"top1": {"difference": gain / 2, "low": -0.02, "high": 0.03}}
    return told


def mutual_result(models: Sequence[str] = MODELS, *, learners: Sequence[str] | None = None) -> dict[str, Any]:
    """This will give a whole result; nobody learned but `learners`, all of them unless given."""
    learn = list(models if learners is None else learners)
    sources = [*models, *(["(own start)"] if learners is not None else [])]
    told = [participant(place, name, learns=name in learn) for place, name in enumerate(models)]
    gains = [one["gain"] for one in told if one["learns"]]
    own = {f"{one['name']}/top1": one["after"]["test"]["top1"] for one in told if one["learns"]}
    share = [0.5, 0.3, 0.15, 0.05][: len(sources)]
    return {
        "metrics": {"top1": 0.79, "gain": sum(gains) / len(gains), "least_gain": min(gains), **own},
        "baselines": {"before": {"top1": 0.78}, "alone": {"top1": 0.785}, "blind": {"top1": 0.25}},
        "primary": "top1",
        "participants": told,
        "complement": [
            {
                "first": first,
                "second": second,
                **complement(
                    Known.of_qualities(QUALITIES[0]), Known.of_qualities(QUALITIES[1]), [*"abcd"]
                ).as_dict(),
                "third": None,
            }
            for first, second in combinations(models, 2)
        ],
        "transfer": {
            "learners": learn,
            "sources": sources,
            "share": [share for _ in learn],
            "samples": [[round(2_000 * one) for one in share] for _ in learn],
            "brought": [[0.031, -0.012, 0.004, None][: len(sources)] for _ in learn],
            "known_best": [[14, 8, 2, 0][: len(sources)] for _ in learn],
        },
    }


def model_columns(
    learner: str, models: Sequence[str] = MODELS, *, rows: Sequence[Image] = ROWS
) -> dict[str, list[Any]]:
    """This will make the table of samples of a model that learned; models take turns in knowing best."""
    labels = [row["label"] for row in rows]
    columns: dict[str, list[Any]] = {
        "sample_id": [row["id"] for row in rows],
        "split": [row["split"] for row in rows],
        "source_id": [row["source"] for row in rows],
        "label": labels,
        **_said("student_", 2 * WRONG[learner], labels, score=0.8),
        **_said("solo_", 2 * WRONG[learner] - 1, labels, score=0.7),
        **_said("start_", WRONG[learner], labels, score=0.6),
    }
    columns["gain"] = np.subtract(columns["student_quality"], columns["start_quality"]).tolist()
    for place, name in enumerate(models):
        columns |= _said(f"{name}/", WRONG[name], labels, score=0.6 + 0.05 * place)
        columns[f"{name}/weight"] = [float(row % len(models) == place) for row in range(len(rows))]
    columns["entropy"] = [0.0] * len(rows)
    said = [columns[f"{name}/class"] for name in models]
    columns["disagreement"] = [float(len(set(each)) > 1) for each in zip(*said, strict=True)]
    columns["leading"] = [models[row % len(models)] for row in range(len(rows))]
    return columns


def model_files(models: Sequence[str] = MODELS, *, learners: Sequence[str] | None = None) -> dict[str, bytes]:
    """This will make the files that such a job leaves."""
    files = {WEIGHTS: weights_parquet([row["id"] for row in ROWS], teachers=list(models)), "spec.yaml": b"{}"}
    for place, name in enumerate(models):
        if learners is not None and name not in learners:
            continue
        names, columns = file_names(place, name), model_columns(name, models)
        files |= {
            names["samples"]: parquet(columns),
            names["probabilities"]: probabilities_parquet(columns, classes=CLASSES),
            names["model"]: f"parameters of {name}".encode(),
            names["onnx"]: b"program",
            names["card"]: b"# card",
        }
    return files


def ended_mutual(project: Project, user: User, **more: Any) -> Job:
    """This will submit a job of three models and let it end with its files and its result."""
    learners = [MODELS[0]] if more.get("method") == "partition" else None
    document = mutual_spec(*MODELS, **more)
    document["evaluation"] = {"compare_solo": True}
    job = submit(project=project, user=user, spec=parse(document))
    double = EngineDouble()
    double.start()
    double.finish(files=model_files(learners=learners), result=mutual_result(learners=learners))
    return Job.objects.get(pk=job.pk)


def _said(start: str, every: int, labels: Sequence[str], *, score: float) -> dict[str, list[Any]]:
    wrong = [place % every == every - 1 for place in range(len(labels))]
    rest = (1 - score) / (len(CLASSES) - 1)
    return {
        f"{start}class": [
            CLASSES[(CLASSES.index(label) + is_wrong) % len(CLASSES)]
            for label, is_wrong in zip(labels, wrong, strict=True)
        ],
        f"{start}quality": [rest if is_wrong else score for is_wrong in wrong],
        f"{start}score": [score] * len(labels),
    }
