"""Branches on the first substages of an image network, mixed by a gate (ONE, Lan et al. 2018, arXiv 1806.04606).

Each branch is a plain network behind the shared substages, with parameters of its own; the gate looks at what the
shared ones give. The first branch holds the shared substages, so that its tensors are those of a whole network.
Shape suffixes: B samples, C classes, F features of one branch, M branches, N samples of a split.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.classification.cifar import CifarClassifier
from mtkd_engine.nets.classification.from_transformers import TransformersClassifier
from mtkd_engine.nets.classification.library import MOST_PARAMETERS, LibraryClassifier
from mtkd_engine.nets.classification.stages import Tail, Trunk, spread, stages_of
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import BranchesNet, ImageInput, SpecError


class Gate(nn.Module):
    """How much each branch counts on a sample: softmax(ReLU(BN(W x))) of the mean x of the shared maps."""

    def __init__(self, width: int, branches: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, branches)
        self.norm = nn.BatchNorm1d(branches)

    def forward(self, maps_BDHW: Tensor) -> Tensor:
        """This will give the weights (B, M), which sum to 1, in single precision."""
        scores_BM = self.norm(self.linear(maps_BDHW.mean(dim=(2, 3))))
        return torch.softmax(torch.relu(scores_BM).float(), dim=1)


class BranchesClassifier(Classifier):
    """The network that a `BranchesNet` describes.

    Its features are those of all branches, one after the other, and then their weights; its logits are the ensemble's.
    """

    def __init__(
        self,
        net: BranchesNet,
        *,
        input: ImageInput,  # noqa: A002
        make: Callable[[], Classifier],
    ) -> None:
        """This will build the branches by `make`, which makes a plain network `net.net`, and the gate after them.

        Raises SpecError, field `net.shared`, where that leaves no substage to the branches, and field `net.net` for a
        network that has none.
        """
        super().__init__()
        self.shared = net.shared
        width = _gate_width(net, input=input, make=make)
        self.branches = nn.ModuleList(make() for _ in range(net.branches))
        for branch in list(self.branches)[1:]:
            _strip(branch, shared=net.shared)
        self.gate = Gate(width, net.branches)
        self._width = self.plain(0).feature_width
        self.feature_width = net.branches * (self._width + 1)

    def plain(self, place: int) -> Classifier:
        """This will give a branch; only the first one has the shared substages."""
        branch = self.branches[place]
        assert isinstance(branch, Classifier)
        return branch

    def features(self, given: Tensor) -> Tensor:
        """This will give the features of every branch and the weights of all, (B, M F + M)."""
        first = self.plain(0)
        maps = _trunk(first, self.shared)(given)
        parts = [Tail(self.plain(m), self.shared).features(maps) for m in range(len(self.branches))]
        return torch.cat([*parts, self.gate(spread(first, maps))], dim=1)

    def head(self, features_BF: Tensor) -> Tensor:
        """This will give the logits of the ensemble, (B, C)."""
        return mixed(self.by_branch(features_BF), self.weights(features_BF))

    def by_branch(self, features_BF: Tensor) -> list[Tensor]:
        """This will give each branch's own logits (B, C) of features."""
        parts = torch.split(features_BF[:, : -len(self.branches)], self._width, dim=1)
        return [self.plain(m).head(part_BF) for m, part_BF in enumerate(parts)]

    def weights(self, features_BF: Tensor) -> Tensor:
        """This will give how much each branch counts, (B, M), of features."""
        return features_BF[:, -len(self.branches) :]

    def whole(self, place: int) -> dict[str, Tensor]:
        """This will give the tensors of the plain network that a branch is together with the shared substages."""
        return {**self.plain(0).state_dict(), **self.plain(place).state_dict()}


def mixed(logits: Sequence[Tensor], weights_BM: Tensor) -> Tensor:
    """This will give the logits of the ensemble, sum over m of w_m z_m, (B, C)."""
    return (torch.stack(list(logits), dim=1) * weights_BM.unsqueeze(2)).sum(1)


def _gate_width(net: BranchesNet, *, input: ImageInput, make: Callable[[], Classifier]) -> int:  # noqa: A002
    """Channels after the shared substages, as a network without memory shows them."""
    with shapes_only(), torch.no_grad():
        probe = make()
        try:
            count = len(stages_of(probe))
        except SpecError as error:
            raise SpecError({"net.net": error.fields["net"]}) from None
        if net.shared >= count:
            raise SpecError(
                {"net.shared": f"given {net.shared}, accepted is 1 to {count - 1} of its {count} substages."}
            )
        numbers = net.branches * sum(parameter.numel() for parameter in probe.parameters())
        if numbers > MOST_PARAMETERS:
            raise SpecError(
                {
                    "net.branches": f"given {net.branches} networks of {numbers:,} parameters together, accepted are "
                    f"up to {MOST_PARAMETERS:,}."
                }
            )
        image_BCHW = torch.zeros(2, input.channels, input.size, input.size)
        maps = _trunk(probe, net.shared)(image_BCHW)
        return spread(probe, maps).shape[1]


def _trunk(net: Classifier, k: int) -> Trunk:
    assert isinstance(net, CifarClassifier | TransformersClassifier)
    return Trunk(net, k)


def _strip(branch: nn.Module, *, shared: int) -> None:
    """Take the shared substages out of a branch: they are the first one's."""
    assert isinstance(branch, Classifier)
    inside = branch.net if isinstance(branch, LibraryClassifier) else branch
    for path in _trunk(branch, shared).paths():
        parent, _, name = path.rpartition(".")
        setattr(inside.get_submodule(parent), name, nn.Identity())
