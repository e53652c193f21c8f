"""What every aggregator gives, whatever the task: weights (B, H, T) of at least 0, sum 1 over teachers."""

from __future__ import annotations

from typing import ClassVar, Generic, TypeVar

from torch import Tensor, nn

from mtkd_engine.tasks.base import Signals

SignalsT_contra = TypeVar("SignalsT_contra", bound=Signals, contravariant=True)
ContextT_contra = TypeVar("ContextT_contra", contravariant=True)
StudentT_contra = TypeVar("StudentT_contra", contravariant=True)
LabelsT_contra = TypeVar("LabelsT_contra", contravariant=True)


class Aggregator(nn.Module, Generic[SignalsT_contra, ContextT_contra, StudentT_contra, LabelsT_contra]):
    """Weights of teachers for each sample; state that must survive a checkpoint is parameters or buffers."""

    needs_labels: ClassVar[bool] = False
    """Looks at labels when it weighs."""
    needs_features: ClassVar[bool] = False
    """Cannot weigh without the context."""
    takes_features: ClassVar[bool] = False
    """Looks at the context where there is one."""
    needs_student: ClassVar[bool] = False
    """Looks at what the student says when it weighs."""
    symmetric: ClassVar[bool] = True
    """Permuting teachers permutes its weights, whatever it has learned."""
    online: ClassVar[bool] = False
    """Changes with the student while it trains, beyond gradient steps on its own parameters."""
    trained: ClassVar[bool] = False
    """Has parameters fitted by the gate's loss; otherwise its weights carry no gradient."""

    def weights(
        self,
        signals: SignalsT_contra,
        context: ContextT_contra | None,
        student: StudentT_contra | None = None,
        labels: LabelsT_contra | None = None,
    ) -> Tensor:
        """This will weigh the teachers of each sample, (B, H, T).

        `context` is needed where `needs_features`, `student` where `needs_student`, `labels` where `needs_labels`.
        """
        raise NotImplementedError

    def told(self, quality_T: Tensor) -> None:
        """This will take note, before anything is trained, of how good each teacher is on held-out samples."""
