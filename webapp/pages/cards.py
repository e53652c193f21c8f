"""What the cards of datasets and of teachers have in common: where the bytes came from, what was found in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.models import Dataset, RegistrationKind, Teacher

MOST_CLASSES = 200
"""How many classes a table lists."""
RANK = {"error": 0, "warning": 1, "note": 2}


def origin_of(source: Dataset | Teacher) -> dict[str, Any]:
    """This will say where the bytes came from: a path, uploaded files, or a job."""
    origin = source.origin
    files = origin.get("files") or origin.get("uploads") or []
    return {
        "path": origin.get("path") or "",
        "registration": source.registrations.exclude(kind=RegistrationKind.MEASUREMENT)
        .values_list("pk", flat=True)
        .first(),
        "files": [
            {
                "name": file.get("name", ""),
                "size": file.get("size", file.get("bytes")),
                "sha256": file.get("sha256", ""),
            }
            for file in files
            if isinstance(file, Mapping)
        ],
    }


def shown_problems(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This will list what was found and not mended, the gravest first; older reports hold bare sentences."""
    found = [
        problem if isinstance(problem, Mapping) else {"severity": "warning", "message": str(problem)}
        for problem in report.get("problems") or []
    ]
    accepted = {repair["name"] for repair in report.get("repairs") or [] if repair.get("accepted")}
    remaining = [dict(problem) for problem in found if problem.get("repair") not in accepted]
    return sorted(remaining, key=lambda problem: RANK.get(problem.get("severity", ""), 3))
