"""Which architecture a bare state dict is of, told by the names and shapes of its tensors alone.

Published checkpoints name the same parts differently: `fc` or `linear`, `downsample` or `shortcut`. What is found
comes with the names that the architecture has here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mtkd_engine.modelfile.guesses import classes_of, guesses
from mtkd_engine.modelfile.header import Described
from mtkd_engine.nets.classification.cifar import WIDTHS
from mtkd_engine.nets.registry import expected_tensors, older_names
from mtkd_engine.spec import CifarResNet, ClassifierCard, ImageInput, ImageNetSpec, SpecError
from mtkd_engine.spec.classification.model import MOST_CLASSES

LARGEST_CIFAR = 1202
_TRIED_SIZE = 224  # what networks of libraries read by default
COUNTER = "num_batches_tracked"
"""Counts batches and changes no output; checkpoints from before it existed have none, and 0 stands in."""
_WORDS = {"fc": "linear", "classifier": "linear", "downsample": "shortcut"}
_BLOCK = re.compile(r"layer([123])\.(\d+)\.")


@dataclass(frozen=True)
class Proposed:
    """An architecture that the tensors are of, for a person to confirm.

    `renamed` maps each given name to the one it has here, where that is another; `counters` are tensors that are
    missing and may be filled with 0 (int64, no dimensions).
    """

    net: ImageNetSpec
    classes: int
    channels: int
    renamed: dict[str, str]
    counters: tuple[str, ...]


def infer_card(tensors: Mapping[str, Described]) -> Proposed | None:
    """This will propose the architecture whose tensors these are, every one of them; None where none is known.

    `tensors` are shapes and dtypes by name, prefixes such as `module.` taken off already. dtypes do not count: a
    checkpoint in half precision is of the same architecture.
    """
    return _cifar_card(tensors) or _library_card(tensors)


def tensors_of(net: ImageNetSpec, *, classes: int, channels: int) -> dict[str, Described]:
    """This will name every tensor of an architecture; raises SpecError where its library cannot build it."""
    return expected_tensors(_card(net, classes=classes, channels=channels))


def _card(net: ImageNetSpec, *, classes: int, channels: int) -> ClassifierCard:
    reads = ImageInput(size=_TRIED_SIZE, mean=(0.5,) * channels, std=(0.5,) * channels)
    return ClassifierCard(net=net, classes=tuple(str(number) for number in range(classes)), input=reads)


def _cifar_card(tensors: Mapping[str, Described]) -> Proposed | None:
    renamed = {name: here for name in tensors if (here := _here(name)) != name}
    named = {renamed.get(name, name): tensor for name, tensor in tensors.items()}
    net = _cifar(named)
    if net is None or len(named) != len(tensors):
        return None
    classes, channels = named["linear.weight"][0][0], named["conv1.weight"][0][1]
    counters = _fitting(net, classes=classes, channels=channels, found=named)
    return None if counters is None else Proposed(net, classes, channels, renamed, counters)


def _library_card(tensors: Mapping[str, Described]) -> Proposed | None:
    """A network of a library that fits as it is, tried at the size of images that most read by default."""
    classes = classes_of(tensors)
    if classes is None:
        return None
    for net in guesses(tensors):
        for channels in (3, 1):
            try:
                renamed = older_names(_card(net, classes=classes, channels=channels), tensors)
                named = {renamed.get(name, name): tensor for name, tensor in tensors.items()}
                counters = _fitting(net, classes=classes, channels=channels, found=named)
            except SpecError:
                continue
            if counters is not None:
                return Proposed(net, classes, channels, renamed, counters)
    return None


def _here(name: str) -> str:
    return ".".join(_WORDS.get(word, word) for word in name.split("."))


def _cifar(named: Mapping[str, Described]) -> CifarResNet | None:
    """The residual network for small images that the sizes of stem, head and stages speak for."""
    stem, head = named.get("conv1.weight"), named.get("linear.weight")
    if stem is None or head is None or len(stem[0]) != 4 or len(head[0]) != 2:
        return None
    found = [WIDTHS[factor] for factor in WIDTHS if WIDTHS[factor][0] == stem[0][0]]
    blocks = {(int(m[1]), int(m[2])) for name in named if (m := _BLOCK.match(name))}
    depth = 2 + 2 * len(blocks)
    if not found or found[0][-1] != head[0][1] or (depth - 2) % 6 or not 8 <= depth <= LARGEST_CIFAR:
        return None
    factor = next(factor for factor in WIDTHS if WIDTHS[factor] == found[0])
    shortcut = "conv" if any(".shortcut." in name for name in named) else "pad"
    return CifarResNet.model_validate({"depth": depth, "factor": factor, "shortcut": shortcut})


def _fitting(
    net: ImageNetSpec, *, classes: int, channels: int, found: Mapping[str, Described]
) -> tuple[str, ...] | None:
    """The counters that are missing where all else fits, None where anything does not."""
    if channels not in {1, 3} or not 2 <= classes <= MOST_CLASSES:
        return None
    wanted = tensors_of(net, classes=classes, channels=channels)
    missing = wanted.keys() - found.keys()
    if found.keys() - wanted.keys() or any(not name.endswith(f".{COUNTER}") for name in missing):
        return None
    if any(wanted[name][0] != found[name][0] for name in found):
        return None
    return tuple(sorted(missing))
