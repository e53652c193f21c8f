"""What made a dataset's features, and what that cost, as far as anybody said; torch-free."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from mtkd_engine.data.errors import DataError, shown

_KEYS = ("name", "macs_per_second")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Extractor:
    """The network (and its settings) behind the features; its multiply-accumulates per second of video, or None."""

    name: str
    macs_per_second: float | None = None

    def to_json(self) -> dict[str, object]:
        """This will give what dataset.json states of it."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def read_extractor(stated: object, *, file: str) -> Extractor | None:
    """This will read the key `extractor` of dataset.json: null or {name, macs_per_second}; raises DataError."""
    if stated is None:
        return None
    if not isinstance(stated, dict) or not set(stated) <= set(_KEYS):
        raise DataError(
            f"{file}: extractor is {shown(stated)}; an object with {' and '.join(_KEYS)} is accepted."
        )
    name, macs = stated.get("name"), stated.get("macs_per_second")
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise DataError(
            f"{file}: extractor.name is {shown(name)}; a text on one line of up to {_LONGEST_NAME} characters "
            "is accepted."
        )
    is_number = isinstance(macs, int | float) and not isinstance(macs, bool)
    if macs is not None and not (is_number and 0 < macs < 1e18 and math.isfinite(macs)):
        raise DataError(
            f"{file}: extractor.macs_per_second is {shown(macs)}; a number above 0 is accepted, or leave it out."
        )
    return Extractor(name=name, macs_per_second=None if macs is None else float(macs))
