"""What the rows of an entry are: everything that they are a function of; torch-free."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

FORMAT = "mtkd.rows/1"
Form = Literal["dense", "top_k", "sampled"]
BLOCK = 256
"""Samples that are computed together; part of what rows are, for the last bits depend on it."""


@dataclass(frozen=True, kw_only=True)
class Header:
    """All that must be the same for rows to be taken instead of computed."""

    sources: tuple[tuple[str, float], ...]
    """Content hash and weight of each teacher: one of weight 1, or several that are mixed into one row."""
    dataset: str
    """Content hash of the whole dataset."""
    split: str
    samples: str
    """Digest of the sample ids in their order; row n is the n-th of them."""
    count: int
    """Samples."""
    classes: int
    class_maps: str
    """Digest of the teachers' class names and of the dataset's, in their orders."""
    inputs: str
    """Digest of what each teacher makes of what is shared: size, mean, spread, temperature."""
    size: int
    """Pixels a side of a canonical image; 0 where no images are seen."""
    views: int = 0
    """Augmented views of each sample; 0 for the image as it is."""
    augment: Mapping[str, Any] | None = None
    """How views are made, their seed included; None for the image as it is."""
    form: Form = "dense"
    kept: int = 0
    """Classes (or draws) of a row that is not dense."""
    softened: float | None = None
    """The temperature at which rows were softened before they were kept; None for beliefs as they are."""
    space: str = "probability"
    """Where several teachers are averaged."""
    device: str = "cpu"
    libraries: Mapping[str, str] = field(default_factory=dict)
    """Versions of what decodes samples and runs the teachers."""
    shared: Mapping[str, Any] | None = None
    """What is seen of a sample that is no image."""
    format: str = FORMAT

    def stated(self) -> dict[str, Any]:
        """This will say it as plain data, as `header.json` does."""
        said: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        if self.shared is None:  # rows of images are found under the names that they always had
            del said["shared"]
        return said

    @property
    def name(self) -> str:
        """The name of the entry's folder."""
        return digest(self.stated())[:32]

    @property
    def planes(self) -> int:
        """Views that there is room for, that of the image as it is included."""
        return max(self.views, 1)

    @property
    def blocks(self) -> int:
        """Blocks of a view."""
        return -(-self.count // BLOCK)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the file: half precision, or 16 bits that are class numbers and bit patterns."""
        return np.dtype("<f2" if self.form == "dense" else "<u2")

    @property
    def stride(self) -> int:
        """Numbers in a row."""
        return stride_of(self.form, classes=self.classes, kept=self.kept)


def stride_of(form: Form, *, classes: int, kept: int) -> int:
    """This will give the 16-bit numbers in a row: all classes, pairs of class and value, or classes drawn."""
    if form == "dense":
        return classes
    return 2 * min(kept, classes) if form == "top_k" else kept


def digest(said: object) -> str:
    """This will give the sha256 of plain data, the same on every machine."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def samples_digest(sample_ids: Sequence[str]) -> str:
    """This will give the digest of sample ids in their order; ids may hold any character."""
    hashed = hashlib.sha256()
    for sample_id in sample_ids:
        raw = sample_id.encode("utf-8", "surrogatepass")
        hashed.update(len(raw).to_bytes(4, "little") + raw)
    return hashed.hexdigest()
