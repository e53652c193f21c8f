"""Taking datasets in."""

from __future__ import annotations

from pathlib import Path

from jobs.models import Dataset, Project, User
from jobs.operations.intake import (
    allowed_path,
    free_name,
    is_allowed,
    keep,
    refused,
    refusing_disk_errors,
    report_on,
)
from jobs.storage import copy_file, staging
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.manifest import FILE, read_manifest


def register_dataset(*, project: Project, user: User, name: str, path: str) -> Dataset:
    """This will check the folder at `path`, copy it into the storage and give it a name in the project.

    The copy is what is checked. Raises UnableToRegister with one sentence; nothing half-made stays.
    """
    name = free_name(Dataset, project=project, name=name)
    folder = allowed_path(path)
    with staging() as stage:
        staged = stage / folder.name
        with refusing_disk_errors():
            _copy(folder, staged)
        report = report_on("dataset", staged)
        dataset = Dataset(
            project=project,
            name=name,
            task=report["task"],
            content_hash=report["content_hash"],
            storage_key=f"datasets/{report['content_hash']}",
            report=report,
            created_by=user,
        )
        return keep(staged, key=dataset.storage_key, row=dataset)


def _copy(folder: Path, target: Path) -> None:
    """Copy only what the dataset is made of."""
    try:
        manifest = read_manifest(folder)
    except DataError as error:
        raise refused("path", str(error)) from None
    files = {*manifest.annotations.values(), manifest.features}
    if (folder / FILE).is_file():
        files.add(folder / FILE)
    for file in sorted(files):
        if not is_allowed(file):
            raise refused("path", f"{file.name} is a link to a place that nothing may be registered from.")
        copy = target / file.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy_file(file, copy)
