"""Sealed datasets of dense tasks and jobs on them, made by hand as the formats say; no engine has looked at them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from jobs.models import Artifact, Attempt, Dataset, Job, Project, State
from jobs.queries.inspect.maps import MAPS
from jobs.queries.inspect.table import PER_SAMPLE
from jobs.storage.blobs import keep_file, staging
from mtkd_engine.data.gaze.looks import fixations_of
from tests.inspected import parquet
from tests.kept_datasets import keep_sealed

CLASSES = ("ground", "disc", "box")
SIZE = (48, 36)  # width, height
SPLITS = ("train",) * 4 + ("val",) * 3 + ("test",) * 5
MODELS = ("big", "v1.2/odd")
TABLES = ("1-big.per_sample.parquet", "2-odd.per_sample.parquet")
MAPPED = ("truth", *(f"{name}{when}" for name in MODELS for when in (" at start", "")))
Bytes = NDArray[np.uint8]


def keep_masks(project: Project, folder: Path, *, name: str = "streets") -> Dataset:
    """This will store twelve pictures with masks of three classes, void at their left edge."""
    drawn = [_drawn(place) for place in range(len(SPLITS))]
    sealed = _sealed(folder / name, kind="masks", task="segmentation")
    _pack(sealed, "images", [_png(picture) for picture, _ in drawn])
    _pack(sealed, "masks", [_png(mask) for _, mask in drawn])
    pixels = {split: [900, 500, 200, 128] for split in ("train", "val", "test")}
    report = {
        **_report("segmentation", "masks"),
        "classes": list(CLASSES),
        "statistics": {"pixels": pixels},
    }
    return keep_sealed(project, sealed, name=name, report=report)


def keep_gaze(project: Project, folder: Path, *, name: str = "glances") -> Dataset:
    """This will store twelve pictures at which three people looked, each four times."""
    sealed = _sealed(folder / name, kind="gaze", task="saliency")
    _pack(sealed, "images", [_png(_drawn(place)[0]) for place in range(len(SPLITS))])
    _pack(sealed, "gaze", [_looked(place) for place in range(len(SPLITS))])
    _pack(sealed, "maps", [b""] * len(SPLITS))
    return keep_sealed(project, sealed, name=name, report=_report("saliency", "gaze"))


def dense_job(
    project: Project, dataset: Dataset, *, files: Mapping[str, bytes] | None = None, **spec: Any
) -> Job:
    """This will store an ended job on a dense dataset, in which two models taught each other unless `spec` differs."""
    plain: dict[str, Any] = {
        "name": "exchange",
        "task": dataset.task,
        "data": {"kind": dataset.report["data"], "dataset": dataset.name},
        "method": {"kind": "mutual"},
        "teachers": [{"name": name} for name in MODELS],
        **spec,
    }
    job = Job.objects.create(
        project=project,
        dataset=dataset,
        name="exchange",
        spec=plain,
        state=State.SUCCEEDED,
        result=_result(dataset, is_mutual="method" not in spec),
    )
    attempt = Attempt.objects.create(job=job, number=1, fence=1, worker="double")
    for name, body in (files or dense_files(dataset)).items():
        _artifact(attempt, name, body)
    return job


def dense_files(dataset: Dataset) -> dict[str, bytes]:
    """This will make each model's table of the samples of val and test, and maps of all but the last."""
    columns = _columns()
    made = _mask_map if dataset.task == "segmentation" else _grey_map
    return {
        **{file: parquet(_of(columns, place)) for place, file in enumerate(TABLES)},
        MAPS: maps_parquet(columns["sample_id"][:-1], made),
    }


def _columns() -> dict[str, list[Any]]:
    ids = [f"p{place}" for place, split in enumerate(SPLITS) if split != "train"]
    splits = [split for split in SPLITS if split != "train"]
    count = len(ids)
    after = [0.3 + 0.5 * place / count for place in range(count)]
    start = [0.45] * count
    return {
        "sample_id": ids,
        "split": splits,
        "source_id": [f"s{place // 2}" for place in range(count)],
        "student_quality": after,
        "start_quality": start,
        "gain": np.subtract(after, start).tolist(),
        **{f"{name}/quality": [0.4 + 0.1 * number] * count for number, name in enumerate(MODELS)},
        **{f"{name}/weight": [float(number)] * count for number, name in enumerate(MODELS)},
        "entropy": [0.0] * count,
        "leading": [MODELS[1]] * count,
    }


def _of(columns: dict[str, list[Any]], place: int) -> dict[str, list[Any]]:
    """The second model is better by a tenth after training."""
    return columns | {"student_quality": [value + 0.1 * place for value in columns["student_quality"]]}


def solo_files(dataset: Dataset) -> dict[str, bytes]:
    """This will make what a job of one student leaves: its table, and maps of it and of the truth."""
    columns = {name: values for name, values in _columns().items() if "/" not in name}
    columns = {name: columns[name] for name in ("sample_id", "split", "source_id", "student_quality")}
    made = _mask_map if dataset.task == "segmentation" else _grey_map
    return {
        PER_SAMPLE: parquet(columns),
        MAPS: maps_parquet(columns["sample_id"], made, who=("truth", "student")),
    }


def maps_parquet(
    ids: Sequence[str], made: Callable[[int, int], Bytes], *, who: Sequence[str] = MAPPED
) -> bytes:
    """This will write what everybody says of some samples, four samples in each group of rows."""
    rows = [
        {"sample_id": one, "split": "test", "participant": name, "frame": 0, "png": _png(made(place, number))}
        for place, one in enumerate(ids)
        for number, name in enumerate(who)
    ]
    target = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), target, row_group_size=4 * len(who))
    return target.getvalue()


def _drawn(place: int) -> tuple[Bytes, Bytes]:
    """A picture and its mask: a disc and a box on ground, elsewhere in each."""
    picture, mask = Image.new("RGB", SIZE, (70, 92, 80)), Image.new("L", SIZE, 0)
    for image, colours in ((picture, ((200, 170, 60), (90, 110, 200))), (mask, (1, 2))):
        draw, (disc, box) = ImageDraw.Draw(image), colours
        left = 6 + 2 * (place % 8)
        draw.ellipse((left, 8, left + 14, 22), fill=disc)
        draw.rectangle((40 - left, 20, 52 - left, 32), fill=box)
    told_HW = np.array(mask)
    told_HW[:, :3] = 255
    return np.array(picture), told_HW


def _looked(place: int) -> bytes:
    draw = np.random.default_rng(place)
    middle = np.array([13 + 2 * (place % 8), 15])
    points_K2 = np.clip(middle + draw.normal(0, 5, (12, 2)), 0, np.array(SIZE) - 1)
    return fixations_of(points_K2, viewers_K=np.arange(12) % 3).tobytes()


def _mask_map(place: int, number: int) -> Bytes:
    return np.roll(_drawn(place + 4)[1], 2 * number, axis=1)


def _grey_map(place: int, number: int) -> Bytes:
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    far_HW = (x - 13 - 2 * (place % 8) - 2 * number) ** 2 + (y - 15) ** 2
    return (255 * np.exp(-far_HW / (60 + 40 * number))).astype(np.uint8)


def _sealed(folder: Path, *, kind: str, task: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "dataset.json").write_text(json.dumps({"task": task, "kind": kind}))
    lines = [
        json.dumps(
            {
                "id": f"p{place}",
                "split": split,
                "source": f"s{place // 2}",
                "sha256": f"{place:064}",
                "width": SIZE[0],
                "height": SIZE[1],
                "kind": "png",
            }
        ).encode()
        + b"\n"
        for place, split in enumerate(SPLITS)
    ]
    (folder / "samples.jsonl").write_bytes(b"".join(lines))
    np.cumsum([0, *map(len, lines)]).astype("<u8").tofile(folder / "samples.idx")
    return folder


def _report(task: str, kind: str) -> dict[str, Any]:
    counts = {
        split: {"samples": SPLITS.count(split), "sources": (SPLITS.count(split) + 1) // 2}
        for split in ("train", "val", "test")
    }
    return {
        "kind": "dataset",
        "task": task,
        "data": kind,
        "content_hash": f"hash of {kind}",
        "splits": counts,
        "problems": [],
    }


def _pack(folder: Path, name: str, pieces: Sequence[bytes]) -> None:
    (folder / f"{name}.bin").write_bytes(b"".join(pieces))
    np.cumsum([0, *map(len, pieces)]).astype("<u8").tofile(folder / f"{name}.idx")


def _png(pixels: Bytes) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()


def _result(dataset: Dataset, *, is_mutual: bool) -> dict[str, Any]:
    metrics = {"miou": 0.55} if dataset.task == "segmentation" else {"cc": 0.55}
    if not is_mutual:
        return {"metrics": metrics}
    after = {"test": metrics, "val": metrics}
    participants = [
        {
            "name": name,
            "learns": True,
            "before": after,
            "after": after,
            "gain": 0.02,
            "files": {"samples": file},
        }
        for name, file in zip(MODELS, TABLES, strict=True)
    ]
    return {"metrics": metrics, "primary": next(iter(metrics)), "participants": participants}


def _artifact(attempt: Attempt, name: str, body: bytes) -> None:
    with staging() as folder:
        (folder / name).write_bytes(body)
        blob = keep_file(folder / name)
    Artifact.objects.create(
        job=attempt.job,
        attempt=attempt,
        name=name,
        blob=blob,
        size=blob.size,
        media_type="application/octet-stream",
    )
