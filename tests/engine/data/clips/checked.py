"""The check of a folder of clips, and what its report says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtkd_engine.data.clips.check.checking import check_clips
from mtkd_engine.data.clips.dataset import ClipDataset
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.errors import DatasetRefusedError
from mtkd_engine.data.labelled.check.checking import Checking
from mtkd_engine.data.progress import Progress


def check(
    folder: Path,
    *,
    accept: list[str] | None = None,
    seal: Path | None = None,
    work: Path | None = None,
    **more: Any,
) -> dict[str, Any]:
    """This will check a folder and perhaps seal it."""
    asked = Checking(accept=accept, seal=seal, work=work, progress=Progress())
    return check_clips([folder], name=folder.name, asked=asked, **more)


def found(report: dict[str, Any]) -> dict[str, int]:
    """This will give how often each problem was found."""
    return {problem["code"]: problem["count"] for problem in report["problems"]}


def details(report: dict[str, Any], code: str) -> list[str]:
    """This will give what is said of a problem, place by place."""
    return [place["detail"] for p in report["problems"] if p["code"] == code for place in p["places"]]


def clips_of(folder: Path) -> ClipDataset:
    """This will load a dataset of clips."""
    dataset = load_clips(folder)
    assert isinstance(dataset, ClipDataset)
    return dataset


def check_refused(folder: Path) -> dict[str, Any]:
    """This will give the report of a folder that is refused."""
    with pytest.raises(DatasetRefusedError) as refused:
        check(folder)
    return refused.value.report
