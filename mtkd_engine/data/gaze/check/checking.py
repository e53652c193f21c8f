"""A full check of what people looked at, and its sealing once nothing is left to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from mtkd_engine.data.clips.store import ClipStore
from mtkd_engine.data.gaze.check.problems import kinds_of, noun_of, repairs_of
from mtkd_engine.data.gaze.check.statistics import count_gaze, describe_gaze
from mtkd_engine.data.gaze.finding import find_gaze
from mtkd_engine.data.gaze.looking import look_at_all
from mtkd_engine.data.gaze.looks import Gaze
from mtkd_engine.data.gaze.rows import PICTURES, TASK, VIDEOS, HandedGaze
from mtkd_engine.data.gaze.sealing import seal_gaze
from mtkd_engine.data.gaze.seen import SeenGaze, stated_gaze
from mtkd_engine.data.images.store import ImageStore
from mtkd_engine.data.labelled.check.checking import Checking, check_labelled
from mtkd_engine.data.labelled.check.examined import Examined, Rows
from mtkd_engine.data.labelled.check.repairs import known_repairs
from mtkd_engine.data.labelled.check.statistics import Counts
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.labelled.sealing import Statement
from mtkd_engine.data.progress import Progress
from mtkd_engine.data.split import SPLITS


@dataclass(frozen=True)
class ExaminedGaze(Examined[SeenGaze]):
    """Pictures, all decoded once, or videos, all made into streams, and where people looked."""

    noun = noun_of(PICTURES)
    kinds = kinds_of(PICTURES)
    repairs = repairs_of(PICTURES)
    task = TASK
    has_classes = False
    data: ClassVar[str] = PICTURES

    handed: HandedGaze
    store: ImageStore | ClipStore
    gaze: Gaze

    def remarks(self, row: LabelledRow) -> Iterator[tuple[str, str]]:
        """This will say why a sample is useless, or what was done to it and to its fixations."""
        look = self.seen[row.place]
        if look.fault:
            said = look.said.rstrip(".")
            yield look.fault, f"{said} ({look.refusal})" if look.refusal else said
            return
        for code, count in (
            ("outside_fixations", look.outside),
            ("late_fixations", look.late),
            ("clipped_fixations", look.clipped),
        ):
            if count:
                yield code, f"{count:,} beside {look.fixations:,} in its frames"
        if look.maps and not look.fixations:
            yield "only_maps", "nobody's fixations are given"
        for note in look.notes:
            yield "adapted_clips", note.rstrip(".")

    def about(self) -> dict[str, Any]:
        """This will say what samples are."""
        return {"data": self.data}

    def class_counts(self, rows: Rows) -> dict[str, list[int]]:
        """This will count no classes: there are none."""
        return {split: [] for split in SPLITS}

    def counted(self, rows: Rows) -> dict[str, Counts]:
        """This will count samples, sources, fixations and maps of each split."""
        return count_gaze(rows, self.seen, kind=self.data)

    def described(self, rows: Rows) -> dict[str, Any]:
        """This will give the statistics of a report."""
        return describe_gaze(rows, self.seen, kind=self.data)

    def told(self, row: LabelledRow) -> dict[str, Any]:
        """This will give what a report shows of one sample beside its id and split."""
        look = self.seen[row.place]
        told: dict[str, Any] = {
            "width": look.width,
            "height": look.height,
            "fixations": look.fixations,
            "maps": look.maps,
        }
        if self.data == VIDEOS:
            told |= {"frames": look.frames, "seconds": round(look.seconds, 3)}
        return told

    def sealed(
        self, target: Path, statement: Statement, rows: Rows, *, progress: Progress
    ) -> tuple[str, int]:
        """This will write the new folder `target`, and give its content hash and its bytes."""
        splits = stated_gaze(rows, self.seen)
        return seal_gaze(target, statement, splits, store=self.store, gaze=self.gaze, progress=progress)


@dataclass(frozen=True)
class ExaminedGazeVideos(ExaminedGaze):
    """Videos and where people looked."""

    noun = noun_of(VIDEOS)
    kinds = kinds_of(VIDEOS)
    repairs = repairs_of(VIDEOS)
    data = VIDEOS


def check_gaze(roots: Sequence[Path], *, name: str, asked: Checking) -> dict[str, Any]:
    """This will read every sample below `roots` to its end, report on them and perhaps seal them.

    Repairs, sealing and refusals are those of `check_dataset`. With the same `asked.work` another call makes no stream
    a second time.
    """
    handed = replace(find_gaze(roots, name=name, form=asked.form), name=name)
    known_repairs(asked.accept or (), known=repairs_of(handed.kind))  # said before anything takes long
    beside = asked.seal.parent if asked.seal is not None and asked.seal.parent.is_dir() else None
    seen, store, gaze = look_at_all(handed, work=asked.work, progress=asked.progress, beside=beside)
    examined = ExaminedGaze if handed.kind == PICTURES else ExaminedGazeVideos
    return check_labelled(examined(handed, seen, store, gaze), asked)
