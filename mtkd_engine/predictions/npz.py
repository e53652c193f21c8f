"""One .npz of arrays, as numpy.savez writes it.

sample_id (N,) texts, and one of (K windows or L clips for every sample | as many as each has, one after another)
  windows  windows (N, K, 2), scores (N, K)  | windows (M, 2), scores (M,), offsets (N + 1,)
  span     start (N, L), end (N, L)          | start (M,), end (M,), offsets (N + 1,)
  map      map (N, L, L)                     | map (M,), clips (N,)
`offsets` says where each sample begins and, last, where all end. `scale`, a text, is optional.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.arrays import read_arrays
from mtkd_engine.predictions.content import COLUMNS, LONGEST_ID, MOST_ROWS, Form, Predictions, made

NAMES = ("sample_id", "ids", "offsets", "clips", "scale", "windows", "scores", "start", "end", "map")

Arrays = dict[str, NDArray[Any]]


def read_npz(path: Path) -> Predictions:
    """This will read all arrays; raises DataError that names the array."""
    return from_arrays(read_arrays(path, names=NAMES), file=path.name)


def from_arrays(arrays: Arrays, *, file: str, scale: str | None = None) -> Predictions:
    """This will put predictions together from arrays of either layout."""
    form = _form(arrays, file)
    ids = _ids(arrays, file)
    if "scale" in arrays:
        scale = str(arrays["scale"].reshape(-1)[0]) if arrays["scale"].size == 1 else "several"
    for name in COLUMNS[form]:
        if arrays[name].dtype.kind not in "fiu":
            raise DataError(f"{file}: {name} is of type {arrays[name].dtype}; numbers are accepted.")
    sizes, values = _dense(form, arrays) if _is_dense(form, arrays) else _flat(form, arrays, len(ids), file)
    lengths = sizes**2 if form == "map" else sizes
    pairs = (2,) if form == "windows" else ()
    wanted = {name: (int(lengths.sum()), *(pairs if name == "windows" else ())) for name in COLUMNS[form]}
    for name in COLUMNS[form]:
        if len(sizes) != len(ids) or values[name].shape != wanted[name]:
            shapes = ", ".join(
                f"{n} {list(arrays[n].shape)}" for n in ("sample_id", *COLUMNS[form]) if n in arrays
            )
            raise DataError(
                f"{file}: the shapes do not fit together: {len(ids):,} ids, {shapes}; see the layout of {form}."
            )
    return made(form=form, ids=ids, sizes=sizes, values=values, file=file, scale=scale)


def _form(arrays: Arrays, file: str) -> Form:
    found: list[Form] = [form for form, names in COLUMNS.items() if any(name in arrays for name in names)]
    if len(found) != 1:
        what = f"holds predictions of {len(found)} forms" if found else "holds no array of predictions"
        raise DataError(
            f"{file} {what}; accepted is one: windows and scores, or start and end, or map, beside sample_id."
        )
    missing = [name for name in COLUMNS[found[0]] if name not in arrays]
    if missing:
        raise DataError(f"{file}: the array {missing[0]} is missing beside {', '.join(COLUMNS[found[0]])}.")
    return found[0]


def _ids(arrays: Arrays, file: str) -> list[str]:
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


def _is_dense(form: Form, arrays: Arrays) -> bool:
    return arrays[COLUMNS[form][0]].ndim == {"windows": 3, "span": 2, "map": 3}[form]


def _dense(form: Form, arrays: Arrays) -> tuple[NDArray[np.int64], Arrays]:
    count, each = arrays[COLUMNS[form][0]].shape[:2]
    values = {name: arrays[name] for name in COLUMNS[form]}
    flat = {
        name: value.reshape(-1, 2) if name == "windows" and value.shape[2:] == (2,) else value.reshape(-1)
        for name, value in values.items()
    }
    return np.full(count, each, np.int64), flat


def _flat(form: Form, arrays: Arrays, count: int, file: str) -> tuple[NDArray[np.int64], Arrays]:
    key = "clips" if form == "map" else "offsets"
    numbers = arrays.get(key)
    wanted = count if form == "map" else count + 1
    if numbers is None or numbers.dtype.kind not in "iu" or numbers.shape != (wanted,):
        raise DataError(
            f"{file}: {COLUMNS[form][0]} has {arrays[COLUMNS[form][0]].ndim} dimension(s), which needs "
            f"the array {key} of {wanted:,} whole numbers beside it."
        )
    if numbers.max(initial=0) > 2**40 or numbers.min(initial=0) < 0:
        raise DataError(f"{file}: {key} holds numbers that are no places in the arrays.")
    places = numbers.astype(np.int64)
    sizes = places if form == "map" else np.diff(places)
    if sizes.min(initial=0) < 0 or (form != "map" and places[0] != 0) or sizes.max(initial=0) > 2**20:
        raise DataError(f"{file}: {key} does not rise from 0 step by step.")
    return sizes, {name: arrays[name] for name in COLUMNS[form]}
