"""What modules inside a network give, handed out beside its result.

Hooks are registered when a network is wrapped, before it is compiled: those that are added later never fire. They
note nothing unless the call came through the wrapper, so evaluation and export of the same network see none of them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from mtkd_engine.nets.classification.library import LibraryClassifier, near


class _ReachedError(Exception):
    """The last module that anybody waits for has given its result."""


class Tapped(nn.Module):
    """A module whose forward returns (its result, {path: tensor}), a path for each that was asked for.

    Of a module that gives several values the first tensor is taken; of one that runs several times the last result.
    Works under `torch.compile(fullgraph=True)`, of this module as a whole. Parameters keep the module's own names
    behind `model.`; a checkpoint keeps the module, not this.
    """

    def __init__(self, model: nn.Module, paths: Sequence[str], *, within: nn.Module | None = None) -> None:
        """This will tap modules of `within`, a part of `model` (by default all of it), by their paths.

        Raises ValueError, one sentence with near names, for a path that leads to no module.
        """
        super().__init__()
        self.model = model
        self._armed = False
        self._noted: dict[str, Tensor] = {}
        self._last: str | None = None
        self.paths = tuple(dict.fromkeys(paths))
        inside = model if within is None else within
        # All are found before the first hook: a refused wrapper leaves nothing behind.
        modules = {path: module_at(inside, path) for path in self.paths}
        self._handles = [module.register_forward_hook(self._noting(path)) for path, module in modules.items()]

    def forward(self, *given: Any) -> tuple[Any, dict[str, Tensor]]:
        """This will give the module's result, and what each tap saw in this call."""
        self._noted = {}
        self._armed = True
        result = self.model(*given)
        self._armed = False
        noted, self._noted = self._noted, {}
        return result, noted

    def up_to(self, path: str, *given: Any) -> dict[str, Tensor]:
        """This will run the module as far as a tapped one, and give what each tap saw until then.

        What the network would do after that is left out, as if it had raised an error there: it must not be compiled.
        """
        assert path in self.paths
        self._noted, self._armed, self._last = {}, True, path
        with contextlib.suppress(_ReachedError):
            self.model(*given)
        self._armed, self._last = False, None
        noted, self._noted = self._noted, {}
        return noted

    def close(self) -> None:
        """This will take the hooks off the network."""
        for handle in self._handles:
            handle.remove()

    def _noting(self, path: str) -> Callable[[nn.Module, Any, Any], None]:
        def note(_module: nn.Module, _given: Any, result: Any) -> None:
            if self._armed:
                self._noted[path] = _first_tensor(result)
                if path == self._last:
                    raise _ReachedError

        return note


def module_at(model: nn.Module, path: str) -> nn.Module:
    """This will find a module by its path; those of a library's network by the path that the library gives them.

    Raises ValueError with near names.
    """
    known = dict(_walk(model, ""))
    if path in known:
        return known[path]
    raise ValueError(f"given the path {path!r}, which leads to no module of the network{near(path, known)}.")


def paths_of(model: nn.Module) -> list[str]:
    """This will list the paths that can be tapped, in the order of the network."""
    return [path for path, _ in _walk(model, "")]


def _walk(module: nn.Module, prefix: str) -> list[tuple[str, nn.Module]]:
    found: list[tuple[str, nn.Module]] = []
    for name, child in module.named_children():
        inner = isinstance(module, LibraryClassifier) and child is module.net
        path = prefix if inner else f"{prefix}{name}"
        found += [] if inner else [(path, child)]
        found += _walk(child, path if inner or not path else f"{path}.")
    return found


def _first_tensor(result: Any) -> Tensor:
    if isinstance(result, Tensor):
        return result
    parts = result.values() if isinstance(result, Mapping) else result
    return next(part for part in parts if isinstance(part, Tensor))
