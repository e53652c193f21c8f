"""Tables of jobs that classify made by hand, as the engine writes them: who says what of every image."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.models import Job, Project, User
from jobs.operations.jobs import submit
from jobs.queries.inspect.probabilities import PROBABILITIES
from jobs.queries.inspect.table import PER_SAMPLE
from jobs.queries.inspect.training import WEIGHTS
from mtkd_engine.spec import parse
from tests.classifying import CLASSES, spec_of
from tests.engine_double import EngineDouble
from tests.inspected import parquet, weights_parquet

TEACHERS = ("big", "small", "v1.2/odd")
WRONG = {"student": 3, "solo": 2, "teacher:big": 5, "teacher:small": 3, "teacher:v1.2/odd": 2}
"""Of so many samples, each participant is wrong on the last, and then says the next class."""

Image = dict[str, Any]


def images(count: int = 48, *, classes: Sequence[str] = CLASSES) -> list[Image]:
    """This will name images of each class in turn: half of test, the others of val."""
    return [
        {
            "id": f"i{n}",
            "split": ("val", "test")[n >= count // 2],
            "source": f"s{n // 2}",
            "label": classes[n % len(classes)],
        }
        for n in range(count)
    ]


def says(who: str, place: int, label: str, classes: Sequence[str]) -> str:
    """This will give the class that somebody says of the image at a place."""
    is_wrong = place % WRONG[who] == WRONG[who] - 1
    return classes[(classes.index(label) + is_wrong) % len(classes)]


def class_columns(
    rows: Sequence[Image],
    *,
    classes: Sequence[str] = CLASSES,
    teachers: Sequence[str] = TEACHERS,
    solo: bool = True,
) -> dict[str, list[Any]]:
    """This will make the table of samples; the target says what the first teacher does, who leads on even rows."""
    labels = [row["label"] for row in rows]
    columns: dict[str, list[Any]] = {
        "sample_id": [row["id"] for row in rows],
        "split": [row["split"] for row in rows],
        "source_id": [row["source"] for row in rows],
        "label": labels,
        **_said("student_", "student", labels, classes),
    }
    if solo:
        columns |= _said("solo_", "solo", labels, classes)
        columns["gain"] = np.subtract(columns["student_quality"], columns["solo_quality"]).tolist()
    if not teachers:
        return columns
    columns |= _said("target_", f"teacher:{teachers[0]}", labels, classes)
    share = 0.4 / max(1, len(teachers) - 1)
    for number, name in enumerate(teachers):
        columns |= _said(f"{name}/", f"teacher:{name}", labels, classes)
        leads = [
            place % 2 == 0 if number == 0 else place % 2 == 1 and number == 1 for place in range(len(rows))
        ]
        columns[f"{name}/weight"] = [0.6 if one else share for one in leads]
    columns["entropy"] = [0.95] * len(rows)
    named = [columns[f"{name}/class"] for name in teachers]
    columns["disagreement"] = [float(len(set(said)) > 1) for said in zip(*named, strict=True)]
    columns["leading"] = [teachers[place % 2 % len(teachers)] for place in range(len(rows))]
    return columns


def probabilities_parquet(
    columns: Mapping[str, list[Any]], *, classes: Sequence[str], group: int = 32
) -> bytes:
    """This will write what is kept of every class, in groups of few rows; images of train have none."""
    who = {"student": "student_", "start": "start_", "solo": "solo_", "target": "target_"}
    who |= {
        f"teacher:{name.removesuffix('/class')}": name.removesuffix("class")
        for name in columns
        if "/class" in name
    }
    rows: dict[str, list[Any]] = {
        name: [] for name in ("sample_id", "split", "who", "classes", "probabilities")
    }
    for place, sample_id in enumerate(columns["sample_id"]):
        if columns["split"][place] == "train":
            continue
        for one, start in who.items():
            if f"{start}class" not in columns:
                continue
            said, score = columns[f"{start}class"][place], columns[f"{start}score"][place]
            rest = (1 - score) / (len(classes) - 1)
            values = [score if name == said else rest for name in classes]
            for key, value in zip(
                rows, (sample_id, columns["split"][place], one, list(classes), values), strict=True
            ):
                rows[key].append(value)
    target = io.BytesIO()
    pq.write_table(pa.table(rows), target, row_group_size=group)
    return target.getvalue()


def class_files(columns: dict[str, list[Any]], *, classes: Sequence[str] = CLASSES) -> dict[str, bytes]:
    """This will make the files that a job of classification leaves about its samples."""
    teachers = [name.removesuffix("/weight") for name in columns if name.endswith("/weight")]
    return {
        PER_SAMPLE: parquet(columns),
        PROBABILITIES: probabilities_parquet(columns, classes=classes),
        WEIGHTS: weights_parquet(columns["sample_id"], teachers=teachers),
    }


def ended_job(
    project: Project,
    user: User,
    files: dict[str, bytes],
    *,
    teachers: Sequence[str] = TEACHERS,
    dataset: str = "pets",
) -> Job:
    """This will submit a job and let it end with files."""
    document = spec_of(
        *teachers, dataset=dataset, **({"aggregator": {"kind": "entropy"}} if teachers else {})
    )
    document["evaluation"] = {"compare_solo": bool(teachers)}
    job = submit(project=project, user=user, spec=parse(document))
    double = EngineDouble()
    double.start()
    double.finish(files=files)
    return Job.objects.get(pk=job.pk)


def _said(start: str, who: str, labels: Sequence[str], classes: Sequence[str]) -> dict[str, list[Any]]:
    said = [says(who, place, label, classes) for place, label in enumerate(labels)]
    score = 0.7 - 0.02 * (WRONG[who] - 2)
    rest = (1 - score) / (len(classes) - 1)
    return {
        f"{start}class": said,
        f"{start}quality": [score if one == label else rest for one, label in zip(said, labels, strict=True)],
        f"{start}score": [score] * len(labels),
    }
