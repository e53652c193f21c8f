"""How a file lays predictions out, and how what regression networks say becomes scored windows."""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mtkd_engine.data.errors import DataError, shown
from mtkd_engine.predictions.content import COLUMNS, Form, Unit

Layout = Literal["windows", "span", "map", "regression"]

LAYOUTS: dict[Layout, tuple[str, ...]] = {
    "windows": COLUMNS["windows"],
    "span": COLUMNS["span"],
    "map": COLUMNS["map"],
    "regression": ("centre", "width", "score"),
}
ACCEPTED = "windows and scores, or start and end, or map, or centre, width and score"
UNITS: tuple[Unit, ...] = get_args(Unit)
UNIT = "unit"

Values = dict[str, NDArray[Any]]


def form_of(layout: Layout) -> Form:
    """This will name the form that predictions of a layout are kept in."""
    return "windows" if layout == "regression" else layout


def unit_of(stated: object, *, where: str) -> Unit:
    """This will read what centres and widths are measured in; raises DataError where that is not said."""
    if stated not in UNITS:
        given = "is missing" if stated is None else f"is {shown(stated)}"
        raise DataError(
            f"{where}: {UNIT} {given} beside centre and width; accepted: seconds, fractions (of the duration)."
        )
    return stated


def as_windows(values: Values, *, unit: Unit, sizes: NDArray[np.int64], ids: list[str], file: str) -> Values:
    """This will turn centre, width and score into windows and scores, in the same unit; raises DataError."""
    centre, width = (np.asarray(values[name], np.float64) for name in ("centre", "width"))
    rows = np.repeat(np.arange(len(ids)), sizes)
    most = 1.0 if unit == "fractions" else np.inf
    accepted = "0 to 1 is accepted with unit fractions" if unit == "fractions" else "0 or more is accepted"
    for name, numbers in (("centre", centre), ("width", width)):
        least = -np.inf if name == "centre" and unit == "seconds" else 0.0
        bad = ~(np.isfinite(numbers) & (numbers >= least) & (numbers <= most))
        if bad.any():
            first = int(np.argmax(bad))
            what = accepted if np.isfinite(numbers[first]) else "finite numbers are accepted"
            raise DataError(
                f"{file}: sample {shown(ids[rows[first]])}: {name} holds {numbers[first]:g}; {what} "
                f"({int(np.count_nonzero(bad)):,} such in the file)."
            )
    return {"windows": np.stack([centre - width / 2, centre + width / 2], axis=1), "scores": values["score"]}
