"""How a classifier is run in training: its own transform, precision, memory order, compilation and taps.

Shape suffixes: B samples, C channels of images, classes of logits, H and W pixels, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.taps import Tapped
from mtkd_engine.spec import ImageInput, ImageOptimSpec
from mtkd_engine.tasks.classification.inputs import to_input

LAST = ""
"""The path that stands for a network's last pooled features."""


@dataclass(frozen=True)
class Seen:
    """What a network made of a batch: logits and last features in single precision, and what its taps gave."""

    logits_BC: Tensor
    features_BF: Tensor
    taps: Mapping[str, Tensor] = field(default_factory=dict)
    """By path, those of `LAST` among them where they were asked for."""


class _Both(nn.Module):
    """Logits and features in one pass."""

    def __init__(self, net: Classifier, *, low_precision: bool = False) -> None:
        super().__init__()
        self.net = net
        self._low_precision = low_precision

    def forward(self, images_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(images_BCHW.device.type, torch.bfloat16, enabled=self._low_precision):
            features_BF = self.net.features(images_BCHW)
            logits_BC = self.net.head(features_BF)
        return logits_BC.float(), features_BF.float()


class Sight:
    """Runs one network on shared pixels; not a module, so that nothing of it stands in a checkpoint twice.

    The order is: taps, compilation, CUDA graphs. Taps that are registered after compilation would never fire.
    """

    def __init__(
        self,
        model: Classifier,
        reads: ImageInput,
        *,
        optim: ImageOptimSpec | None = None,
        paths: Sequence[str] = (),
    ) -> None:
        """This will prepare a network; `paths` name its modules whose output is wanted, `LAST` its features.

        Raises ValueError for a path that the network has not. Without `optim` it runs as it is.
        """
        self.model = model
        self.reads = reads
        self._channels_last = optim is not None and optim.channels_last
        if self._channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        both = _Both(model, low_precision=optim is not None and optim.precision == "bfloat16")
        self._wants_last = LAST in paths
        inner = [path for path in dict.fromkeys(paths) if path != LAST]
        self._tapped = bool(inner)
        whole: nn.Module = Tapped(both, inner, within=model) if inner else both
        self._run = _compiled(whole, optim)
        self._marks = optim is not None and optim.cuda_graphs and torch.cuda.is_available()

    def look(self, images_BCHW: Tensor) -> Seen:
        """This will run the network on images of values 0 to 255, as they are shared by all participants."""
        if self._marks:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        said = self._run(to_input(images_BCHW, self.reads, channels_last=self._channels_last))
        (logits_BC, features_BF), found = said if self._tapped else (said, {})
        taps = {**found, LAST: features_BF} if self._wants_last else found
        return Seen(logits_BC, features_BF, taps)


def _compiled(module: nn.Module, optim: ImageOptimSpec | None) -> Callable[[Tensor], Any]:
    if optim is None:
        return module
    graphs = optim.cuda_graphs and torch.cuda.is_available()
    if not (optim.compile or graphs):
        return module
    # The last batch of an epoch is smaller: it gets a graph of its own, not one for all sizes.
    if optim.compile:
        module.compile(dynamic=False, mode="reduce-overhead" if graphs else None)
    else:
        module.compile(dynamic=False, backend="cudagraphs")
    return module
