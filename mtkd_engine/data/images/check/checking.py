"""A full check of labelled images, and their sealing once nothing is left to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtkd_engine.data.images.check.looking import SeenImage, look_at_images
from mtkd_engine.data.images.check.problems import KINDS, REPAIRS
from mtkd_engine.data.images.check.statistics import describe_images
from mtkd_engine.data.images.finding import find_images
from mtkd_engine.data.images.rows import HandedImages
from mtkd_engine.data.images.samples import StatedImage
from mtkd_engine.data.images.sealed import seal_images
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.data.labelled.check.checking import Checking, check_labelled
from mtkd_engine.data.labelled.check.examined import Examined, Rows
from mtkd_engine.data.labelled.check.repairs import known_repairs
from mtkd_engine.data.labelled.check.statistics import Counts, counts_of
from mtkd_engine.data.labelled.nouns import IMAGE
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.labelled.samples import stated_rows
from mtkd_engine.data.labelled.sealing import Statement
from mtkd_engine.data.progress import Progress


@dataclass(frozen=True)
class ExaminedImages(Examined[SeenImage]):
    """Images, all decoded once."""

    noun = IMAGE
    kinds = KINDS
    repairs = REPAIRS
    most_shown = 8

    handed: HandedImages

    def remarks(self, row: LabelledRow) -> Iterator[tuple[str, str]]:
        """This will say why an image is useless, or what is done to it."""
        look = self.seen[row.place]
        if look.fault:
            yield look.fault, look.said.rstrip(".")
            return
        yield from notes_on(look)

    def counted(self, rows: Rows) -> dict[str, Counts]:
        """This will count samples, sources and classes of each split."""
        return counts_of(rows)

    def described(self, rows: Rows) -> dict[str, Any]:
        """This will give the statistics of a report."""
        return describe_images(rows, self.seen, classes=self.handed.classes)

    def sealed(
        self, target: Path, statement: Statement, rows: Rows, *, progress: Progress
    ) -> tuple[str, int]:
        """This will write the new folder `target`, and give its content hash and its bytes."""
        splits = stated_rows(rows, self._stated)
        return seal_images(target, statement, splits, self.handed.store, progress=progress)

    def _stated(self, sample: LabelledSample) -> StatedImage:
        look = self.seen[sample.place]
        return StatedImage(sample, look.sha256, look.width, look.height, look.kind)


def notes_on(look: SeenImage) -> Iterator[tuple[str, str]]:
    """This will give codes and details of what is done to an image that can be used."""
    notes = (
        ("animated_images", look.is_animated),
        ("rotated_images", look.is_rotated),
        ("converted_images", look.is_converted),
    )
    for code, is_so in notes:
        if is_so:
            yield code, f"{look.width} x {look.height} {look.kind}"


def check_images(roots: Sequence[Path], *, name: str, asked: Checking) -> dict[str, Any]:
    """This will read every image below `roots` to its end, report on them and perhaps seal them.

    Repairs, sealing and refusals are those of `check_dataset`.
    """
    known_repairs(asked.accept or (), known=REPAIRS)  # said before anything takes long
    handed = replace(find_images(roots, name=name, form=asked.form), name=name)
    seen = look_at_images(handed, work=asked.work, progress=asked.progress)
    return check_labelled(ExaminedImages(handed, seen), asked)
