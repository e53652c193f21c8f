"""A sealed dataset of generated images among the datasets of a project."""

from __future__ import annotations

from pathlib import Path

from jobs.models import Dataset, Project, StoredFile
from jobs.storage.blobs import keep_file
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.images.world import ImagesPerSplit, make_images

FEW = ImagesPerSplit(train=40, val=10, test=10)


def keep_images(project: Project, folder: Path, *, name: str = "shapes", form: str = "parquet") -> Dataset:
    """This will seal a little generated world and store it as a dataset of the project."""
    make_images(folder / "raw", images=FEW, size=12, classes=3, form=form)
    report = check_dataset(folder / "raw", name=name, seal=folder / "sealed")
    dataset = Dataset.objects.create(
        project=project,
        name=name,
        task=report["task"],
        content_hash=report["content_hash"],
        report=report,
    )
    for path in sorted((folder / "sealed").iterdir()):
        StoredFile.objects.create(dataset=dataset, name=path.name, blob=keep_file(path))
    return dataset
