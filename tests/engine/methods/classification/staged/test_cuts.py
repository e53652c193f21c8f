"""Teachers cut into substages, whose rest takes maps that are not their own."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from mtkd_engine.data.labelled import LabelledSample
from mtkd_engine.methods.classification.sight import Sight
from mtkd_engine.methods.classification.staged.cuts import Cut, Tutor
from mtkd_engine.nets.classification import Classifier, build_classifier
from mtkd_engine.nets.classification.clips.conv3d import Conv3dClassifier
from mtkd_engine.nets.classification.clips.frames import FrameClassifier
from mtkd_engine.nets.classification.clips.sequence import SequenceClassifier
from mtkd_engine.spec import AnyInput, CifarResNet, ImageInput
from mtkd_engine.spec.classification.clipnets import Conv3dNet, FrameNet, SequenceNet
from mtkd_engine.spec.classification.inputs import ClipInput, FeatureInput
from mtkd_engine.tasks.classification.batches import ClassBatch, Frames, Rows, Shared
from mtkd_engine.tasks.classification.belief import belief
from mtkd_engine.tasks.classification.classmap import ClassMap

SAMPLES = 3
ORDER = ClassMap.of(["x", "b", "a"], ["a", "b"])
IMAGES, CLIPS = ImageInput(size=16), ClipInput(frames=4, size=16)
FEATURES = FeatureInput(width=5, frames=6)


def _bytes(*size: int) -> Tensor:
    return torch.randint(0, 256, size, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def _rows() -> Rows:
    features_BTD = torch.randn(SAMPLES, 6, 5, generator=torch.Generator().manual_seed(0))
    lengths_B = torch.tensor([6, 3, 5])
    kept_BT = torch.arange(6) < lengths_B.unsqueeze(1)
    return Rows(features_BTD * kept_BT.unsqueeze(2), lengths_B)


def _case(kind: str) -> tuple[Classifier, AnyInput, Shared, int]:
    """A network of three classes, what it reads, a batch of that, and the moments of its first maps."""
    torch.manual_seed(0)
    if kind == "images":
        net = build_classifier(CifarResNet(depth=8), classes=3, input=IMAGES)
        return net, IMAGES, _bytes(SAMPLES, 3, 16, 16), 1
    clips = Frames(_bytes(SAMPLES, 4, 3, 16, 16))
    if kind == "frames":
        return FrameClassifier(FrameNet(temporal="shift"), classes=3, input=CLIPS), CLIPS, clips, 4
    if kind == "conv3d":
        return Conv3dClassifier(Conv3dNet(width=4, stages=3), classes=3), CLIPS, clips, 4
    return SequenceClassifier(SequenceNet(width=8), classes=3, width=5), FEATURES, _rows(), 6


def _batch(inputs: Shared) -> ClassBatch:
    rows_B = torch.arange(SAMPLES)
    samples = tuple(LabelledSample(f"{n}", f"{n}", 0, n) for n in range(SAMPLES))
    return ClassBatch(inputs, rows_B * 0, rows_B, rows_B * 0, samples, "train")


@pytest.mark.parametrize("kind", ["images", "frames", "conv3d", "sequence"])
def test_a_teacher_believes_of_its_own_maps_what_it_believes_of_the_batch(kind: str) -> None:
    net, reads, inputs, moments = _case(kind)
    cut = Cut.of(net)
    tutor = Tutor(name="it", cut=cut, reads=reads, temperature=2.0, classes=ORDER)
    seen = Sight(net, reads, paths=cut.paths).look(inputs)
    expected = belief(seen.logits_BC, temperature=2.0, classes=ORDER)
    assert len(cut) == 3
    for k in (1, 2, 3):
        maps = cut.maps(k, seen.taps)
        assert maps.dim() == 5
        assert maps.shape[0] == SAMPLES
        torch.testing.assert_close(tutor.after(k, maps, _batch(inputs)), expected)
    assert cut.maps(1, seen.taps).shape[2] == moments


def test_the_gradient_reaches_the_maps_and_nothing_of_the_teacher() -> None:
    net, reads, inputs, _ = _case("images")
    tutor = Tutor(name="it", cut=Cut.of(net), reads=reads, temperature=1.0, classes=ORDER)
    maps = torch.randn(SAMPLES, 32, 1, 8, 8, requires_grad=True)
    statistics = {name: value.clone() for name, value in net.state_dict().items()}
    tutor.after(2, maps, _batch(inputs)).sum().backward()  # type: ignore[no-untyped-call]
    assert maps.grad is not None
    assert maps.grad.abs().max() > 0
    assert all(parameter.grad is None for parameter in net.parameters())
    assert all(torch.equal(value, net.state_dict()[name]) for name, value in statistics.items())


def test_substages_correspond_by_how_far_they_are() -> None:
    three, four = (Cut(build_classifier(CifarResNet(), classes=3, input=IMAGES), ("p",) * n) for n in (3, 4))
    assert [four.partner(k, of=3) for k in (1, 2, 3)] == [2, 3, 4]
    assert [three.partner(k, of=4) for k in (1, 2, 3, 4)] == [1, 2, 3, 3]
    assert [three.partner(k, of=3) for k in (1, 2, 3)] == [1, 2, 3]
