"""What several commands take alike, and how they refuse."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REFUSED = 2


class RefusedError(Exception):
    """What was given cannot be used; the text is the one sentence to say."""


def add_split(parser: argparse.ArgumentParser, *, default: str = "test", what: str | None = None) -> None:
    """This will let a command take one of the splits."""
    parser.add_argument("--split", choices=("train", "val", "test"), default=default, help=what)


def add_pulse(parser: argparse.ArgumentParser) -> None:
    """This will let a command heed a supervisor."""
    parser.add_argument("--pulse-fd", type=int, help="pipe on which a supervisor shows that it lives")


def heed_pulse(given: argparse.Namespace) -> None:
    """This will end the process when its supervisor is gone, where it was told of one."""
    from mtkd_engine.pulse import watch_pulse

    if given.pulse_fd is not None:
        watch_pulse(given.pulse_fd, timeout=float(os.environ.get("MTKD_PULSE_TIMEOUT", "20")))


def count(text: str) -> int:
    """This will read a whole number from 1."""
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise argparse.ArgumentTypeError(f"given {text!r}, accepted is a whole number from 1")
    return int(text)


def refuse_device(device: str) -> None:
    """This will raise RefusedError where torch cannot use a device here."""
    import torch

    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch without CUDA
        reason = str(error).splitlines()[0]
        raise RefusedError(f"--device: given {device!r}, which cannot be used here ({reason}).") from None


@contextmanager
def refusing_models() -> Iterator[None]:
    """This will turn what is wrong with a model file into a refusal."""
    from mtkd_engine.modelfile import ModelError

    try:
        yield
    except ModelError as error:
        raise RefusedError(str(error)) from None


def add_student(parser: argparse.ArgumentParser) -> None:
    """This will let a command take a student."""
    parser.add_argument("--student", type=Path, required=True, help="model file, or folder of a job")
