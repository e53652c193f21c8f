"""Sealed datasets made by hand, as the format says, for tests of what shows them; no engine has looked at them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jobs.models import Dataset, Project, StoredFile
from jobs.storage.blobs import keep_file

Row = dict[str, Any]


def sample_row(number: int, **changes: Any) -> Row:
    """This will make the line of one sample; two sentences share each video."""
    row: Row = {
        "id": f"v{number // 2}#{number % 2}",
        "split": "train",
        "source": f"v{number // 2}",
        "video": f"v{number // 2}",
        "duration": 20.0,
        "windows": [[float(number % 10), float(number % 10) + 4.5]],
        "sentence": f"person {number} opens the door",
    }
    return row | changes


def write_sealed(
    folder: Path, rows: Sequence[Row], *, strips: bool = True, files: dict[str, str] | None = None
) -> Path:
    """This will write samples, index, videos and strips; `files` names the playable file of a video."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows]
    (folder / "samples.jsonl").write_bytes(b"".join(lines))
    offsets = np.cumsum([0, *map(len, lines)])
    offsets.astype("<u8").tofile(folder / "samples.idx")
    videos = list(dict.fromkeys(row["video"] for row in rows))
    known = {
        video: {"strip": number if strips else None, "file": (files or {}).get(video)}
        for number, video in enumerate(videos)
    }
    (folder / "videos.json").write_text(json.dumps(known))
    if strips:
        waves = np.sin(np.arange(len(videos) * 16 * 96).reshape(len(videos), 16, 96) / 9)
        np.save(folder / "strips.npy", (127 * (waves + 1)).astype(np.uint8))
    return folder


def counts(rows: Sequence[Row]) -> dict[str, dict[str, int]]:
    """This will count the rows of each split as a report does."""
    found: dict[str, dict[str, int]] = {}
    for split in ("train", "val", "test"):
        own = [row for row in rows if row["split"] == split]
        if own:
            found[split] = {
                "samples": len(own),
                "videos": len({row["video"] for row in own}),
                "sources": len({row["source"] for row in own}),
                "windows": sum(len(row["windows"]) for row in own),
            }
    return found


def keep_sealed(
    project: Project, folder: Path, rows: Sequence[Row], *, name: str = "sealed", **report: Any
) -> Dataset:
    """This will store a sealed folder as a dataset of the project."""
    dataset = Dataset.objects.create(
        project=project,
        name=name,
        content_hash=name.encode().hex().ljust(64, "0")[:64],
        report={"feature_width": 8, **report},
    )
    keep_files(dataset, folder, rows)
    return dataset


def keep_files(dataset: Dataset, folder: Path, rows: Sequence[Row]) -> None:
    """This will store the files of a folder as those of a dataset."""
    dataset.report = dataset.report | {"splits": counts(rows)}
    dataset.save()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            stored = str(path.relative_to(folder))
            StoredFile.objects.create(dataset=dataset, name=stored, blob=keep_file(path))


def told_statistics() -> dict[str, Any]:
    """This will give statistics as the engine reports them."""
    splits = ("train", "val", "test")

    def histogram(low: float, high: float, bins: int = 20) -> dict[str, Any]:
        edges = np.linspace(low, high, bins + 1)
        bell = {
            split: np.round(400 * np.exp(-(((np.arange(bins) - 6 - 2 * place) / 4) ** 2)))
            .astype(int)
            .tolist()
            for place, split in enumerate(splits)
        }
        return {
            "edges": edges.tolist(),
            "counts": bell,
            "mean": {split: float(edges[bins // 3 + place - 1]) for place, split in enumerate(splits)},
            "median": {
                split: float(edges[max(0, bins // 3 + place - 2)]) for place, split in enumerate(splits)
            },
        }

    grid = np.triu(np.round(90 * np.exp(-np.add.outer(np.arange(20), np.abs(np.arange(20) - 9)) / 6))).astype(
        int
    )
    words = (
        "person",
        "the",
        "door",
        "opens",
        "sits",
        "holds",
        "book",
        "closes",
        "looks",
        "takes",
        "puts",
        "walks",
        "towel",
        "light",
    )
    return {
        "duration": histogram(0, 60),
        "window_seconds": histogram(0, 30),
        "window_share": histogram(0, 1),
        "words": histogram(2, 22),
        "queries_per_video": histogram(1, 11, 10),
        "windows_per_query": histogram(1, 5, 4),
        "position": {"bins": 20, "counts": {split: grid.tolist() for split in splits}},
        "vocabulary": {
            "size": 1303,
            "top": [[word, 9000 // (place + 1)] for place, word in enumerate(words)],
            "unseen": {"val": 12, "test": 97},
        },
    }
