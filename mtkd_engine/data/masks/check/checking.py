"""A full check of pictures with masks, and their sealing once nothing is left to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtkd_engine.data.dense.dataset import DenseSample
from mtkd_engine.data.dense.samples import StatedDense, in_splits
from mtkd_engine.data.errors import DataError
from mtkd_engine.data.images.check.checking import notes_on
from mtkd_engine.data.labelled.check.checking import Checking, check_labelled
from mtkd_engine.data.labelled.check.examined import Examined, Rows
from mtkd_engine.data.labelled.check.repairs import known_repairs
from mtkd_engine.data.labelled.check.statistics import Counts
from mtkd_engine.data.labelled.nouns import IMAGE
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.labelled.sealing import Statement
from mtkd_engine.data.masks.check.judging import coding_of, colours_of, judged
from mtkd_engine.data.masks.check.looking import SeenPair, look_at_pairs
from mtkd_engine.data.masks.check.problems import KINDS, REPAIRS
from mtkd_engine.data.masks.check.statistics import classes_in, count_masks, describe_masks, pictures_with
from mtkd_engine.data.masks.coded import CodedMasks
from mtkd_engine.data.masks.coding import Coding
from mtkd_engine.data.masks.dataset import KIND, TASK
from mtkd_engine.data.masks.finding import find_masks
from mtkd_engine.data.masks.rows import HandedMasks
from mtkd_engine.data.masks.sealed import seal_masks
from mtkd_engine.data.progress import Progress


@dataclass(frozen=True)
class ExaminedMasks(Examined[SeenPair]):
    """Pictures and masks, all decoded once, and what the values of masks stand for."""

    noun = IMAGE
    kinds = KINDS
    repairs = REPAIRS
    in_place = frozenset({"void_unknown"})
    most_shown = 8
    task = TASK

    handed: HandedMasks
    coding: Coding

    def remarks(self, row: LabelledRow) -> Iterator[tuple[str, str]]:
        """This will say why a picture or its mask is useless, or what is done to it."""
        look = self.seen[row.place]
        if look.fault:
            yield look.fault, look.said.rstrip(".")
            return
        if look.unknown:
            yield "unknown_values", look.unknown
        yield from notes_on(look)

    def about(self) -> dict[str, Any]:
        """This will say that samples are told by masks, and the colours of classes where masks have some."""
        colours = colours_of(self.coding, self.seen.values())
        return {"data": KIND} | ({} if colours is None else {"colours": colours})

    def counted(self, rows: Rows) -> dict[str, Counts]:
        """This will count samples, sources and classes of each split."""
        return count_masks(rows, self.seen)

    def described(self, rows: Rows) -> dict[str, Any]:
        """This will give the statistics of a report."""
        return describe_masks(rows, self.seen, classes=self.handed.classes)

    def told(self, row: LabelledRow) -> dict[str, Any]:
        """This will give what a report shows of one sample beside its id and split: its size and its classes."""
        look = self.seen[row.place]
        names = [self.handed.classes[number] for number in sorted(classes_in(look))]
        return {"width": look.width, "height": look.height, "classes": names}

    def classes_in(self, row: LabelledRow) -> set[int]:
        """This will give the classes that a mask has pixels of."""
        return classes_in(self.seen[row.place])

    def class_counts(self, rows: Rows) -> dict[str, list[int]]:
        """This will count the pictures that have a pixel of each class, by split."""
        return pictures_with(rows, self.seen, classes=len(self.handed.classes))

    def repaired(self, rows: Rows, name: str) -> Rows:
        """This will make one repair; values that are unknown count as void as it is."""
        return rows if name in self.in_place else super().repaired(rows, name)

    def sealed(
        self, target: Path, statement: Statement, rows: Rows, *, progress: Progress
    ) -> tuple[str, int]:
        """This will write the new folder `target`, and give its content hash and its bytes."""
        masks = CodedMasks(self.handed.masks, self.coding, count=len(self.handed.images))
        return seal_masks(
            target,
            statement,
            in_splits((str(row.split), self._stated(row)) for row in rows),
            image_of=self.handed.images.encoded,
            mask_of=masks.at,
            progress=progress,
        )

    def _stated(self, row: LabelledRow) -> StatedDense:
        look = self.seen[row.place]
        sample = DenseSample(row.sample_id, row.source, row.place)
        return StatedDense(sample, look.sha256, "", look.width, look.height, look.kind)


def check_masks(roots: Sequence[Path], *, name: str, asked: Checking) -> dict[str, Any]:
    """This will read every picture and mask below `roots` to its end, report on them and perhaps seal them.

    Repairs, sealing and refusals are those of `check_dataset`.
    """
    known_repairs(asked.accept or (), known=REPAIRS)  # said before anything takes long
    handed = find_masks(roots, name=name, form=asked.form)
    seen = look_at_pairs(handed, work=asked.work, progress=asked.progress)
    coding = coding_of(handed, seen.values())
    named = replace(handed, name=name, classes=coding.classes, is_named=coding.is_named)
    examined = ExaminedMasks(named, judged(seen, coding), coding)
    _refuse_useless(examined)
    return check_labelled(examined, asked)


def _refuse_useless(given: ExaminedMasks) -> None:
    """Say why where nothing can be used: what is wrong with all is wrong with the dataset, not with pictures."""
    looks = [(row.sample_id, given.seen[row.place]) for row in given.handed.rows]
    if looks and all(look.fault for _, look in looks):
        first, look = looks[0]
        accepted = given.kinds[look.fault].accepted
        raise DataError(
            f"{given.handed.name}: none of its {len(looks):,} pictures can be used with its mask, the first of which "
            f"is {first}: {look.said.rstrip('.')}; {accepted}."
        )
