"""All teachers' beliefs on all splits, made once and kept in the cache."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from mtkd_engine.cache.beliefs import FORMAT, Faculty, StoredBeliefs, load_beliefs, save_beliefs
from mtkd_engine.data.dataset import Dataset
from mtkd_engine.events import Entered, Event, Stepped, Warned
from mtkd_engine.spec import EmtmSpec, Spec
from mtkd_engine.tasks.grounding.belief import Belief
from mtkd_engine.teachers.face import Teacher
from mtkd_engine.teachers.folds import out_of_fold_beliefs, train_folds
from mtkd_engine.teachers.live import LiveTeacher

SPLITS = ("train", "val", "test")


def prepare_faculties(
    spec: Spec, *, teachers: Sequence[Teacher], dataset: Dataset, cache: Path, device: str
) -> Generator[Event, None, dict[str, Faculty]]:
    """This will train missing out-of-fold copies and compute missing beliefs; returns them by split name.

    On validation and test every teacher speaks as it is: it was not trained there. On train it speaks
    through copies that did not see the sample, unless the spec asks for `in_sample`, the teacher was trained
    on another dataset, or it is stored predictions, of which there are no copies. Without teachers the
    result is empty.
    """
    if not isinstance(spec.method, EmtmSpec):
        return {}
    stored: dict[str, list[StoredBeliefs]] = {split: [] for split in SPLITS}
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
        yield Entered(part="beliefs", detail=teacher.name)
        for split in SPLITS:
            stored[split].append(
                _beliefs(
                    teacher,
                    split=split,
                    folds=folds if split == "train" else 0,
                    dataset=dataset,
                    student_length=spec.student.net.clips,
                    cache=cache,
                    device=device,
                )
            )
            yield Stepped(step=0)
    names = [teacher.name for teacher in teachers]
    return {split: Faculty(names, beliefs) for split, beliefs in stored.items()}


def prepare_as_they_are(
    spec: Spec,
    *,
    teachers: Sequence[Teacher],
    dataset: Dataset,
    splits: Sequence[str],
    cache: Path,
    device: str,
) -> Generator[Event, None, dict[str, Faculty]]:
    """This will compute missing beliefs of the teachers as they are, without copies; returns them by split name."""
    found: dict[str, list[StoredBeliefs]] = {split: [] for split in splits}
    for teacher in teachers:
        yield Entered(part="beliefs", detail=teacher.name)
        for split in splits:
            found[split].append(
                _beliefs(
                    teacher,
                    split=split,
                    folds=0,
                    dataset=dataset,
                    student_length=spec.student.net.clips,
                    cache=cache,
                    device=device,
                )
            )
            yield Stepped(step=0)
    names = [teacher.name for teacher in teachers]
    return {split: Faculty(names, beliefs) for split, beliefs in found.items()}


def _beliefs(
    teacher: Teacher,
    *,
    split: str,
    folds: int,
    dataset: Dataset,
    student_length: int,
    cache: Path,
    device: str,
) -> StoredBeliefs:
    made_of = f"{FORMAT}/{teacher.content_hash}/{dataset.content_hash}/{split}/{folds}/{student_length}"
    path = cache / "beliefs" / f"{hashlib.sha256(made_of.encode()).hexdigest()[:24]}.safetensors"
    if not path.exists():
        begun = time.monotonic()
        belief: Belief
        if folds:
            assert isinstance(teacher, LiveTeacher)
            belief = out_of_fold_beliefs(
                teacher,
                dataset=dataset,
                folds=folds,
                cache=cache,
                student_length=student_length,
                device=device,
            )
        else:
            belief = teacher.beliefs(
                split=split, dataset=dataset, student_length=student_length, device=device
            )
        save_beliefs(
            path,
            sample_ids=[sample.sample_id for sample in dataset.splits[split]],
            belief=belief,
            seconds=time.monotonic() - begun,
        )
    return load_beliefs(path)
