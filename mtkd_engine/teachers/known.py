"""Teachers that know what a job tests on, because a selection moved it from train to test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mtkd_engine.data.dataset import Dataset
from mtkd_engine.events import Warned
from mtkd_engine.teachers.face import Teacher


def warn_of_known_tests(teachers: Sequence[Teacher], dataset: Dataset) -> Iterator[Warned]:
    """This will warn of teachers that may have been trained on what the job tests on.

    The student is not: it is taught by copies that never saw those sources. What is said of the teachers on test,
    alone or together, may be too good.
    """
    names = [repr(teacher.name) for teacher in teachers if teacher.saw(dataset)]
    if not dataset.moved_to_test or not names:
        return
    moved = len(dataset.moved_to_test)
    yield Warned(
        code="known_test_samples",
        message=f"{moved:,} of {len(dataset.splits['test']):,} test samples are of train or val of the whole dataset, "
        f"which {', '.join(names)} may have learned from: what is said of teachers on test, alone or "
        "together, may be too good.",
    )
