"""What networks of a library have in common here: their own names of tensors, and a size that is known beforehand."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import nn

from mtkd_engine.nets.classification.base import Classifier
from mtkd_engine.nets.shapes import shapes_only
from mtkd_engine.spec import ImageInput, PictureInput, SpecError

MOST_PARAMETERS = 1_000_000_000
_INNER = "net."
_seen_to_read: set[tuple[object, ...]] = set()
"""Networks that could be built and read their images, each by what makes it and of what."""

NetT = TypeVar("NetT", bound=nn.Module)


class LibraryNet(nn.Module):
    """A network of a library in `net`, whose tensors keep in files the names that the library gives them."""

    def __init__(self, net: nn.Module, *, outside: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.net = net
        self._outside = outside
        self.register_state_dict_post_hook(_library_names)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_names_here)  # type: ignore[no-untyped-call]

    def is_inside(self, name: str) -> bool:
        """This will say whether a tensor of the library's name lies in `net`."""
        return not name.startswith(self._outside) if self._outside else True


class LibraryClassifier(LibraryNet, Classifier):
    """A classifier of a library."""


def _library_names(_module: nn.Module, state: dict[str, Any], prefix: str, _: Any) -> None:
    for name in [name for name in state if name.startswith(prefix)]:
        inner = name.removeprefix(prefix)
        state[prefix + inner.removeprefix(_INNER)] = state.pop(name)  # all of them: the order stays


def _names_here(module: nn.Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    assert isinstance(module, LibraryNet)
    for name in [name for name in state if name.startswith(prefix)]:
        inner = name.removeprefix(prefix)
        state[prefix + (_INNER if module.is_inside(inner) else "") + inner] = state.pop(name)


def built(
    make: Callable[..., NetT],
    *arguments: object,
    reads: ImageInput | PictureInput,
    field: str,
    what: str,
) -> NetT:
    """This will call `make` with the arguments after a network without memory has shown its size and read an image.

    Once in a process is enough for the same arguments, which show all that they say. Raises SpecError, `field`, for
    what the library refuses, for more than 1,000,000,000 parameters, and where the network cannot read images of
    that size.
    """

    def tried() -> NetT:
        return _tried(lambda: make(*arguments), field=field, what=what)

    key = (make, repr(arguments), _shape(reads))
    if key not in _seen_to_read:
        with shapes_only():
            model = tried()
            count = sum(parameter.numel() for parameter in model.parameters())
            if count <= MOST_PARAMETERS:
                _try_to_read(model, reads, field=field, what=what)
        if count > MOST_PARAMETERS:
            raise SpecError(
                {field: f"given {what} of {count:,} parameters, accepted are up to {MOST_PARAMETERS:,}."}
            )
        _seen_to_read.add(key)
    return tried()


def _try_to_read(model: nn.Module, reads: ImageInput | PictureInput, *, field: str, what: str) -> None:
    image_BCHW = torch.zeros(2, *_shape(reads))
    try:
        with torch.no_grad():
            model.eval()(image_BCHW)
    except Exception as error:
        raise SpecError(
            {field: f"given {what}, which cannot read images of {_said(reads)} pixels ({_reason(error)})."}
        ) from None


def _shape(reads: ImageInput | PictureInput) -> tuple[int, int, int]:
    if isinstance(reads, PictureInput):
        return 3, reads.height, reads.width
    return reads.channels, reads.size, reads.size


def _said(reads: ImageInput | PictureInput) -> str:
    return f"{reads.height} x {reads.width}" if isinstance(reads, PictureInput) else str(reads.size)


def near(name: str, known: Iterable[str]) -> str:
    """This will name what may have been meant, as the end of a sentence."""
    found = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; near are {', '.join(map(repr, found))}" if found else ""


def _tried(make: Callable[[], NetT], *, field: str, what: str) -> NetT:
    try:
        return make()
    except SpecError:
        raise
    except Exception as error:  # libraries raise what they like where values do not fit together
        raise SpecError(
            {field: f"given {what}, which its library cannot build ({_reason(error)})."}
        ) from None


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
