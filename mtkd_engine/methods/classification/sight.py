"""How a classifier is run in training: its own transform, precision, memory order, compilation and taps.

Shape suffixes: B samples, C classes, F features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from mtkd_engine.methods.compiling import compiled
from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.branches import BranchesClassifier, mixed
from mtkd_engine.nets.classification.clips.given import Given
from mtkd_engine.nets.classification.clips.streams import StreamsClassifier
from mtkd_engine.nets.classification.taps import Tapped
from mtkd_engine.spec import AnyInput, ClassOptimSpec
from mtkd_engine.tasks.classification.batches import Shared
from mtkd_engine.tasks.classification.inputs import to_input

LAST = ""
"""The path that stands for a network's last pooled features."""


@dataclass(frozen=True)
class Seen:
    """What a network made of a batch: logits and last features in single precision, and what its taps gave."""

    logits_BC: Tensor
    features_BF: Tensor
    parts: tuple[Tensor, ...] = ()
    """Logits (B, C) of the parts of a network that learn each by itself; none where it learns as a whole."""
    taps: Mapping[str, Tensor] = field(default_factory=dict)
    """By path, those of `LAST` among them where they were asked for."""

    @property
    def taught(self) -> tuple[Tensor, ...]:
        """The logits that losses are of."""
        return self.parts or (self.logits_BC,)


class _Both(nn.Module):
    """Logits, features and the logits of parts in one pass."""

    def __init__(self, net: Classifier, *, low_precision: bool = False) -> None:
        super().__init__()
        self.net = net
        self._low_precision = low_precision
        self._device_type = next(net.parameters()).device.type

    def forward(self, given: Given) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        with torch.autocast(self._device_type, torch.bfloat16, enabled=self._low_precision):
            features_BF = self.net.features(given)
            parts: tuple[Tensor, ...] = ()
            if isinstance(self.net, BranchesClassifier):
                parts = tuple(part.float() for part in self.net.by_branch(features_BF))
                return mixed(parts, self.net.weights(features_BF)), features_BF.float(), parts
            logits_BC = self.net.head(features_BF)
            if isinstance(self.net, StreamsClassifier) and self.net.learns_each:
                parts = tuple(part.float() for part in self.net.by_stream(features_BF).values())
        return logits_BC.float(), features_BF.float(), parts


class Sight:
    """Runs one network on shared pixels; not a module, so that nothing of it stands in a checkpoint twice.

    The order is: taps, compilation, CUDA graphs. Taps that are registered after compilation would never fire.
    """

    def __init__(
        self,
        model: Classifier,
        reads: AnyInput,
        *,
        optim: ClassOptimSpec | None = None,
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
        self._run = compiled(whole, optim)
        self._marks = optim is not None and optim.cuda_graphs and torch.cuda.is_available()

    def look(self, shared: Shared) -> Seen:
        """This will run the network on what is shared by all participants."""
        if self._marks:
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        said = self._run(to_input(shared, self.reads, channels_last=self._channels_last))
        (logits_BC, features_BF, parts), found = said if self._tapped else (said, {})
        taps = {**found, LAST: features_BF} if self._wants_last else found
        return Seen(logits_BC, features_BF, parts, taps)

    def look_up_to(self, path: str, shared: Shared) -> Mapping[str, Tensor]:
        """This will run the network as far as a module that is tapped, and give what the taps saw until then.

        Only of one that is not compiled.
        """
        assert isinstance(self._run, Tapped)
        return self._run.up_to(path, to_input(shared, self.reads, channels_last=self._channels_last))
