"""Reading, writing and hashing Specs; torch-free."""

from __future__ import annotations

import hashlib
import json
import reprlib
from collections.abc import Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from mtkd_engine.spec.base import explain
from mtkd_engine.spec.classification.job import (
    ClipClassificationSpec,
    FeatureClassificationSpec,
    ImageClassificationSpec,
    StreamClassificationSpec,
)
from mtkd_engine.spec.grounding import GroundingSpec
from mtkd_engine.spec.job import Spec
from mtkd_engine.spec.saliency.job import SaliencySpec, VideoSaliencySpec
from mtkd_engine.spec.segmentation.job import SegmentationSpec
from mtkd_engine.spec.text import TextError, read_yaml
from mtkd_engine.spec_error import SpecError

GROUP_KEYS = ("seeds", "ablate")
"""What makes a group of jobs of the spec of one."""

SPECS: dict[str, type[Spec]] = {
    "grounding": GroundingSpec,
    "classification": ImageClassificationSpec,
    "clips": ClipClassificationSpec,
    "streams": StreamClassificationSpec,
    "features": FeatureClassificationSpec,
    "segmentation": SegmentationSpec,
    "saliency": SaliencySpec,
    "video_saliency": VideoSaliencySpec,
}
"""The Spec of each subject: a task, or what a task sees a sample as where that is not its first kind of sample."""
TASKS = ("grounding", "classification", "segmentation", "saliency")
"""A spec that names none is of the first."""
_SEEN_AS = {
    "classification": {"clips": "clips", "streams": "streams", "features": "features"},
    "saliency": {"gaze_video": "video_saliency"},
}
"""By task and `data.kind` the subjects that are no task."""

_YOUNGER: tuple[tuple[str, Any], ...] = (
    ("data.kind", "images"),
    ("data.labels", {"share": 1.0, "seed": 0}),
    ("data.word_vectors", "auto"),
    ("data.leave_out", []),
    ("data.test_on", None),
    ("evaluation.compare_solo", False),
    ("method.assistants", []),
    ("method.aggregator.fitted", "joint"),
    ("method.aggregator.epochs", 10),
    ("method.isomorphic.shares", ["words", "video", "convolutions"]),
    ("method.isomorphic.align_weight", 0.0),
)
"""Keys younger than checkpoints that lie somewhere, with what was done before there was a choice."""


def parse(raw: Any) -> Spec:
    """This will validate plain data into a Spec.

    Raises SpecError with one sentence per refused field.
    """
    if not isinstance(raw, dict):
        raise SpecError({"": f"A spec is a mapping of keys to values; given was {_noun(raw)}."})
    if keys := [key for key in GROUP_KEYS if key in raw]:
        raise SpecError({keys[0]: _A_GROUP})
    task, subject = raw.get("task", TASKS[0]), subject_of(raw)
    if not isinstance(task, str) or task not in TASKS:
        accepted = ", ".join(map(repr, TASKS))
        raise SpecError({"task": f"given {reprlib.repr(task)}, accepted is one of {accepted}."})
    try:
        return SPECS[subject].model_validate(raw)
    except ValidationError as error:
        raise explain(error, subject=subject) from None


def subject_of(raw: Mapping[str, Any]) -> str:
    """This will say of which subject plain data is a spec, the first or that of images where it is of none."""
    task, data = raw.get("task", TASKS[0]), raw.get("data")
    kind = data.get("kind") if isinstance(data, Mapping) else None
    if not isinstance(task, str) or task not in TASKS:
        return TASKS[0]
    return _SEEN_AS.get(task, {}).get(kind, task) if isinstance(kind, str) else task


def kind_of(subject: str) -> str:
    """This will say which `data.kind` the specs of a subject have, "" where it has none."""
    data = SPECS[subject].model_fields["data"].annotation
    field = getattr(data, "model_fields", {}).get("kind")
    return "" if field is None else str(field.default)


_A_GROUP = (
    "this key makes a group of jobs, and accepted here is one job; submit it as a group, or have the specs of its "
    "jobs written by `python -m mtkd_engine expand`."
)


def _noun(raw: Any) -> str:
    return {type(None): "nothing", list: "a list", str: "text"}.get(type(raw), type(raw).__name__)


def load_yaml(text: str) -> Spec:
    """This will parse YAML (or JSON) text into a Spec; raises SpecError."""
    try:
        raw = read_yaml(text)
    except TextError as error:
        raise SpecError({"": str(error)}) from None
    return parse(raw)


def dump_yaml(spec: Spec) -> str:
    """This will write a Spec as YAML that `load_yaml` reads back to an equal Spec."""
    return yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def spec_hash(spec: Spec) -> str:
    """This will give the sha256 of the Spec's canonical JSON; jobs that differ in group or gates only share it."""
    stated = spec.model_dump(mode="json", exclude={"group", "gates"})
    for path, before in _YOUNGER:
        _drop(stated, path.split("."), before)
    canonical = json.dumps(stated, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _drop(part: dict[str, Any], path: list[str], before: Any) -> None:
    for key in path[:-1]:
        part = part.get(key) or {}
    if path[-1] in part and part[path[-1]] == before:
        del part[path[-1]]
