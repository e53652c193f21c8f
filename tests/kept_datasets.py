"""A sealed dataset among the datasets of a project."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jobs.models import Dataset, Project, StoredFile
from jobs.storage.blobs import keep_file


def keep_sealed(project: Project, sealed: Path, *, name: str, report: dict[str, Any]) -> Dataset:
    """This will store what a check sealed, with its report, as a dataset of the project."""
    dataset = Dataset.objects.create(
        project=project,
        name=name,
        task=report["task"],
        content_hash=report["content_hash"],
        report=report,
    )
    for path in sorted(sealed.iterdir()):
        StoredFile.objects.create(dataset=dataset, name=path.name, blob=keep_file(path))
    return dataset
