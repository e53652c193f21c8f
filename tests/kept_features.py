"""A sealed dataset of generated features of clips among the datasets of a project."""

from __future__ import annotations

from pathlib import Path

from jobs.models import Dataset, Project
from mtkd_engine.data.check.validate import check_dataset
from mtkd_engine.data.clips.world import ClipsPerSplit, make_clips
from tests.kept_datasets import keep_sealed

FEW = ClipsPerSplit(train=36, val=12, test=12)


def keep_features(project: Project, folder: Path, *, name: str = "moves", posters: bytes = b"") -> Dataset:
    """This will seal a little generated world and store it; with `posters` as if every clip had this picture."""
    make_clips(folder / "raw", clips=FEW, frames=6, difficulty=0.2, form="features")
    report = check_dataset(folder / "raw", name=name, seal=folder / "sealed")
    if posters:
        count = sum(split["samples"] for split in report["splits"].values())
        starts = b"".join((len(posters) * row).to_bytes(8, "little") for row in range(count + 1))
        (folder / "sealed" / "images.idx").write_bytes(starts)
        (folder / "sealed" / "images.bin").write_bytes(posters * count)
    return keep_sealed(project, folder / "sealed", name=name, report=report)
