"""Rows for tests that need no files."""

from typing import Any

from mtkd_engine.data.check.problems import ProblemLog
from mtkd_engine.data.rows import Problem, Row


def row(number: int = 0, **changes: Any) -> Row:
    """A good row; `changes` spoil it."""
    video = changes.get("video_id", "v")
    given = {
        "split": "train",
        "sample_id": f"{video}#{number}",
        "video_id": video,
        "source_id": None,
        "duration": 10.0,
        "windows": ((1.0, 2.0),),
        "sentence": f"a person runs {number}",
        "file": f"{changes.get('split', 'train')}.json",
        "line": number + 1,
    }
    return Row(**(given | changes))


def found(log: ProblemLog) -> dict[str, Problem]:
    """Problems by code."""
    return {problem.code: problem for problem in log.problems()}
