"""A sealed dataset of generated images among the datasets of a project."""

from __future__ import annotations

from pathlib import Path

from jobs.models import Dataset, Project
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.images.world import ImagesPerSplit, make_images
from tests.kept_datasets import keep_sealed

FEW = ImagesPerSplit(train=40, val=10, test=10)


def keep_images(project: Project, folder: Path, *, name: str = "shapes", form: str = "parquet") -> Dataset:
    """This will seal a little generated world and store it as a dataset of the project."""
    make_images(folder / "raw", images=FEW, size=12, classes=3, form=form)
    report = check_dataset(folder / "raw", name=name, seal=folder / "sealed")
    return keep_sealed(project, folder / "sealed", name=name, report=report)
