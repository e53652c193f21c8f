"""Which modules and parameters of a network make up each of its substages, and which its head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import nn

from mtkd_engine.nets.classification.taps import module_at


@dataclass(frozen=True)
class NetPart:
    """A substage, or the head: modules that behave differently in training, parameters that are trained."""

    modules: list[nn.Module] = field(default_factory=list)
    parameters: list[nn.Parameter] = field(default_factory=list)

    def rest(self) -> None:
        """This will let its modules do what they do in evaluation: batch normalisation learns no statistics then."""
        for module in self.modules:
            module.training = False

    def learns(self, yes: bool) -> None:
        """This will say whether its parameters get a gradient."""
        for parameter in self.parameters:
            parameter.requires_grad_(yes)


def parts_of(net: nn.Module, paths: Sequence[str]) -> list[NetPart]:
    """This will divide a network into the substages at these paths, in their order, and the head: K + 1 parts.

    What stands before a substage in the order of the network belongs to it (the stem to the first), what stands
    after the last to the head. Parameters that were frozen when this was called belong to nobody.
    """
    stages = [module_at(net, path) for path in paths]
    places = {id(module): place for place, stage in enumerate(stages) for module in stage.modules()}
    around = {id(module) for module in net.modules() if any(stage in module.modules() for stage in stages)}
    parts = [NetPart() for _ in range(len(paths) + 1)]
    known: set[int] = set()
    reached = 0
    for module in net.modules():  # each before what is inside it, in the order in which they were made
        place = places.get(id(module))
        if place is not None:
            reached = place + 1
        part = parts[reached if place is None else place]
        if place is not None or id(module) not in around:
            part.modules.append(module)
        for parameter in module.parameters(recurse=False):
            if parameter.requires_grad and id(parameter) not in known:
                known.add(id(parameter))
                part.parameters.append(parameter)
    return parts
