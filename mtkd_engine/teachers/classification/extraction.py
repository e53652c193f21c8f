"""ONNX teachers: a program of somebody else's, run in a confined process that gives scores of classes and no more.

The process gets the program and arrays of pixels in a folder of its own; it has no network, no other files, and
limits on memory and time (see `mtkd_engine.sandbox`). What it gives back is taken as numbers, checked for their count.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import weakref
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mtkd_engine.modelfile import ModelError
from mtkd_engine.sandbox import Confined, Limits, take_product
from mtkd_engine.spec import ImageInput
from mtkd_engine.teachers.classification import onnxserving

TASK = "mtkd_engine.teachers.classification.onnxserving:serve"
MEMORY = 6 * 2**30
SECONDS = 600
"""Of the processor, after which a process is ended; a fresh one takes over before (`lifetime`)."""
DISK = 2**31
BATCH = 256
_LOOK_SECONDS = 0.002
_LONGEST_REFUSAL = 400


class OnnxNet(nn.Module):
    """A program as a frozen classifier: pixels as the card says (B, C, size, size) to logits (B, K)."""

    def __init__(
        self,
        file: Path,
        *,
        name: str,
        classes: int,
        reads: ImageInput,
        limits: Limits = Limits(memory=MEMORY, seconds=SECONDS, disk=DISK),  # noqa: B008
    ) -> None:
        """This will not run anything yet; the first images start the process."""
        super().__init__()
        self._file, self._name, self._limits = file, name, limits
        self._classes, self._reads = classes, reads
        self._running: _Running | None = None

    def forward(self, images_BCHW: Tensor) -> Tensor:
        """This will have images scored; raises ModelError where the program is refused, fails or takes too much."""
        parts = [self._scores(part) for part in torch.split(images_BCHW, BATCH)]
        return torch.cat(parts).to(images_BCHW.device)

    def close(self) -> None:
        """This will end the process."""
        if self._running is not None:
            self._running.close()
        self._running = None

    def _scores(self, images_BCHW: Tensor) -> Tensor:
        if self._running is not None and self._running.is_old():
            self.close()
        if self._running is None:
            self._running = _Running(
                self._file, name=self._name, classes=self._classes, reads=self._reads, limits=self._limits
            )
        return self._running.scores(images_BCHW)


def lifetime(limits: Limits, *, threads: int) -> float:
    """This will give the seconds by the clock that a process serves: half of what all its threads may compute."""
    return limits.seconds / 2 / threads


class _Running:
    """One confined process and its folder."""

    def __init__(self, file: Path, *, name: str, classes: int, reads: ImageInput, limits: Limits) -> None:
        self._name, self._classes, self._number = name, classes, 0
        threads = torch.get_num_threads()
        self._old_at = time.monotonic() + lifetime(limits, threads=threads)
        with ExitStack() as undone:
            folder = undone.enter_context(tempfile.TemporaryDirectory(prefix="mtkd-onnx-"))
            self._folder = Path(folder, "own")
            self._taken = Path(folder, "taken")
            self._folder.mkdir(mode=0o700)
            shutil.copyfile(file, self._folder / onnxserving.PROGRAM)
            told = {"classes": classes, "channels": reads.channels, "size": reads.size}
            told["threads"] = threads
            process = Confined(TASK, told, folder=self._folder, limits=limits)
            self._process = undone.enter_context(process)
            if refused := self._refused():
                raise ModelError(f"{name} {refused}.")
            self.close = weakref.finalize(self, undone.pop_all().close)

    def _refused(self) -> str | None:
        answer = self._product(onnxserving.READY, largest=10_000)
        try:
            said = json.loads(answer)["refused"]
        except (ValueError, TypeError, KeyError, RecursionError):
            return "gave no sensible answer when it was checked"
        return None if said is None else "".join(c for c in str(said) if c.isprintable())[:_LONGEST_REFUSAL]

    def is_old(self) -> bool:
        """This will tell whether it is time for a fresh process, before the limits end this one."""
        return time.monotonic() > self._old_at

    def scores(self, images_BCHW: Tensor) -> Tensor:
        """This will have one batch scored."""
        array = np.ascontiguousarray(images_BCHW.detach().cpu().numpy(), np.float32)
        place = self._folder / f"in-{self._number}.f32"
        part = place.with_suffix(".new")
        part.write_bytes(array.tobytes())
        part.rename(place)
        size = len(array) * self._classes * 4
        content = self._product(f"out-{self._number}.f32", largest=size)
        place.unlink()
        self._number += 1
        if len(content) != size:
            raise ModelError(
                f"{self._name} gave {len(content):,} bytes of scores, and accepted are {size:,}."
            )
        scores_BK = torch.from_numpy(np.frombuffer(content, np.float32).reshape(-1, self._classes).copy())
        if not bool(torch.isfinite(scores_BK).all()):
            raise ModelError(f"{self._name} gave scores that are not finite.")
        return scores_BK

    def _product(self, name: str, *, largest: int) -> bytes:
        """What the process leaves under a name, or why it left nothing."""
        whole = (self._folder / name).with_suffix(onnxserving.WHOLE)
        while not whole.exists():
            if self._process.exit_code() is not None and not whole.exists():
                raise ModelError(self._why())
            time.sleep(_LOOK_SECONDS)
        try:
            whole.unlink()
            return self._taken_bytes(name, largest=largest)
        except OSError as error:
            raise ModelError(f"{self._name} left no plain scores ({error.strerror}).") from None

    def _taken_bytes(self, name: str, *, largest: int) -> bytes:
        self._taken.unlink(missing_ok=True)
        return take_product(self._folder, name, to=self._taken, largest=largest).read_bytes()

    def _why(self) -> str:
        ended = self._process.ended()
        if ended.over is not None:
            return f"{self._name} took more {ended.over} than it may, and was ended."
        return f"{self._name} failed while it ran (exit code {ended.exit_code})."
