"""Local copies of what a page shows of a dataset: its samples and strips, never its features.

Copies are named by their sha256 below MTKD_HOME/cache/previews. Each is fetched and verified once in every
process; after that, only a change of its size or time makes it suspect.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from jobs.models import Blob, Dataset
from jobs.queries.samples import SPLITS, SampleFiles
from jobs.storage.blobs import StorageError, fetch

SAMPLES, INDEX, VIDEOS, STRIPS = "samples.jsonl", "samples.idx", "videos.json", "strips.npy"
_verified: dict[str, tuple[int, int]] = {}


def sample_files(dataset: Dataset) -> SampleFiles | None:
    """This will fetch what is needed to show samples; None for a dataset that was sealed without them.

    Raises StorageError.
    """
    names = (SAMPLES, INDEX, VIDEOS, STRIPS)
    blobs = {file.name: file.blob for file in dataset.files.filter(name__in=names).select_related("blob")}
    if not {SAMPLES, INDEX, VIDEOS} <= blobs.keys():
        return None
    counts = {name: split["samples"] for name, split in (dataset.report.get("splits") or {}).items()}
    files = SampleFiles(
        samples=_local(blobs[SAMPLES]),
        index=_local(blobs[INDEX]),
        videos=_local(blobs[VIDEOS]),
        strips=_local(blobs[STRIPS]) if STRIPS in blobs else None,
        splits={name: counts.get(name, 0) for name in SPLITS},
    )
    if files.index.stat().st_size != 8 * (len(files.rows("")) + 1):
        raise StorageError(f"The index of the samples of {dataset.label} does not fit its report.")
    return files


def _local(blob: Blob) -> Path:
    path = _root() / blob.sha256
    if path.is_file() and _verified.get(str(path)) == _mark(path):
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_forgotten()
    fetch(blob, path)
    _verified[str(path)] = _mark(path)
    return path


def _remove_forgotten() -> None:
    """Copies of what was deleted would keep its bytes on the disk; fetching is rare enough to look after them."""
    here = {path.name: path for path in _root().iterdir() if not path.name.startswith(".")}
    known = set(Blob.objects.filter(sha256__in=here).values_list("sha256", flat=True))
    for name in here.keys() - known:
        here[name].unlink(missing_ok=True)
        _verified.pop(str(here[name]), None)


def _root() -> Path:
    return Path(settings.MTKD_HOME) / "cache" / "previews"


def _mark(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns
