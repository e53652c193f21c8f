"""Lessons from a split that the student does not learn from.

Shape suffixes: B samples, F features, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from mtkd_engine.aggregators.source import SignalSource
from mtkd_engine.methods.classification.learning.base import Lesson
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.nets.classification.clips.given import Given
from mtkd_engine.spec import AnyInput
from mtkd_engine.tasks.classification.batches import CLEAN, ClassBatch
from mtkd_engine.tasks.classification.inputs import to_input
from mtkd_engine.tasks.classification.splits.base import ClassSplit

SIZE = 128
"""Samples of a lesson."""


class HeldOutSplit:
    """A split whose samples are seen as they are, by the student in evaluation mode, and by the teachers.

    The samples of a step are drawn without repetition by (seed, step), so that a job that goes on draws what it
    would have drawn. `looks` says whether the student is asked at all.
    """

    def __init__(
        self,
        split: ClassSplit,
        source: SignalSource,
        *,
        student: Classifier,
        reads: AnyInput,
        looks: bool,
        seed: int,
        size: int = SIZE,
    ) -> None:
        self.student = student
        self._split = split
        self._source = source
        self._reads = reads
        self._looks = looks
        self._seed = seed
        self._size = min(size, len(split))

    def draw(self, step: int) -> Lesson:
        """This will give up to 128 samples drawn for a step."""
        generator = np.random.default_rng([self._seed, step])
        return self.at(generator.choice(len(self._split), self._size, replace=False).tolist())

    def at(self, rows: Sequence[int]) -> Lesson:
        """This will give the samples at these positions of the split."""
        batch = self._split.at_view(CLEAN, rows)
        signals = self._source.signals(batch)
        if not self._looks:
            return Lesson(batch, signals, None, None)
        was_training = self.student.training
        self.student.eval()
        with torch.no_grad():
            features_BF = self.student.features(self.inputs(batch))
            logits_BC = self.student.head(features_BF)
        self.student.train(was_training)
        return Lesson(batch, signals, logits_BC.float(), features_BF.float())

    def inputs(self, batch: ClassBatch) -> Given:
        """This will give what the student reads of a batch."""
        return to_input(batch.inputs, self._reads)
