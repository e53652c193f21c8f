"""All teachers' beliefs on all splits, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path

from mtkd_engine.cache.beliefs import FORMAT, Faculty, StoredBeliefs, load_beliefs, save_beliefs
from mtkd_engine.data.dataset import Dataset
from mtkd_engine.events import Entered, Event, Stepped, Warned
from mtkd_engine.spec import EmtmSpec, GroundingSpec
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.folds import out_of_fold_beliefs, train_folds
from mtkd_engine.teachers.live import LiveTeacher

SPLITS = ("train", "val", "test")


def prepare_faculties(
    spec: GroundingSpec, *, teachers: Sequence[Teacher], dataset: Dataset, cache: Path, device: str
) -> Generator[Event, None, dict[str, Faculty]]:
    """This will train missing out-of-fold copies and compute missing beliefs; returns them by split name.

    On validation and test every teacher speaks as it is: it was not trained there. On train it speaks
    through copies that did not see the sample, unless the spec asks for `in_sample`, the teacher was trained
    on another dataset, or it is stored predictions, of which there are no copies. Without teachers the
    result is empty.
    """
    if not isinstance(spec.method, EmtmSpec):
        return {}
    archive = _Archive(dataset, length=spec.student.net.clips, cache=cache, device=device)
    stored = []
    for teacher in teachers:
        saw = teacher.saw(dataset)
        folds = spec.method.folds if saw and spec.method.beliefs == "out_of_fold" else 0
        if folds:
            assert isinstance(teacher, LiveTeacher), "only what can be trained again has seen samples"
            yield from train_folds(teacher, dataset=dataset, folds=folds, cache=cache, device=device)
        elif saw:
            yield Warned(
                code="in_sample_beliefs",
                message=f"Teacher {teacher.name!r} teaches the samples it was trained on; it is nearly right on all "
                "of them, so learned weights mean little. Beliefs 'out_of_fold' avoid this.",
            )
        else:
            yield Warned(
                code="outsider",
                message=f"Teacher {teacher.name!r} is taken as it is, for it was not trained on this very dataset. "
                "Whether it has seen videos of it all the same, say in an earlier version, is not known here; on "
                "those it would be nearly right, and its learned weight too high.",
            )
        stored.append((yield from archive.of(teacher, splits=SPLITS, folds=folds)))
    return _by_split(teachers, stored, SPLITS)


def prepare_as_they_are(
    spec: GroundingSpec,
    *,
    teachers: Sequence[Teacher],
    dataset: Dataset,
    splits: Sequence[str],
    cache: Path,
    device: str,
) -> Generator[Event, None, dict[str, Faculty]]:
    """This will compute missing beliefs of the teachers as they are, without copies; returns them by split name."""
    archive = _Archive(dataset, length=spec.student.net.clips, cache=cache, device=device)
    stored = []
    for teacher in teachers:
        stored.append((yield from archive.of(teacher, splits=splits)))
    return _by_split(teachers, stored, splits)


def _by_split(
    teachers: Sequence[Teacher], stored: Sequence[dict[str, StoredBeliefs]], splits: Sequence[str]
) -> dict[str, Faculty]:
    names = [teacher.name for teacher in teachers]
    return {split: Faculty(names, [beliefs[split] for beliefs in stored]) for split in splits}


@dataclass(frozen=True)
class _Archive:
    """Beliefs on one dataset at one length, looked up in the cache and made where they are missing."""

    dataset: Dataset
    _: KW_ONLY
    length: int
    cache: Path
    device: str

    def of(
        self, teacher: Teacher, *, splits: Sequence[str], folds: int = 0
    ) -> Generator[Event, None, dict[str, StoredBeliefs]]:
        """This will give a teacher's beliefs by split; on train through copies where there are folds."""
        yield Entered(part="beliefs", detail=teacher.name)
        found = {}
        for split in splits:
            found[split] = self._stored(teacher, split=split, folds=folds if split == "train" else 0)
            yield Stepped(step=0)
        return found

    def _stored(self, teacher: Teacher, *, split: str, folds: int) -> StoredBeliefs:
        made_of = f"{FORMAT}/{teacher.content_hash}/{self.dataset.content_hash}/{split}/{folds}/{self.length}"
        path = self.cache / "beliefs" / f"{hashlib.sha256(made_of.encode()).hexdigest()[:24]}.safetensors"
        if not path.exists():
            begun = time.monotonic()
            belief = self._made(teacher, split=split, folds=folds)
            save_beliefs(
                path,
                sample_ids=[sample.sample_id for sample in self.dataset.splits[split]],
                belief=belief,
                seconds=time.monotonic() - begun,
            )
        return load_beliefs(path)

    def _made(self, teacher: Teacher, *, split: str, folds: int) -> Belief:
        if not folds:
            return teacher.beliefs(
                split=split, dataset=self.dataset, student_length=self.length, device=self.device
            )
        assert isinstance(teacher, LiveTeacher), "only what can be trained again has copies"
        return out_of_fold_beliefs(
            teacher,
            dataset=self.dataset,
            folds=folds,
            cache=self.cache,
            student_length=self.length,
            device=self.device,
        )
