"""A full check of labelled clips, and their sealing once nothing is left to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mtkd_engine.data.clips.check.looking import look_at_all
from mtkd_engine.data.clips.check.problems import FEWEST_FRAMES, KINDS, REPAIRS
from mtkd_engine.data.clips.check.statistics import count_clips, describe_clips
from mtkd_engine.data.clips.finding import find_clips
from mtkd_engine.data.clips.rows import CLIPS, HandedClips
from mtkd_engine.data.clips.sealing import seal_clips
from mtkd_engine.data.clips.seen import SeenClip, stated_clips
from mtkd_engine.data.clips.store import ClipStore, FeatureStore
from mtkd_engine.data.labelled.check.checking import Checking, check_labelled
from mtkd_engine.data.labelled.check.examined import Examined, Rows
from mtkd_engine.data.labelled.check.repairs import known_repairs
from mtkd_engine.data.labelled.check.statistics import Counts
from mtkd_engine.data.labelled.nouns import CLIP
from mtkd_engine.data.labelled.rows import LabelledRow
from mtkd_engine.data.labelled.sealing import Statement
from mtkd_engine.data.progress import Progress


@dataclass(frozen=True)
class ExaminedClips(Examined[SeenClip]):
    """Clips, all made into streams, or their features; those of fewer than `fewest` frames are told of."""

    noun = CLIP
    kinds = KINDS
    repairs = REPAIRS

    handed: HandedClips
    store: ClipStore | FeatureStore
    fewest: int

    def remarks(self, row: LabelledRow) -> Iterator[tuple[str, str]]:
        """This will say why a clip is useless, or what may be wrong with it and what was done to it."""
        look = self.seen[row.place]
        if look.fault:
            yield look.fault, _refusal(row, look)
            return
        if self.handed.kind == CLIPS and look.frames < self.fewest:
            yield "short_clips", f"{look.frames} frames, fewer than {self.fewest}"
        if look.is_zero:
            yield "zero_features", "all of its features are 0"
        for note in look.notes:
            yield "adapted_clips", note.rstrip(".")

    def repaired(self, rows: Rows, name: str) -> Rows:
        """This will make one repair; fewer frames than `fewest` are too short."""
        if name != "drop_short":
            return super().repaired(rows, name)
        return [
            row for row in rows if self.seen[row.place].fault or self.seen[row.place].frames >= self.fewest
        ]

    def about(self) -> dict[str, Any]:
        """This will give what a report says of clips or features alone."""
        return {
            "data": self.handed.kind,
            "feature_width": None if self.handed.features is None else self.handed.features.width,
            "longest": max((look.frames for look in self.seen.values()), default=0),
        }

    def counted(self, rows: Rows) -> dict[str, Counts]:
        """This will count samples, sources, classes, frames and seconds of each split."""
        return count_clips(rows, self.seen)

    def described(self, rows: Rows) -> dict[str, Any]:
        """This will give the statistics of a report."""
        return describe_clips(rows, self.seen, kind=self.handed.kind, classes=self.handed.classes)

    def told(self, row: LabelledRow) -> dict[str, Any]:
        """This will give what a report shows of one clip beside its id, split and class."""
        look = self.seen[row.place]
        more = {"source": row.source, "frames": look.frames, "seconds": round(look.seconds, 3)}
        return more | super().told(row)

    def sealed(
        self, target: Path, statement: Statement, rows: Rows, *, progress: Progress
    ) -> tuple[str, int]:
        """This will write the new folder `target`, and give its content hash and its bytes."""
        splits = stated_clips(rows, self.seen)
        return seal_clips(target, statement, splits, self.store, progress=progress)


def check_clips(
    roots: Sequence[Path], *, name: str, asked: Checking, fewest: int = FEWEST_FRAMES
) -> dict[str, Any]:
    """This will make a stream of every clip below `roots`, report on all and perhaps seal them.

    Repairs, sealing and refusals are those of `check_dataset`. Clips of fewer than `fewest` frames are told of. With
    the same `asked.work` another call makes no stream a second time, also where this one is stopped.
    """
    known_repairs(asked.accept or (), known=REPAIRS)  # said before anything takes long
    handed = replace(find_clips(roots, name=name, form=asked.form), name=name)
    beside = asked.seal.parent if asked.seal is not None and asked.seal.parent.is_dir() else None
    seen, store = look_at_all(handed, work=asked.work, progress=asked.progress, beside=beside)
    return check_labelled(ExaminedClips(handed, seen, store, fewest), asked)


def _refusal(row: LabelledRow, look: SeenClip) -> str:
    """Why a clip is useless, with the code of the refusal; its id is said before, so its name need not be."""
    name = row.sample_id.rpartition("/")[2]
    said = look.said.removeprefix(f"{name} ").rstrip(".")
    return f"{said} ({look.refusal})" if look.refusal else said
