"""The report on a dataset: what web pages and people read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mtkd_engine.data.check.findings import is_usable
from mtkd_engine.data.check.handed import Handed
from mtkd_engine.data.check.problems import told_repairs
from mtkd_engine.data.check.repairs import REPAIRS
from mtkd_engine.data.check.statistics import count_splits, describe
from mtkd_engine.data.features import Features
from mtkd_engine.data.rows import Problem, Row
from mtkd_engine.data.sealing.samples import WordVectors
from mtkd_engine.data.sealing.seal import Seal
from mtkd_engine.data.split import SPLITS

_SHOWN_SAMPLES = 8


@dataclass(frozen=True)
class Findings:
    """Everything but the problems that a report is made of."""

    handed: Handed
    rows: list[Row]
    made: frozenset[str]
    accepted: tuple[str, ...]
    features: Features | None
    words: WordVectors | None
    vocabulary: int
    playable: int


def report_of(found: Findings, *, problems: Sequence[Problem], sealed: Seal | None = None) -> dict[str, Any]:
    """This will give the report as JSON-ready data; without a seal there is no content hash yet."""
    files = [{"name": path.name, "bytes": _size(path)} for path in found.handed.files]
    words, features = found.words, found.features
    return {
        "kind": "dataset",
        "task": "grounding",
        "name": found.handed.name,
        "format": found.handed.format,
        "sealed": sealed is not None,
        "files": files,
        "splits": count_splits(found.rows),
        "split_made": bool(found.made),
        "feature_width": None if features is None else features.width,
        "feature_videos": 0 if features is None else len(features.keys()),
        "word_vectors": words
        and {
            "width": int(words.vectors.shape[1]),
            "words": len(words.words),
            "vocabulary": found.vocabulary,
        },
        "playable": found.playable,
        "problems": [asdict(problem) for problem in problems],
        "repairs": told_repairs(problems, titles=REPAIRS, accepted=found.accepted),
        "statistics": describe(found.rows),
        "samples": _samples(found.rows),
        "content_hash": None if sealed is None else sealed.content_hash,
        "bytes": sum(_size(path) for path in found.handed.files) if sealed is None else sealed.bytes,
    }


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.iterdir() if file.is_file())
    return path.stat().st_size


def _samples(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Some usable rows of every split, spread over it."""
    chosen: list[Row] = []
    usable = {split: [row for row in rows if row.split == split and is_usable(row)] for split in SPLITS}
    left = [split for split in SPLITS if usable[split]]
    for split in left:
        share = -(-(_SHOWN_SAMPLES - len(chosen)) // (len(left) - left.index(split)))
        step = max(1, len(usable[split]) // share)
        chosen += usable[split][::step][:share]
    return [
        {
            "id": row.sample_id,
            "split": row.split,
            "video": row.video_id,
            "duration": row.duration,
            "windows": [list(window) for window in row.windows],
            "sentence": row.sentence,
        }
        for row in chosen
    ]
