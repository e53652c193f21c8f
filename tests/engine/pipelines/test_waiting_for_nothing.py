"""On ordinary steps nothing is read back from the device, whatever teaches."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mtkd_engine import loop
from mtkd_engine.events import Entered, Event
from tests.engine.pipelines.conftest import SOLO, Gallery

READS = {
    torch.ops.aten._local_scalar_dense.default,
    torch.ops.aten.is_nonzero.default,
    torch.ops.aten.equal.default,
    torch.ops.aten.nonzero.default,
    torch.ops.aten.masked_select.default,
}
"""What makes the host wait for a device: a number of a tensor, or a size that depends on its values."""


class Counting(TorchDispatchMode):
    """Counts them, and tensors that are turned into lists or arrays."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in READS:
            self.found.append(str(func))
        return func(*args, **(kwargs or {}))


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """Of every step of the loop what it read."""
    steps: list[list[str]] = []
    step = loop._step

    def counting(*given: Any, **named: Any) -> Any:
        with Counting() as count:
            result = step(*given, **named)
        steps.append(count.found)
        return result

    monkeypatch.setattr(loop, "_step", counting)
    yield steps


def train(events: Generator[Event, None, None]) -> None:
    """Run a job up to the end of its training."""
    with closing(events):
        assert any(event == Entered(part="evaluation") for event in events)


KINDS = [
    *("uniform", "entropy", "confidence", "confidence_softmax", "gradient", "static", "kau"),
    *("reinforced", "best_single", "oracle"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signals", ["cached", "online"])
def test_an_ordinary_step_reads_nothing_back(
    kind: str, signals: str, gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = gallery.spec({"aggregator": {"kind": kind}, "signals": signals})
    with counted(monkeypatch) as steps:
        train(gallery.start(spec, folder=tmp_path))
    assert len(steps) == 6
    assert not any(steps[1:]), "the first step compares gradients, and builds what optimisers remember"


def test_steps_between_meta_steps_read_nothing_back(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = gallery.spec({"aggregator": {"kind": "meta", "every": 3, "buffer": 16}})
    with counted(monkeypatch) as steps:
        train(gallery.start(spec, folder=tmp_path))
    assert [bool(found) for found in steps[1:3]] == [False, False]


@pytest.mark.parametrize("kind", ["fitnet", "attention", "similarity", "crd"])
def test_feature_losses_read_nothing_back(
    kind: str, gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tap = {"kind": kind, "student": "layer2", "teacher": "layer2"}
    spec = gallery.spec({"signals": "online", "features": [tap]})
    with counted(monkeypatch) as steps:
        train(gallery.start(spec, folder=tmp_path))
    assert not any(steps[1:])


def test_mixed_and_varied_images_and_every_inner_loss_read_nothing_back(
    gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    augment = {"views": 2, "mixup": 0.3, "crop_padding": 2}
    data = {**SOLO["data"], "augment": augment}
    with counted(monkeypatch) as steps:
        for inner in ("dkd", "dist"):
            spec = gallery.spec({"inner": {"kind": inner}}, data=data)
            train(gallery.start(spec, folder=tmp_path / inner))
    assert not any(steps[1:6])
    assert not any(steps[7:])
