"""predictions.npz of a sealed teacher: what is predicted for the samples of one dataset, checked and in its order."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.arrays import read_arrays
from mtkd_engine.predictions.content import Predictions, content_hash
from mtkd_engine.predictions.npz import NAMES, SALIENCY_OFFSETS, from_arrays
from mtkd_engine.predictions.saliency import NAME as SALIENCY
from mtkd_engine.predictions.zipped import member_names

FILE = "predictions.npz"
FORMAT = "mtkd.predictions/1"
LARGEST_META = 2**16


@dataclass(frozen=True)
class Sealed:
    """Predictions together with the dataset they were checked against."""

    predictions: Predictions
    dataset_hash: str

    @property
    def content_hash(self) -> str:
        """What makes two of them the same, whatever file they came in."""
        return content_hash(self.predictions, dataset_hash=self.dataset_hash)


def write_sealed(path: Path, sealed: Sealed) -> None:
    """This will write the file whole or not at all."""
    found = sealed.predictions
    assert found.unit == "seconds", "matching them with a dataset made them so"
    meta = {
        "format": FORMAT,
        "form": found.form,
        "dataset_hash": sealed.dataset_hash,
        "scale": found.scale,
    }
    arrays: dict[str, NDArray[Any]] = {
        "meta": np.frombuffer(json.dumps(meta, sort_keys=True).encode(), np.uint8),
        "ids": np.array(found.ids, dtype=np.str_),
    }
    if found.form == "map":
        arrays["clips"] = found.sizes.astype(np.int32)
    else:
        arrays["offsets"] = found.offsets
    if found.saliency is not None:
        arrays[SALIENCY] = found.saliency.values
        arrays[SALIENCY_OFFSETS] = found.saliency.offsets
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with partial.open("wb") as file:
        np.savez(file, **arrays, **found.values)  # type: ignore[arg-type]
    partial.replace(path)


def is_sealed(path: Path) -> bool:
    """This will say whether an .npz is meant to be a sealed one; reading it tells whether it is."""
    return "meta.npy" in (member_names(path) or ())


def read_sealed(path: Path) -> Sealed:
    """This will read a file that `write_sealed` wrote; raises DataError when it is something else."""
    arrays = read_arrays(path, names=("meta", *NAMES))
    meta = _meta(arrays.pop("meta", None), path)
    found = from_arrays(arrays, file=path.name, scale=str(meta.get("scale")))
    dataset_hash = meta.get("dataset_hash")
    if not isinstance(dataset_hash, str) or meta.get("form") != found.form:
        raise DataError(
            f"{path.name}: its meta does not fit its arrays; it is no sealed file of predictions."
        )
    return Sealed(found, dataset_hash)


def _meta(raw: NDArray[Any] | None, path: Path) -> dict[str, Any]:
    try:
        if raw is not None and raw.dtype == np.uint8 and raw.size <= LARGEST_META:
            meta = json.loads(raw.tobytes())
            if isinstance(meta, dict) and meta.get("format") == FORMAT:
                return meta
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path.name}: its meta is not readable JSON ({shown(str(error))}).") from None
    raise DataError(
        f"{path.name} holds predictions that were not checked against a dataset; "
        "`check teacher FILE --dataset DATASET --seal DIR` does so."
    )
