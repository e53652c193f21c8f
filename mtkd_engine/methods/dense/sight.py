"""How a network of a dense task is run in training: its own transform, precision, memory order and compilation.

Shape suffixes: B samples, T frames, C channels, H and W pixels.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mtkd_engine.evaluation.dense.looking import look
from mtkd_engine.methods.compiling import compiled
from mtkd_engine.nets.dense import DenseNet
from mtkd_engine.spec import FilmInput, PictureInput, PixelOptimSpec


class _InPrecision(nn.Module):
    """A network whose products may be computed in half the bits."""

    def __init__(self, net: DenseNet, *, low_precision: bool) -> None:
        super().__init__()
        self.net = net
        self._low_precision = low_precision
        self._device_type = next(net.parameters()).device.type

    def forward(self, given: Tensor) -> Tensor:
        with torch.autocast(self._device_type, torch.bfloat16, enabled=self._low_precision):
            logits: Tensor = self.net(given)
        return logits.float()


class Sight:
    """Runs one network on shared pixels; not a module, so that nothing of it stands in a checkpoint twice."""

    def __init__(
        self, model: DenseNet, reads: PictureInput | FilmInput, *, optim: PixelOptimSpec | None = None
    ) -> None:
        """This will prepare a network; without `optim` it runs as it is."""
        self.model = model
        self.reads = reads
        is_of_pictures = isinstance(reads, PictureInput)  # what lies in five axes has no such order
        self._channels_last = optim is not None and optim.channels_last and is_of_pictures
        if self._channels_last:
            model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        whole = _InPrecision(model, low_precision=optim is not None and optim.precision == "bfloat16")
        self._run = compiled(whole, optim)
        self._marks = optim is not None and optim.cuda_graphs and torch.cuda.is_available()

    def look(self, shared: Tensor) -> Tensor:
        """This will give the network's logits of what is shared by all participants, at its own stride."""
        if self._marks:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        return look(self._run, shared, self.reads, channels_last=self._channels_last)
