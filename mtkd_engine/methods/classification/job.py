"""A job of task classification, ready to run: who is trained by what, and who teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from mtkd_engine.aggregators.classification import ClassSignals
from mtkd_engine.aggregators.source import SignalSource, TappedSource
from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.methods.base import Method
from mtkd_engine.methods.classification.staged.cuts import Tutor
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.registry import build_student
from mtkd_engine.spec import ClassifierCard
from mtkd_engine.tasks.classification.batches import ClassBatch
from mtkd_engine.tasks.classification.metrics import Quality
from mtkd_engine.tasks.classification.splits.base import ClassSplit


@dataclass(frozen=True, kw_only=True)
class Faculty:
    """The teachers of a job: where their beliefs come from, and what they believe of validation."""

    source: SignalSource
    val: ClassSignals
    tapped: TappedSource | None = None
    """The same source where the teachers run beside the student."""
    fixed_T: Tensor | None = None
    """Weights under which the source gives one belief of augmented samples for all of them."""
    tutors: Sequence[Tutor] = ()
    """The same teachers cut into substages, where they teach in stages."""
    stands_in: bool = False
    """Whether it is an assistant in the place of the teachers."""


@dataclass(frozen=True, kw_only=True)
class ClassJob:
    """A job ready to run: what is trained, on what, and what the student will say about itself."""

    method: Method[ClassBatch]
    student: Classifier
    card: ClassifierCard
    splits: Mapping[str, ClassSplit]
    faculty: Faculty | None = None
    probe: list[LabelledSample] = field(default_factory=list)
    assistants: Sequence[ClassJob] = ()
    """The jobs of its assistants, where it has any, in their order; the first is the one that the teachers taught."""
    branches: Sequence[str] = ()
    """Names of the branches that are weighed in the place of teachers."""

    @property
    def taught(self) -> ClassJob:
        """The job whose student the teachers taught themselves: it is the one that knows how they were weighed."""
        return self.assistants[0] if self.assistants else self

    @property
    def weighed(self) -> Sequence[str]:
        """The names of those that are weighed sample by sample: teachers or branches; none where nobody is."""
        return self.branches if self.faculty is None else self.faculty.val.names


def new_student(card: ClassifierCard) -> Classifier:
    """This will build the student of a card, initialised from torch's global generator."""
    student = build_student(card)
    assert isinstance(student, Classifier)
    return student


def teachers_quality(signals: ClassSignals, labels_N: Tensor) -> list[Quality]:
    """This will measure each teacher's beliefs on a split, in the order of their names."""
    return [Quality.of(log_probs_NC.float(), labels_N.cpu()) for log_probs_NC in signals.log_probs_TBC]
