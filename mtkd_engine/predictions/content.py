"""What stored predictions say, free of the file they came in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.ragged import entries_of, offsets_of
from mtkd_engine.predictions.saliency import Saliency

Form = Literal["windows", "span", "map"]
Scale = Literal["logits", "probabilities"]
Unit = Literal["seconds", "fractions"]

COLUMNS: dict[Form, tuple[str, ...]] = {
    "windows": ("windows", "scores"),
    "span": ("start", "end"),
    "map": ("map",),
}
DTYPES: dict[str, str] = {"windows": "<f8", "scores": "<f8", "start": "<f4", "end": "<f4", "map": "<f4"}
SCORES: dict[Form, tuple[str, ...]] = {"windows": ("scores",), "span": ("start", "end"), "map": ("map",)}

MOST_ROWS = 1_000_000
LARGEST_EXPANDED = 2 * 2**30
LONGEST_ID = 200
MOST_ENTRIES: dict[Form, int] = {"windows": 1000, "span": 1024, "map": 512}
"""Windows, or clips, of one sample."""


@dataclass(frozen=True)
class Predictions:
    """One model's predictions, sample by sample.

    `sizes` has the number of windows (or clips) of each sample; `values` hold those of all samples one after
    another: windows (M, 2) and scores (M) | start and end (sum of clips) | map (sum of squared clips).
    `lines` says where in its file a sample stood, `videos` which video the file names for it (or nothing). Windows
    are seconds, or fractions of the duration as long as no dataset has told it. `saliency`, where the model gives
    any, scores clips by themselves.
    """

    form: Form
    scale: Scale
    ids: tuple[str, ...]
    sizes: NDArray[np.int64]
    values: dict[str, NDArray[Any]]
    lines: NDArray[np.int64]
    videos: tuple[str | None, ...]
    unit: Unit = "seconds"
    saliency: Saliency | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Entries of `values` that belong to each sample."""
        return self.sizes**2 if self.form == "map" else self.sizes

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Where each sample's entries begin, and after the last one where all end."""
        return offsets_of(self.lengths)

    def rows(self) -> NDArray[np.int64]:
        """This will give, for every entry of `values`, the row of its sample."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, rows: NDArray[np.int64]) -> Predictions:
        """This will give the samples at these rows, in this order."""
        entries = entries_of(self.lengths, rows)
        return replace(
            self,
            ids=tuple(self.ids[row] for row in rows),
            sizes=self.sizes[rows],
            values={name: value[entries] for name, value in self.values.items()},
            lines=self.lines[rows],
            videos=tuple(self.videos[row] for row in rows),
            saliency=None if self.saliency is None else self.saliency.take(rows),
        )

    def take_ids(self, ids: Iterable[str]) -> Predictions:
        """This will give the samples of these ids, in this order; each has to be there."""
        places = {name: row for row, name in enumerate(self.ids)}
        return self.take(np.array([places[name] for name in ids], np.int64))

    def same(self, one: int, other: int) -> bool:
        """This will say whether two rows predict the same."""
        offsets = self.offsets
        parts = [slice(offsets[row], offsets[row + 1]) for row in (one, other)]
        same = bool(self.sizes[one] == self.sizes[other]) and all(
            np.array_equal(value[parts[0]], value[parts[1]]) for value in self.values.values()
        )
        if self.saliency is None or not same:
            return same
        return np.array_equal(self.saliency.of(one), self.saliency.of(other))


def made(
    *,
    form: Form,
    ids: list[str],
    sizes: NDArray[Any],
    values: dict[str, NDArray[Any]],
    file: str,
    scale: str | None = None,
    lines: list[int] | None = None,
    videos: list[str | None] | None = None,
    unit: Unit = "seconds",
    saliency: Saliency | None = None,
) -> Predictions:
    """This will put together what a reader found; raises DataError for numbers and ids that cannot be used."""
    if not ids:
        raise DataError(f"{file} holds no predictions; one row for each sample is accepted.")
    if len(ids) > MOST_ROWS:
        raise DataError(f"{file} has more than {MOST_ROWS:,} rows; up to as many are accepted.")
    _refuse_odd_ids(ids, file)
    sizes = np.asarray(sizes, np.int64)
    largest = int(sizes.max())
    if largest > MOST_ENTRIES[form] or (form != "windows" and int(sizes.min()) < 1):
        what = "windows" if form == "windows" else "clips"
        least = 0 if form == "windows" else 1
        raise DataError(
            f"{file}: sample {shown(ids[int(sizes.argmax() if largest > MOST_ENTRIES[form] else sizes.argmin())])} "
            f"has {largest if largest > MOST_ENTRIES[form] else 0:,} {what}; "
            f"{least} to {MOST_ENTRIES[form]:,} are accepted."
        )
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite and is refused below
        typed = {name: np.ascontiguousarray(values[name], DTYPES[name]) for name in COLUMNS[form]}
    found = Predictions(
        form=form,
        scale=_scale(scale, [typed[name] for name in SCORES[form]], file),
        ids=tuple(ids),
        sizes=sizes,
        values=typed,
        lines=np.asarray(lines if lines is not None else np.arange(1, len(ids) + 1), np.int64),
        videos=tuple(videos if videos is not None else [None] * len(ids)),
        unit=unit,
        saliency=saliency,
    )
    _refuse_odd_numbers(found, file)
    return found


def best_first(found: Predictions) -> Predictions:
    """This will put each sample's windows in the order of their scores; equal ones keep their order."""
    if found.form != "windows":
        return found
    order = np.lexsort((-found.values["scores"], found.rows()))
    return replace(found, values={name: value[order] for name, value in found.values.items()})


def content_hash(found: Predictions, *, dataset_hash: str) -> str:
    """This will hash what is predicted for which samples of which dataset; the file's format does not count."""
    stated = {"form": found.form, "scale": found.scale, "dataset_hash": dataset_hash, "ids": found.ids}
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True).encode())
    digest.update(found.sizes.astype("<i8").tobytes())
    for name in COLUMNS[found.form]:
        digest.update(np.ascontiguousarray(found.values[name], DTYPES[name]).tobytes())
    if found.saliency is not None:
        digest.update(found.saliency.sizes.astype("<i8").tobytes())
        digest.update(np.ascontiguousarray(found.saliency.values, "<f4").tobytes())
    return digest.hexdigest()


def _scale(stated: str | None, scores: list[NDArray[Any]], file: str) -> Scale:
    inside = all(bool(((part >= 0) & (part <= 1)).all()) for part in scores)
    if stated is None:
        return "probabilities" if inside else "logits"
    if stated == "logits":
        return "logits"
    if stated != "probabilities":
        raise DataError(f"{file}: scale is {shown(stated)}; accepted: logits, probabilities.")
    if not inside:
        raise DataError(f"{file}: scale is 'probabilities', but scores lie outside 0..1.")
    return "probabilities"


def _refuse_odd_ids(ids: list[str], file: str) -> None:
    for name in ids:
        if not name or len(name) > LONGEST_ID or not name.isprintable():
            raise DataError(
                f"{file}: the sample id {shown(name)} is not accepted; 1 to {LONGEST_ID} printable characters are."
            )


def _refuse_odd_numbers(found: Predictions, file: str) -> None:
    for name, value in found.values.items():
        finite = np.isfinite(value) if value.ndim == 1 else np.isfinite(value).all(1)
        if not finite.all():
            _refuse_entry(
                found, ~finite, f"{name} hold NaN or infinite values; finite numbers are accepted", file
            )
    if found.form == "windows":
        reversed_ = found.values["windows"][:, 1] < found.values["windows"][:, 0]
        if reversed_.any():
            _refuse_entry(found, reversed_, "windows end before they start; [start, end] is accepted", file)


def _refuse_entry(found: Predictions, bad: NDArray[Any], what: str, file: str) -> None:
    row = int(found.rows()[int(np.argmax(bad))])
    raise DataError(
        f"{file}, row {int(found.lines[row])}: sample {shown(found.ids[row])}: {what} "
        f"({int(np.count_nonzero(bad)):,} such in the file)."
    )
