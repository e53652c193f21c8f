"""One .npz of arrays, as numpy.savez writes it.

sample_id (N,) texts, and one of (K windows or L clips for every sample | as many as each has, one after another)
  windows     windows (N, K, 2), scores (N, K)  | windows (M, 2), scores (M,), offsets (N + 1,)
  regression  centre, width, score (N, K)       | centre, width, score (M,), offsets (N + 1,), with a text `unit`
  span        start (N, L), end (N, L)          | start (M,), end (M,), offsets (N + 1,)
  map         map (N, L, L)                     | map (M,), clips (N,)
`offsets` says where each sample begins and, last, where all end. Optional are `scale`, a text, and `saliency` (N, L),
or (M,) with `saliency_offsets` (N + 1,).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.arrays import read_arrays
from mtkd_engine.predictions.content import LONGEST_ID, MOST_ROWS, Predictions, Unit, made
from mtkd_engine.predictions.layouts import (
    ACCEPTED,
    LAYOUTS,
    UNIT,
    Layout,
    Values,
    as_windows,
    form_of,
    unit_of,
)
from mtkd_engine.predictions.saliency import NAME as SALIENCY
from mtkd_engine.predictions.saliency import Saliency, made_saliency

SALIENCY_OFFSETS = "saliency_offsets"
LONGEST_ROW = 2**20
MOST_PLACES = 2**40
NAMES = (
    *("sample_id", "ids", "offsets", "clips", "scale", UNIT, SALIENCY, SALIENCY_OFFSETS),
    *dict.fromkeys(name for names in LAYOUTS.values() for name in names),
)


def read_npz(path: Path) -> Predictions:
    """This will read all arrays; raises DataError that names the array."""
    return from_arrays(read_arrays(path, names=NAMES), file=path.name)


def from_arrays(arrays: Values, *, file: str, scale: str | None = None) -> Predictions:
    """This will put predictions together from arrays of either layout."""
    layout = _layout(arrays, file)
    ids = _ids(arrays, file)
    scale = _text(arrays, "scale") if "scale" in arrays else scale
    for name in LAYOUTS[layout]:
        if arrays[name].dtype.kind not in "fiu":
            raise DataError(f"{file}: {name} is of type {arrays[name].dtype}; numbers are accepted.")
    dense = _is_dense(layout, arrays)
    sizes, values = _dense(layout, arrays) if dense else _flat(layout, arrays, len(ids), file)
    lengths = sizes**2 if layout == "map" else sizes
    for name in LAYOUTS[layout]:
        wanted = (int(lengths.sum()), *((2,) if name == "windows" else ()))
        if len(sizes) != len(ids) or values[name].shape != wanted:
            shapes = ", ".join(
                f"{n} {list(arrays[n].shape)}" for n in ("sample_id", *LAYOUTS[layout]) if n in arrays
            )
            raise DataError(
                f"{file}: the shapes do not fit together: {len(ids):,} ids, {shapes}; see the layout of {layout}."
            )
    unit: Unit = "seconds"
    if layout == "regression":
        unit = unit_of(_text(arrays, UNIT), where=file)
        values = as_windows(values, unit=unit, sizes=sizes, ids=ids, file=file)
    return made(
        form=form_of(layout),
        ids=ids,
        sizes=sizes,
        values=values,
        file=file,
        scale=scale,
        unit=unit,
        saliency=_saliency(arrays, ids, file),
    )


def _text(arrays: Values, name: str) -> str | None:
    if name not in arrays:
        return None
    return str(arrays[name].reshape(-1)[0]) if arrays[name].size == 1 else "several"


def _layout(arrays: Values, file: str) -> Layout:
    found: list[Layout] = [
        layout for layout, names in LAYOUTS.items() if any(name in arrays for name in names)
    ]
    if len(found) != 1:
        what = f"holds predictions of {len(found)} forms" if found else "holds no array of predictions"
        raise DataError(f"{file} {what}; accepted is one: {ACCEPTED}, beside sample_id.")
    missing = [name for name in LAYOUTS[found[0]] if name not in arrays]
    if missing:
        raise DataError(f"{file}: the array {missing[0]} is missing beside {', '.join(LAYOUTS[found[0]])}.")
    return found[0]


def _saliency(arrays: Values, ids: list[str], file: str) -> Saliency | None:
    if SALIENCY not in arrays:
        return None
    found = arrays[SALIENCY]
    if found.dtype.kind not in "fiu" or found.ndim not in (1, 2):
        raise DataError(
            f"{file}: {SALIENCY} is {found.dtype} of shape {list(found.shape)}; numbers (N, L) are accepted."
        )
    if found.ndim == 2:
        sizes = np.full(len(found), found.shape[1], np.int64)
    else:
        sizes = np.diff(_rising(arrays, SALIENCY_OFFSETS, len(ids) + 1, beside=SALIENCY, file=file))
    return made_saliency(sizes, found.reshape(-1), ids=ids, file=file)


def _ids(arrays: Values, file: str) -> list[str]:
    ids = arrays.get("sample_id", arrays.get("ids"))
    if ids is None:
        raise DataError(f"{file}: the array sample_id is missing; one id for each sample is needed.")
    if ids.ndim != 1 or ids.dtype.kind not in "USiu":
        raise DataError(
            f"{file}: sample_id is {ids.dtype} of shape {list(ids.shape)}; texts (N,) are accepted."
        )
    if len(ids) > MOST_ROWS or ids.dtype.itemsize > 16 * LONGEST_ID:
        raise DataError(
            f"{file}: sample_id has {len(ids):,} texts of up to {ids.dtype.itemsize:,} bytes; up to {MOST_ROWS:,} "
            f"of {LONGEST_ID} characters are accepted."
        )
    if ids.dtype.kind == "S":
        try:
            ids = np.char.decode(ids, "utf-8")
        except UnicodeDecodeError:
            raise DataError(f"{file}: sample_id is not UTF-8; {shown(ids[0])} is its first.") from None
    return [str(name) for name in ids.tolist()]


def _is_dense(layout: Layout, arrays: Values) -> bool:
    return arrays[LAYOUTS[layout][0]].ndim == (3 if layout in ("windows", "map") else 2)


def _dense(layout: Layout, arrays: Values) -> tuple[NDArray[np.int64], Values]:
    count, each = arrays[LAYOUTS[layout][0]].shape[:2]
    values = {name: arrays[name] for name in LAYOUTS[layout]}
    flat = {
        name: value.reshape(-1, 2) if name == "windows" and value.shape[2:] == (2,) else value.reshape(-1)
        for name, value in values.items()
    }
    return np.full(count, each, np.int64), flat


def _flat(layout: Layout, arrays: Values, count: int, file: str) -> tuple[NDArray[np.int64], Values]:
    first = LAYOUTS[layout][0]
    values = {name: arrays[name] for name in LAYOUTS[layout]}
    if layout == "map":
        return _places(arrays, "clips", count, beside=first, file=file), values
    return np.diff(_rising(arrays, "offsets", count + 1, beside=first, file=file)), values


def _rising(arrays: Values, key: str, wanted: int, *, beside: str, file: str) -> NDArray[np.int64]:
    places = _places(arrays, key, wanted, beside=beside, file=file)
    steps = np.diff(places)
    if places[0] != 0 or steps.min(initial=0) < 0 or steps.max(initial=0) > LONGEST_ROW:
        raise DataError(f"{file}: {key} does not rise from 0 step by step.")
    return places


def _places(arrays: Values, key: str, wanted: int, *, beside: str, file: str) -> NDArray[np.int64]:
    numbers = arrays.get(key)
    if numbers is None or numbers.dtype.kind not in "iu" or numbers.shape != (wanted,):
        raise DataError(
            f"{file}: {beside} has {arrays[beside].ndim} dimension(s), which needs "
            f"the array {key} of {wanted:,} whole numbers beside it."
        )
    most = LONGEST_ROW if key == "clips" else MOST_PLACES
    if numbers.max(initial=0) > most or numbers.min(initial=0) < 0:
        raise DataError(f"{file}: {key} holds numbers that are no places in the arrays.")
    return numbers.astype(np.int64)
