"""Stages of students that read something else than images."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.methods.classification.staged.method import Staged
from mtkd_engine.nets.classification import Classifier
from mtkd_engine.nets.classification.clips.conv3d import Conv3dClassifier
from mtkd_engine.nets.classification.clips.frames import FrameClassifier
from mtkd_engine.nets.classification.clips.sequence import SequenceClassifier
from mtkd_engine.spec import AnyInput
from mtkd_engine.spec.classification.clipnets import Conv3dNet, FrameNet, SequenceNet
from mtkd_engine.spec.classification.inputs import ClipInput, FeatureInput
from mtkd_engine.spec.classification.staged import StagedSpec
from mtkd_engine.tasks.classification.batches import Frames, Rows, Shared
from tests.engine.methods.classification.staged.studio import CLASSES, Masters, Pictures, apprentice

SAMPLES = 12
OWN, OTHER = ClipInput(frames=2, size=16), ClipInput(frames=4, size=16)
FEATURES = FeatureInput(width=5, frames=8)


def _shared(kind: str) -> Shared:
    generator = torch.Generator().manual_seed(0)
    if kind == "clips":
        size = (SAMPLES, 4, 3, 16, 16)
        return Frames(torch.randint(0, 256, size, dtype=torch.uint8, generator=generator))
    lengths_N = torch.arange(SAMPLES) % 6 + 3
    features_NTD = torch.randn(SAMPLES, 8, 5, generator=generator)
    return Rows(features_NTD * (torch.arange(8) < lengths_N.unsqueeze(1)).unsqueeze(2), lengths_N)


def _networks(kind: str) -> tuple[Classifier, AnyInput, Masters]:
    """A student, what it reads, and a teacher of another width, number of substages and, of clips, of frames."""
    torch.manual_seed(0)
    if kind == "clips":
        teacher = Conv3dClassifier(Conv3dNet(width=4, stages=4), classes=CLASSES)
        student = FrameClassifier(FrameNet(), classes=CLASSES, input=OWN)
        return student, OWN, Masters([teacher], reads=OTHER)
    wide = SequenceClassifier(SequenceNet(width=12, stages=3, dropout=0), classes=CLASSES, width=5)
    narrow = SequenceClassifier(SequenceNet(width=8, stages=2, dropout=0), classes=CLASSES, width=5)
    return narrow, FEATURES, Masters([wide], reads=FEATURES)


def _made(kind: str) -> tuple[Staged, Pictures]:
    student, reads, masters = _networks(kind)
    labels = [n % CLASSES for n in range(SAMPLES)]
    splits = Pictures(labels, shared=_shared(kind)), Pictures(labels, name="val", shared=_shared(kind))
    return apprentice(
        StagedSpec(between_weight=1), masters=masters, student=student, reads=reads, splits=splits
    )


@pytest.mark.parametrize("kind", ["clips", "features"])
def test_every_stage_teaches_what_it_is_about(kind: str) -> None:
    method, train = _made(kind)
    for stage in method.plan:
        method.enter(stage)
        method.train()
        terms = method.terms(train.at_view(-1, range(6)))
        total: Tensor = torch.stack(list(terms.losses.values())).sum()
        assert total.isfinite()
        for parameter in method.parameters():
            parameter.grad = None
        total.backward()  # type: ignore[no-untyped-call]
        learned = {id(p) for p in method.parameters() if p.grad is not None and p.grad.abs().max() > 0}
        assert learned
        assert learned <= {id(p) for p in method.fitted()}
        with torch.no_grad():
            assert method.eval().measure(step=1).score > -1e6


def test_what_stands_after_the_end_of_a_clip_changes_no_belief_of_a_hybrid() -> None:
    method, train = _made("features")
    method.enter(method.plan[1])
    said = []
    for garbage in (0.0, 7.0):
        rows = train.shared
        after_NT1 = (torch.arange(8) >= rows.lengths_B.unsqueeze(1)).unsqueeze(2)
        filled = torch.where(after_NT1, garbage, rows.features_BTD)
        other = Pictures([0] * SAMPLES, shared=Rows(filled, rows.lengths_B))
        with torch.no_grad():
            found = method.eval()._observed(other.at_view(-1, range(SAMPLES)))
            said.append(method.substages.compare(method.stage, found).terms["hybrid"])
    torch.testing.assert_close(said[0], said[1])
