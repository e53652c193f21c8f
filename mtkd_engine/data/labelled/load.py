"""Reading a labelled dataset that a job works on, whatever its samples are."""

from __future__ import annotations

from pathlib import Path

from mtkd_engine.data.clips.finding import holds_clips
from mtkd_engine.data.clips.load import load_clips
from mtkd_engine.data.images.load import load_images
from mtkd_engine.data.jsonfile import read_json_object
from mtkd_engine.data.labelled.dataset import LabelledDataset
from mtkd_engine.data.manifest import FILE, is_sealed

IMAGES, CLIPS = "images", "clips"


def load_labelled(path: Path, *, cache: Path | None = None) -> LabelledDataset:
    """This will read a dataset of images, of clips or of features of clips, sealed or not; raises DataError.

    `cache` is a folder where decoded pixels are left for the next job on the same content.
    """
    folder = Path(path)
    if kind_of(folder) == IMAGES:
        return load_images(folder, cache=None if cache is None else cache / IMAGES)
    return load_clips(folder, cache=None if cache is None else cache / CLIPS)


def kind_of(folder: Path) -> str:
    """This will say what the samples of a dataset are: images, clips or features; images where nothing speaks."""
    if is_sealed(folder):
        return str(read_json_object(folder / FILE).get("kind", IMAGES))
    return CLIPS if folder.exists() and holds_clips((folder,)) else IMAGES
