"""The models of a project on a dataset, and who could learn from whom: for their page and for REST alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from jobs.comparisons.partners import SPLITS, Partners, areas_of, find_partners
from jobs.models import Dataset, Project
from jobs.queries.sources import find_dataset
from jobs.queries.zoo import COMPARED, ZooModel, is_compared, models_on, zoo_datasets
from mtkd_engine.comparing.partners import Pair
from mtkd_engine.spec.measures import measures_of

LONGEST = 140


class NotInZooError(Exception):
    """A dataset, split or model was asked for that is none; `fields` says what, in a sentence each."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.fields = {field: sentence}


def dataset_of(project: Project, label: str) -> Dataset | None:
    """This will find the dataset that is asked for, or the project's newest one; None where it has none.

    Raises NotInZooError for a label of nothing, and of a dataset on which models are not compared.
    """
    offered = zoo_datasets(project)
    if not label:
        return max(offered, key=lambda one: one.pk, default=None)
    found = find_dataset(project, label[:LONGEST])
    if found is None or not is_compared(found.task):
        what = "is none of this project" if found is None else f"is of task {found.task}"
        accepted = ", ".join(one.label for one in offered) or f"a dataset of task {' or '.join(COMPARED)}"
        raise NotInZooError(
            "dataset", f"given {label[:LONGEST]!r}, which {what}; accepted is one of {accepted}."
        )
    return found


def split_of(given: str) -> str:
    """This will read a split that teachers are measured on, val unless one is given; raises NotInZooError."""
    if given and given not in SPLITS:
        raise NotInZooError("split", f"given {given[:LONGEST]!r}, accepted is one of {', '.join(SPLITS)}.")
    return given or SPLITS[0]


def model_named(models: Sequence[ZooModel], name: str, *, field: str) -> ZooModel:
    """This will find one of the models by its name; raises NotInZooError."""
    found = next((one for one in models if one.teacher.name == name), None)
    if found is None:
        accepted = ", ".join(one.teacher.name for one in models) or "none, for there is no model of this task"
        raise NotInZooError(field, f"given {name[:LONGEST]!r}, accepted is one of {accepted}.")
    return found


def zoo(dataset: Dataset, *, split: str) -> dict[str, Any]:
    """This will tell of every model of the dataset's project that could be compared on it, as JSON (`ZooShape`)."""
    return {
        "dataset": dataset.label,
        "split": split,
        "metric": measures_of({"task": dataset.task}).headline,
        "models": [_model(one, split=split) for one in models_on(dataset)],
    }


def partners(dataset: Dataset, *, split: str, of: str = "") -> dict[str, Any]:
    """This will rank pairs of models, or those of one, as JSON (`PartnersShape`).

    Raises NotInZooError for a model that is none, and StorageError.
    """
    models = models_on(dataset)
    if of:
        model_named(models, of, field="of")
    found = find_partners(models, split=split, of=of or None)
    return {
        "dataset": dataset.label,
        "split": split,
        "samples": found.samples,
        "compared": list(found.compared),
        "left_out": list(found.left_out),
        "unmeasured": [one.teacher.name for one in models if one.measurement is None],
        "more": found.more,
        "hint": _hint(models, found, of=of),
        "pairs": [
            {**pair.as_dict(), "sentence": sentence_of(pair, has_classes=pair.complement.neither is not None)}
            for pair in found.pairs
        ],
    }


def expertise(dataset: Dataset, *, split: str, first: str, second: str) -> dict[str, Any]:
    """This will hold two measured classifiers against each other class by class, as JSON (`ExpertiseShape`).

    Raises NotInZooError for a model that is none or was not measured, and StorageError.
    """
    models = models_on(dataset)
    chosen = [model_named(models, name, field=key) for key, name in (("first", first), ("second", second))]
    for key, one in zip(("first", "second"), chosen, strict=True):
        if one.measurement is None:
            raise NotInZooError(
                key, f"given {one.teacher.name!r}, accepted is a model that was measured on it."
            )
    areas = areas_of(*chosen, split=split)
    return {
        "dataset": dataset.label,
        "split": split,
        "first": first,
        "second": second,
        "classes": [{**asdict(area), "leads": area.leads} for area in areas],
    }


def sentence_of(pair: Pair, *, has_classes: bool) -> str:
    """This will say in plain words what a pair knows."""
    found = pair.complement
    beyond, low, high = (
        f"{100 * share:.1f}" for share in (found.beyond.mean, found.beyond.low, found.beyond.high)
    )
    if beyond == "0.0":
        return "Together they know no more than the better one alone."
    if has_classes:
        return f"Together they know {beyond} points more than the better one ({low} to {high})."
    return f"The better of both at each sample is {beyond} points better than the better model ({low} to {high})."


def _model(one: ZooModel, *, split: str) -> dict[str, Any]:
    teacher, measured = one.teacher, one.measurement
    return {
        "id": teacher.pk,
        "name": teacher.name,
        "kind": teacher.kind,
        "family": teacher.report.get("family") or "",
        "parameters": teacher.report.get("parameters"),
        "from_job": teacher.from_job_id,
        "how": str(teacher.origin.get("how") or ""),
        "registered_at": teacher.created_at,
        "metrics": one.metrics(split),
        "measured_at": None if measured is None else measured.measured_at,
        "registration": None if one.asked is None else one.asked.pk,
        "is_under_way": one.is_under_way,
        "problem": "" if one.asked is None or one.is_under_way else one.asked.sentence,
    }


def _hint(models: Sequence[ZooModel], found: Partners, *, of: str) -> str:
    """What to do where nothing can be compared; empty where something is."""
    if found.pairs:
        return ""
    if len(models) < 2:
        return "Two models of this task are needed: register another one, or promote a student."
    measured = [one for one in models if one.measurement is not None]
    if of and all(one.teacher.name != of for one in measured):
        return f"{of} was not measured on this dataset: measure it, and its partners are known."
    if len(measured) < 2:
        return "Two models that were measured on this dataset are needed: measure those that were not."
    return "The models that were measured share no sample of this split, or are measured in different ways."
