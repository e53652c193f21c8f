"""Teachers that know what a job tests on, because a selection moved it from train to test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from mtkd_engine.events import Warned


class Selected(Protocol):
    """What a dataset of any task tells of its test samples."""

    @property
    def splits(self) -> Mapping[str, Sequence[Any]]:
        """Samples by split."""
        ...

    @property
    def moved_to_test(self) -> frozenset[str]:
        """The ids of test samples that are train or val samples of the whole dataset."""
        ...


DatasetT = TypeVar("DatasetT", bound=Selected)
DatasetT_contra = TypeVar("DatasetT_contra", bound=Selected, contravariant=True)


class Trained(Protocol[DatasetT_contra]):
    """What a teacher of any task tells of what it was trained on."""

    @property
    def name(self) -> str:
        """What the spec calls it."""
        ...

    def saw(self, dataset: DatasetT_contra) -> bool:
        """This will say whether it was, or may have been, trained on the dataset."""
        ...


def warn_of_known_tests(teachers: Sequence[Trained[DatasetT]], dataset: DatasetT) -> Iterator[Warned]:
    """This will warn of teachers that may have been trained on what the job tests on.

    The student is not, for what is tested on leaves train and val. What is said of the teachers on test, alone or
    together, may be too good.
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
